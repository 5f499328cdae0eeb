"""What all parts of the driver share: the connection's host and its callbacks."""

from __future__ import annotations

from pyvirt.driver.hypervisor import HypervisorDriver
from pyvirt_util.errors import InvalidConnError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.domain_events import DomainEventID
    from pyvirt.events import Dispatcher, EventCallback
    from pyvirt.refs import DomainRef
    from pyvirt_driver_test.host import Host


class HostedDriver(HypervisorDriver):
    """One connection to an in-memory host."""

    driver_name = "test"

    def __init__(self, host: Host, path: str) -> None:
        self._host: Host | None = host
        self._dispatcher: Dispatcher | None = None
        self.path = path

    @property
    def host(self) -> Host:
        """The host; raises InvalidConnError once the connection is closed."""
        if self._host is None:
            raise InvalidConnError("the connection is closed")
        return self._host

    @property
    def dispatcher(self) -> Dispatcher:
        """Callbacks of this connection."""
        if self._dispatcher is None:
            from pyvirt.events import Dispatcher

            host = self.host
            made = Dispatcher(on_first=lambda: host.listen(made), on_last=lambda: host.unlisten(made))
            self._dispatcher = made
        return self._dispatcher

    def connect_domain_event_register_any(
        self, domain: DomainRef | None, event_id: DomainEventID, callback: EventCallback
    ) -> int:
        """See the base class."""
        with self.host.lock:
            if domain is not None:
                self.host.guest(domain)
            return self.dispatcher.register(domain, event_id, callback)

    def connect_domain_event_deregister_any(self, callback_id: int) -> None:
        """See the base class."""
        with self.host.lock:
            self.dispatcher.deregister(callback_id)

    def close(self) -> None:
        """See the base class."""
        if self._dispatcher is not None:
            self._dispatcher.clear()
        self._host = None
