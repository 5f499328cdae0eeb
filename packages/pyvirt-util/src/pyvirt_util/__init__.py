"""Ground layer of pyvirt: errors, processes, atomic files, locks, state directories and other host basics."""
