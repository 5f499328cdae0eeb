"""The driver of ``example:`` URIs: a connection, and how domains are found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pyvirt_driver_example.life import Life
from pyvirt_util import uuids
from pyvirt_util.errors import NoDomainError

if TYPE_CHECKING:
    from pyvirt.auth import Authenticator
    from pyvirt.enums import ConnectListAllDomainsFlags
    from pyvirt.refs import DomainRef
    from pyvirt_util.uris import URI


class BenchDriver(Life):
    """A connection to a bench. Operations that are not here raise NoSupportError."""

    driver_name = "example"

    @classmethod
    def open(cls, uri: URI, *, readonly: bool = False, auth: Authenticator | None = None) -> Self:
        """Connect to the bench that the URI's path names."""
        return cls(uri.path or "/")

    def connect_get_type(self) -> str:
        """See the base class."""
        return "Example"

    def connect_get_version(self) -> int:
        """See the base class: 1.2.0."""
        return 1_002_000

    def connect_is_alive(self) -> bool:
        """See the base class."""
        return True

    def connect_list_all_domains(self, flags: ConnectListAllDomainsFlags) -> list[DomainRef]:
        """See the base class."""
        from pyvirt.driver.filters import domain_matches

        with self.bench.lock:
            return [
                machine.ref
                for machine in self.bench
                if domain_matches(
                    flags,
                    active=machine.live is not None,
                    persistent=lambda machine=machine: machine.stored is not None,  # type: ignore[misc]
                    state=lambda machine=machine: machine.standing.state,  # type: ignore[misc]
                    autostart=lambda machine=machine: machine.autostart,  # type: ignore[misc]
                )
            ]

    def domain_lookup_by_name(self, name: str) -> DomainRef:
        """See the base class."""
        with self.bench.lock:
            for machine in self.bench:
                if machine.name == name:
                    return machine.ref
        raise NoDomainError(f"no domain with matching name '{name}'")

    def domain_lookup_by_uuid(self, uuid: str) -> DomainRef:
        """See the base class."""
        wanted = uuids.parse(uuid)
        with self.bench.lock:
            for machine in self.bench:
                if machine.uuid == wanted:
                    return machine.ref
        raise NoDomainError(f"no domain with matching uuid '{wanted}'")

    def domain_lookup_by_id(self, id: int) -> DomainRef:
        """See the base class."""
        with self.bench.lock:
            for machine in self.bench:
                if machine.number == id and machine.live is not None:
                    return machine.ref
        raise NoDomainError(f"no domain with matching id {id}")
