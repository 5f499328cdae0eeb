"""The host's own IPv6 on a guest's device (the kernel's Documentation/networking/ip-sysctl.rst)."""

from __future__ import annotations

import errno
import os

from pyvirt_util import _logging

_CONF = "/proc/sys/net/ipv6/conf"


def disable(name: str) -> None:
    """The host speaks no IPv6 of its own on the device: right for bridge ports, whose packets are the bridge's."""
    _set(name, "disable_ipv6", "1")


def ignore_router_advertisements(name: str) -> None:
    """A guest can't give the host addresses or routes; addresses set on purpose still work."""
    _set(name, "accept_ra", "0")
    _set(name, "autoconf", "0")


def _set(name: str, key: str, value: str) -> None:
    try:
        fd = os.open(f"{_CONF}/{name}/{key}", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(fd, value.encode())
        finally:
            os.close(fd)
    except OSError as error:
        if error.errno != errno.ENOENT:  # no IPv6 in this kernel, or the MTU is too small for it
            # In a container /proc/sys is often read-only. The guest's network works all the same.
            _logging.warning(__name__, "cannot set %s of '%s' to %s: %s", key, name, value, error)
