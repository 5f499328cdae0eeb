"""Machine, emulator and CPU of a domain that names none, and the order in which everything else is completed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyvirt_conf.domain.config import XmlFlags
from pyvirt_driver_qemu.completion.default_devices import add_default_devices
from pyvirt_driver_qemu.completion.device_defaults import complete_device
from pyvirt_driver_qemu.completion.pci import assign_pci_addresses
from pyvirt_driver_qemu.completion.ports import assign_usb_ports, assign_virtio_serial_ports
from pyvirt_driver_qemu.emulators import find_emulator, host_architecture, missing_emulator
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvirt_conf.domain.domain import Domain
    from pyvirt_driver_qemu.capabilities import Capabilities


class Defaults:
    """The callbacks of QEMU's parser configuration.

    :param capabilities: what the emulator at a path can do.
    """

    def __init__(self, capabilities: Callable[[str], Capabilities]) -> None:
        self._capabilities = capabilities

    def capabilities(self, domain: Domain) -> Capabilities:
        """What the domain's emulator can do."""
        if domain.devices.emulator is None:
            raise missing_emulator(domain.os.arch or host_architecture())
        return self._capabilities(domain.devices.emulator)

    def architecture(self, os_type: str, virt_type: str) -> str:
        """The architecture of a domain that names none: the host's."""
        return host_architecture()

    def emulator(self, domain: Domain) -> str | None:
        """The emulator of a domain that names none."""
        return find_emulator(domain.os.arch or host_architecture(), kvm=domain.type == "kvm")

    def machine(self, domain: Domain) -> str | None:
        """The machine type of a domain that names none: ``pc`` on x86, the emulator's own default elsewhere."""
        emulator = domain.devices.emulator or self.emulator(domain)
        if emulator is None:
            raise missing_emulator(domain.os.arch or host_architecture())
        return self._capabilities(emulator).default_machine(accelerator(domain))

    def complete_device(self, device: Any, domain: Domain, flags: XmlFlags) -> None:
        """Defaults of one device."""
        complete_device(device, domain, self.capabilities(domain), flags)

    def complete_domain(self, domain: Domain, flags: XmlFlags) -> None:
        """The machine's canonical name, its devices, the CPU."""
        capabilities = self.capabilities(domain)
        machine = domain.os.machine
        if machine is not None:
            domain.os.machine = capabilities.canonical_machine(machine, accelerator(domain))
        for serial in domain.devices.serials:
            # The one that the first console implies was not there when devices were completed.
            complete_device(serial, domain, capabilities, flags)
        add_default_devices(domain, capabilities)
        _complete_cpu(domain, capabilities)

    def assign_addresses(self, domain: Domain, flags: XmlFlags) -> None:
        """Addresses on the buses the machine has."""
        capabilities = self.capabilities(domain)
        assign_virtio_serial_ports(domain)
        assign_pci_addresses(domain, capabilities)
        if flags & XmlFlags.ABI_UPDATE:
            # Guests defined before ports were chosen keep those that QEMU gave them.
            assign_usb_ports(domain)

    def validate(self, domain: Domain) -> None:
        """Refuse what this emulator cannot do.

        :raises ConfigUnsupportedError: naming what, and what there is instead.
        """
        capabilities = self.capabilities(domain)
        if domain.type not in ("qemu", "kvm"):
            raise ConfigUnsupportedError(f"the QEMU driver runs domains of type 'qemu' and 'kvm', not '{domain.type}'")
        if domain.os.type != "hvm":
            raise ConfigUnsupportedError(f"QEMU runs guests of OS type 'hvm', not '{domain.os.type}'")
        if domain.type == "kvm" and not capabilities.kvm:
            raise ConfigUnsupportedError(
                f"emulator '{capabilities.binary}' cannot use KVM on this host",
                hint="is /dev/kvm there and accessible? type='qemu' emulates the CPU instead",
            )
        machine = domain.os.machine
        if machine is not None and capabilities.machine(machine, accelerator(domain)) is None:
            raise ConfigUnsupportedError(f"emulator '{capabilities.binary}' does not support machine type '{machine}'")
        if capabilities.arch is not None and not _runs(capabilities.arch, domain.os.arch):
            raise ConfigUnsupportedError(
                f"emulator '{capabilities.binary}' runs {capabilities.arch} guests, not '{domain.os.arch}'"
            )


def accelerator(domain: Domain) -> str:
    """QEMU's word for what runs the guest's CPU."""
    return "kvm" if domain.type == "kvm" else "tcg"


def _runs(emulated: str, wanted: str | None) -> bool:
    return wanted is None or emulated == wanted or (emulated, wanted) == ("x86_64", "i686")


def _complete_cpu(domain: Domain, capabilities: Capabilities) -> None:
    """A CPU that is not described is the machine's default, by name, so that the guest keeps it for ever."""
    from pyvirt_conf.domain.cpu import Cpu, CpuCheck, CpuFallback, CpuMatch, CpuMode

    cpu = domain.cpu
    if cpu is not None and (cpu.mode not in (None, CpuMode.CUSTOM) or cpu.model is not None):
        return
    machine = capabilities.machine(domain.os.machine or "", accelerator(domain))
    default = machine.default_cpu if machine is not None else None
    if default is None or domain.os.arch not in ("x86_64", "i686"):
        return
    name = next((model.name for model in capabilities.cpus(accelerator(domain)) if model.typename == default), None)
    if name is None:
        name = default.removesuffix("-cpu").removesuffix("-x86_64").removesuffix("-i386")
    if cpu is None:
        cpu = domain.cpu = Cpu()
    cpu.mode = CpuMode.CUSTOM
    cpu.match = CpuMatch.EXACT
    cpu.check = CpuCheck.NONE
    cpu.model = name
    cpu.fallback = CpuFallback.FORBID
