"""The binding of a filter to a port: ``<filterbinding>``."""

from __future__ import annotations

from typing import Self

from pyvirt_conf.nwfilter.reference import FilterReference
from pyvirt_conf.xml import Element, MacAddress, Mode, Node, Uuid, attr, child, element, fail, read, text


@element("owner")
class BindingOwner(Element):
    """The guest a port belongs to."""

    name: str = text(required=True)
    uuid: Uuid = text(required=True)


@element("filterbinding")
class FilterBinding(Element):
    """Which filter is applied to which network device; ``linkdev`` is the device below a macvtap port."""

    owner: BindingOwner = child(required=True)
    portdev: str = attr("portdev/@name", required=True)
    linkdev: str | None = attr("linkdev/@name")
    mac: MacAddress = attr("mac/@address", required=True)
    filterref: FilterReference = child(required=True)

    @classmethod
    def parse(cls, text: str | bytes, *, file: str | None = None) -> Self:
        """Read a document: its syntax and the types of its values, nothing more.

        :param file: where it came from, for error messages.
        :raises XmlDetailError: not well-formed. :raises XmlError: not a binding, or a value its type refuses.
        """
        mode = Mode(file=file)
        node = read(text, file)
        if node.tag != "filterbinding":
            fail(node, mode, f"expected <filterbinding>, found <{node.tag}>")
        return cls._from_node(node, mode)

    def format(self) -> str:
        """The document as libvirt writes it (virNWFilterBindingDefFormat)."""
        out: list[str] = []
        self._to_xml(out, "", Mode())
        return "".join(out)

    def validate(self) -> None:
        """Refuse what the types can't tell: nothing so far."""

    def _parsed(self, node: Node, mode: Mode) -> None:
        for what, value in (("portdev", self.portdev), ("linkdev", self.linkdev), ("filterref", self.filterref.filter)):
            if value == "":
                fail(node, mode, f"empty name of {what}", f"{what}/@{'filter' if what == 'filterref' else 'name'}")
        linkdev = node.find("linkdev")
        if linkdev is not None and self.linkdev is None:
            fail(node, mode, "missing attribute", "linkdev/@name")


def parse_filter_binding(text: str | bytes, *, file: str | None = None) -> FilterBinding:
    """Parse and validate in one go, as a driver does with a binding it is given."""
    binding = FilterBinding.parse(text, file=file)
    binding.validate()
    return binding
