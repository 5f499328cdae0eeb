"""Configuration formats of other products, to and from domain XML (VMware's VMX ...)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt.services.base import Service, hookspec

if TYPE_CHECKING:
    from collections.abc import Mapping


class NativeConfigSpecification:
    """Hooks of the native configuration service."""

    @hookspec(firstresult=True)
    def native_config_decode(self, format: str, text: str, options: Mapping[str, object]) -> str | None:
        """Domain XML of a configuration in ``format``; ``None``: not a format this plug-in knows."""

    @hookspec(firstresult=True)
    def native_config_encode(self, format: str, domain_xml: str, options: Mapping[str, object]) -> str | None:
        """A configuration in ``format`` of domain XML; ``None``: not a format this plug-in knows."""


class NativeConfigService(Service):
    """``pyvirt.services.native_config``."""

    kind = "native_config"
    specification = NativeConfigSpecification
    provider = "pyvirt-vmx"

    def decode(self, format: str, text: str, options: Mapping[str, object] | None = None) -> str:
        """Domain XML of a native configuration."""
        return str(
            self._first("native_config_decode", f"read '{format}'", format=format, text=text, options=options or {})
        )

    def encode(self, format: str, domain_xml: str, options: Mapping[str, object] | None = None) -> str:
        """A native configuration of domain XML."""
        return str(
            self._first(
                "native_config_encode", f"write '{format}'", format=format, domain_xml=domain_xml, options=options or {}
            )
        )
