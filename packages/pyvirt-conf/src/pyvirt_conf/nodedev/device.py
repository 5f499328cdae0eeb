"""The node device: ``<device>``."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from pyvirt_conf.document import Document
from pyvirt_conf.nodedev.capability import Capability
from pyvirt_conf.nodedev.scsi import ScsiHostCapability
from pyvirt_conf.xml import Element, Mode, Node, attr, by_hand, children, element, text
from pyvirt_util.errors import NoNameError, XmlError

_C = TypeVar("_C", bound=Capability)


class DevnodeType(StrEnum):
    """A device node, or a link to it."""

    DEV = "dev"
    LINK = "link"


@element("devnode")
class Devnode(Element):
    """A path below /dev."""

    type: DevnodeType = attr(required=True)
    path: str = text(".", required=True)


@element("device")
class NodeDevice(Document):
    """A device of the host. The names of a new virtual adapter's parent (``parent_wwnn`` ...) are not written."""

    _more = by_hand("parent/@wwnn", "parent/@wwpn", "parent/@fabric_wwn")

    name: str | None = text()
    path: str | None = text()
    devnodes: list[Devnode] = children()
    parent: str | None = text()
    driver: str | None = text("driver/name")
    capabilities: list[Capability] = children()
    parent_wwnn: str | None = None
    parent_wwpn: str | None = None
    parent_fabric_wwn: str | None = None

    def format(self) -> str:
        """The document as libvirt writes it (virNodeDeviceDefFormat)."""
        return self._formatted(Mode())

    def complete(self, new_wwn: Callable[[], str]) -> None:
        """Give a new virtual Fibre Channel adapter the names its document left out; ``new_wwn`` makes one up."""
        for capability in self.capabilities:
            if isinstance(capability, ScsiHostCapability) and capability.fc_host is not None:
                host = capability.fc_host
                host.wwnn = host.wwnn or new_wwn()
                host.wwpn = host.wwpn or new_wwn()

    def validate(self, *, new: bool = False) -> None:
        """Refuse what the types can't tell.

        :param new: the device is yet to be made: it has no name and no number yet.
        :raises NoNameError: an existing device without a name. :raises XmlError: anything else.
        """
        if self.name is None and not new:
            raise NoNameError("a device has no name")
        shown = self.name or "new device"
        if not self.capabilities:
            raise XmlError(f"device '{shown}' has no capabilities")
        if (self.parent_wwnn is None) != (self.parent_wwpn is None):
            given, lacking = ("wwnn", "wwpn") if self.parent_wwnn is not None else ("wwpn", "wwnn")
            value = self.parent_wwnn or self.parent_wwpn
            raise XmlError(f"parent of device '{shown}' is given by {given} '{value}' without {lacking}")
        for capability in self.capabilities:
            if isinstance(capability, ScsiHostCapability) and capability.host is None and not new:
                raise XmlError(f"device '{shown}' has no SCSI host number")

    def find(self, kind: type[_C]) -> _C | None:
        """The first capability of a class."""
        return next((capability for capability in self.capabilities if isinstance(capability, kind)), None)

    def _parsed(self, node: Node, mode: Mode) -> None:
        super()._parsed(node, mode)
        # One device node is written before all links; of several the last counts.
        nodes = [item for item in self.devnodes if item.type is DevnodeType.DEV]
        self.devnodes = nodes[-1:] + [item for item in self.devnodes if item.type is DevnodeType.LINK]
        parent = node.find("parent")
        if parent is not None:
            self.parent_wwnn = parent.get("wwnn") or None
            self.parent_wwpn = parent.get("wwpn") or None
            self.parent_fabric_wwn = parent.get("fabric_wwn") or None


def parse_node_device(text: str | bytes, *, file: str | None = None, new: bool = False) -> NodeDevice:
    """Parse and validate in one go, as a driver does with a device it is given."""
    device = NodeDevice.parse(text, file=file)
    device.validate(new=new)
    return device
