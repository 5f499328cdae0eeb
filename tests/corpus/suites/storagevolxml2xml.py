"""Volumes of a pool: parsed and formatted."""

from __future__ import annotations

from tests.corpus.case import Case, same_text

from pyvirt_conf.storage import Volume, VolumeFlags, parse_pool


def run(case: Case) -> str | None:
    pool = parse_pool(case.bytes("pool"))
    flags = VolumeFlags.NO_CAPACITY if case.data["no_capacity"] else VolumeFlags.NONE
    volume = Volume.parse(case.bytes(), pool=pool.type, flags=flags)
    volume.validate()
    return same_text(case.text(), volume.format())
