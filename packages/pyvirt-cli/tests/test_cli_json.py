"""The keys of JSON output, which programs rely on: they may be added to, and are never renamed or dropped."""

from __future__ import annotations

import json

import pytest

from pyvirt_cli.main import main

_KEYS = {
    "list --all": [{"id": int, "name": str, "uuid": str, "state": str}],
    "dominfo test": {
        "id": int,
        "name": str,
        "uuid": str,
        "os_type": str,
        "state": str,
        "vcpus": int,
        "cpu_time": int,
        "max_memory": int,
        "memory": int,
        "persistent": bool,
        "autostart": bool,
        "managed_save": bool,
        "security": {"model": str, "doi": str, "label": str, "enforcing": bool},
        "messages": [],
    },
    "domstate test": {"state": str, "reason": str},
    "domid test": {"id": int},
    "domname test": {"name": str},
    "domuuid test": {"uuid": str},
    "domcontrol test": {"state": str, "details": int, "state_time": int},
    "domstats test --state": [{"name": str, "uuid": str, "stats": {"state.state": int, "state.reason": int}}],
    "dommemstat test": {"actual": int, "rss": int},
    "dumpxml test": {"xml": str},
    "desc test": {"description": str},
    "vcpucount test": {"maximum": {"config": int, "live": int}, "current": {"config": int, "live": int}},
    "vcpuinfo test": [{"number": int, "state": str, "cpu_time": int, "cpu": int, "affinity": [int]}],
    "vcpupin test": [{"vcpu": int, "cpus": [int]}],
    "emulatorpin test": {"cpus": [int]},
    "domblklist test": [{"type": str, "device": str, "target": str, "source": str}],
    "domblkinfo test vda": {"capacity": int, "allocation": int, "physical": int},
    "domblkinfo test": [{"target": str, "capacity": int, "allocation": int, "physical": int}],
    "domiflist test": [{"interface": str, "type": str, "source": str, "mac": str}],
    "domifaddr test": [{"name": str, "mac": str, "addresses": [{"type": str, "address": str, "prefix": int}]}],
    "domifstat test testnet0": {"rx_bytes": int, "rx_packets": int, "tx_bytes": int, "tx_drop": int},
    "domfsinfo test": [{"mountpoint": str, "name": str, "type": str, "devices": [str]}],
    "domtime test": {"seconds": int, "nanoseconds": int},
    "suspend test": {"action": str, "name": str, "uuid": str},
    "autostart test": {"action": str, "name": str, "uuid": str, "autostart": bool},
    "version": {"pyvirt": str, "hypervisor": str, "hypervisor_version": str, "api_version": str},
    "uri": {"uri": str},
    "hostname": {"hostname": str},
    "nodeinfo": {
        "model": str,
        "cpus": int,
        "mhz": int,
        "sockets": int,
        "cores": int,
        "threads": int,
        "nodes": int,
        "memory": int,
    },
    "nodecpumap": {"present": int, "online": int, "map": [bool]},
    "nodecpustats": {"user": int, "kernel": int, "idle": int, "iowait": int},
    "freecell": {"total": int},
    "freecell --all": {"cells": {"0": int}, "total": int},
    "maxvcpus": {"maxvcpus": int},
    "capabilities": {"xml": str},
    "help": [{"verb": str, "summary": str, "group": str}],
    "help start": {
        "verb": str,
        "summary": str,
        "synopsis": str,
        "about": str,
        "options": [{"name": str, "kind": str, "required": bool, "positional": bool, "many": bool, "help": str}],
    },
    "completion bash": {"script": str},
    "event --list": [str],
}


def _check(value: object, shape: object, where: str) -> None:
    if isinstance(shape, dict):
        assert isinstance(value, dict), where
        for key, inner in shape.items():
            assert key in value, f"{where}: no key '{key}'"
            _check(value[key], inner, f"{where}.{key}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for inner in shape:
            assert value, f"{where}: empty"
            _check(value[0], inner, f"{where}[0]")
    else:
        assert isinstance(shape, type)
        assert type(value) is shape, f"{where}: {value!r} is no {shape.__name__}"


@pytest.mark.parametrize("line", _KEYS)
def test_keys(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-c", "test:///default", *line.split(), "--json"]) == 0
    _check(json.loads(capsys.readouterr().out), _KEYS[line], line)


def test_errors_leave_standard_output_empty(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-c", "test:///default", "--json", "dominfo", "nope"]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
