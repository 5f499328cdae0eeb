"""Domains of a connection: list, find, define, create."""

from __future__ import annotations

from pyvirt import enums, objects
from pyvirt.objects.connection_base import ConnectionBase
from pyvirt.objects.documents import xml_text
from pyvirt_util.errors import VirtError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvirt.enums.domain import DomainCreateFlags, DomainDefineFlags
    from pyvirt.enums.domain_jobs import DomainSaveImageXMLFlags, DomainSaveRestoreFlags
    from pyvirt.enums.qemu import ConnectDomainQemuMonitorEventRegisterFlags
    from pyvirt.events import EventCallback
    from pyvirt.objects.documents import XmlSource
    from pyvirt.objects.domain import Domain
    from pyvirt.types import DomainRef, TypedParameters


class DomainOperations(ConnectionBase):
    """Domains of a connection: list, find, define, create."""

    def lookup_domain_by_id(self, id: int) -> Domain:
        """Find a running domain by number."""
        return objects.Domain(self._self, self._driver.domain_lookup_by_id(id))

    def lookup_domain(self, name: str) -> Domain:
        """Find a domain by name."""
        return objects.Domain(self._self, self._driver.domain_lookup_by_name(name))

    def lookup_domain_by_uuid(self, uuid: str) -> Domain:
        """Find a domain by UUID."""
        return objects.Domain(self._self, self._driver.domain_lookup_by_uuid(uuid))

    def create_domain(self, xml: XmlSource, flags: DomainCreateFlags | int = 0) -> Domain:
        """Start a transient domain from XML."""
        return objects.Domain(self._self, self._driver.domain_create_xml(xml_text(xml), enums.DomainCreateFlags(flags)))

    def start_autostart_domains(self) -> list[tuple[Domain, VirtError | None]]:
        """Start all domains that are marked to start with the host and do not run; for a boot script.

        :returns: each of them, with the error of a start that failed. One that another process has started meanwhile is
            as wanted.
        """
        wanted = enums.ConnectListAllDomainsFlags.AUTOSTART | enums.ConnectListAllDomainsFlags.INACTIVE
        outcomes: list[tuple[Domain, VirtError | None]] = []
        for ref in self._driver.connect_list_all_domains(wanted):
            domain = objects.Domain(self._self, ref)
            failure = None
            try:
                domain.start()
            except VirtError as error:
                if not _runs(domain):
                    failure = error
            outcomes.append((domain, failure))
        return outcomes

    def create_domain_with_files(
        self, xml: XmlSource, files: Sequence[int], flags: DomainCreateFlags | int = 0
    ) -> Domain:
        """Start a transient domain from XML and hand it open files."""
        return objects.Domain(
            self._self, self._driver.domain_create_xml_with_files(xml_text(xml), files, enums.DomainCreateFlags(flags))
        )

    def define_domain(self, xml: XmlSource, flags: DomainDefineFlags | int = 0) -> Domain:
        """Store a domain configuration with options such as validation."""
        return objects.Domain(
            self._self, self._driver.domain_define_xml_flags(xml_text(xml), enums.DomainDefineFlags(flags))
        )

    def domain_qemu_attach(self, pid: int, flags: int = 0) -> Domain:
        """Take over a QEMU process started by someone else."""
        return objects.Domain(self._self, self._driver.domain_qemu_attach(pid, flags))

    def domain_qemu_monitor_event_register(
        self,
        domain: DomainRef | None,
        event: str | None,
        callback: EventCallback,
        flags: ConnectDomainQemuMonitorEventRegisterFlags | int = 0,
    ) -> int:
        """Add a callback for raw QEMU monitor events."""
        return self._driver.connect_domain_qemu_monitor_event_register(
            domain, event, callback, enums.ConnectDomainQemuMonitorEventRegisterFlags(flags)
        )

    def domain_qemu_monitor_event_deregister(self, callback_id: int) -> None:
        """Remove a raw QEMU monitor event callback."""
        self._driver.connect_domain_qemu_monitor_event_deregister(callback_id)

    def domain_restore_params(self, parameters: TypedParameters, flags: DomainSaveRestoreFlags | int = 0) -> None:
        """Resume a domain from a saved state given by named parameters."""
        self._driver.domain_restore_params(parameters, enums.DomainSaveRestoreFlags(flags))

    def domain_save_image_get_xml_desc(self, file: str, flags: DomainSaveImageXMLFlags | int = 0) -> str:
        """XML inside a saved file."""
        return self._driver.domain_save_image_get_xml_desc(file, enums.DomainSaveImageXMLFlags(flags))

    def domain_save_image_define_xml(self, file: str, xml: XmlSource, flags: DomainSaveRestoreFlags | int = 0) -> None:
        """Change the XML inside a saved file."""
        self._driver.domain_save_image_define_xml(file, xml_text(xml), enums.DomainSaveRestoreFlags(flags))


def _runs(domain: Domain) -> bool:
    try:
        return domain.is_active()
    except VirtError:
        return False
