"""Title, description and applications' own XML of domains."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.driver.flags import allow_flags
from pyvirt_driver_test.base import HostedDriver
from pyvirt_util.errors import InvalidArgError, NoDomainMetadataError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.domain import DomainMetadataType, DomainModificationImpact
    from pyvirt.refs import DomainRef
    from pyvirt_conf.domain.domain import Domain


class MetadataOperations(HostedDriver):
    """Title, description and applications' own XML of domains."""

    def domain_get_metadata(
        self, domain: DomainRef, type: DomainMetadataType, uri: str | None, flags: DomainModificationImpact
    ) -> str:
        """See the base class."""
        function = "virDomainGetMetadata"
        allow_flags(flags, 0x3, function)
        if flags == 3:
            raise InvalidArgError(f"{function} reads either the running or the stored domain, not both")
        _check_uri(type, uri, function)
        with self.host.lock:
            (definition,) = self.host.guest(domain).affected(flags)
            found: str | None
            if type == enums.DomainMetadataType.DESCRIPTION:
                found = definition.description
            elif type == enums.DomainMetadataType.TITLE:
                found = definition.title
            else:
                assert uri is not None
                found = None if definition.metadata is None else definition.metadata.get(uri)
        if found is None:
            raise NoDomainMetadataError("requested metadata element is not present")
        return found

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
        from pyvirt_conf.xml import read

        function = "virDomainSetMetadata"
        allow_flags(flags, 0x3, function)
        _check_uri(type, uri, function)
        if type == enums.DomainMetadataType.ELEMENT:
            if metadata is not None:
                if key is None:
                    raise InvalidArgError(f"key in {function} must not be None")
                read(metadata)  # refuse it before anything is changed
        else:
            if key is not None:
                raise InvalidArgError(f"key in {function} must be None for a {type.name.lower()}")
            if type == enums.DomainMetadataType.TITLE and metadata is not None and "\n" in metadata:
                raise InvalidArgError("metadata title can't contain newlines")
        with self.host.lock:
            guest = self.host.guest(domain)
            for definition in guest.affected(flags):
                _change(definition, type, metadata, key, uri)
            if self.host.heard:
                from pyvirt.events.kinds import MetadataChangeEvent

                self.host.emit(MetadataChangeEvent(guest.ref, int(type), uri))


def _check_uri(type: DomainMetadataType, uri: str | None, function: str) -> None:
    if type == enums.DomainMetadataType.ELEMENT:
        if not uri:
            raise InvalidArgError(f"uri in {function} must not be None")
    elif uri is not None:
        raise InvalidArgError(f"uri in {function} must be None for a {type.name.lower()}")


def _change(
    definition: Domain, type: DomainMetadataType, metadata: str | None, key: str | None, uri: str | None
) -> None:
    if type == enums.DomainMetadataType.DESCRIPTION:
        definition.description = metadata or None
    elif type == enums.DomainMetadataType.TITLE:
        definition.title = metadata or None
    else:
        from pyvirt_conf.domain.metadata import Metadata

        assert uri is not None
        known = definition.metadata or Metadata()
        known.set(uri, metadata, key)
        definition.metadata = None if known.is_empty else known
