"""Starting QEMU processes, with no policy: what to pass, run, and when to give up is the caller's."""

from pyvirt_driver_qemu.launch.launcher import Launched, Launcher, LaunchError
from pyvirt_driver_qemu.launch.log import clean, open_log, read_tail

__all__ = ["LaunchError", "Launched", "Launcher", "clean", "open_log", "read_tail"]
