"""Elements as classes: ``@element("interface")`` on a subclass of :class:`Element`.

The annotated fields of the class are the attributes and children in output order. Each class is compiled to two
functions, one that reads and one that writes, when it is first used; see :mod:`pyvirt_conf.xml.compiler`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

from pyvirt_conf.xml.fields import Field
from pyvirt_conf.xml.reader import Mode, Node

_T = TypeVar("_T", bound="type[Element]")


class Element:
    """What every element class has: a constructor by keyword, comparison, ``copy()``, and reading and writing.

    An irregular element overrides ``_from_node`` or ``_to_xml`` and falls back on ``_read`` and ``_write``, the
    compiled functions, for what is regular. ``_parsed`` is called when an element has been read, for what concerns
    several fields.
    """

    _tag: ClassVar[str] = ""
    _const: ClassVar[tuple[tuple[str, str], ...]] = ()
    _by: ClassVar[str | None] = None
    _default_kind: ClassVar[str | None] = None
    _kinds: ClassVar[dict[str, type[Element]]] = {}
    _namespaces: ClassVar[dict[str, str]] = {}
    _fields: ClassVar[dict[str, Field]] = {}
    _names: ClassVar[frozenset[str]] = frozenset()
    _deep: ClassVar[tuple[str, ...]] = ()
    _lists: ClassVar[tuple[str, ...]] = ()
    _needed: ClassVar[tuple[str, ...]] = ()
    """What the constructor has to be given."""
    _auto: ClassVar[dict[str, Callable[[], Any]]] = {}
    _skip_empty: ClassVar[bool] = False
    """Nothing is written when there is nothing inside."""
    _keep_open: ClassVar[bool] = False
    """It's closed by a tag of its own even when there is nothing inside."""
    _more: ClassVar[Mapping[str, type[Element] | None]] = {}
    """Paths that are read by hand, made by :func:`by_hand`; see :mod:`pyvirt_conf.strict`."""
    _never: ClassVar[tuple[str, ...]] = ()
    """Attributes of inner elements that are not for here, where their class is shared with others."""
    _always: ClassVar[tuple[str, ...]] = ()
    """What documents that are validated must have, wherever they have the element it is of."""
    _anything: ClassVar[bool] = False
    """What is inside is somebody else's."""

    def __init__(self, **values: Any) -> None:
        if not self._names.issuperset(values):
            unknown = next(name for name in values if name not in self._names)
            raise TypeError(f"{type(self).__name__} has no field '{unknown}'")
        for name in self._needed:
            if values.get(name) is None:
                raise TypeError(f"{type(self).__name__} needs '{name}'")
        if self._auto:
            for name, made in self._auto.items():
                if values.get(name) is None:
                    values[name] = made()
        # The keywords are a dictionary of this call's own.
        self.__dict__ = values

    @classmethod
    def _from_node(cls, node: Node, mode: Mode) -> Self:
        return cls._read(node, mode)

    @classmethod
    def _read(cls, node: Node, mode: Mode) -> Self:
        from pyvirt_conf.xml.compiler import compile_class

        compile_class(cls, "read")
        return cls._read(node, mode)

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        self._write(out, pad, mode, tag or self._tag)

    def _write(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        from pyvirt_conf.xml.compiler import compile_class

        compile_class(type(self), "write")
        self._write(out, pad, mode, tag or self._tag)

    def _write_attrs(self, mode: Mode) -> str:
        """The attributes alone, each after a space: for a part that stands in another element."""
        from pyvirt_conf.xml.compiler import compile_class

        compile_class(type(self), "parts")
        return self._write_attrs(mode)

    def _write_kids(self, out: list[str], pad: str, mode: Mode) -> None:
        """The inner elements alone."""
        from pyvirt_conf.xml.compiler import compile_class

        compile_class(type(self), "parts")
        self._write_kids(out, pad, mode)

    @classmethod
    def _strict(cls, node: Node, mode: Mode) -> None:
        """Refuse what documents that are validated mustn't have, beyond what nobody knows."""

    def to_xml(self, **modes: Any) -> str:
        """This element as XML text; the keywords are those of :class:`~pyvirt_conf.xml.reader.Mode`."""
        out: list[str] = []
        self._to_xml(out, "", Mode(**modes))
        return "".join(out)

    @classmethod
    def from_xml(cls, text: str | bytes, *, file: str | None = None, **modes: Any) -> Self:
        """Read this element alone from XML text.

        :raises XmlDetailError: not well-formed. :raises XmlError: another root element, or a value its type refuses.
        """
        from pyvirt_conf.xml.reader import fail, read

        mode = Mode(file=file, **modes)
        node = read(text, file)
        if cls._tag and node.tag != cls._tag:
            fail(node, mode, f"expected <{cls._tag}>, found <{node.tag}>")
        return cls._from_node(node, mode)

    def copy(self) -> Self:
        """A copy that shares nothing that can change."""
        new = object.__new__(type(self))
        own = new.__dict__
        own.update(self.__dict__)
        for name in self._deep:
            value = own.get(name)
            if value is not None:
                own[name] = value.copy()
        for name in self._lists:
            value = own.get(name)
            if value is not None:
                own[name] = [item.copy() if isinstance(item, Element) else item for item in value]
        return new

    def make_lists(self) -> None:
        """Make all lists nobody has asked for yet, for somebody who will ask for all: at once takes less time."""
        own = self.__dict__
        for name in self._lists:
            if name not in own:
                own[name] = []

    def _shallow(self) -> Self:
        """Another object with the same values, for writing it a little differently."""
        new = object.__new__(type(self))
        new.__dict__.update(self.__dict__)
        return new

    __copy__ = copy

    def __deepcopy__(self, memo: Any) -> Self:
        return self.copy()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._fields)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}={value!r}"
            for name, field in self._fields.items()
            if (value := getattr(self, name)) is not None
            and value != []
            and (value != field.default or field.required)
            and not (isinstance(value, Element) and field.options.get("auto") and value == type(value)())
        )
        return f"{type(self).__name__}({shown})"


