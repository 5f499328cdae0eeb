"""Domain XML as QEMU wants it: the parser's configuration, and the capabilities of emulators it asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_driver_qemu.emulators import find_emulator, host_architecture, missing_emulator
from pyvirt_util.errors import ConfigUnsupportedError, VirtError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvirt_conf import Domain, ParserConfig
    from pyvirt_driver_qemu.capabilities import Capabilities, CapabilitiesCache


class Definitions:
    """Parses, completes, validates and formats domains for one instance.

    :param cache_folder: where probed capabilities are kept.
    """

    def __init__(self, cache_folder: str) -> None:
        self._cache_folder = cache_folder
        self._cache: CapabilitiesCache | None = None
        self._stored_config: ParserConfig | None = None

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

    def _asked_once(self) -> Callable[[str], Capabilities]:
        """:meth:`capabilities` for one document: each emulator is asked once, also one that fails or hangs."""
        known: dict[str, Capabilities | VirtError] = {}

        def capabilities_of(emulator: str) -> Capabilities:
            found = known.get(emulator)
            if found is None:
                try:
                    found = self.capabilities(emulator)
                except VirtError as error:
                    found = error
                known[emulator] = found
            if isinstance(found, VirtError):
                raise found.with_traceback(None)
            return found

        return capabilities_of

    @staticmethod
    def _config(
        capabilities_of: Callable[[str], Capabilities], check: Callable[[Domain], None] | None = None
    ) -> ParserConfig:
        """What QEMU contributes to parsing."""
        from pyvirt_driver_qemu.completion import parser_config

        emulators: dict[str, str | None] = {}

        def emulator_for(architecture: str) -> str | None:
            if architecture not in emulators:
                emulators[architecture] = find_emulator(architecture)
            return emulators[architecture]

        return parser_config(capabilities_of, find_emulator=emulator_for, check=check)

    def parse(self, xml: str) -> Domain:
        """Parse, complete and validate XML from a user.

        :raises ConfigUnsupportedError: there is no emulator for it, or the emulator cannot do what it asks for.
        """
        from pyvirt_conf import XmlFlags, parse_domain

        capabilities_of = self._asked_once()

        def runnable(domain: Domain) -> None:
            if domain.devices.emulator is None:
                raise missing_emulator(domain.os.arch or host_architecture())
            check(domain, capabilities_of(domain.devices.emulator))

        config = self._config(capabilities_of, runnable)
        return parse_domain(xml, config=config, flags=XmlFlags.INACTIVE | XmlFlags.ABI_UPDATE)

    def parse_stored(self, xml: str) -> Domain:
        """Parse a definition of our own, complete since it was stored."""
        from pyvirt_conf import Domain

        if self._stored_config is None:
            self._stored_config = self._config(self.capabilities)
        return Domain.parse(xml, config=self._stored_config)

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


def check(domain: Domain, capabilities: Capabilities) -> None:
    """Refuse what this emulator cannot run at all.

    :raises ConfigUnsupportedError: naming what.
    """
    if domain.type not in ("qemu", "kvm"):
        raise ConfigUnsupportedError(f"the QEMU driver runs domains of type 'qemu' and 'kvm', not '{domain.type}'")
    if domain.os.type != "hvm":
        raise ConfigUnsupportedError(f"QEMU runs guests of OS type 'hvm', not '{domain.os.type}'")
    emulated, wanted = capabilities.arch, domain.os.arch
    if emulated is not None and emulated != wanted and (emulated, wanted) != ("x86_64", "i686"):
        raise ConfigUnsupportedError(f"emulator '{capabilities.binary}' runs {emulated} guests, not '{wanted}'")
    if domain.type == "kvm" and not capabilities.kvm:
        raise ConfigUnsupportedError(
            f"emulator '{capabilities.binary}' cannot use KVM on this host",
            hint="is /dev/kvm there and accessible? type='qemu' emulates the CPU instead",
        )
    machine = domain.os.machine
    if machine is not None and capabilities.machine(machine, "kvm" if domain.type == "kvm" else "tcg") is None:
        raise ConfigUnsupportedError(f"emulator '{capabilities.binary}' does not support machine type '{machine}'")
