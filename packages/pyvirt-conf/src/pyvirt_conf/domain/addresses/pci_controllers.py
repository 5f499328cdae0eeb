"""What PCI controllers say of themselves once they have their places: chassis, ports, bus and target numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pyvirt_conf.domain.address import PciAddress
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain

#: Host bridges of POWER; the first is the board's own.
_TARGET_INDEXES = range(1, 32)


def number_pci_controllers(
    domain: Domain, model_name: Callable[[Controller], str | None], *, numbered_roots: bool = False
) -> None:
    """Fill in what PCI controllers leave out (the end of libvirt's qemuDomainAssignPCIAddresses).

    :param model_name: the hypervisor's device for a controller (``<model name=''/>``), if it tells several apart.
    :param numbered_roots: ``pci-root`` is a device of which there can be several, told apart by target indexes.
    :raises ConfigUnsupportedError: the numbers ran out, or a bridge sits on a bus behind itself.
    """
    controllers = [c for c in domain.devices.controllers if c.type is ControllerType.PCI]
    for controller in controllers:
        if controller.model_name is None:
            controller.model_name = model_name(controller)
        address = controller.address if isinstance(controller.address, PciAddress) else None
        model = controller.model
        if model == "pcie-root-port" and address is not None:
            _chassis(controller, (address.slot << 3) + address.function)
        elif model == "pcie-switch-downstream-port" and address is not None:
            _chassis(controller, address.slot)
        elif model == "pci-bridge":
            if controller.chassis_nr is None:
                controller.chassis_nr = controller.index
            if address is not None and (controller.index or 0) <= address.bus:
                raise ConfigUnsupportedError(
                    f"the pci-bridge with index {controller.index} is on bus {address.bus}, its index has to be larger"
                )
        elif model in ("pci-expander-bus", "pcie-expander-bus"):
            if controller.bus_nr is None:
                controller.bus_nr = _bus_number(controllers, controller)
        elif model == "pci-root" and numbered_roots and controller.target_index is None:
            controller.target_index = _target_index(controllers, controller) if controller.index else 0


def _chassis(controller: Controller, port: int) -> None:
    if controller.chassis is None:
        controller.chassis = controller.index
    if controller.port is None:
        controller.port = port


def _bus_number(controllers: list[Controller], controller: Controller) -> int:
    """Expander buses count down from 254: one number for the bus, one for the bridge in it, all others for below."""
    lowest = min((c.bus_nr for c in controllers if c.bus_nr is not None), default=256)
    if lowest <= 2:
        raise ConfigUnsupportedError(
            f"no bus number is left for the {controller.model} with index {controller.index}: {lowest} is in use, and "
            f"they are counted down"
        )
    return lowest - 2


def _target_index(controllers: list[Controller], controller: Controller) -> int:
    taken = {c.target_index for c in controllers if c.model == "pci-root"}
    for number in _TARGET_INDEXES:
        if number not in taken:
            return number
    raise ConfigUnsupportedError(f"no target index is left for the pci-root with index {controller.index}")
