"""The public API of pyvirt: open a hypervisor by URI and hold its domains, networks, volumes and devices as objects."""
