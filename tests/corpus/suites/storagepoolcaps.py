"""Capabilities of storage drivers: made, formatted, and read back."""

from __future__ import annotations

from tests.corpus.case import Case, same_text

from pyvirt_conf.storage import PoolType, StoragePoolCapabilities


def run(case: Case) -> str | None:
    supported = case.data["supported"]
    types = list(PoolType) if supported == "all" else [PoolType(word) for word in supported]
    text = StoragePoolCapabilities.of(types).format()
    if StoragePoolCapabilities.parse(text).format() != text:
        return "changed when read back"
    return same_text(case.text(), text)
