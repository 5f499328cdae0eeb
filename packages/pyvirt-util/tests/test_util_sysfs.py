"""Reading and writing attributes, also such that are not there."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvirt_util import sysfs
from pyvirt_util.errors import InternalError, SystemCallError, VirtError


@pytest.fixture
def attribute(tmp_path: Path) -> Path:
    return tmp_path / "attribute"


def test_text_and_numbers(attribute: Path) -> None:
    attribute.write_bytes(b" 0x8086\n")
    assert sysfs.read_text(attribute) == sysfs.try_read_text(attribute) == "0x8086"
    assert sysfs.read_number(attribute, 16) == sysfs.try_read_number(attribute, 16) == 0x8086
    attribute.write_bytes(b"-1\n")
    assert sysfs.read_number(attribute) == -1
    attribute.write_bytes(b"caf\xe9\n")
    assert sysfs.read_text(attribute) == "caf\ufffd"


@pytest.mark.parametrize("text", ["", "x", "1_0", "٣", "1 2", "0x10"])
def test_no_number(attribute: Path, text: str) -> None:
    attribute.write_text(text)
    with pytest.raises(InternalError, match="is not a number"):
        sysfs.read_number(attribute)
    with pytest.raises(InternalError, match="is not a number"):
        sysfs.try_read_number(attribute)


@given(st.text(max_size=10), st.sampled_from([10, 16]))
def test_any_text_is_a_number_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str, base: int) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_text(text, errors="replace")
    try:
        number = sysfs.read_number(path, base)
    except InternalError:
        return
    assert number == int(text, base)


def test_what_is_not_there(attribute: Path) -> None:
    for read in (sysfs.read_bytes, sysfs.read_text, sysfs.read_number):
        with pytest.raises(SystemCallError) as caught:
            read(attribute)
        assert caught.value.errno == errno.ENOENT
    assert sysfs.try_read_text(attribute) is None
    assert sysfs.try_read_number(attribute) is None
    assert sysfs.try_read_text(attribute / "below") is None
    assert sysfs.link_name(attribute) is None
    assert sysfs.list_names(attribute) == []


def test_what_is_there_and_is_something_else(tmp_path: Path) -> None:
    with pytest.raises(SystemCallError) as caught:
        sysfs.try_read_text(tmp_path)
    assert caught.value.errno == errno.EISDIR
    assert sysfs.link_name(tmp_path) is None
    (tmp_path / "file").touch()
    assert sysfs.list_names(tmp_path / "file") == []


def test_links_and_folders(tmp_path: Path) -> None:
    (tmp_path / "driver").symlink_to("../../bus/pci/drivers/vfio-pci")
    assert sysfs.link_name(tmp_path / "driver") == "vfio-pci"
    (tmp_path / "a").touch()
    assert sysfs.list_names(tmp_path) == ["a", "driver"]


def test_reading_this_machine() -> None:
    assert sysfs.read_text("/sys/class/net/lo/address") == "00:00:00:00:00:00"
    assert sysfs.read_number("/sys/class/net/lo/mtu") > 0
    # a loopback device has no ports: the driver answers with an error
    assert sysfs.try_read_text("/sys/class/net/lo/phys_port_id") is None


def test_writing(attribute: Path) -> None:
    attribute.write_bytes(b"0123456789")
    sysfs.HOST.write(str(attribute), b"ab")
    assert attribute.read_bytes() == b"ab23456789"
    sysfs.HOST.write(str(attribute), b"xy", 4)
    assert attribute.read_bytes() == b"ab23xy6789"


def test_nothing_is_made_by_writing(attribute: Path) -> None:
    with pytest.raises(SystemCallError, match=r"cannot write '0000:03:00\.0' to '.*attribute'") as caught:
        sysfs.HOST.write(str(attribute), b"0000:03:00.0\n")
    assert caught.value.errno == errno.ENOENT
    assert not attribute.exists()
    with pytest.raises(SystemCallError, match="cannot write 100 bytes to"):
        sysfs.HOST.write(str(attribute), bytes(100))


def test_loading_a_module_runs_modprobe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "modprobe"
    program.write_text(f"""#!/bin/sh
echo "$@" >{tmp_path}/said
[ "$2" = known ] || {{ echo no such module >&2; exit 1; }}
""")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    sysfs.HOST.load_module("known")
    assert (tmp_path / "said").read_text() == "-b known\n"
    with pytest.raises(VirtError, match="no such module"):
        sysfs.HOST.load_module("unknown")


def test_pausing() -> None:
    sysfs.HOST.pause(0)
