"""Who may use a volume or the directory of a pool."""

from __future__ import annotations

from typing import Annotated

from pyvirt_conf.xml import BadValue, Element, Scalar, element, integer, text
from pyvirt_conf.xml.scalars import plain, to_int


def _parse_id(text: str) -> int | None:
    value = to_int(text)
    if value in (-1, 0xFFFFFFFF):
        return None
    if not 0 <= value < 0xFFFFFFFF:
        raise BadValue(f"'{text}' is not the number of a user or group")
    return value


Id = Annotated[int, Scalar(_parse_id, plain)]
"""A user's or group's number; -1 stands for none."""


@element("permissions")
class Permissions(Element):
    """Mode, numbers of owner and group, security label. ``None``: as it happens to be."""

    _skip_empty = True
    mode: Annotated[int, integer(0, 0o777, base=8, form="0{:o}")] | None = text()
    owner: Id | None = text(empty=True)
    group: Id | None = text(empty=True)
    label: str | None = text()
