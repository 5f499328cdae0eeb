"""Finding drivers among installed distributions: real metadata on a path of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

import pyvirt
from pyvirt import loader
from pyvirt.driver import HypervisorDriver
from pyvirt_util.errors import InternalError, InvalidArgError, NoConnectError, NoSupportError
from pyvirt_util.uris import URI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DRIVER = """
from pyvirt.driver import HypervisorDriver

class Driver(HypervisorDriver):
    driver_name = "fake"

    @classmethod
    def open(cls, uri, *, readonly=False, auth=None):
        driver = cls()
        driver.opened = (str(uri), readonly, auth)
        return driver

    def connect_get_type(self):
        return "FAKE"
"""


def distribution(folder: Path, name: str, entries: dict[str, dict[str, str]], modules: dict[str, str]) -> None:
    """Put a distribution with entry points and modules into a folder of the import path."""
    info = folder / f"{name.replace('-', '_')}-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
    groups = [
        f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in found.items())
        for group, found in entries.items()
    ]
    (info / "entry_points.txt").write_text("\n".join(groups))
    for module, text in modules.items():
        (folder / f"{module}.py").write_text(textwrap.dedent(text))


@pytest.fixture
def install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, dict[str, dict[str, str]], dict[str, str]], None]]:
    monkeypatch.setenv("PYVIRT_NO_METADATA_CACHE", "1")
    monkeypatch.syspath_prepend(str(tmp_path))
    modules = set(sys.modules)

    def put(name: str, entries: dict[str, dict[str, str]], texts: dict[str, str]) -> None:
        distribution(tmp_path, name, entries, texts)
        loader.forget()

    yield put
    loader.forget()
    for name in set(sys.modules) - modules:
        if name.startswith("core_loader_"):
            del sys.modules[name]


def test_the_driver_of_a_scheme_is_loaded_and_no_other(
    install: Callable[[str, dict[str, dict[str, str]], dict[str, str]], None],
) -> None:
    install("one", {"pyvirt.drivers": {"core1": "core_loader_one:Driver"}}, {"core_loader_one": DRIVER})
    install("two", {"pyvirt.drivers": {"core2": "core_loader_two:Driver"}}, {"core_loader_two": DRIVER})
    assert issubclass(loader.driver_for("core1"), HypervisorDriver)
    assert "core_loader_one" in sys.modules
    assert "core_loader_two" not in sys.modules


def test_open_goes_to_the_driver(install: Callable[[str, dict[str, dict[str, str]], dict[str, str]], None]) -> None:
    install("opens", {"pyvirt.drivers": {"core3": "core_loader_opens:Driver"}}, {"core_loader_opens": DRIVER})
    with pyvirt.open("core3:///here?a=b", readonly=True) as conn:
        assert conn.uri == "core3:///here?a=b"
        assert conn.readonly
        assert conn.hypervisor_type() == "FAKE"
        assert conn._hypervisor.opened == ("core3:///here?a=b", True, None)  # type: ignore[attr-defined]


def test_the_default_uri(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", "second:///")
    monkeypatch.setenv("PYVIRT_DEFAULT_URI", "first:///")
    assert pyvirt.default_uri() == "first:///"
    monkeypatch.delenv("PYVIRT_DEFAULT_URI")
    assert pyvirt.default_uri() == "second:///"
    monkeypatch.delenv("LIBVIRT_DEFAULT_URI")
    assert pyvirt.default_uri() == ("qemu:///system" if os.geteuid() == 0 else "qemu:///session")


@pytest.mark.parametrize("uri", ["", "no-scheme", "://"])
def test_what_is_no_uri(uri: str) -> None:
    with pytest.raises(InvalidArgError):
        pyvirt.open(uri)


def test_a_scheme_of_two_distributions_names_both(
    install: Callable[[str, dict[str, dict[str, str]], dict[str, str]], None],
) -> None:
    install("first-owner", {"pyvirt.drivers": {"core4": "core_loader_a:Driver"}}, {"core_loader_a": DRIVER})
    install("second-owner", {"pyvirt.drivers": {"core4": "core_loader_b:Driver"}}, {"core_loader_b": DRIVER})
    with pytest.raises(InternalError, match=r"first-owner.* and second-owner") as raised:
        pyvirt.open("core4:///x")
    assert "core4" in str(raised.value)


@pytest.mark.parametrize(
    ("scheme", "wanted"),
    [("esx", "pyvirt-driver-esx"), ("gsx", "pyvirt-driver-esx"), ("vmwareplayer", "pyvirt-driver-vmware")],
)
def test_a_scheme_nobody_serves_names_the_distribution_to_install(
    monkeypatch: pytest.MonkeyPatch, scheme: str, wanted: str
) -> None:
    monkeypatch.setattr(loader, "entry_points", lambda group: [])
    with pytest.raises(NoConnectError, match=scheme) as raised:
        pyvirt.open(f"{scheme}:///x")
    assert raised.value.hint == f"pip install {wanted}"


def test_a_transport_wants_the_remote_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "entry_points", lambda group: [])
    with pytest.raises(NoConnectError) as raised:
        pyvirt.open("qemu+ssh://host/system")
    assert raised.value.hint == "pip install pyvirt-driver-remote"


def test_a_scheme_nobody_knows_says_what_is_there(
    install: Callable[[str, dict[str, dict[str, str]], dict[str, str]], None],
) -> None:
    install("known", {"pyvirt.drivers": {"core5": "core_loader_known:Driver"}}, {"core_loader_known": DRIVER})
    with pytest.raises(NoConnectError, match="core5") as raised:
        pyvirt.open("unheard-of:///x")
    assert raised.value.hint is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import a_module_that_is_not_there", "a_module_that_is_not_there"),
        ("this is no python", "SyntaxError"),
        ("raise RuntimeError('at import')", "at import"),
        ("from pyvirt_util.errors import NoSupportError\nraise NoSupportError('too old')", "too old"),
        ("", "Driver"),
    ],
)
def test_a_plugin_that_fails_is_named_and_takes_nobody_down(
    install: Callable[[str, dict[str, dict[str, str]], dict[str, str]], None], text: str, said: str
) -> None:
    install("broken-plugin", {"pyvirt.drivers": {"core6": "core_loader_broken:Driver"}}, {"core_loader_broken": text})
    install("sound-plugin", {"pyvirt.drivers": {"core7": "core_loader_sound:Driver"}}, {"core_loader_sound": DRIVER})
    with pytest.raises(InternalError, match=said) as raised:
        pyvirt.open("core6:///x")
    assert "broken-plugin 1.2" in str(raised.value)
    assert "broken-plugin" in str(raised.value.hint)
    pyvirt.open("core7:///x").close()
    failures = {failure.entry.distribution: failure.error for failure in loader.failures()}
    assert "broken-plugin" in failures
    assert "sound-plugin" not in failures


def test_a_plugin_that_is_no_driver(
    install: Callable[[str, dict[str, dict[str, str]], dict[str, str]], None],
) -> None:
    install("odd", {"pyvirt.drivers": {"core8": "core_loader_odd:Driver"}}, {"core_loader_odd": "Driver = 3"})
    with pytest.raises(InternalError, match=r"odd 1\.2 is no HypervisorDriver"):
        pyvirt.open("core8:///x")


SECONDARY = """
from pyvirt.driver.network import NetworkDriver

