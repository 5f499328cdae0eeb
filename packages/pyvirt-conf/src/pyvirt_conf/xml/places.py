"""Where in its document an element stood that has been read: for what is refused when reading is over."""

from __future__ import annotations

from collections.abc import Iterator

from pyvirt_conf.xml.element import Element
from pyvirt_util.errors import Location, VirtError


def add_place(error: VirtError, root: Element, part: Element | None) -> None:
    """Say in an error where an element of a document stands, unless it says it already.

    :param part: the element, or ``None`` for the document as a whole.
    """
    if error.location is None:
        error.location = place_of(root, part)


def place_of(root: Element, part: Element | None) -> Location:
    """File, line and path of an element, as far as they're known: one that was made by hand has no line."""
    inner = None
    if part is not None and part is not root:
        inner = next(_paths(root, part), None)
    path = f"/{root._tag}" if inner is None else f"/{root._tag}/{inner}"
    found = root if inner is None or part is None else part
    return Location(root.__dict__.get("_file"), found.__dict__.get("_line"), path)


def _paths(root: Element, part: Element) -> Iterator[str]:
    """The path from one element to another inside it."""
    for name, field in root._fields.items():
        value = root.__dict__.get(name)
        if isinstance(value, Element):
            kids = [("" if field.kind == "inline" else value._tag, value)]
        elif isinstance(value, list) and value and isinstance(value[0], Element):
            # They may have been sorted since; numbers are those of the document.
            kids = [(kid._tag, kid) for kid in sorted(value, key=lambda kid: kid.__dict__.get("_line") or 0)]
            if len(kids) > 1:
                kids = [(f"{tag}[{at}]", kid) for at, (tag, kid) in enumerate(kids, 1)]
        else:
            continue
        above = (field.path or "").rpartition("/")[0]
        for tag, kid in kids:
            here = "/".join(step for step in (above, tag) if step and step != ".")
            if kid is part:
                yield here
            for inner in _paths(kid, part):
                yield f"{here}/{inner}" if here else inner
