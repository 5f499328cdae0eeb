"""What the LXC driver does so far, and that it says so where it does nothing yet."""

from __future__ import annotations

import os

import pytest

import pyvirt
from pyvirt.errors import InvalidArgError, NoSupportError


def test_host_facts() -> None:
    with pyvirt.open("lxc:///system") as connection:
        assert connection.hypervisor_type() == "LXC"
        major, minor = (int(part) for part in os.uname().release.split(".")[:2])
        assert connection.version() // 1000 == major * 1000 + minor
        information = connection.node_info()
        assert information.cpus == len(os.sched_getaffinity(0)) or information.cpus >= 1
        assert information.memory > 0


def test_containers_are_not_there_yet() -> None:
    with pyvirt.open("lxc:///") as connection, pytest.raises(NoSupportError, match="virDomainDefineXML"):
        connection.define_domain("<domain type='lxc'/>")


def test_other_uris_are_refused() -> None:
    with pytest.raises(InvalidArgError, match="lxc:///nowhere"):
        pyvirt.open("lxc:///nowhere")
