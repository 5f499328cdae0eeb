"""Native Linux containers for pyvirt: the beginning of the driver.

So far a connection to ``lxc:///system`` tells about the host; containers cannot be defined or started yet, and every
such call says so with :class:`NoSupportError`.
"""

from pyvirt_driver_lxc.driver import LxcDriver

__all__ = ["LxcDriver"]
