"""What all services between plug-ins share: one pluggy manager per kind, built on first use."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import pluggy

from pyvirt.loader import entry_points, load
from pyvirt_util.errors import NoSupportError, VirtError

if TYPE_CHECKING:
    from collections.abc import Iterator

hookspec = pluggy.HookspecMarker("pyvirt")
hookimpl = pluggy.HookimplMarker("pyvirt")

_log = logging.getLogger("pyvirt.services")


class Service:
    """Typed façade over the hooks of one kind.

    Plug-ins stand in the entry-point group ``pyvirt.services.KIND``; each entry names a module or an object whose
    methods are marked with :data:`hookimpl`. A plug-in that fails to load is logged and the others serve on.
    """

    kind: ClassVar[str]
    specification: ClassVar[type]
    provider: ClassVar[str]
    """The distribution to install where nobody serves this kind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._manager: pluggy.PluginManager | None = None

    def _build(self) -> pluggy.PluginManager:
        manager = pluggy.PluginManager("pyvirt")
        manager.add_hookspecs(self.specification)
        for entry in entry_points(f"pyvirt.services.{self.kind}"):
            name = f"{entry.distribution}:{entry.name}"
            try:
                manager.register(load(entry), name=name)
            except VirtError as error:
                _log.error("%s service: %s", self.kind, error)
            except pluggy.PluginValidationError as error:
                if manager.has_plugin(name):
                    manager.unregister(name=name)
                _log.error("%s service: the plug-in '%s' is left out: %s", self.kind, name, error)
        return manager

    @property
    def manager(self) -> pluggy.PluginManager:
        """The plug-in manager, with all installed plug-ins of this kind registered."""
        if self._manager is None:
            with self._lock:
                if self._manager is None:
                    self._manager = self._build()
        return self._manager

    @property
    def _hook(self) -> Any:
        return self.manager.hook

    def _first(self, name: str, what: str, **arguments: object) -> Any:
        """The first answer that is not ``None``; raises NoSupportError where nobody has one."""
        answer = getattr(self._hook, name)(**arguments)
        if answer is None:
            raise NoSupportError(f"no installed plug-in can {what}", hint=f"pip install {self.provider}")
        return answer

    @contextmanager
    def replaced(self, *plugins: object) -> Iterator[None]:
        """Serve from ``plugins`` alone while the block runs; for tests."""
        manager = pluggy.PluginManager("pyvirt")
        manager.add_hookspecs(self.specification)
        for plugin in plugins:
            manager.register(plugin)
        before, self._manager = self._manager, manager
        try:
            yield
        finally:
            self._manager = before
