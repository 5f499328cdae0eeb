"""Where instances keep their files."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pyvirt_util.errors import InvalidArgError, OperationDeniedError, SystemCallError
from pyvirt_util.statedirs import Instance, ensure_directory

KINDS = ("config", "runtime", "state", "log", "cache")

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def paths(instance: Instance, driver: str = "qemu") -> list[str]:
    return [instance.path(kind, driver) for kind in KINDS]


def test_the_systems() -> None:
    assert paths(Instance.system()) == [
        "/etc/pyvirt/qemu",
        "/run/pyvirt/qemu",
        "/var/lib/pyvirt/qemu",
        "/var/log/pyvirt/qemu",
        "/var/cache/pyvirt/qemu",
    ]
    assert str(Instance.system()) == Instance.system().name == "system"
    assert Instance.system().root is None


def test_the_sessions_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in list(os.environ):
        if variable.startswith("XDG_"):
            monkeypatch.delenv(variable)
    monkeypatch.setenv("HOME", "/home/me")
    assert paths(Instance.session()) == [
        "/home/me/.config/pyvirt/qemu",
        "/home/me/.cache/pyvirt/run/qemu",
        "/home/me/.local/share/pyvirt/qemu",
        "/home/me/.local/state/pyvirt/log/qemu",
        "/home/me/.cache/pyvirt/qemu",
    ]


def test_the_sessions_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIG_HOME", "RUNTIME_DIR", "DATA_HOME", "STATE_HOME"):
        monkeypatch.setenv(f"XDG_{name}", f"/x/{name}/")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # to be ignored, says the specification
    monkeypatch.setenv("HOME", "/home/me")
    assert paths(Instance.session()) == [
        "/x/CONFIG_HOME/pyvirt/qemu",
        "/x/RUNTIME_DIR/pyvirt/qemu",
        "/x/DATA_HOME/pyvirt/qemu",
        "/x/STATE_HOME/pyvirt/log/qemu",
        "/home/me/.cache/pyvirt/qemu",
    ]
    monkeypatch.delenv("HOME")
    assert Instance.session().path("cache", "qemu").endswith("/.cache/pyvirt/qemu")


def test_an_embedded_one(tmp_path: Path) -> None:
    instance = Instance.embed(tmp_path / "x" / ".." / "y")
    assert paths(instance) == [f"{tmp_path}/y/{name}/qemu" for name in ("etc", "run", "lib", "log", "cache")]
    assert instance.root == f"{tmp_path}/y"
    assert str(instance) == f"embed:{tmp_path}/y"
    with pytest.raises(InvalidArgError, match="not an absolute path"):
        Instance.embed("relative")


def test_instances_are_values(tmp_path: Path) -> None:
    assert Instance.embed(tmp_path) == Instance.embed(f"{tmp_path}/")
    assert Instance.embed(tmp_path) != Instance.embed(tmp_path / "x")
    assert Instance.system() != Instance.session()
    assert Instance.system() != "system"
    assert len({Instance.system(), Instance.system(), Instance.embed(tmp_path)}) == 2


def test_by_the_path_of_a_uri(tmp_path: Path) -> None:
    assert Instance.for_uri_path("/system") == Instance.system()
    assert Instance.for_uri_path("/session") == Instance.session()
    assert Instance.for_uri_path("/embed", {"root": str(tmp_path)}) == Instance.embed(tmp_path)
    own = Instance.system() if os.geteuid() == 0 else Instance.session()
    assert Instance.for_uri_path("/") == Instance.for_uri_path("") == Instance.for_uri_path(None) == own
    for path, params in (("/embed", None), ("/embed", {"root": ""}), ("/embed", {"root": "x"}), ("/other", None)):
        with pytest.raises(InvalidArgError):
            Instance.for_uri_path(path, params)


def test_folders_are_made_when_they_are_asked_for(tmp_path: Path) -> None:
    directories = Instance.embed(tmp_path / "root").directories("qemu")
    assert not (tmp_path / "root").exists()
    old = os.umask(0)
    try:
        assert directories.config == f"{tmp_path}/root/etc/qemu"
    finally:
        os.umask(old)
    assert sorted(os.listdir(tmp_path / "root")) == ["etc"]
    for folder in (tmp_path / "root", tmp_path / "root/etc", tmp_path / "root/etc/qemu"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    found = [directories.runtime, directories.state, directories.log, directories.cache]
    assert found == [f"{tmp_path}/root/{name}/qemu" for name in ("run", "lib", "log", "cache")]
    assert all(os.path.isdir(path) for path in found)
    assert directories.config == f"{tmp_path}/root/etc/qemu"


@pytest.mark.parametrize("driver", ["", ".", "..", "a/b"])
def test_drivers_names_stay_inside(tmp_path: Path, driver: str) -> None:
    with pytest.raises(InvalidArgError):
        Instance.embed(tmp_path).directories(driver)


@as_root
def test_folders_of_others_are_refused(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o700)
    (tmp_path / "run" / "qemu").mkdir(mode=0o700)
    os.chown(tmp_path / "run" / "qemu", 65534, 65534)
    with pytest.raises(OperationDeniedError, match="belongs to user 65534"):
        Instance.embed(tmp_path).directories("qemu").runtime  # noqa: B018 -- asking makes it
    (tmp_path / "mine").mkdir()
    (tmp_path / "link").symlink_to("mine")
    ensure_directory(str(tmp_path / "link"))
    os.chown(tmp_path / "link", 65534, 65534, follow_symlinks=False)
    with pytest.raises(OperationDeniedError, match="link made by user 65534"):
        ensure_directory(str(tmp_path / "link"))


def test_unsafe_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(OperationDeniedError, match="can be written by everybody"):
        ensure_directory(str(tmp_path / "open"))
    (tmp_path / "file").write_text("")
    with pytest.raises(OperationDeniedError, match="is not a directory"):
        ensure_directory(str(tmp_path / "file"))
    (tmp_path / "dangling").symlink_to("missing")
    with pytest.raises(SystemCallError):
        ensure_directory(str(tmp_path / "dangling"))
    with pytest.raises(SystemCallError, match="use directory"):
        ensure_directory(str(tmp_path / "file" / "below"))
