"""Names of network devices."""

from __future__ import annotations

from os import fsencode

from pyvirt_util.errors import InvalidArgError

_NAME_MAX = 15
_FORBIDDEN = frozenset("/:\0 \t\n\r\v\f")


def check_name(name: str) -> str:
    """A name that a network device can have (dev_valid_name in the kernel), unchanged.

    :raises InvalidArgError: for any other. So a name never leads out of a folder that it is looked up in.
    """
    if (
        not name
        or not _FORBIDDEN.isdisjoint(name)
        or name in (".", "..")
        or (len(name) if name.isascii() else len(fsencode(name))) > _NAME_MAX
    ):
        raise InvalidArgError(f"'{name}' cannot name a network device")
    return name
