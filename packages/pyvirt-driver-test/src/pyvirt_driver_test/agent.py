"""What is asked of the guest itself."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.driver.flags import allow_flags
from pyvirt_driver_test.base import HostedDriver
from pyvirt_util.errors import InvalidArgError, OperationInvalidError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvirt.enums.domain_guest import (
        DomainGetHostnameFlags,
        DomainInterfaceAddressesSource,
        DomainSetTimeFlags,
        DomainSetUserPasswordFlags,
        KeycodeSet,
    )
    from pyvirt.refs import DomainRef
    from pyvirt.types import DomainInterface, FilesystemInfo
    from pyvirt_driver_test.guest import Guest

MAX_KEYS = 16


class Agent(HostedDriver):
    """What is asked of the guest itself."""

    def domain_get_hostname(self, domain: DomainRef, flags: DomainGetHostnameFlags) -> str:
        """See the base class."""
        allow_flags(flags, 0x3, "virDomainGetHostname")
        with self.host.lock:
            return f"{self._running(domain).name}host"

    def domain_interface_addresses(
        self, domain: DomainRef, source: DomainInterfaceAddressesSource, flags: int
    ) -> list[DomainInterface]:
        """See the base class. The same from every source."""
        from pyvirt.types import DomainInterface, IpAddress

        allow_flags(flags, 0, "virDomainInterfaceAddresses")
        if source not in tuple(enums.DomainInterfaceAddressesSource):
            raise InvalidArgError(f"unknown source {int(source)} of interface addresses")
        with self.host.lock:
            interfaces = [
                (interface.target or "", interface.mac, str(interface.type))
                for interface in self._running(domain).current.devices.interfaces
            ]
        found = []
        for number, (name, mac, kind) in enumerate(interfaces):
            address = f"192.168.122.{number + 3}" if kind == "network" else f"192.168.0.{number + 1}"
            found.append(DomainInterface(name, mac, (IpAddress(enums.IPAddrType.IPV4, address, 24),)))
        return found

    # Time

    def domain_get_time(self, domain: DomainRef, flags: int) -> tuple[int, int]:
        """See the base class. The clock stands still until somebody sets it."""
        allow_flags(flags, 0, "virDomainGetTime")
        with self.host.lock:
            agent = self._running(domain).agent
            return agent.seconds, agent.nseconds

    def domain_set_time(self, domain: DomainRef, seconds: int, nseconds: int, flags: DomainSetTimeFlags) -> None:
        """See the base class."""
        allow_flags(flags, 0x1, "virDomainSetTime")
        if not 0 <= nseconds < 1000000000:
            raise InvalidArgError(f"nanoseconds {nseconds} must be from 0 to 999999999")
        with self.host.lock:
            guest = self._running(domain)
            guest.agent.seconds, guest.agent.nseconds = seconds, nseconds

    # File systems

    def domain_get_fs_info(self, domain: DomainRef, flags: int) -> list[FilesystemInfo]:
        """See the base class."""
        from pyvirt.types import FilesystemInfo
        from pyvirt_driver_test.agent_state import FILESYSTEMS

        allow_flags(flags, 0, "virDomainGetFSInfo")
        with self.host.lock:
            self._running(domain)
        return [FilesystemInfo(*facts) for facts in FILESYSTEMS]

    def domain_fs_freeze(self, domain: DomainRef, mountpoints: Sequence[str] | None, flags: int) -> int:
        """See the base class. The number of file systems that were not frozen before."""
        allow_flags(flags, 0, "virDomainFSFreeze")
        with self.host.lock:
            agent = self._running(domain).agent
            wanted = _chosen(mountpoints) - agent.frozen
            agent.frozen |= wanted
            return len(wanted)

    def domain_fs_thaw(self, domain: DomainRef, mountpoints: Sequence[str] | None, flags: int) -> int:
        """See the base class. The number of file systems that were frozen."""
        allow_flags(flags, 0, "virDomainFSThaw")
        with self.host.lock:
            agent = self._running(domain).agent
            wanted = _chosen(mountpoints) & agent.frozen
            agent.frozen -= wanted
            return len(wanted)

    def domain_fs_trim(self, domain: DomainRef, mountpoint: str | None, minimum: int, flags: int) -> None:
        """See the base class."""
        allow_flags(flags, 0, "virDomainFSTrim")
        with self.host.lock:
            self._running(domain)
            if mountpoint is not None and not _chosen([mountpoint]):
                raise OperationInvalidError(f"mount point not found: {mountpoint}")

    # Input

    def domain_set_user_password(
        self, domain: DomainRef, user: str, password: str, flags: DomainSetUserPasswordFlags
    ) -> None:
        """See the base class. Whoever it is, and whatever it is, is fine."""
        allow_flags(flags, 0x1, "virDomainSetUserPassword")
        with self.host.lock:
            self._running(domain)

    def domain_send_key(
        self, domain: DomainRef, codeset: KeycodeSet, holdtime: int, keycodes: Sequence[int], flags: int
    ) -> None:
        """See the base class."""
        allow_flags(flags, 0, "virDomainSendKey")
        if not 0 < len(keycodes) <= MAX_KEYS:
            raise InvalidArgError(f"{len(keycodes)} keys cannot be sent at once, only 1 to {MAX_KEYS}")
        if not all(0 <= code <= 0xFFFF for code in keycodes):
            raise InvalidArgError(f"invalid keycode in {list(keycodes)} of code set {int(codeset)}")
        with self.host.lock:
            self._running(domain)

    def domain_inject_nmi(self, domain: DomainRef, flags: int) -> None:
        """See the base class."""
        allow_flags(flags, 0, "virDomainInjectNMI")
        with self.host.lock:
            self._running(domain)

    def _running(self, domain: DomainRef) -> Guest:
        guest = self.host.guest(domain)
        guest.require_active()
        return guest


def _chosen(mountpoints: Sequence[str] | None) -> set[str]:
    from pyvirt_driver_test.agent_state import FILESYSTEMS

    known = {facts[0] for facts in FILESYSTEMS}
    return known if mountpoints is None else known & set(mountpoints)
