"""The SCSI adapter whose disks are the volumes of a pool."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pyvirt_conf.document import placed
from pyvirt_conf.domain.address import PciLocation
from pyvirt_conf.xml import U32, BadValue, Element, Mode, Node, Scalar, YesNo, attr, child, element
from pyvirt_util.errors import XmlError


@element("adapter", by="type", default_kind="scsi_host")
class Adapter(Element):
    """A SCSI host adapter: one of the classes below, told apart by ``type``."""

    type: ClassVar[str]

    def check(self) -> None:
        """:raises XmlError: it can't be found by what is said of it."""


@element("parentaddr")
class ParentAddress(Element):
    """An adapter's place, which doesn't change with the order of probing as its number does."""

    unique_id: U32 = attr(required=True)
    address: PciLocation = child(required=True)


@element(type="scsi_host")
class ScsiHostAdapter(Adapter):
    """A host adapter by name (``host2``, ``scsi_host2``) or by place."""

    name: str | None = attr()
    parent: ParentAddress | None = child("parentaddr")

    def check(self) -> None:
        """:raises XmlError: it has not exactly one of name and place."""
        if self.name is None and self.parent is None:
            raise XmlError("a scsi_host adapter needs a name or a parentaddr")
        if self.name is not None and self.parent is not None:
            raise XmlError(f"a scsi_host adapter has a name ('{self.name}') or a parentaddr, not both")

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.parent is not None and node.get("type") is None:
            raise BadValue("parentaddr needs an adapter with a type")
        placed(node, mode, self.check)


def _wwn(text: str) -> str:
    digits = text[2:] if text.startswith("0x") else text
    if len(digits) != 16 or not all(c in "0123456789abcdefABCDEF" for c in digits):
        raise BadValue(f"'{text}' is not a world wide name of 16 hexadecimal digits")
    return text


Wwn = Annotated[str, Scalar(_wwn)]


@element(type="fc_host")
class FcHostAdapter(Adapter):
    """A virtual Fibre Channel adapter (NPIV) by its names, made below a parent given by name, names or fabric."""

    parent: str | None = attr()
    parent_wwnn: Wwn | None = attr()
    parent_wwpn: Wwn | None = attr()
    parent_fabric_wwn: Wwn | None = attr()
    managed: YesNo | None = attr()
    wwnn: Wwn = attr(required=True)
    wwpn: Wwn = attr(required=True)

    def check(self) -> None:
        """:raises XmlError: only one of the parent's two names is given."""
        if (self.parent_wwnn is None) != (self.parent_wwpn is None):
            raise XmlError(f"parent_wwnn '{self.parent_wwnn}' and parent_wwpn '{self.parent_wwpn}' go together")

    def _parsed(self, node: Node, mode: Mode) -> None:
        placed(node, mode, self.check)
