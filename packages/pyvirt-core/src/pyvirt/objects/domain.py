"""A domain: a virtual machine or a container."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.objects.domain_devices import DomainDevices
from pyvirt.objects.domain_guest import DomainGuest
from pyvirt.objects.domain_history import DomainHistory
from pyvirt.objects.domain_jobs import DomainJobs
from pyvirt.objects.domain_resources import DomainResources

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvirt.enums.domain import (
        DomainChannelFlags,
        DomainConsoleFlags,
        DomainCreateFlags,
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
    from pyvirt.enums.domain_events import DomainEventID
    from pyvirt.enums.domain_guest import DomainProcessSignal, KeycodeSet
    from pyvirt.enums.host import NodeSuspendTarget
    from pyvirt.events import EventCallback, Subscription
    from pyvirt.streams import Stream
    from pyvirt.types import DomainControlInfo, DomainInfo, DomainStateReason, Screenshot
    from pyvirt_conf import Domain as Definition


class Domain(DomainResources, DomainDevices, DomainGuest, DomainJobs, DomainHistory):
    """A domain: a virtual machine or a container.

    ::

        domain = conn.lookup_domain("web")
        domain.start()
        print(domain.state().state.name, domain.info().memory)
        domain.destroy()
    """

    __slots__ = ()

    @property
    def name(self) -> str:
        """The name, as it was when this handle was made."""
        return self._ref.name

    @property
    def uuid(self) -> str:
        """The UUID, canonical text."""
        return self._ref.uuid

    @property
    def id(self) -> int | None:
        """The number it runs under now, or ``None``."""
        number = self._connection._driver.domain_lookup_by_uuid(self._ref.uuid).id
        return None if number < 0 else number

    def _identity(self) -> tuple[object, ...]:
        return (self._ref.uuid,)

    def definition(self, flags: DomainXMLFlags | int = 0) -> Definition:
        """The description as a typed object (see pyvirt_conf); change it and give it to ``define_domain``."""
        from pyvirt_conf import Domain as DefinitionClass

        return DefinitionClass.parse(self.xml(flags))

    def console(self, device: str | None = None, flags: DomainConsoleFlags | int = 0) -> Stream:
        """Stream to a console, by the alias of its device (default: the first)."""
        return self._connection._driver.domain_open_console(self._ref, device, enums.DomainConsoleFlags(flags))

    def on_event(self, callback: EventCallback, event_id: DomainEventID | int = 0) -> Subscription:
        """Call ``callback`` for each event of this domain; see :meth:`Connection.on_domain_event`."""
        return self._connection.on_domain_event(callback, domain=self, event_id=event_id)

    def undefine(self, flags: DomainUndefineFlags | int = 0) -> None:
        """Remove a stored configuration and chosen remains such as saved state, snapshots or NVRAM."""
        self._connection._driver.domain_undefine_flags(self._ref, enums.DomainUndefineFlags(flags))

    def start(self, flags: DomainCreateFlags | int = 0) -> None:
        """Start a defined domain with options."""
        self._connection._driver.domain_create_with_flags(self._ref, enums.DomainCreateFlags(flags))

    def start_with_files(self, files: Sequence[int], flags: DomainCreateFlags | int = 0) -> None:
        """Start a defined domain and hand it open files."""
        self._connection._driver.domain_create_with_files(self._ref, files, enums.DomainCreateFlags(flags))

    def shutdown(self, flags: DomainShutdownFlags | int = 0) -> None:
        """Ask the guest to shut down by a chosen means."""
        self._connection._driver.domain_shutdown_flags(self._ref, enums.DomainShutdownFlags(flags))

    def reboot(self, flags: DomainRebootFlags | int = 0) -> None:
        """Ask the guest to reboot."""
        self._connection._driver.domain_reboot(self._ref, enums.DomainRebootFlags(flags))

    def reset(self, flags: int = 0) -> None:
        """Reset the guest as by its reset button."""
        self._connection._driver.domain_reset(self._ref, flags)

    def destroy(self, flags: DomainDestroyFlags | int = 0) -> None:
        """Stop a domain at once, with options."""
        self._connection._driver.domain_destroy_flags(self._ref, enums.DomainDestroyFlags(flags))

    def suspend(self) -> None:
        """Pause a domain."""
        self._connection._driver.domain_suspend(self._ref)

    def resume(self) -> None:
        """Let a paused domain run on."""
        self._connection._driver.domain_resume(self._ref)

    def state(self, flags: int = 0) -> DomainStateReason:
        """State and reason of a domain."""
        return self._connection._driver.domain_get_state(self._ref, flags)

    def info(self) -> DomainInfo:
        """State, memory, CPU count and CPU time in one structure."""
        return self._connection._driver.domain_get_info(self._ref)

    def xml(self, flags: DomainXMLFlags | int = 0) -> str:
        """XML description of the domain."""
        return self._connection._driver.domain_get_xml_desc(self._ref, enums.DomainXMLFlags(flags))

    def os_type(self) -> str:
        """Kind of guest OS interface (hvm, exe and so on)."""
        return self._connection._driver.domain_get_os_type(self._ref)

    def is_active(self) -> bool:
        """Whether the domain is running or started now."""
        return self._connection._driver.domain_is_active(self._ref)

    def is_persistent(self) -> bool:
        """Whether the domain has a stored configuration."""
        return self._connection._driver.domain_is_persistent(self._ref)

    def is_updated(self) -> bool:
        """Whether the stored configuration differs from the running one."""
        return self._connection._driver.domain_is_updated(self._ref)

    def autostart(self) -> bool:
        """Whether the domain starts with the host."""
        return self._connection._driver.domain_get_autostart(self._ref)

    def set_autostart(self, autostart: bool) -> None:
        """Choose whether the domain starts with the host."""
        self._connection._driver.domain_set_autostart(self._ref, autostart)

    def rename(self, new_name: str, flags: int = 0) -> None:
        """Change a stopped domain's name."""
        self._connection._driver.domain_rename(self._ref, new_name, flags)
        self._ref = self._ref._replace(name=new_name)

    def control_info(self, flags: int = 0) -> DomainControlInfo:
        """State of the control channel to the hypervisor."""
        return self._connection._driver.domain_get_control_info(self._ref, flags)

    def set_lifecycle_action(
        self,
        event: DomainLifecycle | int,
        action: DomainLifecycleAction | int,
        flags: DomainModificationImpact | int = 0,
    ) -> None:
        """Choose what follows shutdown, reboot or crash."""
        self._connection._driver.domain_set_lifecycle_action(
            self._ref,
            enums.DomainLifecycle(event),
            enums.DomainLifecycleAction(action),
            enums.DomainModificationImpact(flags),
        )

    def metadata(
        self, type: DomainMetadataType | int, uri: str | None = None, flags: DomainModificationImpact | int = 0
    ) -> str:
        """Title, description or custom XML of a domain."""
        return self._connection._driver.domain_get_metadata(
            self._ref, enums.DomainMetadataType(type), uri, enums.DomainModificationImpact(flags)
        )

    def set_metadata(
        self,
        type: DomainMetadataType | int,
        metadata: str | None = None,
        key: str | None = None,
        uri: str | None = None,
        flags: DomainModificationImpact | int = 0,
    ) -> None:
        """Change title, description or custom XML."""
        self._connection._driver.domain_set_metadata(
            self._ref, enums.DomainMetadataType(type), metadata, key, uri, enums.DomainModificationImpact(flags)
        )

    def messages(self, flags: int = 0) -> list[str]:
        """Warnings about a domain: deprecations, taints."""
        return self._connection._driver.domain_get_messages(self._ref, flags)

    def pm_suspend_for_duration(self, target: NodeSuspendTarget | int, duration: int, flags: int = 0) -> None:
        """Put the guest OS to sleep."""
        self._connection._driver.domain_pm_suspend_for_duration(
            self._ref, enums.NodeSuspendTarget(target), duration, flags
        )

    def pm_wakeup(self, flags: int = 0) -> None:
        """Wake a sleeping guest."""
        self._connection._driver.domain_pm_wakeup(self._ref, flags)

    def inject_nmi(self, flags: int = 0) -> None:
        """Send a non-maskable interrupt to the guest."""
        self._connection._driver.domain_inject_nmi(self._ref, flags)

    def open_channel(self, name: str | None = None, flags: DomainChannelFlags | int = 0) -> Stream:
        """Stream to a guest channel device."""
        return self._connection._driver.domain_open_channel(self._ref, name, enums.DomainChannelFlags(flags))

    def open_graphics(self, index: int, fd: int, flags: DomainOpenGraphicsFlags | int = 0) -> None:
        """Hand an open socket to the guest's display server."""
        self._connection._driver.domain_open_graphics(self._ref, index, fd, enums.DomainOpenGraphicsFlags(flags))

    def open_graphics_fd(self, index: int, flags: DomainOpenGraphicsFlags | int = 0) -> int:
        """Get an open socket to the guest's display server."""
        return self._connection._driver.domain_open_graphics_fd(self._ref, index, enums.DomainOpenGraphicsFlags(flags))

    def screenshot(self, screen: int, flags: int = 0) -> Screenshot:
        """Stream a picture of the guest's screen."""
        return self._connection._driver.domain_screenshot(self._ref, screen, flags)

    def send_key(self, codeset: KeycodeSet | int, holdtime: int, keycodes: Sequence[int], flags: int = 0) -> None:
        """Type keys into the guest."""
        self._connection._driver.domain_send_key(self._ref, enums.KeycodeSet(codeset), holdtime, keycodes, flags)

    def send_process_signal(self, pid: int, signum: DomainProcessSignal | int, flags: int = 0) -> None:
        """Send a signal to a process in a container."""
        self._connection._driver.domain_send_process_signal(self._ref, pid, enums.DomainProcessSignal(signum), flags)

    def lxc_open_namespace(self, flags: int = 0) -> list[int]:
        """Open files of a container's namespaces."""
        return self._connection._driver.domain_lxc_open_namespace(self._ref, flags)

    def fd_associate(self, name: str, fds: Sequence[int], flags: DomainFDAssociateFlags | int = 0) -> None:
        """Give a domain open files to use in place of named paths."""
        self._connection._driver.domain_fd_associate(self._ref, name, fds, enums.DomainFDAssociateFlags(flags))
