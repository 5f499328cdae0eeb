"""Telling plug-ins what becomes of domains."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pyvirt.services.base import Service, hookspec

if TYPE_CHECKING:
    from pyvirt.types import DomainRef

_log = logging.getLogger("pyvirt.services")


class LifecycleSpecification:
    """Hooks of the lifecycle service."""

    @hookspec
    def domain_lifecycle(self, driver: str, domain: DomainRef, stage: str, xml: str | None) -> None:
        """A domain of ``driver`` reached a stage: ``starting``, ``started``, ``stopped`` or ``released``."""


class LifecycleService(Service):
    """``pyvirt.services.lifecycle``: a notification, delivered to each plug-in by itself."""

    kind = "lifecycle"
    specification = LifecycleSpecification
    provider = "a plug-in"

    def notify(self, driver: str, domain: DomainRef, stage: str, xml: str | None = None) -> None:
        """Tell every plug-in; one that fails is logged and the others still hear of it."""
        for implementation in self._hook.domain_lifecycle.get_hookimpls():
            try:
                arguments = {"driver": driver, "domain": domain, "stage": stage, "xml": xml}
                implementation.function(*(arguments[name] for name in implementation.argnames))
            except Exception:
                _log.exception("plug-in %s failed on %s of %s", implementation.plugin_name, stage, domain.name)
