"""A connection to a hypervisor: what :func:`pyvirt.open` returns."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.objects.connection_domains import DomainOperations
from pyvirt.objects.connection_host import HostOperations
from pyvirt.objects.connection_secondary import SecondaryOperations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

    from pyvirt.enums.domain_events import DomainEventID
    from pyvirt.enums.domain_stats import ConnectGetAllDomainStatsFlags, DomainStatsTypes
    from pyvirt.events import EventCallback, EventStream, Subscription
    from pyvirt.objects.domain import Domain
    from pyvirt.types import TypedParameters


class Connection(HostOperations, DomainOperations, SecondaryOperations):
    """A connection to a hypervisor. Leaving a ``with`` block closes it; guests go on.

    ::

        with pyvirt.open("qemu:///session") as conn:
            for domain in conn.list_domains():
                print(domain.name, domain.state().state.name)
    """

    @property
    def uri(self) -> str:
        """The URI it was opened with, in canonical form."""
        return str(self._uri)

    @property
    def readonly(self) -> bool:
        """Whether changes are refused."""
        return self._readonly

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` was called."""
        return self._is_closed

    def hypervisor_type(self) -> str:
        """Name of the hypervisor driver, as libvirt has it (``QEMU``, ``Test`` ...)."""
        return self._driver.connect_get_type()

    def close(self) -> None:
        """End subscriptions and give back what the driver holds; a second call does nothing."""
        if self.closed:
            return
        self._drop_drivers()
        self._hypervisor.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Connection {self.uri}{' read-only' if self._readonly else ''}{' closed' if self.closed else ''}>"

    def domain_stats(
        self,
        stats: DomainStatsTypes | int = 0,
        domains: Sequence[Domain] | None = None,
        flags: ConnectGetAllDomainStatsFlags | int = 0,
    ) -> list[tuple[Domain, TypedParameters]]:
        """Chosen groups of statistics (0: all) of chosen domains (``None``: all) in one call."""
        from pyvirt.objects.domain import Domain

        refs = None if domains is None else [domain._ref for domain in domains]
        records = self._driver.connect_get_all_domain_stats(
            refs, enums.DomainStatsTypes(stats), enums.ConnectGetAllDomainStatsFlags(flags)
        )
        return [(Domain(self, ref), values) for ref, values in records]

    def on_domain_event(
        self, callback: EventCallback, *, domain: Domain | None = None, event_id: DomainEventID | int = 0
    ) -> Subscription:
        """Call ``callback(event)`` for each event of a kind (default: lifecycle), of one domain or of all.

        Callbacks run one after the other on a thread of the connection, never inside the call that caused the event;
        one that raises is logged. Cancel the returned subscription, or leave it as a context manager, to stop.
        """
        from pyvirt.events import Subscription

        number = self._driver.connect_domain_event_register_any(
            None if domain is None else domain._ref, enums.DomainEventID(event_id), callback
        )
        return Subscription(self._driver.connect_domain_event_deregister_any, number)

    def domain_events(self, *, domain: Domain | None = None, event_id: DomainEventID | int = 0) -> EventStream:
        """The same events as an iterator, from now on::

        with conn.domain_events() as events:
            domain.start()
            for event in events:
                print(event)
        """
        from pyvirt.events import EventStream

        stream = EventStream()
        stream.subscription = self.on_domain_event(stream.put, domain=domain, event_id=event_id)
        return stream
