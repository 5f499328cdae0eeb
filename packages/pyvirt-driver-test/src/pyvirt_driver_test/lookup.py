"""Finding domains, and what they are."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.driver.flags import allow_flags
from pyvirt_driver_test.base import HostedDriver
from pyvirt_util.errors import InvalidArgError, NoDomainError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.domain import ConnectListAllDomainsFlags, DomainXMLFlags
    from pyvirt.refs import DomainRef
    from pyvirt.types import DomainControlInfo, DomainInfo, DomainStateReason
    from pyvirt_driver_test.guest import Guest


class Lookup(HostedDriver):
    """Finding domains, and what they are."""

    def connect_list_all_domains(self, flags: ConnectListAllDomainsFlags) -> list[DomainRef]:
        """See the base class. Active domains come first, by id; the others by name."""
        allow_flags(flags, 0xFFFF, "virConnectListAllDomains")
        with self.host.lock:
            found = [guest.ref for guest in self.host if not flags or matches(guest, flags)]
        found.sort(key=lambda ref: (ref.id < 0, ref.id, ref.name))
        return found

    def domain_lookup_by_id(self, id: int) -> DomainRef:
        """See the base class."""
        if id < 0:
            raise InvalidArgError(f"id {id} in virDomainLookupByID must be zero or greater")
        with self.host.lock:
            for guest in self.host:
                if guest.id == id:
                    return guest.ref
        raise NoDomainError(f"no domain with matching id {id}")

    def domain_lookup_by_name(self, name: str) -> DomainRef:
        """See the base class."""
        with self.host.lock:
            guest = self.host.by_name(name)
            if guest is None:
                raise NoDomainError(f"no domain with matching name '{name}'")
            return guest.ref

    def domain_lookup_by_uuid(self, uuid: str) -> DomainRef:
        """See the base class."""
        from pyvirt_util import uuids

        canonical = uuids.parse(uuid)
        with self.host.lock:
            guest = self.host.by_uuid(canonical)
            if guest is None:
                raise NoDomainError(f"no domain with matching uuid '{canonical}'")
            return guest.ref

    def domain_get_state(self, domain: DomainRef, flags: int) -> DomainStateReason:
        """See the base class."""
        from pyvirt.types import DomainStateReason

        allow_flags(flags, 0, "virDomainGetState")
        with self.host.lock:
            guest = self.host.guest(domain)
            state = guest.domain_state
            reasons = {
                enums.DomainState.RUNNING: enums.DomainRunningReason,
                enums.DomainState.PAUSED: enums.DomainPausedReason,
                enums.DomainState.SHUTDOWN: enums.DomainShutdownReason,
                enums.DomainState.SHUTOFF: enums.DomainShutoffReason,
                enums.DomainState.CRASHED: enums.DomainCrashedReason,
                enums.DomainState.PMSUSPENDED: enums.DomainPMSuspendedReason,
            }
            return DomainStateReason(state, reasons.get(state, enums.DomainNostateReason)(guest.reason))

    def domain_get_info(self, domain: DomainRef) -> DomainInfo:
        """See the base class."""
        from pyvirt.types import DomainInfo
        from pyvirt_driver_test import definition

        with self.host.lock:
            guest = self.host.guest(domain)
            current = guest.current
            return DomainInfo(
                guest.domain_state,
                definition.max_memory(current),
                definition.memory(current),
                definition.vcpus(current),
                guest.cpu_time,
            )

    def domain_get_xml_desc(self, domain: DomainRef, flags: DomainXMLFlags) -> str:
        """See the base class."""
        from pyvirt_driver_test import definition

        allow_flags(flags, 0xF, "virDomainGetXMLDesc")
        with self.host.lock:
            guest = self.host.guest(domain)
            wanted = guest.config if flags & enums.DomainXMLFlags.INACTIVE else None
            return definition.format_xml(wanted or guest.current, guest.id if wanted is None else -1, flags)

    def domain_get_os_type(self, domain: DomainRef) -> str:
        """See the base class."""
        from pyvirt_driver_test import definition

        with self.host.lock:
            return definition.os_type(self.host.guest(domain).current)

    def domain_is_active(self, domain: DomainRef) -> bool:
        """See the base class."""
        with self.host.lock:
            return self.host.guest(domain).active

    def domain_is_persistent(self, domain: DomainRef) -> bool:
        """See the base class."""
        with self.host.lock:
            return self.host.guest(domain).persistent

    def domain_is_updated(self, domain: DomainRef) -> bool:
        """See the base class."""
        with self.host.lock:
            return self.host.guest(domain).updated

    def domain_get_control_info(self, domain: DomainRef, flags: int) -> DomainControlInfo:
        """See the base class."""
        from pyvirt.types import DomainControlInfo

        allow_flags(flags, 0, "virDomainGetControlInfo")
        with self.host.lock:
            self.host.guest(domain).require_active()
        return DomainControlInfo(enums.DomainControlState.OK, 0, 0)

    def domain_get_messages(self, domain: DomainRef, flags: int) -> list[str]:
        """See the base class."""
        allow_flags(flags, 0x3, "virDomainGetMessages")
        with self.host.lock:
            self.host.guest(domain)
        return []


def matches(guest: Guest, flags: int) -> bool:
    """Whether a domain passes the filters of virConnectListAllDomains."""
    from pyvirt.driver.filters import domain_matches

    return domain_matches(
        int(flags),
        active=guest.active,
        persistent=lambda: guest.persistent,
        state=lambda: guest.domain_state,
        autostart=lambda: guest.autostart,
        managed_save=lambda: guest.saved is not None,
    )
