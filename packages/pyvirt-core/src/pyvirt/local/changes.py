"""Changes of a domain's definitions that are the same for every local driver: memory, vCPUs, title, metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt import enums
from pyvirt.local.driver import LocalDomainDriver
from pyvirt_util.errors import (
    InvalidArgError,
    NoDomainMetadataError,
    OperationInvalidError,
    OperationUnsupportedError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvirt.enums.domain import DomainMemoryModFlags, DomainMetadataType, DomainModificationImpact, DomainVcpuFlags
    from pyvirt.local.status import GuestStatus
    from pyvirt.types import DomainRef
    from pyvirt_conf import Domain

# DomainModificationImpact
_LIVE = 1
_CONFIG = 2


class LocalChanges(LocalDomainDriver):
    """Adds the operations that read and change definitions."""

    def impact(self, name: str, status: GuestStatus | None, flags: int) -> tuple[bool, bool]:
        """Which definitions are meant, live and persistent; neither flag means the one that is in force.

        :raises OperationInvalidError: the live one of a domain that does not run, or the persistent one of a
            transient domain.
        """
        live, config = bool(flags & _LIVE), bool(flags & _CONFIG)
        if not live and not config:
            live = status is not None
            config = not live
        if live and status is None:
            raise OperationInvalidError("domain is not running")
        if config and self.records.persistent.stamp(name) is None:
            raise OperationInvalidError("transient domains do not have any persistent config")
        return live, config

    def definition_for(self, domain: DomainRef, flags: int) -> Domain:
        """The definition that a reading call means."""
        name, status = self.find(domain)
        if flags & _LIVE and flags & _CONFIG:
            raise InvalidArgError("flags LIVE and CONFIG exclude each other when reading")
        live, _config = self.impact(name, status, flags)
        if live and status is not None:
            return self.live_definition(status)
        return self.stored(name)

    def change(
        self,
        domain: DomainRef,
        flags: int,
        edit: Callable[[Domain], None],
        *,
        act: Callable[[GuestStatus], None] | None = None,
    ) -> None:
        """Apply ``edit`` to the definitions that ``flags`` mean; ``act`` changes the running guest first."""
        with self.locked(domain) as (name, status):
            live, config = self.impact(name, status, flags)
            stored = self.stored(name).copy() if config else None
            running = self.live_definition(status).copy() if live and status is not None else None
            for definition in (stored, running):
                if definition is not None:
                    edit(definition)
            if running is not None and status is not None:
                if act is not None:
                    act(status)
                self.records.write(status.changed(xml=self.format_definition(running, flags=1)))
            if stored is not None:
                self.records.define(name, domain.uuid, self.format_definition(stored, flags=3))

    # Memory, in KiB

    def domain_get_os_type(self, domain: DomainRef) -> str:
        """See the base class."""
        name, status = self.find(domain)
        definition = self.stored(name) if status is None else self.live_definition(status)
        return definition.os.type or "hvm"

    def domain_get_max_memory(self, domain: DomainRef) -> int:
        """See the base class; KiB."""
        return self.definition_for(domain, 0).memory or 0

    def domain_set_memory_flags(self, domain: DomainRef, memory: int, flags: DomainMemoryModFlags) -> None:
        """See the base class; KiB. With MAXIMUM the most the guest can get, else what it has now."""
        if memory <= 0:
            raise InvalidArgError(f"memory must be positive, not {memory} KiB")
        if flags & enums.DomainMemoryModFlags.MAXIMUM:

            def set_maximum(definition: Domain) -> None:
                definition.memory = memory
                if definition.current_memory is not None and definition.current_memory > memory:
                    definition.current_memory = memory

            self.change(domain, int(flags), set_maximum, act=self._refuse_live_maximum)
            return

        def set_current(definition: Domain) -> None:
            if definition.memory is not None and memory > definition.memory:
                raise InvalidArgError("cannot set memory higher than max memory")
            definition.current_memory = memory

        self.change(domain, int(flags), set_current, act=lambda status: self.set_live_memory(status, memory))

    def _refuse_live_maximum(self, status: GuestStatus) -> None:
        raise OperationInvalidError("cannot resize the maximum memory on an active domain")

    def set_live_memory(self, status: GuestStatus, memory: int) -> None:
        """Tell a running guest to give memory back, or that it may take more; KiB."""
        raise OperationUnsupportedError(f"memory of a running domain ({self.driver_name} driver)")

    # vCPUs

    def domain_get_max_vcpus(self, domain: DomainRef) -> int:
        """See the base class."""
        return self.definition_for(domain, 0).vcpu.count

    def domain_get_vcpus_flags(self, domain: DomainRef, flags: DomainVcpuFlags) -> int:
        """See the base class."""
        if flags & enums.DomainVcpuFlags.GUEST:
            raise OperationUnsupportedError("counting vCPUs by the guest agent")
        vcpu = self.definition_for(domain, int(flags)).vcpu
        return vcpu.count if flags & enums.DomainVcpuFlags.MAXIMUM else vcpu.current or vcpu.count

    def domain_set_vcpus_flags(self, domain: DomainRef, count: int, flags: DomainVcpuFlags) -> None:
        """See the base class."""
        if flags & enums.DomainVcpuFlags.GUEST:
            raise OperationUnsupportedError("setting vCPUs by the guest agent")
        if count <= 0:
            raise InvalidArgError(f"the number of vCPUs must be positive, not {count}")

        def edit(definition: Domain) -> None:
            vcpu = definition.vcpu
            if flags & enums.DomainVcpuFlags.MAXIMUM:
                vcpu.count = count
                if vcpu.current is not None and vcpu.current >= count:
                    vcpu.current = None
            elif count > vcpu.count:
                raise InvalidArgError(
                    f"requested vcpus is greater than max allowable vcpus for the domain: {count} > {vcpu.count}"
                )
            else:
                vcpu.current = None if count == vcpu.count else count

        self.change(domain, int(flags), edit, act=lambda status: self.set_live_vcpus(status, count))

    def set_live_vcpus(self, status: GuestStatus, count: int) -> None:
        """Plug or unplug vCPUs of a running guest."""
        raise OperationUnsupportedError(f"vCPUs of a running domain ({self.driver_name} driver)")

    # Title, description, metadata

    def domain_get_metadata(
        self, domain: DomainRef, type: DomainMetadataType, uri: str | None, flags: DomainModificationImpact
    ) -> str:
        """See the base class."""
        definition = self.definition_for(domain, int(flags))
        if type == enums.DomainMetadataType.TITLE:
            text = definition.title
        elif type == enums.DomainMetadataType.DESCRIPTION:
            text = definition.description
        else:
            if not uri:
                raise InvalidArgError("metadata of type element needs a uri")
            text = None if definition.metadata is None else definition.metadata.get(uri)
        if text is None:
            raise NoDomainMetadataError(f"the domain has no {_metadata_name(type, uri)}")
        return text

    def domain_set_metadata(
        self,
        domain: DomainRef,
        type: DomainMetadataType,
        metadata: str | None,
        key: str | None,
        uri: str | None,
        flags: DomainModificationImpact,
    ) -> None:
        """See the base class."""
        if type == enums.DomainMetadataType.TITLE and metadata is not None and "\n" in metadata:
            raise InvalidArgError("a title cannot contain newlines")
        if type == enums.DomainMetadataType.ELEMENT and not (uri and (key or metadata is None)):
            raise InvalidArgError("metadata of type element needs a uri and a key")

        def edit(definition: Domain) -> None:
            if type == enums.DomainMetadataType.TITLE:
                definition.title = metadata or None
            elif type == enums.DomainMetadataType.DESCRIPTION:
                definition.description = metadata or None
            else:
                _set_element(definition, uri or "", key, metadata)

        self.change(domain, int(flags), edit)
        self._publish_metadata_change(domain, type, uri)

    def _publish_metadata_change(self, domain: DomainRef, type: DomainMetadataType, uri: str | None) -> None:
        from pyvirt.events.kinds import MetadataChangeEvent

        self.publish(MetadataChangeEvent(domain, int(type), uri))


def _set_element(definition: Domain, uri: str, key: str | None, xml: str | None) -> None:
    from pyvirt_conf.domain.metadata import Metadata

    if definition.metadata is None:
        if xml is None:
            return
        definition.metadata = Metadata()
    definition.metadata.set(uri, xml, key)


def _metadata_name(type: DomainMetadataType, uri: str | None) -> str:
    return f"metadata of '{uri}'" if type == enums.DomainMetadataType.ELEMENT else type.name.lower()
