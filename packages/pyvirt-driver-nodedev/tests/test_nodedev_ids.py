"""Names of vendors and products."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pyvirt_driver_nodedev.ids import names_of

LIST = b"""\
0001  First
\t0002  Two
# 8086  commented out
8086  Intel
\t1237  Chipset
# between
\t\t1af4 1100  Its subsystem
\t2448  Bridge \xff
ffff  Last
\t0001  End"""


@pytest.fixture(params=["plain", "compressed"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "plain":
        (tmp_path / "pci.ids").write_bytes(LIST)
    else:
        (tmp_path / "pci.ids.gz").write_bytes(gzip.compress(LIST))
    return tmp_path


@pytest.mark.parametrize(
    ("ids", "names"),
    [
        ((0x8086, 0x1237), ("Intel", "Chipset")),
        ((0x8086, 0x2448), ("Intel", "Bridge \ufffd")),
        ((0x8086, 0x0002), ("Intel", None)),
        ((0x8086, 0x1AF4), ("Intel", None)),
        ((0x0001, 0x0002), ("First", "Two")),
        ((0x0001, 0x1237), ("First", None)),
        ((0xFFFF, 0x0001), ("Last", "End")),
        ((0x1237, 0x0001), (None, None)),
        ((0x0002, 0x0001), (None, None)),
    ],
)
def test_names_are_looked_up(folder: Path, ids: tuple[int, int], names: tuple[str | None, str | None]) -> None:
    assert names_of(["/nowhere", str(folder)], "pci.ids", *ids) == names


def test_a_new_list_is_read(tmp_path: Path) -> None:
    assert names_of([str(tmp_path)], "usb.ids", 1, 2) == (None, None)
    for name in ("One", "Uno"):
        fresh = tmp_path / "fresh"
        fresh.write_text(f"0001  {name}\n")
        fresh.rename(tmp_path / "usb.ids")
        assert names_of([str(tmp_path)], "usb.ids", 1, 2) == (name, None)
