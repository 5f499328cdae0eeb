"""Port profiles of 802.1Qbh switches. No such switch is here: the card's driver is played below netlink."""

from __future__ import annotations

import errno
import struct

import pytest

from pyvirt.services.specs.interface import InterfaceRequest, VirtualPort
from pyvirt_netdev import link as links
from pyvirt_netdev import netlink, port_profile
from pyvirt_netdev.saved import SavedSettings
from pyvirt_netdev.service import InterfacePlugin
from pyvirt_testing.fake_sriov import FakeSriovTree
from pyvirt_util.errors import ConfigUnsupportedError, OperationFailedError, OperationTimeoutError
from pyvirt_util.undo import UndoStack

GUEST = "6a1e0f33-4d4c-4a9c-9c0f-3f7f6d5e2b11"
DONE, WAIT, INVALID = 256, 257, 258


class FakeEnic:
    """``pf0``, whose driver asks the switch: ``answers`` come one after the other, the last one for ever."""

    def __init__(self) -> None:
        self.requests: list[dict] = []
        self.answers = [DONE]
        self.vf: int | None = None

    def __enter__(self):
        return self

    def __exit__(self, *exc) -> None:
        pass

    def request(self, kind: int, body: bytes, flags: int = 0) -> list[bytes]:
        content = dict(netlink.attributes(body[links.IFINFO.size :]))
        if kind == netlink.RTM_GETLINK:
            if bytes(content[3]) != b"pf0\0":
                raise OSError(errno.ENODEV, "No such device")
            return [links.IFINFO.pack(0, 1, 7, 0, 0) + netlink.text(3, "pf0") + self.describe()]
        for number, port in content.items():
            values = {}
            if number == 24:
                ((member, port),) = netlink.attributes(port)
                assert member == 1
            else:
                assert number == 25
            for key, value in netlink.attributes(port):
                values[key] = bytes(value)
            self.vf = struct.unpack("=I", values.pop(1))[0] if 1 in values else None
            self.requests.append({"vf": self.vf, **values})
        return []

    def describe(self) -> bytes:
        if not self.requests:
            return b""
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        response = netlink.attribute(7, struct.pack("=H", answer))
        if self.vf is None:
            return netlink.nested(25, response)
        stranger = netlink.nested(1, netlink.u32(1, 99), netlink.attribute(7, struct.pack("=H", INVALID)))
        return netlink.nested(24, stranger, netlink.nested(1, netlink.u32(1, self.vf), response))


@pytest.fixture
def enic(monkeypatch):
    enic = FakeEnic()
    monkeypatch.setattr(netlink, "Rtnetlink", lambda: enic)
    return enic


@pytest.fixture
def sysfs(tmp_path):
    tree = FakeSriovTree(tmp_path / "sys")
    tree.function(tree.PF, driver="enic", sriov_totalvfs="4")
    tree.netdev(tree.PF, "pf0")
    for number in (0, 1):
        tree.netdev(tree.vf(number, driver="enic"), f"v{number}")
    path = tmp_path / "sys/class/dmi/id"
    path.mkdir(parents=True)
    (path / "product_uuid").write_text("00112233-4455-6677-8899-aabbccddeeff\n")
    return tree.sysfs


def test_a_card_by_itself(enic, sysfs):
    enic.answers = [WAIT, WAIT, DONE]
    pauses: list[float] = []
    port_profile.associate("pf0", "web", GUEST, sysfs=sysfs, pause=pauses.append)
    assert enic.requests == [
        {
            "vf": None,
            2: b"web\0",
            4: bytes.fromhex(GUEST.replace("-", "")),
            5: bytes.fromhex("00112233445566778899aabbccddeeff"),
            6: b"\2",
        }
    ]
    assert pauses == [0.125, 0.125]
    port_profile.disassociate("pf0", sysfs=sysfs)
    assert enic.requests[1:] == [{"vf": None, 2: b"\0", 6: b"\3"}]
    port_profile.disassociate("gone0", sysfs=sysfs)


def test_a_virtual_function_is_asked_for_at_its_physical_one(enic, sysfs):
    port_profile.associate("v1", "web", GUEST, sysfs=sysfs)
    assert [item["vf"] for item in enic.requests] == [1]


def test_a_switch_that_refuses(enic, sysfs):
    enic.answers = [WAIT, INVALID]
    with pytest.raises(OperationFailedError, match="at 'pf0' refuses port profile 'web': it is not valid"):
        port_profile.associate("pf0", "web", GUEST, sysfs=sysfs, pause=lambda seconds: None)


def test_a_switch_that_is_silent(enic, sysfs):
    enic.answers = [WAIT]
    pauses: list[float] = []
    with pytest.raises(OperationTimeoutError, match="does not answer about port profile 'web'"):
        port_profile.associate("pf0", "web", GUEST, sysfs=sysfs, pause=pauses.append)
    assert sum(pauses) == 10


def request(**more) -> InterfaceRequest:
    base = {"type": "hostdev", "mac": "52:54:00:00:00:09", "domain": "web", "domain_uuid": GUEST}
    port = VirtualPort("802.1Qbh", profile_id="web")
    return InterfaceRequest(**{**base, "source": "0000:03:00.2", "virtualport": port, **more})


def test_a_virtual_function_for_a_guest(enic, sysfs, tmp_path):
    """The switch sets the port up: neither MAC address nor VLAN are set at the PF."""
    plugin = InterfacePlugin(SavedSettings(str(tmp_path / "run")), sysfs=sysfs)
    with UndoStack() as undo:
        plugged = plugin.interface_plug(request(), undo)
    assert plugged.pci_address == "0000:03:00.2"
    plugin.interface_unplug(request(), None)
    assert [(item["vf"], item[2]) for item in enic.requests] == [(1, b"web\0"), (1, b"\0")]
    enic.answers = [INVALID]
    with pytest.raises(OperationFailedError, match="refuses"), UndoStack() as undo:
        plugin.interface_plug(request(), undo)
    assert [item[6] for item in enic.requests[2:]] == [b"\2", b"\3"]


@pytest.mark.parametrize(
    ("port", "vlan", "message"),
    [
        (VirtualPort("802.1Qbh"), (), "needs a profileid"),
        (VirtualPort("802.1Qbg", manager_id=1), (), "type '802.1Qbg' is not supported for type 'hostdev'"),
        (VirtualPort("openvswitch"), (), "type 'openvswitch' is not supported for type 'hostdev'"),
        (VirtualPort("802.1Qbh", profile_id="web"), (7,), "is the switch's to choose"),
    ],
)
def test_what_is_refused(enic, sysfs, tmp_path, port, vlan, message):
    plugin = InterfacePlugin(SavedSettings(str(tmp_path / "run")), sysfs=sysfs)
    with pytest.raises(ConfigUnsupportedError, match=message):
        plugin.interface_plug(request(virtualport=port, vlan=vlan), UndoStack())
    assert enic.requests == []
