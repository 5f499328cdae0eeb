"""Refusing what no class knows, for callers that ask for validation (VIR_DOMAIN_DEFINE_VALIDATE and its kin).

Documents are read leniently: elements and attributes that are not known are ignored, of elements that stand twice the
first counts, as in libvirt unless it's told to validate. What is known and how often it may stand there is what the
fields of the classes say, what a class says it reads by hand (``_more``), and what it refuses only in documents that
are validated (``_strict``). Values are the readers' concern.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pyvirt_conf.xml import BadValue, Element, Mode, Node, fail, is_element, read
from pyvirt_conf.xml.compiler import _resolve
from pyvirt_conf.xml.fields import Field
from pyvirt_util.errors import XmlInvalidSchemaError


class _Shape:
    """What may stand in an element.

    ``kids``: for each name of an inner element what that may be. ``many``: those of them that may stand there several
    times. ``owner``: the class whose element it is.
    """

    __slots__ = ("attributes", "kids", "many", "owner", "parts")

    def __init__(self, owner: type[Element] | None = None) -> None:
        self.owner = owner
        self.attributes: set[str] = set()
        self.kids: dict[str, list[_Shape | type[Element]]] = {}
        self.many: set[str] = set()
        self.parts: list[type[Element]] = []

    def inner(self, tag: str) -> _Shape:
        """The shape of an inner element that has no class of its own."""
        kinds = self.kids.setdefault(tag, [])
        found = next((kind for kind in kinds if isinstance(kind, _Shape)), None)
        if found is None:
            found = _Shape()
            kinds.append(found)
        return found

    def _named(self, step: str) -> str:
        if step.endswith("*"):
            step = step[:-1]
            self.many.add(step)
        return step

    def add(self, path: str, kinds: list[type[Element]] | None = None) -> _Shape:
        """Allow a path; returns the shape of the element the path ends at, or whose attribute it names.

        :param path: a star after a name says that the element may stand there several times.
        """
        at = self
        *above, last = [step for step in path.split("/") if step != "."] or [""]
        for step in above:
            at = at.inner(at._named(step))
        last = at._named(last)
        if last.startswith("@"):
            at.attributes.add(last[1:])
        elif kinds is not None:
            at.kids.setdefault(last, []).extend(kinds)
        elif last:
            at = at.inner(last)
        return at


def _path(field: Field) -> str:
    path = field.path or ""
    if path and not path.endswith("/"):
        return path
    if field.kind == "attr":
        return f"{path}@{field.name.rstrip('_')}"
    if field.kind in ("text", "size", "flag"):
        return path + field.name
    if field.kind == "variant":
        return path + str(next(iter(field.options["choices"].values()))._tag)
    return path + str(_resolve(field)._tag)


_shapes: dict[str, _Shape] = {}


def _shape(cls: type[Element]) -> _Shape:
    """What the fields of a class allow; made once."""
    name = f"{cls.__module__}.{cls.__qualname__}"
    found = _shapes.get(name)
    if found is not None:
        return found
    found = _shapes[name] = _Shape(cls)
    found.attributes.update(attribute for attribute, _ in cls._const)
    for field in cls._fields.values():
        if field.kind == "inline":
            found.parts.append(_resolve(field))
        elif field.kind in ("child", "children"):
            found.add(_path(field) + "*" * (field.kind == "children"), [_resolve(field)])
        elif field.kind == "variant":
            found.add(_path(field), list(field.options["choices"].values()))
        elif field.kind != "plain":
            at = found.add(_path(field) + "*" * (field.kind == "texts"))
            if field.kind == "size":
                at.attributes.add(field.options["unit_name"])
    for path, kind in cls._more.items():
        found.add(path, None if kind is None else [kind])
    return found


def _shapes_of(node: Node, kinds: list[_Shape | type[Element]]) -> Iterator[_Shape | None]:
    """The shapes an element may have by the kinds it may be; ``None`` where anything goes."""
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, _Shape):
            yield kind
            waiting.extend(kind.parts)
            continue
        if kind._anything:
            yield None
            continue
        told_by = kind.__dict__.get("_by")
        if told_by is None:
            waiting.append(_shape(kind))
            continue
        chosen = kind._kinds.get(node.get(told_by, kind._default_kind or ""))
        shape = _Shape()
        shape.attributes.add(told_by)
        yield shape
        if chosen is not None:
            waiting.append(chosen)


def _check(node: Node, kinds: list[_Shape | type[Element]], mode: Mode) -> None:
    shapes: list[_Shape] = []
    for shape in _shapes_of(node, kinds):
        if shape is None:
            return
        shapes.append(shape)
        if shape.owner is not None:
            _check_as(node, shape.owner, mode)
    for name in node.attrib:
        # What is in a namespace of its own is somebody else's.
        attribute = str(name)
        if not attribute.startswith("{") and not any(attribute in shape.attributes for shape in shapes):
            fail(node, mode, f"unknown attribute '{attribute}'", f"@{attribute}", XmlInvalidSchemaError)
    seen: Counter[str] = Counter()
    for kid in node:
        tag = str(kid.tag)
        if not is_element(kid) or tag.startswith("{"):
            continue
        inner = [kind for shape in shapes for kind in shape.kids.get(tag, ())]
        if not inner:
            fail(kid, mode, f"unknown element <{tag}>", "", XmlInvalidSchemaError)
        seen[tag] += 1
        if seen[tag] > 1 and not any(tag in shape.many for shape in shapes):
            fail(kid, mode, f"only a single <{tag}> is supported", "", XmlInvalidSchemaError)
        _check(kid, inner, mode)


def _check_as(node: Node, kind: type[Element], mode: Mode) -> None:
    """Refuse what a class has none of, where elements are read leniently or by several classes."""
    for path in kind._never:
        above, _, attribute = path.rpartition("/@")
        if any(found.get(attribute) is not None for found in node.iterfind(above or ".")):
            fail(node, mode, f"attribute '{attribute}' is not allowed here", path, XmlInvalidSchemaError)
    for path in kind._always:
        above, _, last = path.rpartition("/")
        for found in node.iterfind(above or "."):
            is_attribute = last.startswith("@")
            if (found.get(last[1:]) if is_attribute else found.find(last)) is None:
                what = "attribute" if is_attribute else "element"
                fail(found, mode, f"missing {what}", last, XmlInvalidSchemaError)
    try:
        kind._strict(node, mode)
    except BadValue as error:
        fail(node, mode, str(error), "", XmlInvalidSchemaError)


def refuse_unknown(text: str | bytes, kind: type[Element], *, file: str | None = None) -> None:
    """Refuse a document with an element or an attribute that nothing is known of.

    :param kind: the class of the document: ``Domain``, ``NodeDevice``, ...
    :raises XmlDetailError: not well-formed. :raises XmlInvalidSchemaError: the first that isn't known, and its place.
    """
    mode = Mode(file=file)
    node = read(text, file)
    if node.tag != kind._tag:
        fail(node, mode, f"expected <{kind._tag}>, found <{node.tag}>", "", XmlInvalidSchemaError)
    _check(node, [kind], mode)
