"""Elements that are somebody else's: read, kept and written without being understood."""

from __future__ import annotations

from pyvirt_conf.xml.element import Element, element
from pyvirt_conf.xml.reader import Mode, Node, is_element
from pyvirt_conf.xml.writer import escape, escape_text


@element()
class Opaque(Element):
    """Any element: its name, attributes, text and children, as drivers keep in the status of their guests."""

    _anything = True

    tag: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    content: str | None = None
    kids: tuple[Opaque, ...] = ()

    # By hand: nothing about it is known.
    @classmethod
    def _from_node(cls, node: Node, mode: Mode) -> Opaque:
        kids = tuple(Opaque._from_node(kid, mode) for kid in node if is_element(kid))
        return cls(
            tag=str(node.tag),
            attributes=tuple((str(name), str(value)) for name, value in node.attrib.items()),
            content=None if kids else (node.text or None),
            kids=kids,
        )

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        head = f"{pad}<{self.tag}" + "".join(f" {name}='{escape(value)}'" for name, value in self.attributes)
        if self.kids:
            out.append(head + ">\n")
            for kid in self.kids:
                kid._to_xml(out, pad + "  ", mode)
            out.append(f"{pad}</{self.tag}>\n")
        elif self.content is not None:
            out.append(f"{head}>{escape_text(self.content)}</{self.tag}>\n")
        else:
            out.append(head + "/>\n")

    def get(self, name: str) -> str | None:
        """The value of an attribute."""
        return next((value for key, value in self.attributes if key == name), None)

    def find(self, tag: str) -> Opaque | None:
        """The first child of a name."""
        return next((kid for kid in self.kids if kid.tag == tag), None)


def in_status(value: object, mode: Mode) -> bool:
    """Private data counts in the status of a running guest alone."""
    return mode.status
