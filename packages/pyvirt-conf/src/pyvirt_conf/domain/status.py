"""The status of a running guest: ``<domstatus>`` around its live definition."""

from __future__ import annotations

from typing import Self

from pyvirt_conf.domain.config import GENERIC, ParserConfig, XmlFlags, mode_of
from pyvirt_conf.domain.domain import Domain
from pyvirt_conf.xml import I64, Element, Mode, Node, attr, element, fail, is_element, read
from pyvirt_conf.xml.opaque import Opaque

STATUS_FLAGS = XmlFlags.STATUS | XmlFlags.ACTUAL_NET | XmlFlags.PCI_ORIG_STATES
"""What reading and writing a status implies."""


@element("domstatus")
class DomainStatus(Element):
    """State, reason and process of a guest, what taints it, what its driver keeps, and the live definition.

    The driver's own elements stand between; they are kept as :class:`~pyvirt_conf.xml.opaque.Opaque`.
    """

    state: str = attr(required=True)
    reason: str | None = attr()
    pid: I64 | None = attr()
    taints: tuple[str, ...] = ()
    private: tuple[Opaque, ...] = ()
    domain: Domain | None = None

    @classmethod
    def parse(cls, text: str | bytes, *, file: str | None = None, config: ParserConfig = GENERIC) -> Self:
        """Read a status.

        :raises XmlDetailError: not well-formed. :raises XmlError: not a status, or a value its type refuses.
        """
        mode = mode_of(STATUS_FLAGS, config, file)
        node = read(text, file)
        if node.tag != "domstatus":
            fail(node, mode, f"expected <domstatus>, found <{node.tag}>")
        return cls._from_node(node, mode)

    def format(self, flags: XmlFlags = XmlFlags.SECURE) -> str:
        """The document."""
        out: list[str] = []
        self._to_xml(out, "", mode_of(STATUS_FLAGS | XmlFlags.CLOCK_ADJUST | flags))
        return "".join(out)

    # By hand: what stands between the taints and the domain is the driver's.
    def _parsed(self, node: Node, mode: Mode) -> None:
        taints, private = [], []
        for kid in node:
            if not is_element(kid):
                continue
            if kid.tag == "taint":
                taints.append(kid.get("flag") or fail(kid, mode, "missing attribute", "@flag"))
            elif kid.tag == "domain":
                self.domain = Domain._from_node(kid, mode)
            else:
                private.append(Opaque._from_node(kid, mode))
        if self.domain is None:
            fail(node, mode, "missing element", "domain")
        self.taints, self.private = tuple(taints), tuple(private)

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        inner = pad + "  "
        out.append(f"{pad}<domstatus{self._write_attrs(mode)}>\n")
        out.extend(f"{inner}<taint flag='{flag}'/>\n" for flag in self.taints)
        for item in self.private:
            item._to_xml(out, inner, mode)
        if self.domain is not None:
            self.domain._to_xml(out, inner, mode)
        out.append(f"{pad}</domstatus>\n")
