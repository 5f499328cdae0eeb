"""The state and speed of network devices of a described host."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.corpus.case import Case
from tests.corpus.tree import unpack

from pyvirt_netdev import get_link_info
from pyvirt_util.errors import VirtError


def run(case: Case) -> str | None:
    with tempfile.TemporaryDirectory() as folder:
        unpack(case.path(), Path(folder))
        try:
            found = get_link_info(case.name.partition("#")[0], sysfs=f"{folder}/sys")
        except VirtError as error:
            return str(error) if case.expect == "ok" else None
    if case.expect != "ok":
        return f"found {found}"
    expected = (case.data["state"], case.data["speed"])
    return None if found == expected else f"{found}, expected {expected}"
