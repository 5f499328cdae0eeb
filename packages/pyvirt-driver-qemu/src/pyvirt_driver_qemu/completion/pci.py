"""PCI of QEMU's machines: what their chipsets prescribe, in which order devices get slots, and how they grow.

Source: libvirt's qemu_domain_address.c. Giving out the places is pyvirt_conf's work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyvirt_conf.domain.address import PciAddress, PciLocation
from pyvirt_conf.domain.addresses.pci import Connect, PciGrowth
from pyvirt_conf.domain.addresses.pci_allocation import PciAllocation, PciPolicy, assign_pci, wants_place
from pyvirt_conf.domain.addresses.pci_controllers import number_pci_controllers
from pyvirt_conf.domain.addresses.walk import addressed
from pyvirt_conf.domain.addresses.zpci import assign_zpci
from pyvirt_conf.domain.chardev import Channel, Console, Parallel, Serial, SerialTarget
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.disk import DiskBus
from pyvirt_conf.domain.hostdev import PciHostdev
from pyvirt_conf.domain.input import InputBus
from pyvirt_conf.domain.interface import HostdevNetSource, Interface, NetType
from pyvirt_conf.domain.sound import SoundModel
from pyvirt_conf.domain.video import VideoType
from pyvirt_driver_qemu.command.machines import ARM, RISCV, is_arm_virt, is_i440fx, is_pseries, is_q35, is_riscv_virt
from pyvirt_driver_qemu.completion.pci_flags import ConnectFlags
from pyvirt_util.errors import InternalError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain
    from pyvirt_driver_qemu.capabilities import Capabilities
    from pyvirt_driver_qemu.completion.host import HostPci

#: ICH9's EHCI controller and its companions are functions of one slot.
_USB2_FUNCTIONS: dict[str | None, int] = {"ich9-uhci1": 0, "ich9-uhci2": 1, "ich9-uhci3": 2, "ich9-ehci1": 7}

_PCI_GROWTH = PciGrowth(bridge=("dmi-to-pci-bridge", "pci-bridge"))
_PCIE_GROWTH = PciGrowth(bridge=("pcie-root-port", "pcie-to-pci-bridge"))
_PSERIES_GROWTH = PciGrowth(pci="pci-root", bridge=None)

#: QEMU's devices for PCI controllers; root ports and roots are a question of the machine.
_MODEL_NAMES = {
    "pci-bridge": "pci-bridge",
    "dmi-to-pci-bridge": "i82801b11-bridge",
    "pcie-to-pci-bridge": "pcie-pci-bridge",
    "pcie-switch-upstream-port": "x3130-upstream",
    "pcie-switch-downstream-port": "xio3130-downstream",
    "pci-expander-bus": "pxb",
    "pcie-expander-bus": "pxb-pcie",
}


def assign(domain: Domain, capabilities: Capabilities, host: HostPci) -> None:
    """Give every PCI device its address, and add the controllers they need.

    :raises VirtError: an address the definition has can't be, or there is no room.
    """
    supported = _has_pci(domain, capabilities)
    pseries = is_pseries(domain)
    # Controllers that are added now get no ids of IBM Z's, as in libvirt.
    present = addressed(domain) if "zpci" in capabilities else []
    assign_pci(domain, _policy(domain, capabilities, host, supported=supported, pseries=pseries))
    if not supported:
        return
    if present:
        assign_zpci(device for device in present if not isinstance(device, Serial | Parallel | Channel | Console))

    def model_name(controller: Controller) -> str | None:
        if controller.model == "pcie-root-port":
            return "pcie-root-port" if "pcie-root-port" in capabilities else "ioh3420"
        if controller.model == "pci-root":
            return "spapr-pci-host-bridge" if pseries else None
        return _MODEL_NAMES.get(controller.model or "")

    number_pci_controllers(domain, model_name, numbered_roots=pseries)


def _policy(domain: Domain, capabilities: Capabilities, host: HostPci, *, supported: bool, pseries: bool) -> PciPolicy:
    root = None
    for controller in domain.devices.controllers:
        if controller.type is ControllerType.PCI and not controller.index:
            root = controller.model
    pcie = root == "pcie-root"
    if is_q35(domain):
        fixed_controller, fixed = _q35_controller, _q35
    elif is_i440fx(domain):
        fixed_controller, fixed = _piix3_controller, _piix3
    else:
        fixed_controller, fixed = _other_controller, _nothing
    if pseries:
        growth = _PSERIES_GROWTH
    else:
        growth = _PCIE_GROWTH if "pcie-pci-bridge" in capabilities else _PCI_GROWTH
    policy = PciPolicy(
        connect=ConnectFlags(capabilities, host, pcie_root=pcie),
        order=_in_order if supported else _nobody,
        fixed_controller=fixed_controller,
        fixed=fixed,
        gap="pci-root" if pseries else "pcie-root-port" if pcie else "pci-bridge",
        growth=growth,
        # Room for a bridge, so that the guest can grow later.
        spare_slot=Connect.AUTO | Connect.PCI_DEVICE if root == "pci-root" else Connect.NONE,
        spare_port=Connect.AUTO | Connect.PCIE_DEVICE if pcie else Connect.NONE,
        parts=_USB2_FUNCTIONS,
        root_locked=pseries,
    )
    return policy._replace(group=lambda device: _isolation_group(device, host)) if pseries else policy


def _has_pci(domain: Domain, capabilities: Capabilities) -> bool:
    """Has the machine PCI? All have but some of Arm's and RISC-V's (qemuDomainSupportsPCI)."""
    arch = domain.os.arch
    if arch not in ARM and arch not in RISCV:
        return True
    if domain.os.machine == "versatilepb":
        return True
    return (is_arm_virt(domain) or is_riscv_virt(domain)) and "gpex-pcihost" in capabilities


# -- isolation -------------------------------------------------------------------------------------


def _isolation_group(device: Any, host: HostPci) -> int:
    """Host bridges of POWER keep devices of different IOMMU groups of the host apart; 0 is for all others."""
    location: object = None
    if isinstance(device, PciHostdev):
        location = device.source.address
    elif isinstance(device, Interface) and isinstance(device.source, HostdevNetSource):
        location = device.source.address
    if not isinstance(location, PciLocation | PciAddress):
        return 0
    group = host.iommu_group(str(location))
    return 0 if group is None else group + 1


# -- what the chipsets prescribe ---------------------------------------------------------------------


def _piix3_function(controller: Controller) -> int | None:
    """What function of the PIIX3 a controller is, if it's the first of its type."""
    if not controller.index:
        if controller.type is ControllerType.IDE:
            return 1
        if controller.type is ControllerType.USB and controller.model in (None, "piix3-uhci"):
            return 2
    return None


