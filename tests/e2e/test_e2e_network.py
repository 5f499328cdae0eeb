"""A guest on a bridge of the host, in a network namespace of the test's own: its tap comes and goes with it."""

from __future__ import annotations

import os
import shutil

import pytest
from e2e_support import Host, domain_xml

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
_KILLED = (
    _BRIDGE
    + """
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
)


def bridged_xml() -> str:
    # With its UUID, so that it can be defined again.
    nic = "<interface type='bridge'><source bridge='testbr0'/><model type='virtio'/></interface>"
    return domain_xml("bridged", uuid="00000000-0000-4000-8000-00000000b41d", devices=nic)


def test_tap_comes_and_goes(host: Host) -> None:
    host.python(_LIFE, bridged_xml(), str(host.root), wrapper=("unshare", "--net"))
    assert host.leftovers() == []


def test_no_tap_is_left_by_a_killed_process(host: Host) -> None:
    host.python(_KILLED, bridged_xml(), wrapper=("unshare", "--net"))
    assert host.leftovers() == []
