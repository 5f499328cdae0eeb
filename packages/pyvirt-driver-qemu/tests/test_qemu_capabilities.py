"""Capabilities: QAPI questions, libvirt's flags from recorded answers, the cache file, probing the real QEMU."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pyvirt_driver_qemu.capabilities import CapabilitiesCache, cache, cachexml, questions
from pyvirt_driver_qemu.capabilities.schema import QapiSchema
from pyvirt_driver_qemu.monitor import Command
from pyvirt_driver_qemu.monitor.errors import command_error
from pyvirt_util.errors import NoSupportError, VirtError, XmlError

QEMU = "/usr/bin/qemu-system-x86_64"
CORPUS = Path(os.environ.get("PYVIRT_CORPUS", Path(__file__).resolve().parents[4] / "shared" / "corpus"))
REPLIES = CORPUS / "qemucapabilities"

needs_corpus = pytest.mark.skipif(not REPLIES.is_dir(), reason=f"no corpus at {CORPUS} (set PYVIRT_CORPUS)")
needs_qemu = pytest.mark.skipif(not os.access(QEMU, os.X_OK), reason=f"{QEMU} is not installed")


class Recording:
    """Answers commands from a recorded conversation, whatever their order and ids."""

    def __init__(self, path: Path) -> None:
        self.sessions: list[dict[str, Any]] = []
        command: dict[str, Any] = {}
        for block in gzip.decompress(path.read_bytes()).decode().split("\n\n"):
            if not block.strip():
                continue
            message = json.loads(block)
            if "execute" not in message:
                self.sessions[-1][self.key(command["execute"], command.get("arguments"))] = message
                continue
            command = message
            if command["execute"] == "qmp_capabilities":
                self.sessions.append({})

    @staticmethod
    def key(name: str, arguments: dict[str, Any] | None) -> str:
        return name + json.dumps(arguments, sort_keys=True)

    def ask(self, commands: Sequence[Command]) -> list[Any]:
        results = []
        for command in commands:
            missing = {"error": {"class": "GenericError", "desc": "not recorded"}}
            reply = self.sessions[0].get(self.key(command.name, command.arguments), missing)
            results.append(reply["return"] if "return" in reply else command_error(command.name, reply["error"]))
        return results


@needs_corpus
@pytest.mark.parametrize("name", ["8.0.0.x86_64", "7.0.0.aarch64"])
def test_flags_and_tables_from_recorded_answers(name: str) -> None:
    path = REPLIES / f"caps_{name}.replies.gz"
    if not path.exists():
        pytest.skip(f"{path} is not in this corpus")
    found = questions.survey(Recording(path).ask)
    expected = cachexml.load((REPLIES / f"caps_{name}.xml").read_bytes())
    assert sorted(found["flags"]) == sorted(expected.flags)
    assert (found["version"], found["package"], found["arch"]) == (expected.version, expected.package, expected.arch)
    tables = {name: {"kvm": found[name]} for name in ("machines", "cpus")}
    rows = cache.from_data({**found, "binary": "q", **tables})
    assert rows.machines("kvm") == expected.machines("kvm")
    assert rows.cpus("kvm") == expected.cpus("kvm")
    assert rows.gic == expected.gic
    assert rows.hyperv == expected.hyperv
    host = expected.host_cpu("kvm")
    assert host is not None
    assert found["host_cpu"][0] == host.model
    assert found["host_cpu"][3] == host.migratability


@needs_corpus
def test_every_cache_file_of_the_corpus_loads() -> None:
    for path in sorted(REPLIES.glob("caps_*.xml")):
        found = cachexml.load(path.read_bytes(), file=str(path))
        assert found.version >= 4002000
        assert found.default_machine() is not None
        assert len(found.flags) == len(re.findall(b"<flag ", path.read_bytes()))


def test_cache_xml_of_another_kind_is_refused() -> None:
    with pytest.raises(XmlError, match="<domain>"):
        cachexml.load("<domain/>")


SCHEMA: list[dict[str, Any]] = [
    {"name": "work", "meta-type": "command", "arg-type": "0", "ret-type": "3", "features": ["fast"]},
    {
        "name": "0",
        "meta-type": "object",
        "tag": "driver",
        "members": [
            {"name": "driver", "type": "1"},
            {"name": "size", "type": "int", "default": None, "features": ["deprecated"]},
            {"name": "child", "type": "2"},
        ],
        "variants": [{"case": "file", "type": "4"}],
    },
    {"name": "1", "meta-type": "enum", "members": [{"name": "file"}, {"name": "null"}], "values": ["file", "null"]},
    {"name": "2", "meta-type": "alternate", "members": [{"type": "str"}, {"type": "0"}]},
    {"name": "3", "meta-type": "array", "element-type": "4"},
    {"name": "4", "meta-type": "object", "members": [{"name": "filename", "type": "str"}]},
    {"name": "int", "meta-type": "builtin", "json-type": "int"},
    {"name": "str", "meta-type": "builtin", "json-type": "string"},
]


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("work", True),
        ("rest", False),
        ("work/$fast", True),
        ("work/$slow", False),
        ("work/arg-type/size", True),
        ("work/arg-type/*size", True),
        ("work/arg-type/*driver", False),
        ("work/arg-type/size/$deprecated", True),
        ("work/arg-type/driver/$deprecated", False),
        ("work/arg-type/size/!int", True),
        ("work/arg-type/size/!string", False),
        ("work/arg-type/driver/^null", True),
        ("work/arg-type/driver/^rbd", False),
        ("work/arg-type/+file/filename", True),
        ("work/arg-type/+file/size", False),
        ("work/arg-type/+rbd", False),
        ("work/arg-type/child/+file/filename", True),
        ("work/ret-type/filename", True),
        ("work/ret-type/filename/deeper", False),
        ("work/other", False),
    ],
)
def test_schema_paths(path: str, there: bool) -> None:
    assert QapiSchema(SCHEMA).has(path) is there


@pytest.mark.parametrize("path", ["", "/", "work/", "+work", "work/^x/y", "work//x", "work/$"])
def test_paths_that_make_no_sense(path: str) -> None:
    with pytest.raises(ValueError, match="no path"):
        QapiSchema(SCHEMA).has(path)


def sample() -> dict[str, Any]:
    return {
        "binary": "/usr/bin/q",
        "version": 7002022,
        "package": "",
        "arch": "x86_64",
        "kvm": False,
        "flags": ["tcg", "VGA"],
        "machines": {"tcg": [["pc-q35-7.2", "q35", 288, True, False, "qemu64-x86_64-cpu", "pc.ram", False, False]]},
        "cpus": {"tcg": [["max", "max-x86_64-cpu", "yes", [], False], ["EPYC", None, "no", ["svm"], True]]},
        "host_cpus": {"tcg": ["base", {"svm": True, "level": 13}, ["invtsc"], True]},
        "commands": ["stop"],
        "types": ["VGA"],
        "options": {"vnc": ["power-control"]},
        "gic": [],
        "sev": None,
        "tpm": [["tpm-tis"], ["emulator"]],
        "hyperv": [],
    }


def test_cache_file_round_trip() -> None:
    key = ["/usr/bin/q", 1, 2]
    found = cache.decode(cache.encode(key, sample()), key)
    assert found is not None
    assert "VGA" in found
    assert "qxl" not in found
    assert found.canonical_machine("q35") == "pc-q35-7.2"
    assert found.canonical_machine("other") == "other"
    assert found.machines("kvm") == ()
    assert found.cpus()[1].blockers == ("svm",)
    host = found.host_cpu()
    assert host is not None
    assert host.non_migratable == {"invtsc"}
    assert found.host_cpu("kvm") is None
    assert found.commands == {"stop"}
    assert found.options == {"vnc": {"power-control"}}
    assert found.tpm == (frozenset({"tpm-tis"}), frozenset({"emulator"}))
    assert cache.decode(cache.encode(key, sample()), ["other"]) is None


def test_any_damage_is_noticed() -> None:
    key = ["/usr/bin/q"]
    content = cache.encode(key, sample())
    for position in range(len(content)):
        damaged = bytearray(content)
        damaged[position] ^= 0x41
        assert cache.decode(bytes(damaged), key) is None, position
        assert cache.decode(content[:position], key) is None, position
    assert cache.decode(content + b" ", key) is None


def test_no_binary(tmp_path: Path) -> None:
    with pytest.raises(NoSupportError, match="/nonexistent/qemu"):
        CapabilitiesCache(str(tmp_path)).get("/nonexistent/qemu")


@pytest.mark.parametrize("text", ["#!/bin/sh\necho no screws left >&2\nexit 3\n", "not executable at all"])
def test_binary_that_is_no_qemu(tmp_path: Path, text: str) -> None:
    binary = tmp_path / "qemu-system-none"
    binary.write_text(text)
    binary.chmod(0o755)
    with pytest.raises(VirtError) as caught:
        CapabilitiesCache(str(tmp_path / "cache")).get(str(binary), timeout=20)
    if "screws" in text:
        assert "no screws left" in str(caught.value)
    assert not [name for name in os.listdir(tmp_path / "cache" / "capabilities") if not name.endswith(".lock")]


def count_probes(path: Path) -> int:
    """How often the wrapper of :func:`wrapped` started QEMU."""
    return len(path.read_text().splitlines()) if path.exists() else 0


@pytest.fixture
def wrapped(tmp_path: Path) -> Path:
    """A script that runs the real QEMU and keeps count."""
    script = tmp_path / "qemu-system-x86_64"
    script.write_text(f'#!/bin/sh\necho run >> {tmp_path}/count\nexec {QEMU} "$@"\n')
    script.chmod(0o755)
    return script


@needs_qemu
def test_probing_the_real_one(tmp_path: Path) -> None:
    found = CapabilitiesCache(str(tmp_path)).get(QEMU)
    assert found.arch == "x86_64"
    assert found.version >= 4002000
    assert "tcg" in found
    q35 = found.machine("q35")
    assert q35 is not None
    assert q35.name.startswith("pc-q35-")
    assert q35.max_cpus >= 255
    assert found.default_machine() == found.canonical_machine("pc")
    assert {"query-status", "device_add"} <= found.commands
    assert "virtio-blk-pci" in found.types
    maximum = found.cpu("max")
    assert maximum is not None
    assert maximum.usable == "yes"
    host = found.host_cpu()
    assert host is not None
    assert host.properties["lm"] is True
    assert sorted(os.listdir(tmp_path / "capabilities")) == [
        name for name in sorted(os.listdir(tmp_path / "capabilities")) if name.endswith((".caps", ".lock"))
    ]


@needs_qemu
def test_warm_cache_starts_nothing_and_damage_is_repaired(tmp_path: Path, wrapped: Path) -> None:
    counter = tmp_path / "count"
    first = CapabilitiesCache(str(tmp_path / "c")).get(str(wrapped))
    probes = count_probes(counter)
    assert probes in (1, 2)
    again = CapabilitiesCache(str(tmp_path / "c"))
    assert again.get(str(wrapped)).flags == first.flags
    assert again.get(str(wrapped)) is again.get(str(wrapped))
    assert count_probes(counter) == probes
    path = Path(again.path(str(wrapped)))
    content = path.read_bytes()
    path.write_bytes(content[:-100] + b"x" * 100)
    assert CapabilitiesCache(str(tmp_path / "c")).get(str(wrapped)).flags == first.flags
    assert path.read_bytes() == content
    assert count_probes(counter) == 2 * probes
    os.utime(wrapped, (1, 1))
    assert again.get(str(wrapped)).flags == first.flags
    assert count_probes(counter) == 3 * probes


@needs_qemu
def test_processes_that_probe_at_once_probe_once(tmp_path: Path, wrapped: Path) -> None:
    code = (
        "import sys; from pyvirt_driver_qemu.capabilities import CapabilitiesCache;"
        "print(len(CapabilitiesCache(sys.argv[1]).get(sys.argv[2]).flags))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "c"), str(wrapped)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    outputs = {process.communicate(timeout=60)[0] for process in running}
    assert all(process.returncode == 0 for process in running)
    assert len(outputs) == 1
    assert count_probes(tmp_path / "count") in (1, 2)


@needs_qemu
def test_killed_prober_leaves_nothing_running(tmp_path: Path) -> None:
    """A QEMU whose prober was killed is ended by the next one."""
    script = tmp_path / "qemu-system-x86_64"
    script.write_text(f'#!/bin/sh\necho $$ >> {tmp_path}/pids\nexec {QEMU} "$@"\n')
    script.chmod(0o755)
    code = (
        "import os, signal, sys\n"
        "from pyvirt_driver_qemu.capabilities import CapabilitiesCache, probe\n"
        "probe.survey = lambda ask: os.kill(os.getpid(), signal.SIGKILL)\n"
        "CapabilitiesCache(sys.argv[1]).get(sys.argv[2])\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "c"), str(script)]
    assert subprocess.run(command, timeout=60).returncode == -signal.SIGKILL
    left = int((tmp_path / "pids").read_text().split()[0])
    descriptor = os.pidfd_open(left)
    try:
        assert "tcg" in CapabilitiesCache(str(tmp_path / "c")).get(str(script))
        import select

        assert select.select([descriptor], [], [], 20)[0]
    finally:
        os.close(descriptor)
