"""Atomic writes, removal, and damaged files."""

from __future__ import annotations

import errno
import logging
import os
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from pyvirt_util import files
from pyvirt_util.errors import SystemCallError


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("durable", [True, False])
def test_writing_makes_and_replaces(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "a.xml"
    files.write_atomic(path, "grün", durable=durable)
    assert path.read_bytes() == "grün".encode()
    assert mode_of(path) == 0o600
    before = path.stat().st_ino
    files.write_atomic(str(path), b"\0\xff" * (1 << 20), mode=0o640, durable=durable)
    assert path.read_bytes() == b"\0\xff" * (1 << 20)
    assert path.stat().st_ino != before
    assert mode_of(path) == 0o640
    assert os.listdir(tmp_path) == ["a.xml"]


def test_the_mode_holds_under_any_umask(tmp_path: Path) -> None:
    old = os.umask(0o777)
    try:
        files.write_atomic(tmp_path / "open", "x", mode=0o644)
    finally:
        os.umask(old)
    assert mode_of(tmp_path / "open") == 0o644


def test_a_relative_path_without_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files.write_atomic("a", "x")
    assert files.read_text("a") == "x"
    assert files.remove("a")


def test_the_longest_names_work(tmp_path: Path) -> None:
    for name in ("x" * 255, "ü" * 127):
        files.write_atomic(tmp_path / name, "long")
        assert (tmp_path / name).read_text() == "long"
        aside = files.set_aside(tmp_path / name, "for the test")
        assert len(os.fsencode(os.path.basename(aside))) <= 255
        os.unlink(aside)
    assert os.listdir(tmp_path) == []


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"cannot mount a small disk: {mounted.stderr.decode()}")
    try:
        files.write_atomic(folder / "a", "old")
        with pytest.raises(SystemCallError) as caught:
            files.write_atomic(folder / "a", b"x" * (1 << 20))
        assert caught.value.errno == errno.ENOSPC
        assert f"cannot write '{folder}/a': no space left on device" in str(caught.value)
        assert os.listdir(folder) == ["a"]
        assert (folder / "a").read_text() == "old"
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_failed_rename_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(SystemCallError) as caught:
        files.write_atomic(tmp_path / "a", "x")
    assert caught.value.errno == errno.EISDIR
    assert os.listdir(tmp_path) == ["a"]
    with pytest.raises(SystemCallError, match="no such file"):
        files.write_atomic(tmp_path / "missing" / "b", "x")


def test_removing_says_whether_there_was_something(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    assert files.remove(tmp_path / "a")
    assert not files.remove(tmp_path / "a")
    assert not files.remove(tmp_path / "a", durable=False)
    with pytest.raises(SystemCallError):
        files.remove(tmp_path)


def test_damaged_files_are_kept_under_new_names(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    found = []
    with caplog.at_level(logging.WARNING):
        for content in "123":
            (tmp_path / "a.xml").write_text(content)
            found.append(files.set_aside(tmp_path / "a.xml", "it is empty"))
    assert [Path(path).read_text() for path in found] == ["1", "2", "3"]
    assert all(os.path.basename(path).startswith("a.xml.damaged-") for path in found)
    assert f"'{tmp_path}/a.xml' is now '{found[0]}': it is empty" in caplog.text
    with pytest.raises(SystemCallError):
        files.set_aside(tmp_path / "a.xml", "not there")


def test_leftovers_go_and_files_being_written_stay(tmp_path: Path) -> None:
    (tmp_path / ".a.xml.tmp.4711.1").write_text("left")
    (tmp_path / ".hidden").write_text("mine")
    (tmp_path / "a.tmp.xml").write_text("mine")
    path, fd = files.make_temporary(str(tmp_path), "b", 0o600)
    assert files.remove_leftovers(tmp_path) == [".a.xml.tmp.4711.1"]
    assert os.path.exists(path)
    os.close(fd)
    assert files.remove_leftovers(tmp_path) == [os.path.basename(path)]
    assert sorted(os.listdir(tmp_path)) == [".hidden", "a.tmp.xml"]
    assert files.remove_leftovers(tmp_path / "missing") == []


def test_writers_and_cleaners_do_not_disturb_each_other(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def write(content: str) -> None:
        try:
            for _ in range(200):
                files.write_atomic(tmp_path / "a", content * 5000, durable=False)
                assert len(set(files.read_text(tmp_path / "a"))) == 1
        except BaseException as error:
            failures.append(error)

    writers = [threading.Thread(target=write, args=(letter,)) for letter in "abcd"]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        files.remove_leftovers(tmp_path)  # may take one that its writer has not locked yet, and then makes again
    assert failures == []
    assert os.listdir(tmp_path) == ["a"]


def test_reading_text(tmp_path: Path) -> None:
    for size in (0, 1, 65535, 65536, 65537, 3 << 20):
        (tmp_path / "a").write_text("x" * size)
        assert files.read_text(tmp_path / "a") == "x" * size
    (tmp_path / "a").write_bytes(b"\xff")
    with pytest.raises(UnicodeDecodeError):
        files.read_text(tmp_path / "a")
    with pytest.raises(SystemCallError, match="no such file"):
        files.read_text(tmp_path / "missing")
    assert files.read_text("/proc/version").startswith("Linux")
