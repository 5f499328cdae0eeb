"""Domain XML as QEMU wants it: the parser's configuration, and the capabilities of emulators it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_driver_qemu.emulators import find_emulator, host_architecture, missing_emulator
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt_conf import Domain, ParserConfig
    from pyvirt_driver_qemu.capabilities import Capabilities, CapabilitiesCache


class Definitions:
    """Parses, completes, validates and formats domains for one instance.

    :param cache_folder: where probed capabilities are kept.
    """

    def __init__(self, cache_folder: str) -> None:
        self._cache_folder = cache_folder
        self._cache: CapabilitiesCache | None = None
        self._config: ParserConfig | None = None

    def capabilities(self, emulator: str) -> Capabilities:
        """What an emulator can do; probed once per version of the binary."""
        if self._cache is None:
            from pyvirt_driver_qemu.capabilities import CapabilitiesCache

            self._cache = CapabilitiesCache(self._cache_folder)
        return self._cache.get(emulator)

    def default_capabilities(self) -> Capabilities:
        """What the emulator of the host's architecture can do."""
        architecture = host_architecture()
        emulator = find_emulator(architecture)
        if emulator is None:
            raise missing_emulator(architecture)
        return self.capabilities(emulator)

    @property
    def config(self) -> ParserConfig:
        """What QEMU contributes to parsing."""
        if self._config is None:
            from pyvirt_driver_qemu.completion import parser_config

            self._config = parser_config(self.capabilities)
        return self._config

    def parse(self, xml: str) -> Domain:
        """Parse, complete and validate XML from a user."""
        from pyvirt_conf import XmlFlags, parse_domain

        domain = parse_domain(xml, config=self.config, flags=XmlFlags.INACTIVE | XmlFlags.ABI_UPDATE)
        if domain.devices.emulator is None:
            raise missing_emulator(domain.os.arch or host_architecture())
        return domain

    def parse_stored(self, xml: str) -> Domain:
        """Parse a definition of our own, complete since it was stored."""
        from pyvirt_conf import Domain

        return Domain.parse(xml, config=self.config)

    @staticmethod
    def format(domain: Domain, flags: int) -> str:
        """Format a definition; ``flags`` are DomainXMLFlags, whose values XmlFlags share."""
        from pyvirt_conf import XmlFlags

        return domain.format(XmlFlags(flags & 0xF))


def emulator_of(domain: Domain) -> str:
    """The path of a domain's emulator; raises ConfigUnsupportedError where it has none."""
    emulator = domain.devices.emulator
    if emulator is None:
        raise ConfigUnsupportedError(f"domain '{domain.name}' has no emulator")
    return emulator