def _piix3_controller(allocation: PciAllocation, controller: Controller) -> None:
    """``pc``: IDE and USB are functions of slot 1."""
    function = _piix3_function(controller)
    if function is not None:
        _fix(allocation, controller, 1, function)


def _piix3(allocation: PciAllocation) -> None:
    """``pc``: the rest of that slot; and QEMU puts the first video card into the next."""
    allocation.block(1, 0, 3)
    _primary_video(allocation, 2)


def _other_controller(allocation: PciAllocation, controller: Controller) -> None:
    """Other boards have no PIIX3; on PCI Express it could not be.

    :raises InternalError: the definition has it there.
    """
    function = _piix3_function(controller)
    if function is not None and not allocation.addresses.buses[0].accepts & Connect.PCI_DEVICE:
        if _sits_at(controller, 1, function):
            raise InternalError("bus 0 must be PCI for integrated PIIX3 USB or IDE controllers")


def _q35_controller(allocation: PciAllocation, controller: Controller) -> None:
    """``q35``: where real boards have USB and a PCI bridge, and SATA where it is."""
    kind = controller.type
    if kind is ControllerType.SATA:
        if not controller.index:
            _fix(allocation, controller, 0x1F, 2)
    elif controller.address is not None:
        _other_controller(allocation, controller)
    elif kind is ControllerType.USB:
        if controller.model == "ich9-uhci1":
            # The other functions come to it.
            slot = next((slot for slot in (0x1D, 0x1A) if not allocation.in_use(slot)), None)
            if slot is not None:
                allocation.fix(controller, slot)
    elif controller.model == "dmi-to-pci-bridge" and not allocation.in_use(0x1E):
        allocation.fix(controller, 0x1E)


