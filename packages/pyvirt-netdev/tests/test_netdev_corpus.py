"""Link states of libvirt's own test data."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path

import pytest

from pyvirt_netdev import get_link_info


def corpus() -> Path | None:
    place = os.environ.get("PYVIRT_CORPUS")
    folder = Path(place) if place else Path(__file__).parents[4] / "shared" / "corpus"
    return folder / "virnetdev" if (folder / "virnetdev" / "cases.json").is_file() else None


def cases() -> list[dict]:
    folder = corpus()
    return json.loads((folder / "cases.json").read_text()) if folder else []


def unpack(document: dict, root: Path) -> None:
    for name in document["empty_dirs"]:
        (root / name).mkdir(parents=True)
    for name, content in document["files"].items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else base64.b64decode(content["base64"]))
    for name, target in document["symlinks"].items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)


@pytest.mark.skipif(corpus() is None, reason="the corpus is not here: set PYVIRT_CORPUS")
@pytest.mark.parametrize("case", cases(), ids=lambda case: case["name"])
def test_virnetdev(case, tmp_path):
    unpack(json.loads((corpus() / case["input"]).read_text()), tmp_path)
    assert get_link_info(case["name"], sysfs=str(tmp_path / "sys")) == (case["state"], case["speed"])
