"""Networks, storage, secrets and interfaces come from strangers too: a VirtError comes quickly, or a definition."""

from __future__ import annotations

import contextlib
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from pyvirt_conf.interface import HostInterface
from pyvirt_conf.network import DNSMASQ, NetworkPort, UpdateCommand, UpdateSection, parse_network, update_network
from pyvirt_conf.secret import parse_secret
from pyvirt_conf.storage import PoolType, StoragePoolCapabilities, Volume, VolumeFlags, parse_pool
from pyvirt_util.errors import VirtError, XmlDetailError

UUID = "3a9a4d7c-7e5f-4b1c-9d0e-52f1e4a3b2c1"
PLACE = os.environ.get("PYVIRT_CORPUS")
CORPUS = Path(PLACE) if PLACE else Path(__file__).resolve().parents[4] / "shared" / "corpus"

NETWORK = f"""<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'>
  <name>n</name><uuid>{UUID}</uuid><metadata><a xmlns='urn:a'>b</a></metadata>
  <forward dev='e0' mode='nat'><nat><port start='1' end='2'/></nat></forward>
  <bridge name='b' stp='on' delay='0'/><mtu size='1500'/><mac address='52:54:00:00:00:01'/>
  <dns><forwarder addr='1.1.1.1'/><txt name='a' value='b'/><srv service='a' protocol='tcp' target='b' port='3'/>
  <host ip='10.0.0.3'><hostname>h</hostname></host></dns><vlan><tag id='3'/></vlan>
  <bandwidth><inbound average='3'/></bandwidth>
  <ip address='10.0.0.1' netmask='255.255.255.0'><dhcp>
  <range start='10.0.0.5' end='10.0.0.9'><lease expiry='200'/></range>
  <host mac='52:54:00:00:00:02' name='x' ip='10.0.0.7'/></dhcp></ip>
  <ip family='ipv6' address='2001:db8::1' prefix='64'/>
  <route address='192.168.0.0' prefix='16' gateway='10.0.0.2'/>
  <virtualport type='openvswitch'><parameters profileid='x'/></virtualport><portgroup name='p'/>
  <dnsmasq:options><dnsmasq:option value='x'/></dnsmasq:options>
</network>"""
POOL = f"""<pool type='iscsi'><name>p</name><uuid>{UUID}</uuid><source><host name='h' port='3'/><device path='iqn.x'/>
<auth type='chap' username='u'><secret usage='s'/></auth><initiator><iqn name='i'/></initiator></source>
<target><path>/dev/disk</path><permissions><mode>0700</mode><owner>0</owner></permissions></target></pool>"""
VOLUME = f"""<volume type='file'><name>v</name><capacity unit='GiB'>3</capacity><target><path>/v</path>
<format type='qcow2'/><permissions><mode>0600</mode></permissions><compat>1.1</compat><features><lazy_refcounts/>
</features><encryption format='luks'><secret type='passphrase' uuid='{UUID}'/><cipher name='aes' size='256'/>
</encryption></target><backingStore><path>/b</path></backingStore></volume>"""
PORT = f"""<networkport><uuid>{UUID}</uuid><owner><name>o</name><uuid>{UUID}</uuid></owner>
<mac address='52:54:00:00:00:01'/><plug type='hostdev-pci'><address domain='0' bus='1' slot='2' function='3'/></plug>
</networkport>"""
SECRET = f"<secret private='yes'><uuid>{UUID}</uuid><usage type='ceph'><name>n</name></usage></secret>"
INTERFACE = """<interface type='bridge' name='b'><start mode='onboot'/><protocol family='ipv4'><dhcp/></protocol>
<bridge stp='on' delay='3'><interface type='bond' name='o'><bond mode='802.3ad'><miimon freq='3'/>
<interface type='ethernet' name='e'/></bond></interface></bridge></interface>"""
CAPABILITIES = StoragePoolCapabilities.of([PoolType.DIR]).format()

Reader = Callable[[str | bytes], str]


def read_volume(text: str | bytes) -> str:
    volume = Volume.parse(text, pool=PoolType.DIR)
    volume.validate()
    return volume.format()


def read_port(text: str | bytes) -> str:
    port = NetworkPort.parse(text)
    port.validate()
    return port.format()


def read_interface(text: str | bytes) -> str:
    interface = HostInterface.parse(text)
    interface.validate()
    return interface.format()


