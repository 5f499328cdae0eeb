"""One reference page: the element classes that a document is made of, each a section that others link to."""

from __future__ import annotations

import inspect
import re
from collections import deque
from collections.abc import Iterator

from reference_types import default_of, held, notes_of, type_of

from pyvirt_conf.xml.compiler import _child_path
from pyvirt_conf.xml.element import Element
from pyvirt_conf.xml.fields import Field

Kind = type[Element]


def subclasses(base: Kind) -> Iterator[Kind]:
    """All classes below one, nearest first."""
    for cls in base.__subclasses__():
        yield cls
        yield from subclasses(cls)


def step_of(field: Field) -> str:
    """Where a field's value stands, relative to the element of its class; empty where only code tells."""
    match field.kind:
        case "plain":
            return ""
        case "inline":
            return "."
        case "attr":
            return field.path or f"@{field.name.rstrip('_')}"
        case "text" | "size":
            return field.path or field.name
    above, last = _child_path(field)
    return "/".join([*above, last])


def kinds_of(cls: Kind) -> dict[str, Kind]:
    """The classes an element can be, by the attribute that tells; none for an element of one kind."""
    return cls._kinds if cls._by is not None else {}


def more_of(cls: Kind) -> dict[str, Kind]:
    """Classes of the elements that code reads, not fields."""
    return {path: kind for path, kind in cls._more.items() if kind is not None}


def namespaces_of(base: Kind, root: Kind) -> list[Kind]:
    """What drivers may add to a document under namespaces of their own."""
    package = root.__module__.rpartition(".")[0] + "."
    found = (cls for cls in subclasses(base) if cls.__module__.startswith(package) and hasattr(cls, "uri"))
    return sorted(dict.fromkeys(found), key=lambda cls: cls.__name__)


def below(cls: Kind, root: Kind) -> Iterator[tuple[str, Kind]]:
    """The classes next below one, each with the step that leads there."""
    for word, kind in kinds_of(cls).items():
        yield f"[@{cls._by}='{word}']", kind
    for field in cls._fields.values():
        if field.kind in ("attr", "text", "size", "texts", "flag"):
            continue
        for kind in held(field):
            if field.name == "namespace" and field.kind == "plain":
                yield from (("", extra) for extra in namespaces_of(kind, root))
            elif field.kind == "variant":
                yield step_of(field), kind
            else:
                yield (step_of(field) or kind._tag), kind
    yield from more_of(cls).items()


def joined(path: str, step: str) -> str:
    """A step further down."""
    return path if step in ("", ".") else f"{path}{step}" if step.startswith("[") else f"{path}/{step}"


def prose(text: str) -> str:
    """A docstring as Markdown."""
    text = re.sub(r":(?:\w+:)?\w+:`~?([^`]+)`", r"`\1`", text).replace("``", "`")
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else p.replace("<", "&lt;").replace("*", "\\*") for p in pieces)


def cell(text: str) -> str:
    """Text within a table."""
    return prose(" ".join(text.split())).replace("\\*\\*", "**").replace("|", "\\|")


def own_doc(cls: Kind) -> str:
    """The class's own docstring."""
    return inspect.cleandoc(cls.__dict__.get("__doc__") or "")