class Networks(NetworkDriver):
    driver_name = "fake networks"

    @classmethod
    def open(cls, uri):
        driver = cls()
        driver.uri = uri
        return driver
"""


def test_the_host_s_secondary_driver(
    install: Callable[[str, dict[str, dict[str, str]], dict[str, str]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    uri = URI.parse("core9:///x")
    entries = loader.entry_points
    monkeypatch.setattr(
        loader, "entry_points", lambda group: [found for found in entries(group) if found.version == "1.2"]
    )
    with pytest.raises(NoSupportError) as raised:
        loader.open_secondary("network", uri)
    assert raised.value.hint == "pip install pyvirt-driver-network"
    install("nets", {"pyvirt.network": {"network": "core_loader_nets:Networks"}}, {"core_loader_nets": SECONDARY})
    assert loader.open_secondary("network", uri).uri is uri
    install("more", {"pyvirt.network": {"other": "core_loader_more:Networks"}}, {"core_loader_more": SECONDARY})
    with pytest.raises(InternalError, match=r"more and nets"):
        loader.open_secondary("network", uri)


# The cache of the metadata, between processes

LIST = "from pyvirt import loader; print(*(entry.name for entry in loader.entry_points('pyvirt.drivers')))"


def listed(folder: Path, cache: Path) -> list[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder), "XDG_CACHE_HOME": str(cache)}
    environment.pop("PYVIRT_NO_METADATA_CACHE", None)
    run = subprocess.run(
        [sys.executable, "-c", LIST], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return run.stdout.split()


def test_the_cache_is_written_used_and_renewed(tmp_path: Path) -> None:
    packages, cache = tmp_path / "packages", tmp_path / "cache"
    distribution(packages, "one", {"pyvirt.drivers": {"corex1": "m:D"}, "other.group": {"x": "m:D"}}, {})
    assert "corex1" in listed(packages, cache)
    (file,) = (cache / "pyvirt").iterdir()
    assert file.stat().st_mode & 0o077 == 0
    # It is used: an entry that stands nowhere but there is found.
    file.write_text(file.read_text().replace("corex1", "corex9"))
    assert "corex9" in listed(packages, cache)
    # Another distribution: the folder changes, and the cache is made anew.
    distribution(packages, "two", {"pyvirt.drivers": {"corex2": "m:D"}}, {})
    found = listed(packages, cache)
    assert {"corex1", "corex2"} <= set(found)
    assert "corex9" not in found
    # One is gone again.
    for path in sorted((packages / "one-1.2.dist-info").iterdir()):
        path.unlink()
    (packages / "one-1.2.dist-info").rmdir()
    found = listed(packages, cache)
    assert "corex2" in found
    assert "corex1" not in found


@pytest.mark.parametrize("damage", ["", "garbage", "cut", "binary"])
def test_a_damaged_cache_is_no_trouble(tmp_path: Path, damage: str) -> None:
    packages, cache = tmp_path / "packages", tmp_path / "cache"
    distribution(packages, "one", {"pyvirt.drivers": {"corex1": "m:D"}}, {})
    listed(packages, cache)
    (file,) = (cache / "pyvirt").iterdir()
    whole = file.read_bytes()
    file.write_bytes(
        {"": b"", "garbage": b"nothing\nat all\n", "cut": whole[:-10], "binary": b"\xff\xfe\0" * 9}[damage]
    )
    assert "corex1" in listed(packages, cache)
    assert file.read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    packages, cache = tmp_path / "packages", tmp_path / "cache"
    distribution(packages, "one", {"pyvirt.drivers": {"corex1": "m:D"}}, {})
    cache.write_text("a file in the place of the folder")
    assert "corex1" in listed(packages, cache)


def test_an_installed_driver_is_there_at_once(tmp_path: Path) -> None:
    packages, cache = tmp_path / "packages", tmp_path / "cache"
    packages.mkdir()
    for number in range(5):
        listed(packages, cache)
        name = f"quick{number}"
        distribution(packages, name, {"pyvirt.drivers": {name: "m:D"}}, {})
        assert name in listed(packages, cache)
