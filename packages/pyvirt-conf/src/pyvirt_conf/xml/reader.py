"""From text to a tree of nodes, and from a failure to the place in the document it happened at.

Documents come from strangers: entities are never expanded, nothing is fetched, a document type declaration is refused,
and size and depth are bounded. lxml is imported when the first document is read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, cast

from pyvirt_util.errors import Location, VirtError, XmlDetailError, XmlError

if TYPE_CHECKING:
    from lxml.etree import _Element

    Node: TypeAlias = _Element
else:
    Node = Any

MAX_BYTES = 16 * 1024 * 1024
"""Longer documents are refused unread; libvirt's own limit on a string in its protocol is 4 MiB."""

_DOCTYPE = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)
_DECLARED = re.compile(rb"""\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")

_parser: Any = None
_fromstring: Any = None
_syntax_error: Any = None


class BadValue(Exception):
    """A value its type refuses. Converters raise it; the reader of the element adds the place.

    :param kind: the error it becomes.
    """

    def __init__(self, message: str, kind: type[VirtError] = XmlError) -> None:
        super().__init__(message)
        self.kind = kind


class Mode:
    """What a document is read or written for: the few flags that change which fields count.

    ``inactive``: the definition, not a running guest: ids, aliases and what a driver picked are left out.
    ``secure``: passwords are written. ``status``: the file of a running guest, with a driver's private data.
    ``migratable``: for the other side of a migration, without what older versions do not know.
    ``actual``: what a guest's network interfaces resolved to is read and written.
    """

    __slots__ = (
        "actual",
        "clock_adjust",
        "config",
        "file",
        "inactive",
        "migratable",
        "pci_orig",
        "private",
        "secure",
        "status",
    )

    def __init__(
        self,
        *,
        file: str | None = None,
        inactive: bool = False,
        secure: bool = False,
        status: bool = False,
        migratable: bool = False,
        actual: bool = False,
        clock_adjust: bool = False,
        pci_orig: bool = False,
        config: Any = None,
        private: Any = None,
    ) -> None:
        self.file = file
        self.inactive = inactive
        self.secure = secure
        self.status = status
        self.migratable = migratable
        self.actual = actual
        self.clock_adjust = clock_adjust
        self.pci_orig = pci_orig
        self.config = config
        self.private = private


def read(text: str | bytes, file: str | None = None) -> Node:
    """The root of a well-formed document.

    :raises XmlDetailError: it is not well-formed, not UTF-8, too large, too deep, or declares a document type.
    """
    if _parser is None:
        _load()
    try:
        data = text.encode() if isinstance(text, str) else bytes(text)
    except UnicodeEncodeError as error:
        raise XmlDetailError(f"the document holds a lone surrogate: {error.reason}", location=Location(file)) from None
    if len(data) > MAX_BYTES:
        raise XmlDetailError(
            f"the document has {len(data)} bytes, at most {MAX_BYTES} are read", location=Location(file)
        )
    if b"<!DOCTYPE" in data and _DOCTYPE.match(data):
        raise XmlDetailError("a document type declaration is not allowed", location=Location(file))
    if isinstance(text, bytes):
        data = _as_utf8(data, file)
    try:
        return _fromstring(data, _parser)  # type: ignore[no-any-return]
    except _syntax_error as error:
        reason = str(error.msg or "empty document").lower()
        raise XmlDetailError(reason, location=Location(file, error.lineno or None)) from None
    except (ValueError, UnicodeError) as error:
        raise XmlDetailError(str(error).lower(), location=Location(file)) from None


def _as_utf8(data: bytes, file: str | None) -> bytes:
    """Bytes are UTF-8, or Latin-1 where the document says so."""
    declared = _DECLARED.match(data)
    encoding = declared[1].decode().lower() if declared else "utf-8"
    if encoding in ("iso-8859-1", "latin-1", "latin1", "iso8859-1"):
        return data.decode("latin-1").encode()
    if encoding not in ("utf-8", "utf8", "us-ascii", "ascii"):
        raise XmlDetailError(f"unknown encoding '{encoding}', a document is UTF-8", location=Location(file))
    try:
        data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise XmlDetailError(f"byte 0x{data[error.start]:02x} is not UTF-8", location=Location(file, line)) from None
    return data


def _load() -> None:
    global _parser, _fromstring, _syntax_error
    from lxml import etree

    _fromstring = etree.fromstring
    _syntax_error = etree.XMLSyntaxError
    # Blank text goes, as in libvirt: it would be kept in <metadata> otherwise.
    # huge_tree=False bounds the depth (256 or 2048, by version of libxml2) and the length of texts.
    _parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_blank_text=True,
    )


def is_element(node: Node) -> bool:
    """Whether it's an element, not a comment, an instruction or an entity that wasn't expanded."""
    tag: Any = node.tag
    return isinstance(tag, str)


def content(node: Node) -> str:
    """All the text of a node, its inner elements' included, as XPath's string() gives it."""
    if not len(node):
        return node.text or ""
    parts = [node.text or ""]
    for kid in node:
        if is_element(kid):
            parts.append(content(kid))
        parts.append(kid.tail or "")
    return "".join(parts)


def element_path(node: Node) -> str:
    """``/domain/devices/disk[2]``: numbers count from 1 and stand only where there are several of a name."""
    parts = []
    at: Node | None = node
    while at is not None:
        parent = at.getparent()
        name = str(at.tag).rpartition("}")[2]
        if parent is not None:
            same = [kid for kid in parent if kid.tag == at.tag]
            if len(same) > 1:
                name = f"{name}[{same.index(at) + 1}]"
        parts.append(name)
        at = parent
    return "/" + "/".join(reversed(parts))


def locate(node: Node, mode: Mode, at: str = "") -> Location:
    """The place of ``at`` (``mac/@address``, relative to the node) in the document."""
    found = node
    for step in at.split("/"):
        if not step or step.startswith("@"):
            break
        inner = next((kid for kid in found if kid.tag == step), None)
        if inner is None:
            break
        found = inner
    path = element_path(node)
    return Location(mode.file, cast("int | None", found.sourceline), f"{path}/{at}" if at else path)


def fail(node: Node, mode: Mode, message: str, at: str = "", error: type[VirtError] = XmlError) -> NoReturn:
    """Refuse what stands at a node."""
    raise error(message, location=locate(node, mode, at)) from None