READERS: dict[str, tuple[str, Reader]] = {
    "network": (NETWORK, lambda text: parse_network(text, namespaces=DNSMASQ).format()),
    "pool": (POOL, lambda text: parse_pool(text).format()),
    "volume": (VOLUME, read_volume),
    "networkport": (PORT, read_port),
    "secret": (SECRET, lambda text: parse_secret(text).format()),
    "interface": (INTERFACE, read_interface),
    "capabilities": (CAPABILITIES, lambda text: StoragePoolCapabilities.parse(text).format()),
}
each = pytest.mark.parametrize(("document", "reader"), READERS.values(), ids=READERS)


@each
def test_the_samples_are_good(document: str, reader: Reader) -> None:
    written = reader(document)
    assert reader(written) == written


@each
def test_mutations(document: str, reader: Reader) -> None:
    chance = random.Random(7)
    junk = [
        "",
        "-1",
        "99999999999999999999999",
        "\x00",
        "é",
        "<",
        "&",
        "'",
        "\U0001f600",
        "0x",
        "nan",
        "/../..",
        "::",
        "%s",
    ]
    accepted = 0
    for _ in range(600):
        text = document
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(text))
            end = min(len(text), place + chance.randint(0, 12))
            text = text[:place] + chance.choice(junk) + text[end:]
        try:
            written = reader(text)
        except VirtError:
            continue
        accepted += 1
        assert reader(written) == written
    assert accepted < 600


@each
def test_missing_and_doubled_elements(document: str, reader: Reader) -> None:
    from lxml import etree

    root = etree.fromstring(document)
    for place in range(1, len(list(root.iter()))):
        for double in (False, True):
            copy = etree.fromstring(document)
            node = list(copy.iter())[place]
            above = node.getparent()
            assert above is not None
            if double:
                above.append(etree.fromstring(etree.tostring(node, with_tail=False)))
            else:
                above.remove(node)
            with contextlib.suppress(VirtError):
                reader(etree.tostring(copy))


@each
def test_attacks_on_the_parser(document: str, reader: Reader) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]>'
    outside = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    deep = document.partition(">")[0].rstrip("/") + ">" + "<a>" * 5000 + "</a>" * 5000
    for text in (bomb + document, outside + document, deep, "", "<", "\x00", b"\xff\xfe<"):
        with pytest.raises(XmlDetailError):
            reader(text)


def test_snippets_of_updates() -> None:
    chance = random.Random(11)
    snippets = [
        "<host mac='52:54:00:00:00:09' name='z' ip='10.0.0.8'/>",
        "<range start='10.0.0.20' end='10.0.0.30'/>",
        "<portgroup name='q'><vlan><tag id='3'/></vlan></portgroup>",
        "<txt name='z' value='y'/>",
        "<srv service='s' protocol='udp'/>",
        "<interface dev='e9'/>",
    ]
    for _ in range(1500):
        text = chance.choice(snippets)
        place = chance.randrange(len(text))
        text = text[:place] + chance.choice(["", "'", "x", "é", "<", "-1"]) + text[place + chance.randint(0, 4) :]
        network = parse_network(NETWORK)
        before = network.format()
        try:
            update_network(
                network,
                chance.choice(list(UpdateCommand)),
                chance.choice(list(UpdateSection)),
                text,
                chance.randint(-1, 3),
            )
        except VirtError:
            assert network.format() == before


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus at {CORPUS}: set PYVIRT_CORPUS")
@pytest.mark.parametrize(
    "suite", ["networkxml2conf", "networkxml2firewall", "storagepoolxml2argv", "storagevolxml2argv"]
)
def test_inputs_of_the_corpus(suite: str) -> None:
    import json

    directory = CORPUS / suite
    cases = json.loads((directory / "cases.json").read_text())
    assert cases
    for case in cases:
        text = (directory / case["input"]).read_bytes()
        if suite.startswith("network"):
            network = parse_network(text, namespaces=DNSMASQ)
            assert parse_network(network.format(), namespaces=DNSMASQ) == network
        elif suite == "storagepoolxml2argv":
            pool = parse_pool(text)
            assert parse_pool(pool.format()) == pool
        else:
            for volume, holder, flags in (
                ("input", "pool", VolumeFlags.OPT_CAPACITY if case.get("opt_capacity") else VolumeFlags.NONE),
                ("input_vol", "input_pool", VolumeFlags.NO_CAPACITY),
            ):
                if case.get(volume) is None:
                    continue
                kind = parse_pool((directory / case[holder]).read_bytes()).type
                if case.get("input_vol") is not None:
                    flags = VolumeFlags.NO_CAPACITY
                made = Volume.parse((directory / case[volume]).read_bytes(), pool=kind, flags=flags)
                assert Volume.parse(made.format(), pool=kind, flags=flags).format() == made.format()
