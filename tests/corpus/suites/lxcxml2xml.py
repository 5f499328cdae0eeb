"""Containers parsed by the LXC driver and formatted back."""

from __future__ import annotations

from tests.corpus.case import Case, same_text

from pyvirt_conf.domain import XmlFlags, parse_domain
from pyvirt_driver_lxc.completion import parser_config
from pyvirt_util.errors import VirtError

CONFIG = parser_config("x86_64", emulator="/usr/libexec/libvirt_lxc")


def run(case: Case) -> str | None:
    flags = XmlFlags.NONE if case.data["active"] else XmlFlags.INACTIVE
    try:
        domain = parse_domain(case.bytes(), CONFIG, flags=flags)
    except VirtError as error:
        return str(error) if case.expect == "ok" else None
    if case.expect != "ok":
        return "accepted"
    return same_text(case.text(), domain.format(flags | XmlFlags.SECURE))