def _q35(allocation: PciAllocation) -> None:
    """``q35``: the bridge to ISA in slot 0x1f, and ICH9's sound where real boards have it."""
    allocation.block(0x1F, 0, 3)
    _primary_video(allocation, 1)
    for sound in allocation.domain.devices.sounds:
        if sound.model is SoundModel.ICH9 and wants_place(sound):
            if not allocation.in_use(0x1B):
                allocation.fix(sound, 0x1B)
            break


def _nothing(allocation: PciAllocation) -> None:
    """Other boards."""


def _fix(allocation: PciAllocation, controller: Controller, slot: int, function: int) -> None:
    """Give a controller of the board its place.

    :raises InternalError: the definition has another.
    """
    if isinstance(controller.address, PciAddress) and controller.address.assigned:
        if not _sits_at(controller, slot, function):
            raise InternalError(
                f"the first {controller.type} controller is part of the board at PCI address 0:0:{slot:x}.{function}, "
                f"not at {controller.address}"
            )
    else:
        allocation.fix(controller, slot, function)


def _sits_at(controller: Controller, slot: int, function: int) -> bool:
    address = controller.address
    if not isinstance(address, PciAddress):
        return False
    return (address.domain, address.bus, address.slot, address.function) == (0, 0, slot, function)


def _primary_video(allocation: PciAllocation, slot: int) -> None:
    """QEMU puts the first video card into the first free slot, so guests know it there."""
    videos = allocation.domain.devices.videos
    if not videos or not wants_place(videos[0]):
        return
    model = videos[0].model
    if model is None or model.type in (VideoType.NONE, VideoType.RAMFB):
        return
    if allocation.in_use(slot):
        allocation.first(videos[0])
    else:
        allocation.fix(videos[0], slot)


# -- everything else ---------------------------------------------------------------------------------


def _nobody(domain: Domain) -> list[Any]:
    return []


def _in_order(domain: Domain) -> list[Any]:
    """The devices in the order in which they get addresses."""
    devices = domain.devices
    found: list[Any] = [*devices.filesystems]
    found += [interface for interface in devices.interfaces if interface.type is not NetType.HOSTDEV]
    found += devices.sounds
    for controller in devices.controllers:
        # The first IDE controller is part of the board, wherever there is one.
        if controller.type is not ControllerType.PCI and (
            controller.index or controller.type is not ControllerType.IDE
        ):
            found.append(controller)
    if devices.disks:
        found += [disk for disk in devices.disks if disk.bus is DiskBus.VIRTIO]
    # An interface that is a device of the host is one of these, and before them.
    found += [interface for interface in devices.interfaces if interface.type is NetType.HOSTDEV]
    found += devices.hostdevs
    if devices.memballoon is not None:
        found.append(devices.memballoon)
    found += devices.rngs
    if devices.watchdog is not None:
        found.append(devices.watchdog)
    found += devices.videos
    found += devices.shmems
    if devices.inputs:
        found += [device for device in devices.inputs if device.bus is InputBus.VIRTIO]
    if devices.serials:
        found += [port for port in devices.serials if port.target_type is SerialTarget.PCI]
    if devices.iommu is not None:
        found.append(devices.iommu)
    if devices.vsock is not None:
        found.append(devices.vsock)
    return found + devices.memories + devices.panics
