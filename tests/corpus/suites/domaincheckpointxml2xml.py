"""Checkpoints parsed and formatted back; the domains in them are complete."""

from __future__ import annotations

from tests.corpus.case import Case, same_text
from tests.corpus.suites.domainsnapshotxml2xml import CONFIG

from pyvirt_conf.moment import CheckpointDisk, CheckpointType, parse_domain_checkpoint
from pyvirt_util.errors import VirtError


def run(case: Case) -> str | None:
    data = case.data
    try:
        checkpoint = parse_domain_checkpoint(case.bytes(), CONFIG, redefine=data["redefine"], now=data["creation_time"])
    except VirtError as error:
        return str(error) if case.expect == "ok" else None
    if case.expect != "ok":
        return "accepted"
    if data["set_parent"]:
        checkpoint.parent = "1525111885"
    if data["set_vda_bitmap"]:
        if not checkpoint.disks:
            checkpoint.disks.append(CheckpointDisk(name="vda", checkpoint=CheckpointType.BITMAP))
        checkpoint.disks[0].bitmap = checkpoint.disks[0].bitmap or checkpoint.name
    if data["size"]:
        checkpoint.disks[0].size = 1048576
    return same_text(case.text(), checkpoint.format(secure=True, size=data["size"]))
