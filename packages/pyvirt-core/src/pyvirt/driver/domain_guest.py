"""What is asked of the guest's agent or the guest's monitor."""

from __future__ import annotations

from pyvirt.driver.operation import Operations, operation
from pyvirt_util.errors import NoSupportError

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
    from pyvirt.enums.qemu import ConnectDomainQemuMonitorEventRegisterFlags, DomainQemuMonitorCommandFlags
    from pyvirt.events import EventCallback
    from pyvirt.types import DomainInterface, DomainRef, FilesystemInfo, TypedParameters


class DomainGuestOperations(Operations):
    """What is asked of the guest's agent or the guest's monitor."""

    @operation("virDomainGetHostname", 277, write=True)
    def domain_get_hostname(self, domain: DomainRef, flags: DomainGetHostnameFlags) -> str:
        """Host name inside the guest."""
        raise NoSupportError

    # Asking the agent means talking to the guest, which a reader may not.
    @operation("virDomainInterfaceAddresses", 353, write_values={"source": 1})
    def domain_interface_addresses(
        self, domain: DomainRef, source: DomainInterfaceAddressesSource, flags: int
    ) -> list[DomainInterface]:
        """Guest network addresses from leases, agent or ARP."""
        raise NoSupportError

    @operation("virDomainGetTime", 337, write=True)
    def domain_get_time(self, domain: DomainRef, flags: int) -> tuple[int, int]:
        """Clock inside the guest."""
        raise NoSupportError

    @operation("virDomainSetTime", 338, write=True)
    def domain_set_time(self, domain: DomainRef, seconds: int, nseconds: int, flags: DomainSetTimeFlags) -> None:
        """Set the clock inside the guest."""
        raise NoSupportError

    @operation("virDomainGetGuestVcpus", 371, write=True)
    def domain_get_guest_vcpus(self, domain: DomainRef, flags: int) -> TypedParameters:
        """Virtual CPUs online as the guest sees them."""
        raise NoSupportError

    @operation("virDomainSetGuestVcpus", 372, write=True)
    def domain_set_guest_vcpus(self, domain: DomainRef, cpus: Collection[int], state: bool, flags: int) -> None:
        """Bring virtual CPUs on or off inside the guest."""
        raise NoSupportError

    @operation("virDomainGetGuestInfo", 418)
    def domain_get_guest_info(self, domain: DomainRef, types: DomainGuestInfoTypes, flags: int) -> TypedParameters:
        """Facts reported by the guest agent: users, OS, time zone, disks and more."""
        raise NoSupportError

    @operation("virDomainGetFSInfo", 349, write=True)
    def domain_get_fs_info(self, domain: DomainRef, flags: int) -> list[FilesystemInfo]:
        """Mounted file systems as the guest sees them."""
        raise NoSupportError

    @operation("virDomainFSFreeze", 335, write=True)
    def domain_fs_freeze(self, domain: DomainRef, mountpoints: Sequence[str] | None, flags: int) -> int:
        """Freeze guest file systems."""
        raise NoSupportError

    @operation("virDomainFSThaw", 336, write=True)
    def domain_fs_thaw(self, domain: DomainRef, mountpoints: Sequence[str] | None, flags: int) -> int:
        """Thaw frozen guest file systems."""
        raise NoSupportError

    @operation("virDomainFSTrim", 294, write=True)
    def domain_fs_trim(self, domain: DomainRef, mountpoint: str | None, minimum: int, flags: int) -> None:
        """Discard unused blocks inside the guest."""
        raise NoSupportError

    @operation("virDomainSetUserPassword", 357, write=True)
    def domain_set_user_password(
        self, domain: DomainRef, user: str, password: str, flags: DomainSetUserPasswordFlags
    ) -> None:
        """Change a guest user's password."""
        raise NoSupportError

    @operation("virDomainAuthorizedSSHKeysGet", 424, write=True)
    def domain_authorized_ssh_keys_get(self, domain: DomainRef, user: str, flags: int) -> list[str]:
        """Read a guest user's authorised SSH keys."""
        raise NoSupportError

    @operation("virDomainAuthorizedSSHKeysSet", 425, write=True)
    def domain_authorized_ssh_keys_set(
        self, domain: DomainRef, user: str, keys: Sequence[str], flags: DomainAuthorizedSSHKeysSetFlags
    ) -> None:
        """Write a guest user's authorised SSH keys."""
        raise NoSupportError

    @operation("virDomainAgentSetResponseTimeout", 420, write=True)
    def domain_agent_set_response_timeout(self, domain: DomainRef, timeout: int, flags: int) -> None:
        """Set how long to wait for the guest agent."""
        raise NoSupportError

    @operation("virDomainQemuAgentCommand", 3, program="qemu", write=True)
    def domain_qemu_agent_command(self, domain: DomainRef, command: str, timeout: int, flags: int) -> str:
        """Send a raw command to the QEMU guest agent."""
        raise NoSupportError

    @operation("virDomainQemuMonitorCommand", 1, program="qemu", write=True)
    def domain_qemu_monitor_command(self, domain: DomainRef, command: str, flags: DomainQemuMonitorCommandFlags) -> str:
        """Send a raw QEMU monitor command."""
        raise NoSupportError

    @operation("virDomainQemuMonitorCommandWithFiles", 7, program="qemu", write=True)
    def domain_qemu_monitor_command_with_files(
        self, domain: DomainRef, command: str, files: Sequence[int], flags: DomainQemuMonitorCommandFlags
    ) -> tuple[str, list[int]]:
        """Send a raw QEMU monitor command with open files, and get files back."""
        raise NoSupportError

    @operation("virDomainQemuAttach", 2, program="qemu", write=True)
    def domain_qemu_attach(self, pid: int, flags: int) -> DomainRef:
        """Take over a QEMU process started by someone else."""
        raise NoSupportError

    @operation("virConnectDomainQemuMonitorEventRegister", 4, program="qemu", write=True)
    def connect_domain_qemu_monitor_event_register(
        self,
        domain: DomainRef | None,
        event: str | None,
        callback: EventCallback,
        flags: ConnectDomainQemuMonitorEventRegisterFlags,
    ) -> int:
        """Add a callback for raw QEMU monitor events."""
        raise NoSupportError

    @operation("virConnectDomainQemuMonitorEventDeregister", 5, program="qemu", write=True)
    def connect_domain_qemu_monitor_event_deregister(self, callback_id: int) -> None:
        """Remove a raw QEMU monitor event callback."""
        raise NoSupportError
