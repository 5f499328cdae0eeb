"""Base classes of drivers: every public operation is declared here, once.

A hypervisor driver subclasses :class:`HypervisorDriver`; a driver of a host service subclasses
:class:`NetworkDriver`, :class:`StorageDriver`, ... and is named by an entry point in the group of its kind.
"""

from __future__ import annotations

from pyvirt.driver.hypervisor import HypervisorDriver
from pyvirt.driver.operation import (
    Operation,
    Operations,
    declared_operations,
    implemented_operations,
    implements,
    operation,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pyvirt.driver.interface import InterfaceDriver
    from pyvirt.driver.network import NetworkDriver
    from pyvirt.driver.nodedev import NodeDeviceDriver
    from pyvirt.driver.nwfilter import NwfilterDriver
    from pyvirt.driver.secret import SecretDriver
    from pyvirt.driver.storage import StorageDriver

__all__ = [
    "HypervisorDriver",
    "InterfaceDriver",
    "NetworkDriver",
    "NodeDeviceDriver",
    "NwfilterDriver",
    "Operation",
    "Operations",
    "SecretDriver",
    "StorageDriver",
    "declared_operations",
    "implemented_operations",
    "implements",
    "operation",
]


def __getattr__(name: str) -> Any:
    # The secondary base classes are only needed by drivers that have them.
    if name == "InterfaceDriver":
        from pyvirt.driver.interface import InterfaceDriver as found_interface

        return found_interface
    if name == "NetworkDriver":
        from pyvirt.driver.network import NetworkDriver as found_network

        return found_network
    if name == "NodeDeviceDriver":
        from pyvirt.driver.nodedev import NodeDeviceDriver as found_nodedev

        return found_nodedev
    if name == "NwfilterDriver":
        from pyvirt.driver.nwfilter import NwfilterDriver as found_nwfilter

        return found_nwfilter
    if name == "SecretDriver":
        from pyvirt.driver.secret import SecretDriver as found_secret

        return found_secret
    if name == "StorageDriver":
        from pyvirt.driver.storage import StorageDriver as found_storage

        return found_storage
    raise AttributeError(f"module 'pyvirt.driver' has no attribute '{name}'")
