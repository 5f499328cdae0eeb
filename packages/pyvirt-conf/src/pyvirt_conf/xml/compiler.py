"""Turns the declared fields of a class into functions of straight-line Python: one that reads, one that writes.

Reading goes once over the children of a node, sorted by name into lists, then field by field. Writing appends lines to
a list; whether an element is self-closed shows when its content has been written. What the functions look like is best
seen by ``print(source_of(Interface, "write"))``.
"""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Iterator
from typing import Any

from pyvirt_conf.xml.element import Element, _overridden
from pyvirt_conf.xml.fields import Field
from pyvirt_conf.xml.reader import BadValue, Mode, Node, content, fail
from pyvirt_conf.xml.scalars import Scalar, plain, scalar_of, scale, to_int
from pyvirt_conf.xml.writer import escape, escape_text, special, special_text
from pyvirt_util.errors import NumberOverflowError, VirtError, XmlError


class _Branch:
    """An element of the output: the class's own, or one that several fields share."""

    __slots__ = ("attrs", "kids", "parts", "tag", "text")

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.attrs: list[Field] = []
        self.text: Field | None = None
        self.parts: list[tuple[str, Field | _Branch]] = []
        self.kids: dict[str, _Branch] = {}

    def branch(self, path: list[str]) -> _Branch:
        at = self
        for tag in path:
            if tag not in at.kids:
                at.kids[tag] = _Branch(tag)
                at.parts.append((tag, at.kids[tag]))
            at = at.kids[tag]
        return at


def _resolve(field: Field) -> Any:
    """The type a field holds: its annotation, evaluated where it was written, without ``None`` and ``list``."""
    found = field.annotation
    if isinstance(found, str):
        assert field.owner is not None
        found = eval(found, sys.modules[field.owner.__module__].__dict__)  # noqa: S307 (our own source)
    if isinstance(found, types.UnionType) or typing.get_origin(found) is typing.Union:
        found = next(part for part in typing.get_args(found) if part is not type(None))
    if field.kind in ("children", "texts"):
        found = typing.get_args(found)[0]
    return found


def _tree(cls: type[Element]) -> _Branch:
    root = _Branch(cls._tag)
    waiting: dict[str, Field] = {}
    for field in cls._fields.values():
        path = field.path
        if field.kind == "plain":
            continue
        if field.name in waiting:
            root.parts.append(("", waiting[field.name]))
        if field.kind == "inline":
            root.attrs.append(field)
            if field.options["before"] is None:
                root.parts.append(("", field))
            else:
                waiting[field.options["before"]] = field
        elif field.kind == "attr" or (
            field.kind == "size" and path is not None and path.rpartition("/")[2].startswith("@")
        ):
            *above, last = (path or f"@{field.name.rstrip('_')}").split("/")
            if last[0] != "@":
                raise TypeError(f"{cls.__name__}.{field.name}: '{path}' names no attribute")
            root.branch(above).attrs.append(field)
        elif field.kind in ("text", "size"):
            steps = [step for step in (path or field.name).split("/") if step != "."]
            at = root.branch(steps)
            if field.kind == "size":
                at.attrs.append(field)
            at.text = field
        else:
            above, last = _child_path(field)
            root.branch(above).parts.append((last, field))
    return root


def _child_path(field: Field) -> tuple[list[str], str]:
    path = field.path
    if path is None or path.endswith("/"):
        if field.kind == "flag":
            tag = field.name
        elif field.kind == "variant":
            tag = next(iter(field.options["choices"].values()))._tag
        else:
            tag = _resolve(field)._tag
        path = (path or "") + tag
    *above, last = path.split("/")
    return above, last


