"""The binding of a filter to a port: ``<filterbinding>``."""

from __future__ import annotations

from pyvirt_conf.document import Document
from pyvirt_conf.nwfilter.reference import FilterReference
from pyvirt_conf.xml import Element, MacAddress, Mode, Node, Uuid, attr, child, element, fail, text


@element("owner")
class BindingOwner(Element):
    """The guest a port belongs to."""

    name: str = text(required=True)
    uuid: Uuid = text(required=True)


@element("filterbinding")
class FilterBinding(Document):
    """Which filter is applied to which network device; ``linkdev`` is the device below a macvtap port."""

    owner: BindingOwner = child(required=True)
    portdev: str = attr("portdev/@name", required=True)
    linkdev: str | None = attr("linkdev/@name")
    mac: MacAddress = attr("mac/@address", required=True)
    filterref: FilterReference = child(required=True)

    def format(self) -> str:
        """The document as libvirt writes it (virNWFilterBindingDefFormat)."""
        return self._formatted(Mode())

    def _parsed(self, node: Node, mode: Mode) -> None:
        super()._parsed(node, mode)
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
