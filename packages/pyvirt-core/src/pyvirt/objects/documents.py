"""XML documents as arguments: text, or an object of pyvirt_conf that formats itself."""

from __future__ import annotations

from pyvirt_util.errors import InvalidArgError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol, TypeAlias

    class Document(Protocol):
        """A definition class of pyvirt_conf, as far as the core needs to know it."""

        def format(self) -> str:
            """The document as libvirt's XML."""
            ...

    XmlSource: TypeAlias = str | Document
    """XML text, or a typed definition."""


def xml_text(source: XmlSource) -> str:
    """The text of ``source``; raises InvalidArgError for anything that is neither text nor a definition."""
    if isinstance(source, str):
        return source
    formatter = getattr(source, "format", None)
    if formatter is None or isinstance(source, (bytes, bytearray)):
        raise InvalidArgError(f"XML must be text or a definition object, not {type(source).__name__}")
    text = formatter()
    assert isinstance(text, str)
    return text


def optional_xml_text(source: XmlSource | None) -> str | None:
    """The text of ``source``, or ``None``."""
    return None if source is None else xml_text(source)
