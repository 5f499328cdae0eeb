"""Defining, starting and stopping domains."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.driver.flags import allow_flags
from pyvirt_driver_test.base import HostedDriver
from pyvirt_driver_test.checks import exclude
from pyvirt_driver_test.guest import PAUSED, RUNNING, SHUTOFF, Guest, SavedImage
from pyvirt_util.errors import InvalidArgError, OperationInvalidError, XmlError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvirt.enums.domain import (
        DomainCreateFlags,
        DomainDefineFlags,
        DomainDestroyFlags,
        DomainRebootFlags,
        DomainShutdownFlags,
        DomainUndefineFlags,
    )
    from pyvirt.refs import DomainRef
    from pyvirt_conf.domain.domain import Domain


class Lifecycle(HostedDriver):
    """Defining, starting and stopping domains."""

    # Definitions

    def domain_define_xml_flags(self, xml: str, flags: DomainDefineFlags) -> DomainRef:
        """See the base class. A domain that runs goes on as it is; the new definition counts from its next start."""
        from pyvirt_driver_test.definition import identity, parse

        allow_flags(flags, enums.DomainDefineFlags.VALIDATE, "virDomainDefineXMLFlags")
        definition = parse(xml, schema=bool(flags & enums.DomainDefineFlags.VALIDATE))
        name, uuid = identity(definition)
        with self.host.lock:
            guest = self.host.match(name, uuid)
            known = guest is not None and guest.persistent
            if guest is None:
                guest = Guest(name, uuid)
                self.host.add(guest)
            guest.updated = guest.active and known
            guest.config = definition
            detail = enums.DomainEventDefinedDetailType.UPDATED if known else enums.DomainEventDefinedDetailType.ADDED
            self.host.emit_lifecycle(guest.ref, enums.DomainEventType.DEFINED, detail)
            return guest.ref

    def domain_undefine_flags(self, domain: DomainRef, flags: DomainUndefineFlags) -> None:
        """See the base class. A domain that runs becomes transient."""
        kinds = enums.DomainUndefineFlags
        allow_flags(flags, 0x7F, "virDomainUndefineFlags")
        exclude(flags, (kinds.NVRAM, "VIR_DOMAIN_UNDEFINE_NVRAM"), (kinds.KEEP_NVRAM, "VIR_DOMAIN_UNDEFINE_KEEP_NVRAM"))
        exclude(flags, (kinds.TPM, "VIR_DOMAIN_UNDEFINE_TPM"), (kinds.KEEP_TPM, "VIR_DOMAIN_UNDEFINE_KEEP_TPM"))
        with self.host.lock:
            guest = self.host.guest(domain)
            if not guest.persistent:
                raise OperationInvalidError(f"cannot undefine transient domain '{guest.name}'")
            if guest.saved is not None and not flags & kinds.MANAGED_SAVE:
                raise OperationInvalidError(
                    f"refusing to undefine domain '{guest.name}' while its managed save image exists"
                )
            guest.saved = None
            guest.autostart = False
            guest.updated = False
            guest.config = None
            self.host.emit_lifecycle(
                guest.ref, enums.DomainEventType.UNDEFINED, enums.DomainEventUndefinedDetailType.REMOVED
            )
            if not guest.active:
                self.host.remove(guest)

    def domain_rename(self, domain: DomainRef, new_name: str, flags: int) -> None:
        """See the base class."""
        allow_flags(flags, 0, "virDomainRename")
        _check_name(new_name)
        with self.host.lock:
            guest = self.host.guest(domain)
            if guest.active:
                raise OperationInvalidError(f"cannot rename active domain '{guest.name}'")
            if guest.saved is not None:
                raise OperationInvalidError(f"domain '{guest.name}' with a managed saved state can't be renamed")
            if new_name == guest.name:
                raise OperationInvalidError(f"can't rename domain '{guest.name}' to itself")
            if self.host.by_name(new_name) is not None:
                raise OperationInvalidError(f"domain with name '{new_name}' already exists")
            old = guest.ref
            guest.current.name = new_name
            self.host.rename(guest, new_name)
            self.host.emit_lifecycle(old, enums.DomainEventType.UNDEFINED, enums.DomainEventUndefinedDetailType.RENAMED)
            self.host.emit_lifecycle(
                guest.ref, enums.DomainEventType.DEFINED, enums.DomainEventDefinedDetailType.RENAMED
            )

    def domain_get_autostart(self, domain: DomainRef) -> bool:
        """See the base class."""
        with self.host.lock:
            return self.host.guest(domain).autostart

    def domain_set_autostart(self, domain: DomainRef, autostart: bool) -> None:
        """See the base class."""
        with self.host.lock:
            guest = self.host.guest(domain)
            if not guest.persistent:
                raise OperationInvalidError(f"cannot set autostart for transient domain '{guest.name}'")
            guest.autostart = bool(autostart)

    # Starting

    def domain_create_xml(self, xml: str, flags: DomainCreateFlags) -> DomainRef:
        """See the base class."""
        from pyvirt_driver_test.definition import identity, parse

        allow_flags(flags, 0x3F, "virDomainCreateXML")
        definition = parse(xml, schema=bool(flags & enums.DomainCreateFlags.START_VALIDATE))
        name, uuid = identity(definition)
        with self.host.lock:
            guest = self.host.match(name, uuid)
            if guest is None:
                guest = Guest(name, uuid)
                self.host.add(guest)
            elif guest.active:
                raise OperationInvalidError(f"domain '{guest.name}' is already active")
            self._start(guest, definition, flags)
            return guest.ref

    def domain_create_with_flags(self, domain: DomainRef, flags: DomainCreateFlags) -> None:
        """See the base class. A managed save image is used up, unless FORCE_BOOT says to throw it away."""
        allow_flags(flags, 0x3F, "virDomainCreateWithFlags")
        with self.host.lock:
            guest = self.host.guest(domain)
            definition = guest.config
            if guest.active or definition is None:
                raise OperationInvalidError(f"domain '{guest.name}' is already running")
            image, guest.saved = guest.saved, None
            if image is not None and not flags & enums.DomainCreateFlags.START_FORCE_BOOT:
                self.resume_image(guest, image, paused=bool(flags & enums.DomainCreateFlags.START_PAUSED) or None)
                guest.autodestroy = self if flags & enums.DomainCreateFlags.START_AUTODESTROY else None
            else:
                self._start(guest, definition.copy(), flags)

    def domain_create_xml_with_files(self, xml: str, files: Sequence[int], flags: DomainCreateFlags) -> DomainRef:
        """See the base class. These guests have no use for files."""
        return self.domain_create_xml(xml, flags)

    def domain_create_with_files(self, domain: DomainRef, files: Sequence[int], flags: DomainCreateFlags) -> None:
        """See the base class. These guests have no use for files."""
        self.domain_create_with_flags(domain, flags)

    def _start(self, guest: Guest, definition: Domain, flags: int) -> None:
        self.boot(guest, definition, enums.DomainRunningReason.BOOTED, enums.DomainEventStartedDetailType.BOOTED)
        guest.autodestroy = self if flags & enums.DomainCreateFlags.START_AUTODESTROY else None
        if flags & enums.DomainCreateFlags.START_PAUSED:
            self.pause(guest, enums.DomainPausedReason.USER, enums.DomainEventSuspendedDetailType.PAUSED)

    def boot(self, guest: Guest, definition: Domain, reason: int, detail: int) -> None:
        """Let a domain that is off run from ``definition``, for ``reason``; the caller holds the lock."""
        guest.live = definition
        guest.id = self.host.next_id()
        guest.ran_ns = 0
        guest.updated = False
        guest.set_state(RUNNING, reason)
        self.host.emit_lifecycle(guest.ref, enums.DomainEventType.STARTED, detail)

    def resume_image(self, guest: Guest, image: SavedImage, *, paused: bool | None) -> None:
        """Go on from a saved image; ``paused`` None: as it was saved. The caller holds the lock."""
        from pyvirt_driver_test.definition import parse_complete

        definition = parse_complete(image.xml)
        self.boot(guest, definition, enums.DomainRunningReason.RESTORED, enums.DomainEventStartedDetailType.RESTORED)
        if paused or (paused is None and not image.running):
            details = enums.DomainEventSuspendedDetailType
            self.pause(guest, enums.DomainPausedReason.USER, details.PAUSED if paused else details.RESTORED)

    # Stopping

    def stop(self, guest: Guest, reason: int, detail: int) -> None:
        """Let a running guest be off; a transient domain is gone then. The caller holds the lock."""
        ref = guest.ref
        guest.live = None
        guest.id = -1
        guest.updated = False
        guest.autodestroy = None
        guest.forget_agent()
        guest.set_state(SHUTOFF, reason)
        self.host.emit_lifecycle(ref, enums.DomainEventType.STOPPED, detail)
        if not guest.persistent:
            self.host.remove(guest)

    def domain_destroy_flags(self, domain: DomainRef, flags: DomainDestroyFlags) -> None:
        """See the base class."""
        allow_flags(flags, 0x3, "virDomainDestroyFlags")
        with self.host.lock:
            guest = self.host.guest(domain)
            guest.require_active()
            self.stop(guest, enums.DomainShutoffReason.DESTROYED, enums.DomainEventStoppedDetailType.DESTROYED)

    def domain_shutdown_flags(self, domain: DomainRef, flags: DomainShutdownFlags) -> None:
        """See the base class. These guests obey at once, and ``on_poweroff`` of the definition says what follows."""
        allow_flags(flags, 0x1F, "virDomainShutdownFlags")
        with self.host.lock:
            guest = self.host.guest(domain)
            guest.require_active()
            self._follow(guest, "on_poweroff")

    def domain_reboot(self, domain: DomainRef, flags: DomainRebootFlags) -> None:
        """See the base class. ``on_reboot`` of the definition says what follows."""
        allow_flags(flags, 0x1F, "virDomainReboot")
        with self.host.lock:
            guest = self.host.guest(domain)
            guest.require_active()
            self._follow(guest, "on_reboot")

    def domain_reset(self, domain: DomainRef, flags: int) -> None:
        """See the base class."""
        allow_flags(flags, 0, "virDomainReset")
        with self.host.lock:
            guest = self.host.guest(domain)
            guest.require_active()
            self.restart(guest)

    def _follow(self, guest: Guest, action: str) -> None:
        from pyvirt_driver_test.definition import restarts

        if restarts(guest.current, action):
            self.restart(guest)
        else:
            self.stop(guest, enums.DomainShutoffReason.SHUTDOWN, enums.DomainEventStoppedDetailType.SHUTDOWN)

    def restart(self, guest: Guest) -> None:
        """Let a running guest begin anew; the caller holds the lock."""
        guest.forget_agent()
        if guest.state == RUNNING:
            guest.set_state(RUNNING, enums.DomainRunningReason.BOOTED)
        if self.host.heard:
            from pyvirt.events.kinds import RebootEvent

            self.host.emit(RebootEvent(guest.ref))

    def close(self) -> None:
        """See the base class. Guests started with AUTODESTROY by this connection end with it."""
        if self._host is not None:
            with self._host.lock:
                for guest in self._host:
                    if guest.autodestroy is self:
                        self.stop(
                            guest, enums.DomainShutoffReason.DESTROYED, enums.DomainEventStoppedDetailType.DESTROYED
                        )
        super().close()

    # Pausing

    def pause(self, guest: Guest, reason: int, detail: int) -> None:
        """Let a running guest stand still; the caller holds the lock."""
        guest.set_state(PAUSED, reason)
        self.host.emit_lifecycle(guest.ref, enums.DomainEventType.SUSPENDED, detail)

    def domain_suspend(self, domain: DomainRef) -> None:
        """See the base class. A paused domain stays as it is."""
        with self.host.lock:
            guest = self.host.guest(domain)
            guest.require_active()
            if guest.state == enums.DomainState.PMSUSPENDED:
                raise OperationInvalidError(f"domain '{guest.name}' is pmsuspended")
            if guest.state != PAUSED:
                self.pause(guest, enums.DomainPausedReason.USER, enums.DomainEventSuspendedDetailType.PAUSED)

    def domain_resume(self, domain: DomainRef) -> None:
        """See the base class."""
        with self.host.lock:
            guest = self.host.guest(domain)
            guest.require_active()
            if guest.state == enums.DomainState.PMSUSPENDED:
                raise OperationInvalidError(f"domain '{guest.name}' is pmsuspended")
            if guest.state != PAUSED:
                raise OperationInvalidError(f"domain '{guest.name}' is already running")
            guest.set_state(RUNNING, enums.DomainRunningReason.UNPAUSED)
            self.host.emit_lifecycle(
                guest.ref, enums.DomainEventType.RESUMED, enums.DomainEventResumedDetailType.UNPAUSED
            )


def _check_name(name: str) -> None:
    if not name:
        raise InvalidArgError("the new name of a domain must not be empty")
    if "/" in name:
        raise XmlError(f"name {name} cannot contain '/'")
    if any(character < " " for character in name):
        raise XmlError(f"invalid character in name {name!r}")
