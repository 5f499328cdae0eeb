"""Controllers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_util.errors import ConfigUnsupportedError, XmlDetailError, XmlError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain

_RANGES = (("chassis_nr", 1, 255), ("bus_nr", 1, 254))


def check_controller(controller: Controller, domain: Domain) -> None:
    """Check what a PCI controller says of itself."""
    if controller.type is not ControllerType.PCI:
        return
    if controller.model in ("pci-root", "pcie-root") and controller.address is not None:
        raise ConfigUnsupportedError(f"a {controller.model} controller has no address")
    index, target = controller.index or 0, controller.target_index
    if index > 255:
        raise ConfigUnsupportedError(f"pci controller index {index} is out of range, expected 0 to 255")
    if target is not None:
        if target > 30:
            raise ConfigUnsupportedError(f"pci controller target index {target} is out of range, expected 0 to 30")
        if (index == 0) != (target == 0):
            raise ConfigUnsupportedError(
                "only the PCI controller with index 0 can have target index 0, and the other way round"
            )
    for name, low, high in _RANGES:
        value = getattr(controller, name)
        if value is not None and not low <= value <= high:
            raise ConfigUnsupportedError(f"pci controller {name} {value} is out of range, expected {low} to {high}")
    if controller.numa_node is not None and index == 0:
        raise ConfigUnsupportedError("the PCI controller with index 0 can't be associated with a NUMA node")


def check_controllers(controllers: list[Controller]) -> None:
    """Refuse several controllers of one type and index; companions on USB share the index of their master."""
    seen = set()
    usb: list[str | None] = []
    masters = 0
    for controller in controllers:
        if controller.type is ControllerType.USB:
            usb.append(controller.model)
            masters += controller.master is None
            continue
        place = (controller.type, controller.index)
        if place in seen:
            raise XmlError(f"multiple '{controller.type}' controllers with index '{controller.index}'")
        seen.add(place)
    if "none" in usb and len(usb) > 1:
        raise XmlDetailError("can't add another USB controller: USB is disabled for this domain")
    if usb and not masters:
        raise XmlDetailError("no master USB controller specified")
