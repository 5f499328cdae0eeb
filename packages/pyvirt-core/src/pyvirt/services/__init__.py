"""Services between plug-ins: what a driver needs from another package, it asks for here.

::

    from pyvirt import services

    plugged = services.interface.plug(request, undo)

Each kind has its hook specifications, its data classes and its façade in a module of :mod:`pyvirt.services.specs`;
any installed distribution answers through the entry-point group ``pyvirt.services.KIND``, with methods
marked :data:`hookimpl`::

    class Plugin:
        @hookimpl
        def phys_port_id(self, ifname): ...

A hook that acquires something takes an ``undo`` stack and registers each rollback as it goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyvirt.services.base import hookimpl as hookimpl
    from pyvirt.services.specs.cpu import CpuService
    from pyvirt.services.specs.interface import InterfaceService
    from pyvirt.services.specs.lifecycle import LifecycleService
    from pyvirt.services.specs.native_config import NativeConfigService
    from pyvirt.services.specs.netdev import NetdevService
    from pyvirt.services.specs.network import NetworkService
    from pyvirt.services.specs.nodedev import NodedevService
    from pyvirt.services.specs.nwfilter import NwfilterService
    from pyvirt.services.specs.secret import SecretService
    from pyvirt.services.specs.security import SecurityService
    from pyvirt.services.specs.storage import StorageService

    cpu: CpuService
    interface: InterfaceService
    lifecycle: LifecycleService
    native_config: NativeConfigService
    netdev: NetdevService
    network: NetworkService
    nodedev: NodedevService
    nwfilter: NwfilterService
    secret: SecretService
    security: SecurityService
    storage: StorageService

KINDS = (
    "cpu",
    "interface",
    "lifecycle",
    "native_config",
    "netdev",
    "network",
    "nodedev",
    "nwfilter",
    "secret",
    "security",
    "storage",
)

__all__ = ["KINDS", "hookimpl", *KINDS]

_services: dict[str, Any] = {}


def __getattr__(name: str) -> Any:
    if name == "hookimpl":
        from pyvirt.services.base import hookimpl as marker

        return marker
    if name not in KINDS:
        raise AttributeError(f"module 'pyvirt.services' has no attribute '{name}'")
    if name not in _services:
        from pyvirt.loader import import_by_name

        module = import_by_name(f"pyvirt.services.specs.{name}")
        facade = "".join(word.capitalize() for word in name.split("_")) + "Service"
        _services[name] = getattr(module, facade)()
    globals()[name] = _services[name]
    return _services[name]
