"""What the driver fills in and refuses in the definition of a container."""

from __future__ import annotations

import pytest

from pyvirt_conf.domain import Domain, XmlFlags, parse_domain
from pyvirt_driver_lxc.completion import EMULATOR, architectures, host_architecture, parser_config
from pyvirt_util.errors import ConfigUnsupportedError, InvalidArgError, VirtError, XmlError

CONFIG = parser_config("x86_64", new_uuid=lambda: "8c0ff2c8-2e2a-4a2c-9a0b-54b7d2f0c9a1")
OS = "<os><type>exe</type><init>/sbin/init</init></os>"


def container(inside: str = "", *, os: str = OS, head: str = "type='lxc'", devices: str = "") -> Domain:
    text = f"<domain {head}><name>c</name><memory>65536</memory>{os}{inside}<devices>{devices}</devices></domain>"
    return parse_domain(text, CONFIG, flags=XmlFlags.INACTIVE)


def test_least_container_is_completed() -> None:
    domain = container(devices="<console type='pty'/><console type='pty'/>")
    assert domain.uuid == "8c0ff2c8-2e2a-4a2c-9a0b-54b7d2f0c9a1"
    assert domain.os.arch == "x86_64"
    assert domain.os.machine is None
    assert domain.os.boot == []
    assert domain.devices.emulator == EMULATOR
    assert domain.devices.serials == []
    text = domain.format(XmlFlags.INACTIVE)
    assert "<type arch='x86_64'>exe</type>" in text
    assert text.count("<target type='lxc' port='") == 2
    again = parse_domain(text, CONFIG, flags=XmlFlags.INACTIVE)
    assert again.format(XmlFlags.INACTIVE) == text


def test_what_a_definition_says_is_kept() -> None:
    domain = container(
        os="<os><type arch='i686'>exe</type><init>/bin/sh</init><initarg>-c</initarg><initarg>true</initarg>"
        "<initenv name='A'>b</initenv><initdir>/srv</initdir><inituser>one</inituser><initgroup>two</initgroup></os>",
        devices="<emulator>/opt/controller</emulator><console type='pty'><target type='virtio'/></console>",
    )
    text = domain.format(XmlFlags.INACTIVE)
    for line in (
        "<type arch='i686'>exe</type>",
        "<initarg>-c</initarg>",
        "<initarg>true</initarg>",
        "<initenv name='A'>b</initenv>",
        "<initdir>/srv</initdir>",
        "<inituser>one</inituser>",
        "<initgroup>two</initgroup>",
        "<emulator>/opt/controller</emulator>",
        "<target type='virtio' port='0'/>",
    ):
        assert line in text


def test_shared_namespaces_are_the_drivers_own() -> None:
    shared = (
        "  <lxc:namespace>\n"
        "    <lxc:sharenet type='netns' value='blue'/>\n"
        "    <lxc:shareipc type='pid' value='4711'/>\n"
        "    <lxc:shareuts type='name' value='other'/>\n"
        "  </lxc:namespace>\n"
    )
    uri = "http://libvirt.org/schemas/domain/lxc/1.0"
    text = container(shared, head=f"type='lxc' xmlns:lxc='{uri}'").format(XmlFlags.INACTIVE)
    assert text.startswith(f"<domain type='lxc' xmlns:lxc='{uri}'>\n")
    assert text.endswith(shared + "</domain>\n")


def test_network_of_a_container() -> None:
    source = "<source>\n        <ip address='192.0.2.1' family='ipv4' prefix='24'/>\n      </source>"
    inside = (
        "<interface type='ethernet'><mac address='00:16:3e:00:00:01'/>"
        "<ip address='192.0.2.2' family='ipv4' prefix='24'/>"
        "<route family='ipv4' address='0.0.0.0' gateway='192.0.2.1'/>"
        f"{source}<guest dev='eth1'/></interface>"
    )
    text = container(devices=inside).format(XmlFlags.INACTIVE)
    assert source in text
    assert "<ip address='192.0.2.2' family='ipv4' prefix='24'/>" in text
    assert "<route family='ipv4' address='0.0.0.0' gateway='192.0.2.1'/>" in text
    assert "<guest dev='eth1'/>" in text


def test_interfaces_without_an_address_get_one() -> None:
    domain = container(devices="<interface type='network'><source network='default'/></interface>")
    mac = domain.devices.interfaces[0].mac
    assert mac is not None
    assert mac.startswith("52:54:00:")


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"head": "type='kvm'"}, InvalidArgError, "'kvm'"),
        ({"os": "<os><type>hvm</type></os>"}, InvalidArgError, "'hvm'"),
        (
            {"os": "<os><type arch='ppc64'>exe</type><init>/i</init></os>"},
            InvalidArgError,
            "x86_64 and i686, not for 'ppc64'",
        ),
        ({"os": "<os><type>exe</type></os>"}, XmlError, "init"),
        ({"inside": "<maxMemory slots='2'>131072</maxMemory>"}, ConfigUnsupportedError, "maxMemory"),
        (
            {"inside": "<vcpu>1</vcpu><vcpus><vcpu id='0' enabled='yes'/></vcpus>"},
            ConfigUnsupportedError,
            "vcpus",
        ),
        (
            {"devices": "<memory model='dimm'><target><size>1024</size><node>0</node></target></memory>"},
            ConfigUnsupportedError,
            "memory devices",
        ),
    ],
)
def test_what_is_no_container_is_refused(options: dict[str, str], kind: type[VirtError], message: str) -> None:
    with pytest.raises(kind, match=message):
        container(**options)


def test_the_root_user_must_be_mapped() -> None:
    with pytest.raises(ConfigUnsupportedError, match="root user"):
        container(
            "<idmap><uid start='1' target='1000' count='10'/><gid start='0' target='1000' count='10'/></idmap>",
        )


def test_architectures_of_hosts() -> None:
    assert architectures("x86_64") == ("x86_64", "i686")
    assert architectures("s390x") == ("s390x", "s390")
    assert architectures("riscv64") == ("riscv64",)
    domain = parse_domain(
        f"<domain type='lxc'><name>c</name><memory>65536</memory>{OS}</domain>",
        parser_config(),
        flags=XmlFlags.INACTIVE,
    )
    assert domain.os.arch == host_architecture()
