"""Domain documents without a hypervisor driver: parsed, completed, validated and formatted."""

from __future__ import annotations

from tests.corpus.case import Case, same_text

from pyvirt_conf.domain import ParserConfig, ParserFeature, XmlFlags, parse_domain
from pyvirt_util.errors import VirtError

CONFIG = ParserConfig(features=ParserFeature.INDIVIDUAL_VCPUS, default_arch=lambda os_type, virt_type: "x86_64")


def run(case: Case) -> str | None:
    flags = XmlFlags.NONE if case.data["active"] else XmlFlags.INACTIVE
    try:
        domain = parse_domain(case.bytes(), CONFIG, flags=flags)
    except VirtError as error:
        return str(error) if case.expect == "ok" else None
    if case.expect != "ok":
        return "accepted"
    return same_text(case.text(), domain.format(flags | XmlFlags.SECURE))
