"""The parser configuration of the QEMU driver."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pyvirt_conf.domain.config import ParserConfig, ParserFeature, XmlFlags
from pyvirt_conf.domain.namespaces import QEMU_URI, QemuNamespace
from pyvirt_driver_qemu.completion import addresses, audio, cpu, defaults, devices, memory, validate
from pyvirt_driver_qemu.completion.host import Host
from pyvirt_util.errors import NoSupportError, VirtError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain
    from pyvirt_driver_qemu.capabilities import Capabilities

FEATURES = (
    ParserFeature.USER_ALIAS
    | ParserFeature.FW_AUTOSELECT
    | ParserFeature.NET_MODEL_STRING
    | ParserFeature.DISK_FD
    | ParserFeature.INDIVIDUAL_VCPUS
    | ParserFeature.OFFLINE_VCPUPIN
)

HOST = Host()


def _no_emulator(arch: str) -> str | None:
    from pyvirt_driver_qemu.emulators import find_emulator

    return find_emulator(arch)


def _host_arch() -> str:
    from pyvirt_driver_qemu.emulators import host_architecture

    return host_architecture()


def parser_config(
    capabilities_of: Callable[[str], Capabilities],
    *,
    find_emulator: Callable[[str], str | None] = _no_emulator,
    host_arch: Callable[[], str] = _host_arch,
    host: Host = HOST,
    check: Callable[[Domain], None] | None = None,
    **options: Any,
) -> ParserConfig:
    """A configuration that asks emulators what they can do.

    :param capabilities_of: the capabilities of an emulator's path; may raise.
    :param find_emulator: the emulator of an architecture, for domains that name none.
    :param host_arch: the architecture of domains that name none.
    :param host: what is asked of the host and of the driver's configuration.
    :param check: refuses a domain that this host cannot run, before anything is worked out that depends on it.
    :param options: further fields of :class:`ParserConfig`.
    """
    asked: tuple[Domain, str | None, Capabilities] | None = None

    def lookup(domain: Domain) -> Capabilities:
        """The capabilities of a domain's emulator, asked for once a document: :func:`early` comes first."""
        if asked is not None and asked[0] is domain and asked[1] == domain.devices.emulator:
            return asked[2]
        return ask(domain)

    def ask(domain: Domain) -> Capabilities:
        emulator = domain.devices.emulator
        if emulator is None:
            return empty_capabilities(domain.os.arch)
        try:
            return capabilities_of(emulator)
        except (NoSupportError, VirtError):
            # A definition may name an emulator that will be there when the guest is started.
            return empty_capabilities(domain.os.arch)

    def default_machine(domain: Domain) -> str | None:
        emulator = domain.devices.emulator or find_emulator(domain.os.arch or "")
        if emulator is None:
            return None
        try:
            return capabilities_of(emulator).default_machine("kvm" if domain.type == "kvm" else "tcg")
        except VirtError:
            return None

    def early(domain: Domain, flags: XmlFlags) -> None:
        if check is not None:
            check(domain)
        nonlocal asked
        capabilities = ask(domain)
        asked = (domain, domain.devices.emulator, capabilities)
        machine = None
        if domain.os.machine is not None:
            machine = capabilities.machine(domain.os.machine, "kvm" if domain.type == "kvm" else "tcg")
            if machine is not None:
                domain.os.machine = machine.name
        defaults.add_default_devices(domain, capabilities)
        audio.add_default(domain, host)
        defaults.enable_features(domain, capabilities)
        defaults.default_security_model(domain, host, flags)
        defaults.forget_sockets(domain, host, flags)
        cpu.complete(domain, capabilities, machine)
        if XmlFlags.ABI_UPDATE in flags:
            memory.align(domain)

    def device(item: Any, domain: Domain, flags: XmlFlags) -> None:
        rule = devices.RULES.get(type(item))
        if rule is not None:
            rule(item, domain, lookup(domain))

    def place(domain: Domain, flags: XmlFlags) -> None:
        capabilities = lookup(domain)
        # Devices that others implied come without their own defaults.
        for controller in domain.devices.controllers:
            if controller.model is None:
                devices.complete(controller, domain, capabilities)
        for serial in domain.devices.serials:
            devices.complete(serial, domain, capabilities)
        addresses.assign(domain, capabilities, host.pci, new=XmlFlags.ABI_UPDATE in flags)

    return ParserConfig(
        features=FEATURES,
        default_arch=lambda os_type, virt_type: host_arch(),
        default_machine=default_machine,
        default_emulator=lambda domain: find_emulator(domain.os.arch or host_arch()),
        namespaces={QEMU_URI: QemuNamespace},
        domain_early=early,
        device_complete=device,
        assign_addresses=place,
        device_validate=lambda item, domain: validate.validate_device(item, domain, lookup(domain)),
        domain_validate=lambda domain: validate.validate_domain(domain, lookup(domain), host),
        **options,
    )


def empty_capabilities(arch: str | None) -> Capabilities:
    """For an emulator nothing is known about."""
    from pyvirt_driver_qemu.capabilities.cache import SECTIONS, from_data

    data: dict[str, Any] = {"binary": "", "version": 0, "package": "", "arch": arch, "kvm": False, "flags": []}
    data |= {name: [] for name in SECTIONS}
    data |= {"machines": {}, "cpus": {}, "host_cpus": {}, "options": {}, "sev": None, "tpm": [[], []]}
    return from_data(data)
