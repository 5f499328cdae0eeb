"""Guests on a bridge of the host, in a network namespace of the test's own: their taps come and go with them.

Virtual functions are those of a card that is described in files (see :mod:`e2e_support.sriov`).
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from e2e_support import Host, domain_xml
from e2e_support.sriov import IMPORT, Card

pytestmark = [
    pytest.mark.guest,
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="bridges need root"),
    pytest.mark.skipif(not shutil.which("ip"), reason="ip is not installed (apt-get install iproute2)"),
]

_BRIDGE = """
import json, subprocess

def links():
    shown = subprocess.run(["ip", "-json", "link"], check=True, capture_output=True, text=True).stdout
    return {link["ifname"]: link for link in json.loads(shown)}

subprocess.run(["ip", "link", "add", "testbr0", "type", "bridge"], check=True)
subprocess.run(["ip", "link", "set", "testbr0", "up"], check=True)
before = set(links())

def taps():
    return {name: link for name, link in links().items() if name not in before}
"""
# A card with its cable in, instead of the bridge.
_CARD = """
import json, subprocess

def links():
    shown = subprocess.run(["ip", "-json", "link"], check=True, capture_output=True, text=True).stdout
    return {link["ifname"]: link for link in json.loads(shown)}

subprocess.run(["ip", "link", "add", "card", "type", "veth", "peer", "far"], check=True)
subprocess.run(["ip", "link", "set", "card", "address", "02:00:00:00:00:0a"], check=True)
before = set(links())

def taps():
    found = {name: link for name, link in links().items() if name not in before}
    # The guest's address is the card's as long as the guest has the card.
    wanted = "52:54:00:00:00:01" if found else "02:00:00:00:00:0a"
    assert links()["card"]["address"] == wanted, links()
    return found
"""
_LIFE = (
    _BRIDGE
    + """
domain = conn.define_domain(sys.argv[1])
domain.start()
(tap,) = taps().values()
assert tap["master"] == "testbr0", tap
assert "UP" in tap["flags"], tap
assert f"<target dev='{tap['ifname']}'/>" in domain.xml()
assert tap["ifname"] not in domain.xml(enums.DomainXMLFlags.INACTIVE)
domain.destroy()
assert not taps()
domain.start()
assert len(taps()) == 1
# Its process is killed; whoever looks next takes the tap away.
import os, signal, time
from pathlib import Path
(pid,) = Path(sys.argv[2]).glob("run/qemu/guests/bridged/pid")
os.kill(int(pid.read_text()), signal.SIGKILL)
while domain.is_active():
    time.sleep(0.02)
assert not taps()
missing = sys.argv[1].replace("testbr0", "testbr1")
conn.define_domain(missing)
try:
    domain.start()
except errors.VirtError as error:
    assert "testbr1" in str(error), error
else:
    raise AssertionError("started on a bridge that does not exist")
assert not taps()
"""
)
_KILLED = """
from pyvirt_testing.killer import kill_steps
conn.define_domain(sys.argv[1])
conn.close()
uri = conn.uri
# Once without being killed: what is imported late is there when the steps are counted.
setup = f"import pyvirt\\nconn = pyvirt.open({uri!r})\\nd = conn.lookup_domain('bridged')\\n"
ready = {"start": "d.start()\\nd.destroy()", "destroy": "d.destroy()\\nd.start()"}
outcomes = set()
for operation in ("start", "destroy"):
    for step in kill_steps(f"d.{operation}()", setup=setup + ready[operation]):
        with pyvirt.open(uri) as fresh:
            domain = fresh.lookup_domain("bridged")
            active = domain.is_active()
            assert len(taps()) == active, (operation, step, active, taps())
            outcomes.add((operation, active))
            # As it was before the operation.
            if active and operation == "start":
                domain.destroy()
            elif not active and operation == "destroy":
                domain.start()
assert not taps()
assert outcomes == {(o, a) for o in ("start", "destroy") for a in (True, False)}, outcomes
"""


_SLOW = (
    _BRIDGE
    + """
domain = conn.define_domain(sys.argv[1])
domain.start()
(tap,) = taps()
shown = subprocess.run(["tc", "class", "show", "dev", tap], check=True, capture_output=True, text=True).stdout
assert "rate 8Mbit ceil 8Mbit" in shown, shown
domain.destroy()
assert not taps()
"""
)


def bridged_xml(more: str = "") -> str:
    # With its UUID, so that it can be defined again.
    nic = f"<interface type='bridge'><source bridge='testbr0'/><model type='virtio'/>{more}</interface>"
    return domain_xml("bridged", uuid="00000000-0000-4000-8000-00000000b41d", devices=nic)


def test_tap_comes_and_goes(host: Host) -> None:
    host.python(_LIFE, bridged_xml(), str(host.root), wrapper=("unshare", "--net"))
    assert host.leftovers() == []


def test_no_tap_is_left_by_a_killed_process(host: Host) -> None:
    host.python(_BRIDGE + _KILLED, bridged_xml(), wrapper=("unshare", "--net"))
    assert host.leftovers() == []


def test_no_macvtap_is_left_by_a_killed_process(host: Host) -> None:
    """It outlives the process that made it, and its card has the guest's address."""
    nic = """<interface type='direct'><mac address='52:54:00:00:00:01'/>
      <source dev='card' mode='passthrough'/><model type='virtio'/></interface>"""
    xml = domain_xml("bridged", uuid="00000000-0000-4000-8000-00000000b41d", devices=nic)
    wrapper = ("unshare", "--net", "--mount", "sh", "-c", 'mount -t sysfs sysfs /sys && exec "$@"', "sh")
    host.python(_CARD + _KILLED, xml, wrapper=wrapper, timeout=600)
    assert host.leftovers() == []