class _Source:
    """Lines of generated code, and the objects they refer to."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {
            "BadValue": BadValue,
            "Element": Element,
            "amount": _amount,
            "content": content,
            "escape": escape,
            "escape_text": escape_text,
            "fail": fail,
            "missing": _missing,
            "new": object.__new__,
            "pretty": _pretty,
            "several": _several,
            "special": special,
            "special_text": special_text,
        }

    def bind(self, value: Any, hint: str) -> str:
        for name, known in self.names.items():
            if known is value and not isinstance(value, (str, int, bool)):
                return name
        name = f"{hint}{len(self.names)}"
        self.names[name] = value
        return name

    def __call__(self, depth: int, line: str) -> None:
        self.lines.append("    " * depth + line)


def _missing(node: Node, mode: Mode, at: str, kind: type[VirtError] = XmlError) -> None:
    fail(node, mode, f"missing {'attribute' if '@' in at else 'element'}", at, kind)


def _several(node: Node, mode: Mode) -> None:
    fail(node, mode, f"only a single <{node.tag}> is supported")


def _amount(text: str, unit: str | None, store: int, assume: int, low: int, high: int) -> int:
    """The stored amount of a size in the document; what doesn't divide is rounded up."""
    value = to_int(text, 10)
    if value < 0:
        raise BadValue(f"'{text}' is negative")
    found = scale(value, unit, assume)
    if found > high:
        raise BadValue(f"'{text}{unit or ''}' is too large", NumberOverflowError)
    found = -(-found // store)
    if found < low:
        raise BadValue(f"'{text}' is too small")
    return found


_UNITS = ((2**60, "EiB"), (2**50, "PiB"), (2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def _pretty(value: int) -> tuple[int, str]:
    """Bytes in the largest unit that divides them (virFormatIntPretty)."""
    if value:
        for factor, name in _UNITS:
            if value % factor == 0:
                return value // factor, name
    return value, "B"


# -- reading ---------------------------------------------------------------------------------------


def _read_source(cls: type[Element], src: _Source) -> None:
    src(0, "def _read(cls, node, mode):")
    if cls._by is not None:
        src(1, f"word = node.get({cls._by!r})")
        src(1, "if word is None:")
        src(2, f"word = {cls._default_kind!r}")
        src(1, f"kind = {src.bind(cls._kinds, 'kinds')}.get(word)")
        src(1, "if kind is None:")
        src(2, "wrong_kind(cls, node, mode, word)")
        src.names["wrong_kind"] = _wrong_kind
        src(1, "return kind._from_node(node, mode)")
        return
    src(1, "self = new(cls)")
    src(1, "self._line = node.sourceline")
    src(1, "at = ''")
    if any(field.live for field in cls._fields.values()):
        src(1, "live = not mode.inactive")
    src(1, "try:")
    before = len(src.lines)
    _read_branch(cls, _tree(cls), src, "node", "", 2)
    if hasattr(cls, "_parsed"):
        src(2, "at = ''")
        src(2, "self._parsed(node, mode)")
    if len(src.lines) == before:
        src(2, "pass")
    src(1, "except BadValue as error:")
    src(2, "fail(node, mode, str(error), at, error.kind)")
    src(1, "return self")


def _wrong_kind(cls: type[Element], node: Node, mode: Mode, word: str | None) -> None:
    at = f"@{cls._by}"
    if word is None:
        _missing(node, mode, at)
    fail(node, mode, f"unknown {cls._tag} {cls._by} '{word}', expected one of {', '.join(cls._kinds)}", at)


def _read_branch(cls: type[Element], branch: _Branch, src: _Source, var: str, rel: str, depth: int) -> None:
    for field in branch.attrs:
        if field.kind == "inline":
            kind = src.bind(_resolve(field), "Part")
            src(depth, f"self.{field.name} = {kind}._from_node(node, mode)")
        elif field is not branch.text:
            _read_attr(field, src, var, rel, depth)
    if branch.text is not None:
        _read_text(branch.text, src, var, rel, depth)
    wanted = [(tag, part) for tag, part in branch.parts if tag]
    if not wanted:
        return
    kids = "kids" + str(depth)
    src(depth, f"{kids} = {{}}")
    src(depth, f"for kid in {var}:")
    src(depth + 1, "tag = kid.tag")
    src(depth + 1, f"if tag in {kids}:")
    src(depth + 2, f"{kids}[tag].append(kid)")
    src(depth + 1, "else:")
    src(depth + 2, f"{kids}[tag] = [kid]")
    for tag, part in wanted:
        found = f"found{depth}"
        key = tag
        if ":" in tag:
            prefix, _, local = tag.partition(":")
            key = f"{{{cls._namespaces[prefix]}}}{local}"
        step = f"{rel}{tag}"
        need = isinstance(part, Field) and part.required
        if isinstance(part, Field) and part.kind == "variant":
            choices = {word.replace("_", "-"): kind for word, kind in part.options["choices"].items()}
            src(depth, f"Kind = {src.bind(choices, 'choices')}.get(self.{part.options['by']})")
            src(depth, f"if Kind is not None and {key!r} in {kids}:")
            src(depth + 1, f"self.{part.name} = Kind._from_node({kids}[{key!r}][0], mode)")
            continue
        src(depth, f"{found} = {kids}.get({key!r})")
        inner = depth
        test = f"if {found} is not None:"
        if isinstance(part, Field) and part.live:
            test = f"if live and {found} is not None:"
        if isinstance(part, _Branch):
            src(depth, test)
            node = f"node{depth}"
            src(depth + 1, f"{node} = {found}[0]")
            _read_branch(cls, part, src, node, step + "/", depth + 1)
            for field in _required_below(part):
                src(depth, "else:")
                place = rel + (field.path or field.name)
                src(depth + 1, f"missing(node, mode, {place!r}{_missing_as(field, src)})")
                break
        elif part.kind == "flag":
            src(inner, test)
            src(inner + 1, f"self.{part.name} = True")
        elif part.kind == "texts":
            src(inner, f"self.{part.name} = [content(kid) for kid in {found}] if {found} is not None else []")
        elif part.kind == "children":
            kind = src.bind(_resolve(part), "Kind")
            src(inner, test)
            src(inner + 1, f"self.{part.name} = [{kind}._from_node(kid, mode) for kid in {found}]")
        else:
            kind = src.bind(_resolve(part), "Kind")
            src(inner, test)
            if part.options.get("single"):
                src(inner + 1, f"if len({found}) > 1:")
                src(inner + 2, f"several({found}[1], mode)")
            if part.when is None:
                src(inner + 1, f"self.{part.name} = {kind}._from_node({found}[0], mode)")
            else:
                src(inner + 1, f"v = {kind}._from_node({found}[0], mode)")
                src(inner + 1, f"if {src.bind(part.when, 'when')}(v, mode):")
                src(inner + 2, f"self.{part.name} = v")
            if need:
                src(inner, "else:")
                src(inner + 1, f"missing(node, mode, {step!r})")
            elif part.options.get("auto"):
                src(inner, "else:")
                src(inner + 1, f"self.{part.name} = {kind}()")


def _required_below(branch: _Branch) -> Iterator[Field]:
    """Required fields of an element that is absent."""
    for field in branch.attrs:
        if field.required:
            yield field
    if branch.text is not None and branch.text.required:
        yield branch.text
    for _, part in branch.parts:
        if isinstance(part, _Branch):
            yield from _required_below(part)
        elif part.required:
            yield part


def _converted(scalar: Scalar, src: _Source) -> str:
    return "v" if scalar.parse is str else f"{src.bind(scalar.parse, 'parse')}(v)"


def _store(field: Field, value: str, src: _Source, depth: int) -> None:
    omit = field.options.get("omit")
    tests = []
    if omit is not None:
        # What isn't written means the same as nothing, and is kept as nothing.
        tests.append(f"v != {src.bind(omit, 'omit')}")
    if field.when is not None:
        tests.append(f"{src.bind(field.when, 'when')}(v, mode)")
    if tests:
        if value != "v":
            src(depth, f"v = {value}")
        src(depth, f"if {' and '.join(tests)}:")
        src(depth + 1, f"self.{field.name} = v")
    else:
        src(depth, f"self.{field.name} = {value}")


def _read_attr(field: Field, src: _Source, var: str, rel: str, depth: int) -> None:
    path = field.path or f"@{field.name.rstrip('_')}"
    name = path.rpartition("@")[2]
    src(depth, f"v = {var}.get({name!r})")
    src(depth, "if v is not None:" if not field.live else "if v is not None and live:")
    if field.kind == "size":
        options = field.options
        value = (
            f"amount(v, {var}.get({options['unit_name']!r}), {options['store']}, {options['assume']}, "
            f"{options['low']}, {options['high']})"
        )
    else:
        value = _converted(scalar_of(_resolve(field)), src)
    if value != "v":
        src(depth + 1, f"at = '{rel}@{name}'")
    _store(field, value, src, depth + 1)
    if field.options.get("present") is not None:
        src(depth, "else:")
        src(depth + 1, f"self.{field.name} = {src.bind(field.options['present'], 'word')}")
    elif (field.required and field.default is None) or field.options.get("with_element"):
        src(depth, "else:")
        src(depth + 1, f"missing(node, mode, {f'{rel}@{name}'!r}{_missing_as(field, src)})")


def _missing_as(field: Field, src: _Source) -> str:
    """A further argument of the call that reports what is missing: the error's class, where it isn't the usual one."""
    kind = field.options.get("missing")
    return "" if kind is None else f", {src.bind(kind, 'Missing')}"


def _read_text(field: Field, src: _Source, var: str, rel: str, depth: int) -> None:
    src(depth, f"v = content({var}) if len({var}) else {var}.text")
    if field.options.get("empty"):
        src(depth, "v = v or ''")
        src(depth, "if live:" if field.live else "if True:")
    else:
        src(depth, "if v:" if not field.live else "if v and live:")
    if field.kind == "size":
        options = field.options
        value = (
            f"amount(v, {var}.get({options['unit_name']!r}), {options['store']}, {options['assume']}, "
            f"{options['low']}, {options['high']})"
        )
    else:
        value = _converted(scalar_of(_resolve(field)), src)
    if value != "v":
        src(depth + 1, f"at = {rel.rstrip('/')!r}")
    _store(field, value, src, depth + 1)
    if field.required and field.default is None:
        src(depth, "else:")
        src(depth + 1, f"missing(node, mode, {rel.rstrip('/')!r})")


# -- writing ---------------------------------------------------------------------------------------


class _Writing:
    """What the writing functions of a class have in common: its tree, constant attributes, local names."""

    def __init__(self, cls: type[Element], src: _Source) -> None:
        self.root = _tree(cls)
        self.setup = ["live = not mode.inactive"] if any(field.live for field in cls._fields.values()) else []
        const = "".join(f" {name}='{escape(value)}'" for name, value in cls._const)
        attrs = self.root.attrs
        while attrs and attrs[0].rank < 0:
            # The few attributes that come before the one that tells the kind are always there.
            first = attrs.pop(0)
            const = f" {(first.path or '@' + first.name)[1:]}='{_shown(first, src, 'self.' + first.name)}'" + const
        fixed, self.rest = _split_fixed(attrs, src)
        self.head = const + fixed


def _write_source(cls: type[Element], src: _Source) -> None:
    writing = _Writing(cls, src)
    root = writing.root
    src(0, f"def _write(self, out, pad, mode, tag={cls._tag!r}):")
    for line in writing.setup:
        src(1, line)
    src(1, f'a = f"{{pad}}<{{tag}}{writing.head}"')
    _write_attrs(writing.rest, src, 1)
    if root.text is not None:
        _write_text_close(root.text, src)
    elif root.parts:
        _write_kids_close(cls, root, src)
    else:
        if cls._skip_empty:
            src(1, "if a != f'{pad}<{tag}':")
        src(1 + cls._skip_empty, "out.append(a + '/>\\n')")


def _parts_source(cls: type[Element], src: _Source) -> None:
    """The attributes and the inner elements each alone: for what stands in another element."""
    writing = _Writing(cls, src)
    src(0, "def _write_attrs(self, mode):")
    for line in writing.setup:
        src(1, line)
    src(1, f'a = f"{writing.head}"')
    _write_attrs(writing.rest, src, 1)
    src(1, "return a")
    src(0, "def _write_kids(self, out, pad1, mode):")
    for line in writing.setup:
        src(1, line)
    _write_parts(writing.root, src, 1, 1)
    src(1, "return")


def _write_kids_close(cls: type[Element], root: _Branch, src: _Source) -> None:
    src(1, "out.append(a)")
    src(1, "n = len(out)")
    src(1, "out.append('>\\n')")
    src(1, "pad1 = pad + '  '")
    _write_parts(root, src, 1, 1)
    if not cls._keep_open:
        src(1, "if len(out) == n + 1:")
        if cls._skip_empty:
            src(2, "if out[n - 1] == f'{pad}<{tag}':")
            src(3, "del out[n - 1:]")
            src(3, "return")
        src(2, "out[n] = '/>\\n'")
        src(2, "return")
    src(1, "out.append(f'{pad}</{tag}>\\n')")


def _shown(field: Field, src: _Source, var: str) -> str:
    """The expression within an f-string that writes a value."""
    scalar = scalar_of(_resolve(field))
    if scalar.show is None:
        kind = "_text" if field.kind == "text" else ""
        return f"{{{var} if special{kind}({var}) is None else escape{kind}({var})}}"
    if scalar.show is plain:
        return f"{{{var}}}"
    return f"{{{src.bind(scalar.show, 'show')}({var})}}"


def _conditions(field: Field, src: _Source) -> str:
    tests = ["v is not None"]
    omit = field.options.get("omit")
    if omit is not None:
        tests.append(f"v != {src.bind(omit, 'omit')}")
    if field.options.get("needs"):
        tests.append(f"self.{field.options['needs']} is not None")
    if field.live:
        tests.append("live")
    if field.secure:
        tests.append("mode.secure")
    if field.when is not None:
        tests.append(f"{src.bind(field.when, 'when')}(v, mode)")
    return " and ".join(tests)


def _is_fixed(field: Field) -> bool:
    return (
        field.kind == "attr"
        and field.required
        and not field.live
        and not field.secure
        and field.when is None
        and field.options.get("omit") is None
        and field.options.get("needs") is None
    )


def _split_fixed(attrs: list[Field], src: _Source) -> tuple[str, list[Field]]:
    """The leading attributes that are always there, as part of the head's f-string, and the others."""
    fixed = ""
    rest = list(attrs)
    while rest and _is_fixed(rest[0]):
        field = rest.pop(0)
        name = (field.path or f"@{field.name.rstrip('_')}").rpartition("@")[2]
        fixed += f" {name}='{_shown(field, src, 'self.' + field.name)}'"
    return fixed, rest


def _write_attrs(attrs: list[Field], src: _Source, depth: int) -> None:
    for field in attrs:
        if field.kind == "inline":
            src(depth, f"v = self.{field.name}")
            src(depth, "if v is not None:")
            src(depth + 1, "a += v._write_attrs(mode)")
            continue
        src(depth, f"v = self.{field.name}")
        src(depth, f"if {_conditions(field, src)}:")
        if field.kind == "size":
            unit, unit_name = field.options["unit"], field.options["unit_name"]
            name = (field.path or "").rpartition("@")[2] if "@" in (field.path or "") else None
            if unit is None:
                src(depth + 1, f"v, u = pretty(v * {field.options['store']})")
                unit = "{u}"
            elif field.options["shown"] != field.options["store"]:
                src(depth + 1, f"v = v * {field.options['store']} // {field.options['shown']}")
            size_part = f" {name}='{{v}}'" if name else ""
            src(depth + 1, f"a = f\"{{a}}{size_part} {unit_name}='{unit}'\"")
        else:
            name = (field.path or f"@{field.name.rstrip('_')}").rpartition("@")[2]
            src(depth + 1, f"a = f\"{{a}} {name}='{_shown(field, src, 'v')}'\"")


def _text_value(field: Field, src: _Source) -> str:
    """The expression within an f-string that shows ``v``."""
    if field.kind != "size":
        return _shown(field, src, "v")
    store, shown = field.options["store"], field.options["shown"]
    return "{v}" if store == shown else f"{{v * {store} // {shown}}}"


def _write_text_close(field: Field, src: _Source) -> None:
    src(1, f"v = self.{field.name}")
    if field.kind == "size" and field.options["unit"] is None:
        src(1, f"v = None if v is None else pretty(v * {field.options['store']})[0]")
    src(
        1,
        f"if {_conditions(field, src)}:"
        if field.options.get("empty")
        else f"if {_conditions(field, src)} and v != '':",
    )
    src(2, f'out.append(f"{{a}}>{_text_value(field, src)}</{{tag}}>\\n")')
    src(1, "else:")
    src(2, "out.append(a + '/>\\n')")


def _write_parts(branch: _Branch, src: _Source, depth: int, level: int) -> None:
    pad = f"pad{level}"
    for tag, part in branch.parts:
        if isinstance(part, _Branch):
            _write_branch(part, src, depth, level)
            continue
        src(depth, f"v = self.{part.name}")
        if part.kind == "flag":
            src(depth, "if v:" if not part.live else "if v and live:")
            src(depth + 1, f"out.append({pad} + '<{tag}/>\\n')")
        elif part.kind == "texts":
            src(depth, "for w in v:")
            src(
                depth + 1,
                f'out.append(f"{{{pad}}}<{tag}>{{w if special_text(w) is None else escape_text(w)}}</{tag}>\\n")',
            )
        elif part.kind == "children":
            named = "" if _resolve(part)._tag == tag else f", {tag!r}"
            tests = ["live"] * part.live + ["mode.secure"] * part.secure
            src(depth, f"for w in v if {' and '.join(tests)} else ():" if tests else "for w in v:")
            src(depth + 1, f"w._to_xml(out, {pad}, mode{named})")
        elif part.kind == "inline":
            src(depth, "if v is not None:")
            src(depth + 1, f"v._write_kids(out, {pad}, mode)")
        else:
            named = ""
            if part.kind == "child" and _resolve(part)._tag != tag:
                named = f", {tag!r}"
            src(depth, f"if {_conditions(part, src)}:")
            src(depth + 1, f"v._to_xml(out, {pad}, mode{named})")


def _write_branch(branch: _Branch, src: _Source, depth: int, level: int) -> None:
    """An element that fields share; nothing at all is written when none of them has a value."""
    pad, tag = f"pad{level}", branch.tag
    src(depth, "a = ''")
    _write_attrs(branch.attrs, src, depth)
    if branch.text is not None:
        field = branch.text
        src(depth, f"v = self.{field.name}")
        if field.kind == "size" and field.options["unit"] is None:
            src(depth, f"v = None if v is None else pretty(v * {field.options['store']})[0]")
        src(depth, f"if {_conditions(field, src)}:")
        src(depth + 1, f'line = f"{{{pad}}}<{tag}{{a}}>{_text_value(field, src)}</{tag}>\\n"')
        if field.options.get("empty"):
            src(depth + 1, "if v == '':")
            src(depth + 2, f'line = f"{{{pad}}}<{tag}{{a}}/>\\n"')
        src(depth + 1, "out.append(line)")
        if any(other is not field for other in branch.attrs):
            src(depth, "elif a:")
            src(depth + 1, f'out.append(f"{{{pad}}}<{tag}{{a}}/>\\n")')
        return
    if not branch.parts:
        src(depth, "if a:")
        src(depth + 1, f'out.append(f"{{{pad}}}<{tag}{{a}}/>\\n")')
        return
    mark, head = f"n{level}_{depth}", f"a{level}"
    src(depth, f"{head} = a")
    src(depth, f"{mark} = len(out)")
    src(depth, "out.append('')")
    src(depth, f"pad{level + 1} = {pad} + '  '")
    _write_parts(branch, src, depth, level + 1)
    src(depth, f"if len(out) > {mark} + 1:")
    src(depth + 1, f'out[{mark}] = f"{{{pad}}}<{tag}{{{head}}}>\\n"')
    src(depth + 1, f"out.append({pad} + '</{tag}>\\n')")
    src(depth, f"elif {head}:")
    src(depth + 1, f'out[{mark}] = f"{{{pad}}}<{tag}{{{head}}}/>\\n"')
    src(depth, "else:")
    src(depth + 1, "out.pop()")


# -- both ------------------------------------------------------------------------------------------


_SOURCES = {"read": _read_source, "write": _write_source, "parts": _parts_source}
_METHODS = {
    "read": {"_read": "_read", "_from_node": "_read"},
    "write": {"_write": "_write", "_to_xml": "_write"},
    "parts": {"_write_attrs": "_write_attrs", "_write_kids": "_write_kids"},
}


def source_of(cls: type[Element], what: str) -> str:
    """The code generated for a class, for reading: ``read``, ``write`` or ``parts``."""
    src = _Source()
    _SOURCES[what](cls, src)
    return "\n".join(src.lines)


def compile_class(cls: type[Element], what: str) -> None:
    """Give a class its own functions to read, to write, or to write in parts; methods written by hand stay."""
    src = _Source()
    _SOURCES[what](cls, src)
    code = compile("\n".join(src.lines), f"<generated for {cls.__name__}>", "exec")
    made: dict[str, Any] = {}
    exec(code, src.names, made)  # noqa: S102 (our own source)
    for name, function in _METHODS[what].items():
        if not _overridden(cls, name):
            setattr(cls, name, classmethod(made[function]) if what == "read" else made[function])
