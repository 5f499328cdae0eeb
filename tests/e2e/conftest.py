"""A fresh instance for each test, held to leave nothing behind."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from e2e_support import QEMU, Host, wait_until

import pyvirt


@pytest.fixture(scope="session")
def probed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capability cache that knows the emulator: probing it takes longer than most tests."""
    root = tmp_path_factory.mktemp("probed")
    with pyvirt.open(f"qemu:///embed?root={root}") as conn:
        assert conn.version() >= 7_000_000
    return root / "cache"


@pytest.fixture
def new_host(tmp_path: Path, probed: Path) -> Iterator[Callable[[], Host]]:
    """Makes instances; at the end the guests of all are destroyed, and nothing of any may be left."""
    if not os.access(QEMU, os.X_OK):
        pytest.skip(f"{QEMU} is not installed (apt-get install qemu-system-x86)")
    made: list[Host] = []

    def make() -> Host:
        root = tmp_path / f"i{len(made)}"
        shutil.copytree(probed, root / "cache")
        made.append(Host(root))
        return made[-1]

    yield make
    left: list[str] = []
    try:
        for host in made:
            host.close()
            host.destroy_all()
            try:
                wait_until(lambda host=host: not host.leftovers(), "all is given back", 5)  # type: ignore[misc]
            except AssertionError:
                left += host.leftovers()
    finally:
        for host in made:
            host.kill_strays()
    assert not left, "left behind: " + ", ".join(left)


@pytest.fixture
def host(new_host: Callable[[], Host]) -> Host:
    """An instance without guests."""
    return new_host()


@pytest.fixture
def conn(host: Host) -> pyvirt.Connection:
    """A connection to it."""
    return host.open()
