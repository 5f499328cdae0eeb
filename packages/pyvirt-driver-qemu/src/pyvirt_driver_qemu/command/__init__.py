"""QEMU's command line from a typed domain: libvirt 9.0's, argument by argument.

``build(context, monitor_path=...)`` makes it; every kind of device has a module of its own, whose ``*_props`` functions
serve hotplug as well.
"""

from pyvirt_driver_qemu.command.build import CommandLine, build, environment
from pyvirt_driver_qemu.command.context import Context, Helpers, HugePageMount, Opener, Plugged, Settings

__all__ = [
    "CommandLine",
    "Context",
    "Helpers",
    "HugePageMount",
    "Opener",
    "Plugged",
    "Settings",
    "build",
    "environment",
]
