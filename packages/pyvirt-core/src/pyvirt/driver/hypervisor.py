"""What a hypervisor driver is: the operations of all nouns of a domain, and how a URI opens it."""

from __future__ import annotations

from pyvirt.driver.connect import ConnectOperations
from pyvirt.driver.domain import DomainOperations
from pyvirt.driver.domain_checkpoint import CheckpointOperations
from pyvirt.driver.domain_devices import DomainDeviceOperations
from pyvirt.driver.domain_guest import DomainGuestOperations
from pyvirt.driver.domain_jobs import DomainJobOperations
from pyvirt.driver.domain_resources import DomainResourceOperations
from pyvirt.driver.domain_snapshot import SnapshotOperations
from pyvirt.driver.node import NodeOperations
from pyvirt_util.errors import NoSupportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from pyvirt.auth import Authenticator
    from pyvirt.driver.interface import InterfaceDriver
    from pyvirt.driver.network import NetworkDriver
    from pyvirt.driver.nodedev import NodeDeviceDriver
    from pyvirt.driver.nwfilter import NwfilterDriver
    from pyvirt.driver.secret import SecretDriver
    from pyvirt.driver.storage import StorageDriver
    from pyvirt_util.uris import URI


class HypervisorDriver(
    ConnectOperations,
    NodeOperations,
    DomainOperations,
    DomainResourceOperations,
    DomainDeviceOperations,
    DomainGuestOperations,
    DomainJobOperations,
    SnapshotOperations,
    CheckpointOperations,
):
    """Base class of hypervisor drivers; an entry point in ``pyvirt.drivers`` names the subclass under its URI scheme.

    One instance serves one connection. The attributes ``network``, ``storage`` ... are the driver's own secondary
    drivers; where one is ``None`` the connection uses the host's plug-in of that kind, if ``shares_host_drivers`` says
    that guests run on this host.
    """

    shares_host_drivers: bool = False

    network: NetworkDriver | None = None
    storage: StorageDriver | None = None
    interface: InterfaceDriver | None = None
    nodedev: NodeDeviceDriver | None = None
    nwfilter: NwfilterDriver | None = None
    secret: SecretDriver | None = None

    @classmethod
    def open(cls, uri: URI, *, readonly: bool = False, auth: Authenticator | None = None) -> Self:
        """Connect to what ``uri`` names; raises :class:`NoConnectError` or :class:`InvalidArgError` for a bad URI."""
        raise NoSupportError(f"opening a connection ({cls.driver_name} driver)")

    def close(self) -> None:
        """Give back what :meth:`open` took. Guests go on."""