class _EmptyList:
    """The default of a list field: a list of its own for every instance that has none yet."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        made: list[Any] = []
        instance.__dict__[self.name] = made
        return made


def by_hand(*paths: str, kinds: Mapping[str, type[Element]] | None = None) -> Mapping[str, type[Element] | None]:
    """Paths that a class reads itself, for its ``_more``; in ``kinds`` those of elements with a class of their own.

    A star after a name says that the element may stand there several times: ``source*/@mode``.
    """
    return {**dict.fromkeys(paths), **(kinds or {})}


@dataclass_transform(kw_only_default=True, eq_default=False)
def element(
    tag: str = "",
    *,
    by: str | None = None,
    default_kind: str | None = None,
    namespaces: dict[str, str] | None = None,
    **const: str,
) -> Callable[[_T], _T]:
    """Make a class an element named ``tag`` (a base class's when left out).

    :param by: this is the base of several kinds told apart by this attribute; a subclass says ``@element(type="pci")``.
    :param default_kind: the kind meant when the attribute is absent.
    :param namespaces: prefixes used in the paths of the class, with their URIs.
    :param const: attributes that always have this value, written first.
    """

    def decorate(cls: _T) -> _T:
        if tag:
            cls._tag = tag
        if namespaces:
            cls._namespaces = namespaces
        if by is not None:
            cls._by = by
            cls._kinds = {}
            cls._default_kind = default_kind
        elif cls._by is not None:
            cls._by = None
        if const:
            cls._const = (*cls._const, *const.items())
            for base in cls.__mro__[1:]:
                told_by = base.__dict__.get("_by")
                if told_by in const:
                    base.__dict__["_kinds"][const[told_by]] = cls
                    setattr(cls, told_by, const[told_by])
                    break
        _collect(cls)
        return cls

    return decorate


def _collect(cls: type[Element]) -> None:
    """Note the fields of a class, those of its bases first, ordered by rank; give the class their defaults."""
    fields: dict[str, Field] = {}
    for base in reversed(cls.__mro__[1:]):
        fields.update(base.__dict__.get("_fields", {}))
    for name, annotation in cls.__dict__.get("__annotations__", {}).items():
        made = cls.__dict__.get(name)
        if not isinstance(made, Field):
            if str(annotation).startswith("ClassVar"):
                continue
            made = Field("plain", None, default=made)
            setattr(cls, name, made)
        made.name = name
        made.annotation = annotation
        made.owner = cls
        fields.pop(name, None)
        fields[name] = made
    ordered = dict(sorted(fields.items(), key=lambda item: item[1].rank))
    cls._fields = ordered
    cls._names = frozenset(ordered)
    cls._auto = {n: _maker(f) for n, f in ordered.items() if f.options.get("auto")}
    for stub in ("_read", "_write", "_write_attrs", "_write_kids", "_from_node", "_to_xml"):
        if stub not in cls.__dict__ and not _overridden(cls, stub):
            setattr(cls, stub, Element.__dict__[stub])
    cls._deep = tuple(n for n, f in ordered.items() if f.kind in ("child", "variant", "inline"))
    cls._needed = tuple(n for n, f in ordered.items() if f.required and f.kind != "inline" and f.default is None)
    cls._lists = tuple(n for n, f in ordered.items() if f.kind in ("children", "texts"))
    for name in fields:
        made = cls.__dict__.get(name)
        if isinstance(made, Field):
            setattr(cls, name, _EmptyList(name) if name in cls._lists else made.default)


def _maker(field: Field) -> Callable[[], Any]:
    """What makes the value of a child that is always there."""

    def make() -> Any:
        from pyvirt_conf.xml.compiler import _resolve

        return _resolve(field)()

    return make


def _overridden(cls: type[Element], name: str) -> bool:
    """Whether a method was written by hand in the class or a base of it; only others are replaced by compiled ones."""
    stub = getattr(Element.__dict__[name], "__func__", Element.__dict__[name]).__code__
    for base in cls.__mro__:
        if base is Element:
            break
        found = base.__dict__.get(name)
        if found is not None:
            code = getattr(found, "__func__", found).__code__
            if code is not stub and not code.co_filename.startswith("<generated"):
                return True
    return False
