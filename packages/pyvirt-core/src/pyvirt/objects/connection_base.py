"""The drivers behind a connection."""

from __future__ import annotations

from pyvirt.driver.operation import ReadOnly
from pyvirt_util.errors import InvalidConnError, NoSupportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pyvirt.driver.hypervisor import HypervisorDriver
    from pyvirt.driver.interface import InterfaceDriver
    from pyvirt.driver.network import NetworkDriver
    from pyvirt.driver.nodedev import NodeDeviceDriver
    from pyvirt.driver.nwfilter import NwfilterDriver
    from pyvirt.driver.secret import SecretDriver
    from pyvirt.driver.storage import StorageDriver
    from pyvirt.objects.connection import Connection
    from pyvirt_util.uris import URI


class _Closed:
    """Stands in for the driver of a closed connection."""

    def __getattr__(self, name: str) -> Any:
        raise InvalidConnError("the connection is closed")


class ConnectionBase:
    """Holds the hypervisor driver and, on first use, the drivers of networks, storage and so on.

    The hypervisor's own secondary driver wins over the host's plug-in of that kind.
    """

    def __init__(self, driver: HypervisorDriver, uri: URI, *, readonly: bool = False) -> None:
        self._hypervisor = driver
        self._uri = uri
        self._readonly = readonly
        self._is_closed = False
        self._driver: HypervisorDriver = self._guarded(driver)
        self._secondary: dict[str, Any] = {}

    def _guarded(self, driver: Any) -> Any:
        return ReadOnly(driver) if self._readonly else driver

    def _secondary_driver(self, kind: str) -> Any:
        found = self._secondary.get(kind)
        if found is None:
            _ = self._driver.driver_name  # a closed connection says so
            own = getattr(self._hypervisor, kind)
            if own is None and not self._hypervisor.shares_host_drivers:
                raise NoSupportError(f"{kind} objects ({self._hypervisor.driver_name} driver)")
            if own is None:
                from pyvirt.loader import open_secondary

                own = open_secondary(kind, self._uri)
            found = self._secondary[kind] = self._guarded(own)
        return found

    def _drop_drivers(self) -> None:
        self._is_closed = True
        closed: Any = _Closed()
        self._driver = closed
        opened = list(self._secondary.values())
        self._secondary.clear()
        for driver in opened:
            driver.close()

    @property
    def _self(self) -> Connection:
        connection: Any = self
        return connection  # type: ignore[no-any-return]

    @property
    def _network(self) -> NetworkDriver:
        driver: NetworkDriver = self._secondary_driver("network")
        return driver

    @property
    def _storage(self) -> StorageDriver:
        driver: StorageDriver = self._secondary_driver("storage")
        return driver

    @property
    def _interface(self) -> InterfaceDriver:
        driver: InterfaceDriver = self._secondary_driver("interface")
        return driver

    @property
    def _nodedev(self) -> NodeDeviceDriver:
        driver: NodeDeviceDriver = self._secondary_driver("nodedev")
        return driver

    @property
    def _nwfilter(self) -> NwfilterDriver:
        driver: NwfilterDriver = self._secondary_driver("nwfilter")
        return driver

    @property
    def _secret(self) -> SecretDriver:
        driver: SecretDriver = self._secondary_driver("secret")
        return driver
