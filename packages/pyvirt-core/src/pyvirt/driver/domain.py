"""The life of domains."""

from __future__ import annotations

from pyvirt.driver.operation import Operations, operation
from pyvirt_util.errors import NoSupportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvirt.enums.domain import (
        DomainChannelFlags,
        DomainConsoleFlags,
        DomainCreateFlags,
        DomainDefineFlags,
        DomainDestroyFlags,
        DomainFDAssociateFlags,
        DomainLifecycle,
        DomainLifecycleAction,
        DomainMetadataType,
        DomainModificationImpact,
        DomainOpenGraphicsFlags,
        DomainRebootFlags,
        DomainShutdownFlags,
        DomainUndefineFlags,
        DomainXMLFlags,
    )
    from pyvirt.enums.domain_guest import DomainProcessSignal, KeycodeSet
    from pyvirt.enums.host import NodeSuspendTarget
    from pyvirt.streams import Stream
    from pyvirt.types import DomainControlInfo, DomainInfo, DomainRef, DomainStateReason, Screenshot


class DomainOperations(Operations):
    """The life of domains."""

    @operation("virDomainLookupByID", 22)
    def domain_lookup_by_id(self, id: int) -> DomainRef:
        """Find a running domain by number."""
        raise NoSupportError

    @operation("virDomainLookupByName", 23)
    def domain_lookup_by_name(self, name: str) -> DomainRef:
        """Find a domain by name."""
        raise NoSupportError

    @operation("virDomainLookupByUUID", 24)
    def domain_lookup_by_uuid(self, uuid: str) -> DomainRef:
        """Find a domain by UUID."""
        raise NoSupportError

    @operation("virDomainCreateXML", 10, write=True)
    def domain_create_xml(self, xml: str, flags: DomainCreateFlags) -> DomainRef:
        """Start a transient domain from XML."""
        raise NoSupportError

    @operation("virDomainCreateXMLWithFiles", 309, write=True)
    def domain_create_xml_with_files(self, xml: str, files: Sequence[int], flags: DomainCreateFlags) -> DomainRef:
        """Start a transient domain from XML and hand it open files."""
        raise NoSupportError

    @operation("virDomainDefineXMLFlags", 350, write=True, also={"virDomainDefineXML": 11})
    def domain_define_xml_flags(self, xml: str, flags: DomainDefineFlags) -> DomainRef:
        """Store a domain configuration with options such as validation."""
        raise NoSupportError

    @operation("virDomainUndefineFlags", 231, write=True, also={"virDomainUndefine": 35})
    def domain_undefine_flags(self, domain: DomainRef, flags: DomainUndefineFlags) -> None:
        """Remove a stored configuration and chosen remains such as saved state, snapshots or NVRAM."""
        raise NoSupportError

    @operation("virDomainCreateWithFlags", 196, write=True, also={"virDomainCreate": 9})
    def domain_create_with_flags(self, domain: DomainRef, flags: DomainCreateFlags) -> None:
        """Start a defined domain with options."""
        raise NoSupportError

    @operation("virDomainCreateWithFiles", 310, write=True)
    def domain_create_with_files(self, domain: DomainRef, files: Sequence[int], flags: DomainCreateFlags) -> None:
        """Start a defined domain and hand it open files."""
        raise NoSupportError

    @operation("virDomainShutdownFlags", 258, write=True, also={"virDomainShutdown": 33})
    def domain_shutdown_flags(self, domain: DomainRef, flags: DomainShutdownFlags) -> None:
        """Ask the guest to shut down by a chosen means."""
        raise NoSupportError

    @operation("virDomainReboot", 27, write=True)
    def domain_reboot(self, domain: DomainRef, flags: DomainRebootFlags) -> None:
        """Ask the guest to reboot."""
        raise NoSupportError

    @operation("virDomainReset", 245, write=True)
    def domain_reset(self, domain: DomainRef, flags: int) -> None:
        """Reset the guest as by its reset button."""
        raise NoSupportError

    @operation("virDomainDestroyFlags", 234, write=True, also={"virDomainDestroy": 12})
    def domain_destroy_flags(self, domain: DomainRef, flags: DomainDestroyFlags) -> None:
        """Stop a domain at once, with options."""
        raise NoSupportError

    @operation("virDomainSuspend", 34, write=True)
    def domain_suspend(self, domain: DomainRef) -> None:
        """Pause a domain."""
        raise NoSupportError

    @operation("virDomainResume", 28, write=True)
    def domain_resume(self, domain: DomainRef) -> None:
        """Let a paused domain run on."""
        raise NoSupportError

    @operation("virDomainGetState", 212)
    def domain_get_state(self, domain: DomainRef, flags: int) -> DomainStateReason:
        """State and reason of a domain."""
        raise NoSupportError

    @operation("virDomainGetInfo", 16)
    def domain_get_info(self, domain: DomainRef) -> DomainInfo:
        """State, memory, CPU count and CPU time in one structure."""
        raise NoSupportError

    @operation("virDomainGetXMLDesc", 14, write_flags=0x9)
    def domain_get_xml_desc(self, domain: DomainRef, flags: DomainXMLFlags) -> str:
        """XML description of the domain."""
        raise NoSupportError

    @operation("virDomainGetOSType", 19)
    def domain_get_os_type(self, domain: DomainRef) -> str:
        """Kind of guest OS interface (hvm, exe and so on)."""
        raise NoSupportError

    @operation("virDomainIsActive", 150)
    def domain_is_active(self, domain: DomainRef) -> bool:
        """Whether the domain is running or started now."""
        raise NoSupportError

    @operation("virDomainIsPersistent", 151)
    def domain_is_persistent(self, domain: DomainRef) -> bool:
        """Whether the domain has a stored configuration."""
        raise NoSupportError

    @operation("virDomainIsUpdated", 202)
    def domain_is_updated(self, domain: DomainRef) -> bool:
        """Whether the stored configuration differs from the running one."""
        raise NoSupportError

    @operation("virDomainGetAutostart", 15)
    def domain_get_autostart(self, domain: DomainRef) -> bool:
        """Whether the domain starts with the daemon or host."""
        raise NoSupportError

    @operation("virDomainSetAutostart", 29, write=True)
    def domain_set_autostart(self, domain: DomainRef, autostart: bool) -> None:
        """Choose whether the domain starts with the daemon or host."""
        raise NoSupportError

    @operation("virDomainRename", 358, write=True)
    def domain_rename(self, domain: DomainRef, new_name: str, flags: int) -> None:
        """Change a stopped domain's name."""
        raise NoSupportError

    @operation("virDomainGetControlInfo", 229)
    def domain_get_control_info(self, domain: DomainRef, flags: int) -> DomainControlInfo:
        """State of the control channel to the hypervisor."""
        raise NoSupportError

    @operation("virDomainSetLifecycleAction", 390)
    def domain_set_lifecycle_action(
        self, domain: DomainRef, event: DomainLifecycle, action: DomainLifecycleAction, flags: DomainModificationImpact
    ) -> None:
        """Choose what follows shutdown, reboot or crash."""
        raise NoSupportError

    @operation("virDomainGetMetadata", 265)
    def domain_get_metadata(
        self, domain: DomainRef, type: DomainMetadataType, uri: str | None, flags: DomainModificationImpact
    ) -> str:
        """Title, description or custom XML of a domain."""
        raise NoSupportError

    @operation("virDomainSetMetadata", 264, write=True)
    def domain_set_metadata(
        self,
        domain: DomainRef,
        type: DomainMetadataType,
        metadata: str | None,
        key: str | None,
        uri: str | None,
        flags: DomainModificationImpact,
    ) -> None:
        """Change title, description or custom XML."""
        raise NoSupportError

    @operation("virDomainGetMessages", 426)
    def domain_get_messages(self, domain: DomainRef, flags: int) -> list[str]:
        """Warnings about a domain: deprecations, taints."""
        raise NoSupportError

    @operation("virDomainPMSuspendForDuration", 261, write=True)
    def domain_pm_suspend_for_duration(
        self, domain: DomainRef, target: NodeSuspendTarget, duration: int, flags: int
    ) -> None:
        """Put the guest OS to sleep."""
        raise NoSupportError

    @operation("virDomainPMWakeup", 267, write=True)
    def domain_pm_wakeup(self, domain: DomainRef, flags: int) -> None:
        """Wake a sleeping guest."""
        raise NoSupportError

    @operation("virDomainInjectNMI", 210, write=True)
    def domain_inject_nmi(self, domain: DomainRef, flags: int) -> None:
        """Send a non-maskable interrupt to the guest."""
        raise NoSupportError

    @operation("virDomainOpenConsole", 201, write=True)
    def domain_open_console(self, domain: DomainRef, device: str | None, flags: DomainConsoleFlags) -> Stream:
        """Stream to a guest console or serial port."""
        raise NoSupportError

    @operation("virDomainOpenChannel", 296, write=True)
    def domain_open_channel(self, domain: DomainRef, name: str | None, flags: DomainChannelFlags) -> Stream:
        """Stream to a guest channel device."""
        raise NoSupportError

    @operation("virDomainOpenGraphics", 249, write=True)
    def domain_open_graphics(self, domain: DomainRef, index: int, fd: int, flags: DomainOpenGraphicsFlags) -> None:
        """Hand an open socket to the guest's display server."""
        raise NoSupportError

    @operation("virDomainOpenGraphicsFD", 343, write=True)
    def domain_open_graphics_fd(self, domain: DomainRef, index: int, flags: DomainOpenGraphicsFlags) -> int:
        """Get an open socket to the guest's display server."""
        raise NoSupportError

    @operation("virDomainScreenshot", 211, write=True)
    def domain_screenshot(self, domain: DomainRef, screen: int, flags: int) -> Screenshot:
        """Stream a picture of the guest's screen."""
        raise NoSupportError

    @operation("virDomainSendKey", 226, write=True)
    def domain_send_key(
        self, domain: DomainRef, codeset: KeycodeSet, holdtime: int, keycodes: Sequence[int], flags: int
    ) -> None:
        """Type keys into the guest."""
        raise NoSupportError

    @operation("virDomainSendProcessSignal", 295, write=True)
    def domain_send_process_signal(self, domain: DomainRef, pid: int, signum: DomainProcessSignal, flags: int) -> None:
        """Send a signal to a process in a container."""
        raise NoSupportError

    @operation("virDomainLxcOpenNamespace", 1, program="lxc", write=True)
    def domain_lxc_open_namespace(self, domain: DomainRef, flags: int) -> list[int]:
        """Open files of a container's namespaces."""
        raise NoSupportError

    @operation("virDomainFDAssociate", 443, write=True)
    def domain_fd_associate(
        self, domain: DomainRef, name: str, fds: Sequence[int], flags: DomainFDAssociateFlags
    ) -> None:
        """Give a domain open files to use in place of named paths."""
        raise NoSupportError
