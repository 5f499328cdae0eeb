"""Fifty guests at once, from threads and from processes."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from e2e_support import Host, domain_xml

import pyvirt
from pyvirt.enums import ConnectListAllDomainsFlags, DomainCreateFlags, DomainState

pytestmark = pytest.mark.guest

_COUNT = 50


def check_all(host: Host, conn: pyvirt.Connection) -> None:
    """All run, none twice, none lost; then all are ended, in parallel too."""
    running = conn.list_domains(ConnectListAllDomainsFlags.ACTIVE)
    assert sorted(d.name for d in running) == sorted(f"crowd{n}" for n in range(_COUNT))
    assert len({d.uuid for d in running}) == _COUNT
    assert len({d.id for d in running}) == _COUNT
    assert {d.state().state for d in running} == {DomainState.PAUSED}
    assert len(host.qemus()) == _COUNT
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda domain: domain.destroy(), running))
    assert conn.list_domains(ConnectListAllDomainsFlags.ACTIVE) == []
    assert host.leftovers() == []


def test_fifty_from_threads_of_one_process(host: Host, conn: pyvirt.Connection) -> None:
    def start(number: int) -> None:
        conn.define_domain(domain_xml(f"crowd{number}")).start(DomainCreateFlags.START_PAUSED)

    with ThreadPoolExecutor(_COUNT) as pool:
        list(pool.map(start, range(_COUNT)))
    check_all(host, conn)


def test_fifty_from_ten_processes(host: Host, conn: pyvirt.Connection) -> None:
    program = f"""
import json, sys, pyvirt
with pyvirt.open({host.uri!r}) as conn:
    for xml in json.load(sys.stdin):
        conn.create_domain(xml, {int(DomainCreateFlags.START_PAUSED)})
"""
    processes = []
    for first in range(0, _COUNT, 5):
        process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        processes.append((process, json.dumps([domain_xml(f"crowd{n}") for n in range(first, first + 5)])))
    with ThreadPoolExecutor(10) as pool:
        said = list(pool.map(lambda item: item[0].communicate(item[1], timeout=120)[1], processes))
    assert [process.returncode for process, _ in processes] == [0] * 10, "\n".join(said)
    check_all(host, conn)


def test_one_name_wanted_by_many(host: Host, conn: pyvirt.Connection) -> None:
    """Twenty callers start one domain: one does, the others are told that it runs."""
    conn.define_domain(domain_xml("wanted"))

    def start(_: int) -> str:
        try:
            conn.lookup_domain("wanted").start(DomainCreateFlags.START_PAUSED)
        except pyvirt.errors.OperationInvalidError as error:
            return error.message
        return "started"

    with ThreadPoolExecutor(20) as pool:
        said = list(pool.map(start, range(20)))
    assert said.count("started") == 1
    assert {text for text in said if text != "started"} == {"domain is already running"}
    assert len(host.qemus()) == 1
