"""Snapshots parsed and formatted back; the domains in them are complete."""

from __future__ import annotations

from tests.corpus.case import Case, same_text

from pyvirt_conf.domain import ParserConfig, ParserFeature
from pyvirt_conf.moment import SnapshotState, parse_domain_snapshot
from pyvirt_util.errors import VirtError

CONFIG = ParserConfig(features=~ParserFeature.NONE, default_arch=lambda os_type, virt_type: "x86_64")


def run(case: Case) -> str | None:
    data = case.data
    try:
        snapshot = parse_domain_snapshot(
            case.bytes(), CONFIG, redefine=data["redefine"], internal=data["internal"], now=data["creation_time"]
        )
    except VirtError as error:
        return str(error) if case.expect == "ok" else None
    if case.expect != "ok":
        return "accepted"
    if data["running"]:
        if snapshot.state is not None:
            return f"state is {snapshot.state}"
        snapshot.state = SnapshotState.RUNNING
    if data["creation_time"] is None and not data["redefine"]:
        snapshot.creation_time = None
    text = snapshot.format(domain_uuid=data["uuid"], secure=True, internal=data["internal"])
    return same_text(case.text(), text)
