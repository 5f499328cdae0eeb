"""What whole documents other than the domain have in common: reading, writing, and parts in a driver's namespace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

from pyvirt_conf.xml import Element, Mode, Node, element, fail, locate, read
from pyvirt_util.errors import VirtError


@element()
class Namespace(Element):
    """Base of what stands in a document under another namespace; its fields are written as the last children."""

    prefix: ClassVar[str]
    uri: ClassVar[str]

    @property
    def is_empty(self) -> bool:
        """Whether there's nothing to write; then the namespace isn't declared either."""
        return self == type(self)()


Namespaces = Mapping[str, type[Namespace]]
"""Classes of the namespaces a driver knows, by URI."""


@element()
class Document(Element):
    """Base of the root elements."""

    namespace: Namespace | None = None

    @classmethod
    def parse(cls, text: str | bytes, *, file: str | None = None, namespaces: Namespaces | None = None) -> Self:
        """Read a document: its syntax, the types of its values, and what each element must hold for itself.

        :param file: where it came from, for error messages.
        :param namespaces: what is understood of other namespaces, by URI; the rest is ignored.
        :raises XmlDetailError: not well-formed. :raises XmlError: another document, or a value its type refuses.
        :raises VirtError: what an element holds is refused, with libvirt's code for the cause.
        """
        mode = Mode(file=file, config=namespaces)
        node = read(text, file)
        if node.tag != cls._tag:
            fail(node, mode, f"expected <{cls._tag}>, found <{node.tag}>")
        new = cls._from_node(node, mode)
        new.__dict__["_file"] = file
        return new

    def validate(self) -> None:
        """Refuse what the types can't tell.

        :raises VirtError: with libvirt's code for the cause, mostly XmlError or ConfigUnsupportedError.
        """

    def _formatted(self, mode: Mode) -> str:
        out: list[str] = []
        self._to_xml(out, "", mode)
        return "".join(out)

    def _parsed(self, node: Node, mode: Mode) -> None:
        known: Namespaces | None = mode.config
        if known and node.nsmap:
            for uri in node.nsmap.values():
                kind = known.get(uri)
                if kind is not None:
                    found = kind._from_node(node, mode)
                    if not found.is_empty:
                        self.namespace = found

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        extra = self.namespace
        tag = tag or self._tag
        if extra is None or extra.is_empty:
            self._write(out, pad, mode, tag)
            return
        # The prefix is declared on the root, before its attributes in some documents and after them in others.
        lines: list[str] = []
        self._write_kids(lines, pad + "  ", mode)
        extra._write_kids(lines, pad + "  ", mode)
        out.append(f"{pad}<{tag}{self._declared(self._write_attrs(mode), extra)}>\n")
        out.extend(lines)
        out.append(f"{pad}</{tag}>\n")

    def _declared(self, attributes: str, extra: Namespace) -> str:
        """The root's attributes with the declaration of a namespace."""
        return f"{attributes} xmlns:{extra.prefix}='{extra.uri}'"

    def copy(self) -> Self:
        """A copy that shares nothing that can change."""
        new = super().copy()
        if new.namespace is not None:
            new.namespace = new.namespace.copy()
        return new


def placed(node: Node, mode: Mode, check: Callable[..., None], *values: Any, at: str = "", **options: Any) -> None:
    """Run a check, and add to its refusal where the element stands in the document."""
    try:
        check(*values, **options)
    except VirtError as error:
        raise type(error)(error.message, location=locate(node, mode, at)) from None


def only_one(node: Node, mode: Mode, *tags: str) -> None:
    """Refuse several elements of a name, where the first would be taken silently."""
    for tag in tags:
        if len(node.findall(tag)) > 1:
            fail(node, mode, f"only one <{tag.rpartition('/')[2]}> element is allowed here", tag)


def without(node: Node, *tags: str) -> None:
    """Take away elements that are not read, so that they can't be refused either."""
    for tag in tags:
        for kid in node.findall(tag):
            above = kid.getparent()
            if above is not None:
                above.remove(kid)


def new_uuid() -> str:
    """A UUID for an object that was given none."""
    import uuid

    return str(uuid.uuid4())