class Page:
    """The page of one document, in file ``name``.md. ``homes``: the pages of classes that have one already."""

    def __init__(self, name: str, title: str, root: Kind, homes: dict[Kind, Page]) -> None:
        self.name = name
        self.title = title
        self.root = root
        self.homes = homes
        self.paths: dict[Kind, str] = {}
        """The shortest way to each class from the root."""
        self.order: list[Kind] = []
        self.users: dict[Kind, dict[Kind, str]] = {}
        homes[root] = self

    def collect(self) -> None:
        """Find the classes of this page, and make it the home of those that have none."""
        self.paths[self.root] = self.root._tag
        waiting = deque([self.root])
        while waiting:
            cls = waiting.popleft()
            for step, kind in below(cls, self.root):
                if self.homes.setdefault(kind, self) is self:
                    self.users.setdefault(kind, {}).setdefault(cls, step)
                    if kind not in self.paths:
                        self.paths[kind] = joined(self.paths[cls], step)
                        waiting.append(kind)
        self._sort(self.root)

    def _sort(self, cls: Kind) -> None:
        if cls in self.order or self.homes[cls] is not self:
            return
        self.order.append(cls)
        for _, kind in below(cls, self.root):
            self._sort(kind)

    def anchor(self, cls: Kind) -> str:
        """What links to a class's section end with; the module is added where a name isn't alone."""
        alone = sum(other.__name__ == cls.__name__ for other in self.paths) == 1
        return cls.__name__.lower() if alone else f"{cls.__name__}-{cls.__module__.rpartition('.')[2]}".lower()

    def link(self, cls: Kind) -> str:
        """A reference to a class's section, here or on another page."""
        home = self.homes.get(cls)
        if home is None:
            return f"`{cls.__name__}`"
        file = "" if home is self else f"{home.name}.md"
        return f"[{cls.__name__}]({file}#{home.anchor(cls)})"

    def text(self) -> str:
        """The page."""
        module = self.root.__module__
        lines = [f"# {self.title}", ""]
        lines += [f"`{module}.{self.root.__name__}`. How to read the tables: [index.md](index.md).", ""]
        lines += [*self._contents(), ""]
        for cls in self.order:
            lines += self._section(cls)
        return "\n".join(lines).rstrip() + "\n"

    def _contents(self) -> Iterator[str]:
        here = [kind for _, kind in below(self.root, self.root) if self.homes[kind] is self]
        for cls in dict.fromkeys(here):
            inner = dict.fromkeys(kind for _, kind in below(cls, self.root) if self.homes[kind] is self)
            links = ", ".join(self.link(kind) for kind in inner if kind is not cls)
            yield f"- {self.link(cls)}" + (f": {links}" if links else "")

    def _section(self, cls: Kind) -> list[str]:
        tag = re.sub(r"\[[^]]*\]", "", self.paths[cls]).rpartition("/")[2]
        told = f"`<{tag}>` " if tag == cls._tag else ""
        lines = [f'<a id="{self.anchor(cls)}"></a>', "", f"## {told}{cls.__name__}", "", f"`{self.paths[cls]}`"]
        above = [
            f"one kind of {self.link(user)}"
            if step.startswith("[")
            else f"in {self.link(user)}" + (f" (`{step}`)" if step not in ("", ".") else "")
            for user, step in self.users.get(cls, {}).items()
        ]
        lines[-1] += f", {', '.join(above)}" if above else ""
        lines += ["", prose(own_doc(cls)), ""] if own_doc(cls) else [""]
        if hasattr(cls, "uri"):
            lines += [f"Namespace `{cls.uri}`, prefix `{cls.prefix}`." if hasattr(cls, "prefix") else "", ""]
        if kinds_of(cls):
            default = cls._default_kind
            lines += [f"| `{cls._by}` | class |", "|---|---|"]
            lines += [
                f"| `{word}`{' (where there is none)' if word == default else ''} | {self.link(kind)} |"
                for word, kind in kinds_of(cls).items()
            ]
            lines += [""]
        base = next((b for b in cls.__mro__[1:] if issubclass(b, Element) and b in self.paths and b._fields), None)
        shown = [f for f in cls._fields.values() if base is None or base._fields.get(f.name) is not f]
        rows = [*self._constants(cls), *filter(None, map(self._row, shown)), *self._more(cls, base)]
        if base is not None and len(shown) < len(cls._fields):
            lines += [f"It has the fields of {self.link(base)}" + (" and:" if rows else "."), ""]
        if rows:
            lines += ["| XML | field | type | default | notes |", "|---|---|---|---|---|", *rows, ""]
        return lines

    def _constants(self, cls: Kind) -> Iterator[str]:
        for name, value in cls._const:
            yield f"| `@{name}` | | always `{value}` | | |"

    def _row(self, field: Field) -> str:
        scalar = field.kind in ("attr", "text", "size", "texts", "flag")
        kinds = [] if scalar else held(field)
        if field.name == "namespace" and field.kind == "plain":
            kinds = namespaces_of(kinds[0], self.root)
            if not kinds:
                return ""
        links = {kind: self.link(kind) for kind in kinds}
        step = step_of(field)
        values = [f"`{step}`" if step else "", f"`{field.name}`", type_of(field, links), default_of(field)]
        return "| " + " | ".join(map(cell, [*values, notes_of(field)])) + " |"

    def _more(self, cls: Kind, base: Kind | None) -> Iterator[str]:
        for path, kind in cls._more.items():
            if base is not None and path in base._more:
                continue
            yield f"| `{path.replace('*', '')}` | | {self.link(kind) if kind is not None else 'read by hand'} | | |"