@pytest.mark.skipif(not shutil.which("tc", path="/usr/sbin:/sbin"), reason="tc is not installed")
def test_a_slow_tap(host: Host) -> None:
    host.python(_SLOW, bridged_xml("<bandwidth><inbound average='1000'/></bandwidth>"), wrapper=("unshare", "--net"))
    assert host.leftovers() == []


_LENT = (
    IMPORT
    + """
import os, signal, time
from pathlib import Path
card = serve(sys.argv[2])
untouched = card.settings(1)

def lent():
    return (card.settings(1)["mac"], card.settings(1)["vlan"], card.driver(1), len(card.saved()))

HELD = ("52:54:00:00:00:01", 42, "vfio-pci", 2)
FREE = ("00:00:00:00:00:00", 0, "igbvf", 0)
assert lent() == FREE
domain = conn.define_domain(sys.argv[1])
domain.start()
assert lent() == HELD, lent()
(devices,) = [[word for word in words if "vfio-pci" in word] for words in card.command_lines() if "-pidfile" in words]
(device,) = devices
assert '"host":"0000:03:00.2"' in device and '"id":"hostdev0"' in device, device
# Nobody else gets it, and whoever tries takes nothing from the first one.
other = conn.define_domain(sys.argv[1].replace("lent", "other").replace("b41e", "b41f"))
try:
    other.start()
except errors.OperationInvalidError as error:
    assert "0000:03:00.2 is in use by domain 'lent'" in str(error), error
else:
    raise AssertionError("two guests have one function")
assert lent() == HELD, lent()
domain.destroy()
assert lent() == FREE, lent()
other.start()
assert lent() == HELD, lent()
# QEMU is killed; whoever looks next gives the function back.
(pid,) = Path(sys.argv[3]).glob("run/qemu/guests/other/pid")
os.kill(int(pid.read_text()), signal.SIGKILL)
while other.is_active():
    time.sleep(0.02)
assert lent() == FREE, lent()
# What the emulator refuses is given back too: the real one can't open this function.
real = sys.argv[1].replace(str(card.emulator), "/usr/bin/qemu-system-x86_64")
domain = conn.define_domain(real)
try:
    domain.start()
except errors.VirtError as error:
    assert "0000:03:00.2" in str(error), error
else:
    raise AssertionError("a function of files was opened")
assert lent() == FREE, lent()
assert card.settings(1) == untouched
"""
)
_LENT_AND_KILLED = (
    IMPORT
    + """
from pyvirt_testing.killer import kill_steps
card = serve(sys.argv[2])
conn.define_domain(sys.argv[1])
conn.close()
uri = conn.uri
setup = f"{IMPORT}card = serve({sys.argv[2]!r})\\nimport pyvirt\\nd = pyvirt.open({uri!r}).lookup_domain('lent')\\n"
ready = {"start": "d.start(); d.destroy()", "destroy": "d.destroy(); d.start()"}
outcomes = set()
for operation in ("start", "destroy"):
    for step in kill_steps(f"d.{operation}()", setup=setup + ready[operation]):
        with pyvirt.open(uri) as fresh:
            domain = fresh.lookup_domain("lent")
            active = domain.is_active()
            settings = card.settings(1)
            held = (settings["mac"], settings["vlan"], card.driver(1), len(card.saved()))
            expected = ("52:54:00:00:00:01", 42, "vfio-pci", 2) if active else ("00:00:00:00:00:00", 0, "igbvf", 0)
            assert held == expected, (operation, step, active, held)
            outcomes.add((operation, active))
            if active and operation == "start":
                domain.destroy()
            elif not active and operation == "destroy":
                domain.start()
assert outcomes == {(o, a) for o in ("start", "destroy") for a in (True, False)}, outcomes
"""
)


@pytest.fixture
def card(tmp_path: Path) -> Card:
    (tmp_path / "card").mkdir()
    return Card.make(tmp_path / "card")


def lent_xml(card: Card) -> str:
    nic = """<interface type='hostdev' managed='yes'>
      <mac address='52:54:00:00:00:01'/><vlan><tag id='42'/></vlan>
      <source><address type='pci' domain='0' bus='3' slot='0' function='2'/></source></interface>"""
    uuid = "00000000-0000-4000-8000-00000000b41e"
    return domain_xml("lent", uuid=uuid, devices=nic, emulator=card.emulator)


def test_a_described_virtual_function_is_lent_and_given_back(host: Host, card: Card) -> None:
    host.python(_LENT, lent_xml(card), str(card.folder), str(host.root))
    assert host.leftovers() == []


def test_a_described_virtual_function_is_given_back_by_whoever_settles_a_killed_process(host: Host, card: Card) -> None:
    host.python(_LENT_AND_KILLED, lent_xml(card), str(card.folder), timeout=600)
    assert host.leftovers() == []
