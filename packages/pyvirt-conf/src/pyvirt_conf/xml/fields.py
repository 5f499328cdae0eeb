"""What a field of an element class can be: attribute, text, flag, size, child, children, variant or inlined part.

Paths are relative to the element and name where the value stands: ``@type``, ``mac/@address``, ``os/kernel``. Fields
that share a parent (``driver/@name``, ``driver/@queues``) are written into one element, which stands where its first
field is declared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyvirt_util.errors import VirtError

When = Callable[[Any, Any], bool]
"""Called with the value and the :class:`~pyvirt_conf.xml.reader.Mode`: whether the field counts there."""


class Field:
    """One declared field; made by the functions below, read by the compiler."""

    __slots__ = (
        "annotation",
        "default",
        "kind",
        "live",
        "name",
        "options",
        "owner",
        "path",
        "rank",
        "required",
        "secure",
        "when",
    )

    def __init__(
        self,
        kind: str,
        path: str | None,
        *,
        default: Any = None,
        required: bool = False,
        live: bool = False,
        secure: bool = False,
        when: When | None = None,
        rank: int = 0,
        **options: Any,
    ) -> None:
        self.kind = kind
        self.path = path
        self.default = default
        self.required = required
        self.live = live
        self.secure = secure
        self.when = when
        self.rank = rank
        self.options = options
        self.name = ""
        self.annotation: Any = None
        self.owner: type | None = None


def attr(
    path: str | None = None,
    *,
    default: Any = None,
    required: bool = False,
    live: bool = False,
    secure: bool = False,
    omit: Any = None,
    when: When | None = None,
    rank: int = 0,
    present: Any = None,
    needs: str | None = None,
    with_element: bool = False,
    missing: type[VirtError] | None = None,
) -> Any:
    """An attribute, of this element or of one below it (``mac/@address``).

    :param path: ``@name`` of the field's own name when left out.
    :param default: the value where the document has none.
    :param live: counts only for a running guest. :param secure: written only on request, as passwords are.
    :param omit: a value that is not written. :param when: further condition.
    :param present: the value where the element exists without the attribute (``<pmu/>``).
    :param needs: another field without which this one isn't written.
    :param with_element: its element must not stand there without it.
    :param missing: the error when it is required and absent; ``XmlError`` when left out.
    :param rank: fields are written by rank, then in the order of declaration; those of a base class may want to come
        last.
    """
    return Field(
        "attr",
        path,
        default=default,
        required=required,
        live=live,
        secure=secure,
        when=when,
        rank=rank,
        omit=omit,
        present=present,
        needs=needs,
        with_element=with_element,
        missing=missing,
    )


def text(
    path: str | None = None,
    *,
    default: Any = None,
    required: bool = False,
    live: bool = False,
    secure: bool = False,
    when: When | None = None,
    rank: int = 0,
    omit: Any = None,
    empty: bool = False,
    needs: str | None = None,
) -> Any:
    """The text of an element: ``title``, or ``.`` for this one's own. ``empty``: an empty element counts as ''."""
    return Field(
        "text",
        path,
        default=default,
        required=required,
        live=live,
        secure=secure,
        when=when,
        rank=rank,
        omit=omit,
        empty=empty,
        needs=needs,
    )


def texts(path: str, *, rank: int = 0) -> Any:
    """A list of elements that hold nothing but text."""
    return Field("texts", path, rank=rank)


def flag(path: str | None = None, *, live: bool = False, rank: int = 0) -> Any:
    """An element that says yes by being there: ``<readonly/>``."""
    return Field("flag", path, default=False, live=live, rank=rank)


def sized(
    path: str,
    *,
    default: Any = None,
    required: bool = False,
    store: int = 1024,
    assume: int = 1024,
    unit: str | None = "KiB",
    shown: int | None = None,
    unit_name: str = "unit",
    omit: Any = None,
    low: int = 0,
    high: int | None = None,
    when: When | None = None,
    rank: int = 0,
) -> Any:
    """An amount with a unit, in text (``memory``) or in an attribute (``page/@size``).

    :param store: bytes per stored unit; a remainder rounds up.
    :param assume: bytes per unit where the document names none.
    :param unit: what is written, so many bytes as ``shown`` says (``store`` when left out); ``None`` for the largest
        unit that divides the amount.
    :param unit_name: the attribute the unit stands in. :param low: the smallest amount allowed.
    :param high: how many bytes there may be: what a signed number of 64 bits can be for an amount of memory, which is
        stored in KiB, an unsigned one else.
    """
    return Field(
        "size",
        path,
        default=default,
        required=required,
        when=when,
        rank=rank,
        store=store,
        assume=assume,
        unit=unit,
        shown=shown or store,
        unit_name=unit_name,
        omit=omit,
        low=low,
        high=(2**63 - 1 if store == 1024 else 2**64 - 1) if high is None else high,
    )


def child(
    path: str | None = None,
    *,
    default: Any = None,
    required: bool = False,
    live: bool = False,
    when: When | None = None,
    rank: int = 0,
    auto: bool = False,
    needs: str | None = None,
    single: bool = False,
) -> Any:
    """One inner element; its class is the annotation, its name the class's unless ``path`` says otherwise.

    :param auto: there always is one; it's made empty where the document has none.
    :param single: several are refused; otherwise the first counts.
    """
    return Field(
        "child",
        path,
        default=default,
        required=required,
        live=live,
        when=when,
        rank=rank,
        auto=auto,
        needs=needs,
        single=single,
    )


def children(path: str | None = None, *, live: bool = False, secure: bool = False, rank: int = 0) -> Any:
    """A list of inner elements; the annotation is ``list[Class]``."""
    return Field("children", path, live=live, secure=secure, rank=rank)


def variant(by: str, path: str | None = None, *, rank: int = 0, **choices: Any) -> Any:
    """One inner element whose class depends on another field's value: ``variant("type", bridge=BridgeSource)``.

    A choice's name is the word with dashes as underscores.
    """
    return Field("variant", path, by=by, choices=choices, rank=rank)


def inline(*, rank: int = 0, required: bool = True, before: str | None = None) -> Any:
    """A part with fields of its own that stands in the same element, as a disk's storage source does.

    :param before: its inner elements are written before this field; its attributes are written where it is declared.
    """
    return Field("inline", ".", rank=rank, required=required, before=before)
