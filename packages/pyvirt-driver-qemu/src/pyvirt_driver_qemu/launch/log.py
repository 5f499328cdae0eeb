"""The guest's log file: QEMU's stdout and stderr, and what its last words mean."""

from __future__ import annotations

import os
import re

_TIMESTAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?\s+")
#: How much of the end is looked at.
_TAIL = 16 * 1024


def open_log(path: str) -> int:
    """Open the log for appending, made with mode 0600; a descriptor for QEMU to inherit.

    :raises OSError: it can't be opened.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def read_tail(path: str, start: int = 0) -> str:
    """The end of the log from byte ``start`` on, 16 KiB at most; what is not UTF-8 is replaced.

    :returns: an empty string when there is no log.
    """
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(start, size - _TAIL))
            return file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def clean(text: str) -> str:
    """QEMU's last complaint in a text of its output, without time and program.

    ``qemu-system-x86_64: -device nope: 'nope' is not a valid device model name`` becomes
    ``-device nope: 'nope' is not a valid device model name``. A line that begins with the program's name counts before
    others (hints follow without it), and those before warnings.
    """
    other = warning = ""
    for line in reversed(text.splitlines()):
        line = _TIMESTAMP.sub("", "".join(c if c.isprintable() else " " for c in line)).strip()
        program, colon, rest = line.partition(": ")
        named = bool(colon) and " " not in program and ("qemu" in program or "kvm" in program)
        if named:
            line = rest.strip()
        if line.startswith(("warning: ", "info: ")):
            warning = warning or line
        elif named and line:
            return line
        else:
            other = other or line
    return other or warning
