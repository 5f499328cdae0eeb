"""How the reference pages tell the type of a field: bounds of numbers, words of enumerations, units, notes."""

from __future__ import annotations

import ast
import inspect
import re
import sys
import typing
from enum import StrEnum
from functools import cache
from itertools import pairwise
from typing import Any

from pyvirt_conf.xml.compiler import _resolve
from pyvirt_conf.xml.element import Element
from pyvirt_conf.xml.fields import Field
from pyvirt_conf.xml.scalars import MacAddress, Scalar, Uuid, scalar_of

UNITS = {1: "bytes", 1000: "kB", 2**10: "KiB", 2**20: "MiB", 2**30: "GiB"}
POWERS = {2**bits - less: f"2^{bits}" + "-1" * less for bits in (16, 31, 32, 63, 64) for less in (0, 1)}
BASES = {0: ", decimal, octal or hexadecimal by prefix", 8: ", octal", 16: ", hexadecimal"}


def _documented(body: list[ast.stmt]) -> dict[str, str]:
    """The strings that follow assignments, by the assigned name."""
    found = {}
    for first, second in pairwise(body):
        target = first.targets[0] if isinstance(first, ast.Assign) else getattr(first, "target", None)
        if isinstance(target, ast.Name) and isinstance(second, ast.Expr) and isinstance(second.value, ast.Constant):
            found[target.id] = inspect.cleandoc(str(second.value.value))
    return found


@cache
def _strings(module: str) -> dict[str, dict[str, str]]:
    """What stands below assignments of a module: by class (an empty name for the module itself) and by name."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    found = {node.name: _documented(node.body) for node in tree.body if isinstance(node, ast.ClassDef)}
    return found | {"": _documented(tree.body)}


def field_note(field: Field) -> str:
    """The string below a field's declaration."""
    assert field.owner is not None
    return _strings(field.owner.__module__).get(field.owner.__name__, {}).get(field.name, "")


def _alias_note(name: str) -> str:
    """The string below a type's definition, wherever in the package that is."""
    for module in sorted(name for name in sys.modules if name.startswith("pyvirt_conf.")):
        if name in (found := _strings(module)[""]):
            return found[name]
    return ""


def held(field: Field) -> list[type[Element]]:
    """The element classes a field can hold."""
    if field.kind == "variant":
        return list(field.options["choices"].values())
    found: list[type[Element]] = []
    waiting = [_resolve(field)] if field.kind != "plain" else [_annotation(field)]
    while waiting:
        kind = waiting.pop(0)
        if isinstance(kind, type) and issubclass(kind, Element):
            found.append(kind)
        waiting += typing.get_args(kind)
    return found


def _annotation(field: Field) -> Any:
    assert field.owner is not None
    names = sys.modules[field.owner.__module__].__dict__
    return eval(field.annotation, names) if isinstance(field.annotation, str) else field.annotation


def choices(kind: Any) -> str:
    """Words of an enumeration."""
    return ", ".join(f"`{member.value}`" for member in kind)


def _number(value: int) -> str:
    return "-" * (value < 0) + POWERS.get(abs(value), str(abs(value)))


def _scalar(field: Field) -> str:
    kind = _resolve(field)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return f"{kind.__name__}: {choices(kind)}"
    if kind is str:
        return "text"
    for known, words in ((Uuid, "UUID"), (MacAddress, "MAC address")):
        if scalar_of(kind) is scalar_of(known):
            return words
    parse = scalar_of(kind).parse
    values: typing.Mapping[str, Any] = inspect.getclosurevars(parse).nonlocals if inspect.isfunction(parse) else {}
    if {"low", "high"} <= values.keys():
        return f"integer, {_number(values['low'])} to {_number(values['high'])}{BASES.get(values.get('base', 10), '')}"
    if (table := values.get("table")) and all(isinstance(value, bool) for value in table.values()):
        return " or ".join(f"`{word}`" for word in table)
    name = str(field.annotation).removeprefix("list[").partition(" |")[0].rstrip("]")
    note = _alias_note(name) if name.isidentifier() else ""
    note = note or (inspect.getdoc(parse) or "").partition("\n")[0]
    stored = typing.get_args(kind)[0] if typing.get_args(kind) else kind
    if isinstance(stored, type) and issubclass(stored, StrEnum):
        return f"{stored.__name__}: {choices(stored)}" + (f" ({note})" if note else "")
    python = getattr(stored, "__name__", None) or " | ".join(part.__name__ for part in typing.get_args(stored))
    shown = f"{name} (`{python}`)" if name.isidentifier() else f"`{python}` in a form of its own"
    return f"{shown}: {note}" if note else shown


