"""Applications' own XML, kept as it is."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pyvirt_conf.xml import Element, Mode, Node, element, is_element


@element("metadata")
class Metadata(Element):
    """``<metadata>``: any elements in namespaces of their own; ``xml`` is the whole element as text."""

    _anything = True

    xml: str = "<metadata/>"

    # By hand: nothing in it is ours.
    @classmethod
    def _from_node(cls, node: Node, mode: Mode) -> Metadata:
        from lxml import etree

        # The document's own namespaces are of no concern to what's inside, unless used there.
        alone = etree.fromstring(etree.tostring(node, with_tail=False), _parser())
        etree.cleanup_namespaces(alone)
        # Each application has one element, in a namespace of its own (virXMLNodeSanitizeNamespaces).
        seen = set()
        for kid in list(alone):
            if not is_element(kid):
                continue
            namespace: str | None = etree.QName(kid).namespace or None
            if namespace is None or namespace in seen:
                alone.remove(kid)
            seen.add(namespace)
        return cls(xml=etree.tostring(alone, encoding="unicode"))

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        out.append(_indented(self.xml, len(pad) // 2))

    def get(self, uri: str) -> str | None:
        """The element of a namespace as an application gave it: text, without the prefix (virDomainGetMetadata)."""
        from lxml import etree

        for node in etree.fromstring(self.xml, _parser()):
            if isinstance(node.tag, str) and etree.QName(node).namespace == uri:
                if node.prefix is not None:
                    rest = {prefix: name for prefix, name in node.nsmap.items() if name != uri}
                    node = _renamed(node, etree.QName(node).localname, rest)
                text: str = etree.tostring(node, encoding="unicode", pretty_print=True, with_tail=False)
                return text.rstrip("\n")
        return None

    def set(self, uri: str, xml: str | None, key: str | None = None) -> None:
        """Replace the element of a namespace, or remove it (virDomainSetMetadata).

        :param key: the prefix of the namespace, for an element that is not in it yet.
        :raises XmlDetailError: the text is not well-formed.
        """
        from lxml import etree

        from pyvirt_conf.xml import read

        new = None if xml is None else read(xml)
        if new is not None and key is not None and etree.QName(new).namespace != uri:
            new = _renamed(new, f"{{{uri}}}{etree.QName(new).localname}", {**new.nsmap, key: uri})
        root = etree.fromstring(self.xml, _parser())
        for node in list(root):
            if isinstance(node.tag, str) and etree.QName(node).namespace == uri:
                root.remove(node)
        if new is not None:
            root.append(new)
        self.xml = etree.tostring(root, encoding="unicode")

    @property
    def is_empty(self) -> bool:
        """Whether nothing is inside."""
        from lxml import etree

        return len(etree.fromstring(self.xml, _parser())) == 0


def _renamed(node: Node, tag: str, namespaces: dict[Any, str]) -> Node:
    """The same element under another name, which only a new one can have."""
    from lxml import etree

    attributes: Any = node.attrib
    renamed = etree.Element(tag, attributes, nsmap=namespaces)
    renamed.text = node.text
    renamed.extend(node)
    return renamed


@lru_cache(maxsize=1)
def _parser() -> Any:
    from lxml import etree

    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_blank_text=True)


@lru_cache(maxsize=256)
def _indented(xml: str, depth: int) -> str:
    """The element with libxml2's indentation, starting at a depth of levels: text with line breaks is left alone."""
    from lxml import etree

    inner = etree.fromstring(xml, _parser())
    at = inner
    for _ in range(depth):
        above = etree.Element("x")
        above.append(at)
        at = above
    text = etree.tostring(at, encoding="unicode", pretty_print=True)
    opening = sum(2 * level + 4 for level in range(depth))
    closing = sum(2 * level + 5 for level in range(depth))
    return text[opening : len(text) - closing] if depth else text
