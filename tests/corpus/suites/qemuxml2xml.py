"""Domains parsed by the QEMU driver, completed, and formatted back, as persistent and as running definitions."""

from __future__ import annotations

from typing import Any

from tests.corpus.case import Case, same_text
from tests.corpus.suites.qemuxml2argv import BINARIES, MACHINES, capabilities, config, emulator, fake_caps, host

from pyvirt_conf.domain import ParserConfig, XmlFlags, parse_domain
from pyvirt_driver_qemu.capabilities import Capabilities
from pyvirt_driver_qemu.capabilities.cache import from_data
from pyvirt_driver_qemu.completion import parser_config

HOST_ARCH = "x86_64"


def without_file(case: Case) -> ParserConfig:
    """All emulators have the same flags, each the machine types of its architecture, and no architecture of its own."""
    arches = {emulator(arch): arch for arch in MACHINES if arch not in BINARIES or arch in ("i686", "armv7l")}

    def of(binary: str) -> Capabilities:
        data: dict[str, Any] = fake_caps(arches.get(binary, HOST_ARCH), set(case.data.get("caps", ())), [])
        data["arch"] = None
        data["gic"] = [[int(version), True, True] for version in case.data.get("gic", ())]
        return from_data(data)

    return parser_config(
        of,
        find_emulator=emulator,
        host_arch=lambda: HOST_ARCH,
        host=host(case),
        new_uuid=lambda: "00010203-0405-4607-8809-0a0b0c0d0e0f",
        new_mac=lambda prefix: "52:54:00:00:00:00",
    )


def run(case: Case) -> str | None:
    if case.data.get("caps_file"):
        parser = config(capabilities(case, case.data["caps_arch"]), HOST_ARCH, host(case))
    else:
        parser = without_file(case)
    given = XmlFlags.NONE
    for name in case.data.get("parse_flags", ()):
        given |= XmlFlags[name]
    for when in case.data["when"]:
        flags = XmlFlags.INACTIVE if when == "inactive" else XmlFlags.NONE
        key = "expected" if when == "inactive" else "expected_active"
        domain = parse_domain(case.bytes(), parser, flags=flags | given)
        wrong = same_text(case.text(key), domain.format(flags | XmlFlags.SECURE))
        if wrong is not None:
            return f"{when}:\n{wrong}"
    return None
