"""What is asked of the guest's agent or monitor."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.objects.handle import Handle
from pyvirt.refs import DomainRef

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from pyvirt.enums.domain_guest import (
        DomainAuthorizedSSHKeysSetFlags,
        DomainGetHostnameFlags,
        DomainGuestInfoTypes,
        DomainInterfaceAddressesSource,
        DomainSetTimeFlags,
        DomainSetUserPasswordFlags,
    )
    from pyvirt.enums.qemu import DomainQemuMonitorCommandFlags
    from pyvirt.types import DomainInterface, FilesystemInfo, TypedParameters


class DomainGuest(Handle[DomainRef]):
    """What is asked of the guest's agent or monitor."""

    def hostname(self, flags: DomainGetHostnameFlags | int = 0) -> str:
        """Host name inside the guest."""
        return self._connection._driver.domain_get_hostname(self._ref, enums.DomainGetHostnameFlags(flags))

    def interface_addresses(
        self, source: DomainInterfaceAddressesSource | int = 0, flags: int = 0
    ) -> list[DomainInterface]:
        """Guest network addresses from leases, agent or ARP."""
        return self._connection._driver.domain_interface_addresses(
            self._ref, enums.DomainInterfaceAddressesSource(source), flags
        )

    def time(self, flags: int = 0) -> tuple[int, int]:
        """Clock inside the guest."""
        return self._connection._driver.domain_get_time(self._ref, flags)

    def set_time(self, seconds: int, nseconds: int, flags: DomainSetTimeFlags | int = 0) -> None:
        """Set the clock inside the guest."""
        self._connection._driver.domain_set_time(self._ref, seconds, nseconds, enums.DomainSetTimeFlags(flags))

    def guest_vcpus(self, flags: int = 0) -> TypedParameters:
        """Virtual CPUs online as the guest sees them."""
        return self._connection._driver.domain_get_guest_vcpus(self._ref, flags)

    def set_guest_vcpus(self, cpus: Collection[int], state: bool, flags: int = 0) -> None:
        """Bring virtual CPUs on or off inside the guest."""
        self._connection._driver.domain_set_guest_vcpus(self._ref, cpus, state, flags)

    def guest_info(self, types: DomainGuestInfoTypes | int = 0, flags: int = 0) -> TypedParameters:
        """Facts reported by the guest agent: users, OS, time zone, disks and more."""
        return self._connection._driver.domain_get_guest_info(self._ref, enums.DomainGuestInfoTypes(types), flags)

    def fs_info(self, flags: int = 0) -> list[FilesystemInfo]:
        """Mounted file systems as the guest sees them."""
        return self._connection._driver.domain_get_fs_info(self._ref, flags)

    def fs_freeze(self, mountpoints: Sequence[str] | None = None, flags: int = 0) -> int:
        """Freeze guest file systems."""
        return self._connection._driver.domain_fs_freeze(self._ref, mountpoints, flags)

    def fs_thaw(self, mountpoints: Sequence[str] | None = None, flags: int = 0) -> int:
        """Thaw frozen guest file systems."""
        return self._connection._driver.domain_fs_thaw(self._ref, mountpoints, flags)

    def fs_trim(self, mountpoint: str | None, minimum: int, flags: int = 0) -> None:
        """Discard unused blocks inside the guest."""
        self._connection._driver.domain_fs_trim(self._ref, mountpoint, minimum, flags)

    def set_user_password(self, user: str, password: str, flags: DomainSetUserPasswordFlags | int = 0) -> None:
        """Change a guest user's password."""
        self._connection._driver.domain_set_user_password(
            self._ref, user, password, enums.DomainSetUserPasswordFlags(flags)
        )

    def authorized_ssh_keys_get(self, user: str, flags: int = 0) -> list[str]:
        """Read a guest user's authorised SSH keys."""
        return self._connection._driver.domain_authorized_ssh_keys_get(self._ref, user, flags)

    def authorized_ssh_keys_set(
        self, user: str, keys: Sequence[str], flags: DomainAuthorizedSSHKeysSetFlags | int = 0
    ) -> None:
        """Write a guest user's authorised SSH keys."""
        self._connection._driver.domain_authorized_ssh_keys_set(
            self._ref, user, keys, enums.DomainAuthorizedSSHKeysSetFlags(flags)
        )

    def agent_set_response_timeout(self, timeout: int, flags: int = 0) -> None:
        """Set how long to wait for the guest agent."""
        self._connection._driver.domain_agent_set_response_timeout(self._ref, timeout, flags)

    def qemu_agent_command(self, command: str, timeout: int, flags: int = 0) -> str:
        """Send a raw command to the QEMU guest agent."""
        return self._connection._driver.domain_qemu_agent_command(self._ref, command, timeout, flags)

    def qemu_monitor_command(self, command: str, flags: DomainQemuMonitorCommandFlags | int = 0) -> str:
        """Send a raw QEMU monitor command."""
        return self._connection._driver.domain_qemu_monitor_command(
            self._ref, command, enums.DomainQemuMonitorCommandFlags(flags)
        )

    def qemu_monitor_command_with_files(
        self, command: str, files: Sequence[int], flags: DomainQemuMonitorCommandFlags | int = 0
    ) -> tuple[str, list[int]]:
        """Send a raw QEMU monitor command with open files, and get files back."""
        return self._connection._driver.domain_qemu_monitor_command_with_files(
            self._ref, command, files, enums.DomainQemuMonitorCommandFlags(flags)
        )
