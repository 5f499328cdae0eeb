"""What the connection says of itself and of the hypervisor."""

from __future__ import annotations

from pyvirt.driver.flags import allow_flags
from pyvirt_driver_test.base import HostedDriver

SYSINFO = """\
<sysinfo type='smbios'>
  <bios>
    <entry name='vendor'>LENOVO</entry>
    <entry name='version'>G4ETA1WW (2.61 )</entry>
    <entry name='date'>05/07/2014</entry>
    <entry name='release'>2.61</entry>
  </bios>
</sysinfo>
"""


class Connect(HostedDriver):
    """What the connection says of itself and of the hypervisor."""

    def connect_get_type(self) -> str:
        """See the base class."""
        return "TEST"

    def connect_get_version(self) -> int:
        """See the base class."""
        return 2

    def connect_get_lib_version(self) -> int:
        """See the base class; 1000000 * major + 1000 * minor + release of pyvirt."""
        import pyvirt

        major, minor, release = (int(part) for part in pyvirt.__version__.split(".")[:3])
        return major * 1000000 + minor * 1000 + release

    def connect_get_hostname(self) -> str:
        """See the base class."""
        import socket

        return socket.gethostname()

    def connect_get_capabilities(self) -> str:
        """See the base class."""
        from pyvirt_driver_test.capabilities import capabilities

        return capabilities(self.host.node)

    def connect_get_sysinfo(self, flags: int) -> str:
        """See the base class."""
        allow_flags(flags, 0, "virConnectGetSysinfo")
        return SYSINFO

    def connect_get_max_vcpus(self, virttype: str | None) -> int:
        """See the base class."""
        from pyvirt_driver_test.definition import MAX_VCPUS

        return MAX_VCPUS

    def connect_is_alive(self) -> bool:
        """See the base class."""
        return True

    def connect_is_encrypted(self) -> bool:
        """See the base class."""
        return False

    def connect_is_secure(self) -> bool:
        """See the base class."""
        return True