def _plain(field: Field, named: list[str]) -> str:
    """An annotation; where it has classes, as words with links."""
    shown = str(field.annotation).removesuffix(" | None")
    if not named:
        return f"`{shown}`"
    if inner := re.fullmatch(r"tuple\[(.*), \.\.\.\]", shown):
        return "list of " + " or ".join(named) if inner[1].count("|") + 1 == len(named) else f"`{shown}`"
    return " or ".join(named)


def type_of(field: Field, links: dict[type[Element], str]) -> str:
    """What a field holds, in Markdown; ``links`` has the reference for each class that may be held."""
    if field.name == "namespace" and field.kind == "plain":
        return " or ".join(links.values())
    named = [links[kind] for kind in held(field)] if field.kind not in ("attr", "text", "size", "texts", "flag") else []
    match field.kind:
        case "child":
            return named[0]
        case "children":
            return f"list of {named[0]}"
        case "inline":
            return f"{named[0]}, in this same element"
        case "variant":
            words = [word.replace("_", "-") for word in field.options["choices"]]
            shown = ", ".join(f"`{word}` {link}" for word, link in zip(words, named, strict=True))
            return f"by `{field.options['by']}`: {shown}"
        case "plain":
            return _plain(field, named)
        case "flag":
            return "the element is there or not (`bool`)"
        case "texts":
            return "list of texts"
        case "size":
            store, assume = (UNITS.get(field.options[key], f"{field.options[key]} B") for key in ("store", "assume"))
            return f"amount in {store}" + (f"; without a unit it means {assume}" if store != assume else "")
    return _scalar(field)


def _word(field: Field, value: Any) -> str:
    """A value as the document has it."""
    if field.kind in ("attr", "text") and not isinstance(value, str):
        scalar: Scalar = scalar_of(_resolve(field))
        return f"`{scalar.show(value) if scalar.show else value}`"
    return f"`{value}`" if value != "" else "empty"


def default_of(field: Field) -> str:
    """What holds where the document is silent."""
    if field.options.get("auto"):
        return "always there"
    if field.kind == "inline":
        return ""
    if field.required and field.default is None:
        return "required"
    if field.default in (None, (), frozenset()) or field.kind == "flag":
        return ""
    return _word(field, field.default)


def notes_of(field: Field) -> str:
    """Marks of a field, and what is said below it."""
    notes = ["**live**"] * field.live + ["**secure**"] * field.secure
    omit, present, needs = (field.options.get(key) for key in ("omit", "present", "needs"))
    if omit is not None and omit is not False:
        notes.append(f"{_word(field, omit)} is not written")
    elif omit is False:
        notes.append(f"{_word(field, False)} is not written")
    if present is not None:
        notes.append(f"{_word(field, present)} where the element stands without it")
    if needs:
        notes.append(f"only with `{needs}`")
    if field.options.get("low"):
        notes.append(f"at least {field.options['low']}")
    if field.when is not None:
        name = getattr(field.when, "__name__", "")
        said = (inspect.getdoc(field.when) or "").partition("\n")[0]
        notes.append(said or ("on a condition" if name in ("", "<lambda>") else f"when `{name.lstrip('_')}`"))
    return "; ".join([*notes, *filter(None, [" ".join(field_note(field).split())])])
