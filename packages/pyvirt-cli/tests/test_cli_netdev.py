"""``pyvirt netdev``: what it makes of a card, whose description is made up here."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator

import pytest

from pyvirt import services
from pyvirt.services import hookimpl
from pyvirt.services.specs.netdev import NetdevTree, PortFacts, VfFacts
from pyvirt_cli.main import main
from pyvirt_cli.verbs.netdev import rows

MAC = "00:02:c9:00:00:0"
SETTINGS = "VLAN 42 priority 3, trusted, no spoof check, link disabled, at most 100 Mbit/s"
CARD = NetdevTree(
    "ens1d1",
    "pf",
    "0000:03:00.0",
    "mlx4_core",
    16,
    (
        PortFacts("ens1", MAC + "1", "0aa1", "p0", "up", 40000),
        PortFacts("ens1d1", MAC + "2", "0aa2", "p1", "down", 0),
    ),
    (
        VfFacts(
            0,
            "0000:03:00.1",
            "mlx4_core",
            (
                PortFacts("v0a", MAC + "3", "0aa2", None, "up", 40000, pairs_with="ens1d1"),
                PortFacts("v0b", MAC + "4", "0aa1", None, "up", 40000, pairs_with="ens1"),
            ),
            mac="00:00:00:00:00:00",
            vlan=0,
            spoof_check=True,
            trust=False,
            link_state="auto",
        ),
        VfFacts(
            1,
            "0000:03:00.2",
            "vfio-pci",
            (),
            mac="52:54:00:00:00:01",
            vlan=42,
            qos=3,
            trust=True,
            spoof_check=False,
            link_state="disable",
            max_rate=100,
        ),
    ),
)


class Card:
    def __init__(self, tree: NetdevTree) -> None:
        self.tree = tree
        self.asked: list[str] = []

    @hookimpl
    def netdev_describe(self, ifname: str) -> NetdevTree:
        self.asked.append(ifname)
        return self.tree


@pytest.fixture
def serve() -> Iterator[Callable[[NetdevTree], Card]]:
    with services.netdev.replaced():

        def make(tree: NetdevTree) -> Card:
            card = Card(tree)
            services.netdev.manager.register(card)
            return card

        yield make


def test_a_card_with_two_ports(serve, capsys):
    card = serve(CARD)
    assert main(["netdev", "ens1d1"]) == 0
    assert card.asked == ["ens1d1"]
    output, note = capsys.readouterr()
    lines = [line.split() for line in output.splitlines()]
    assert lines[0][:2] == ["Device", "Driver"]
    mac = MAC
    assert lines[2:] == [
        ["0000:03:00.0", "(PF)", "mlx4_core"],
        ["├─", "ens1", "up", "40000", "Mbit/s", mac + "1", "0aa1", "p0"],
        ["├─", "ens1d1", "*", "down", mac + "2", "0aa2", "p1"],
        ["├─", "VF", "0", "0000:03:00.1", "mlx4_core"],
        ["│", "├─", "v0a", "up", "40000", "Mbit/s", mac + "3", "0aa2", "ens1d1"],
        ["│", "└─", "v0b", "up", "40000", "Mbit/s", mac + "4", "0aa1", "ens1"],
        ["└─", "VF", "1", "0000:03:00.2", "vfio-pci", "52:54:00:00:00:01", *SETTINGS.split()],
    ]
    # The devices of a virtual function stand below it, in one column with what they pair with.
    assert output.splitlines()[0].index("Pairs with") == output.splitlines()[6].index("ens1d1")
    assert note == "2 of at most 16 virtual functions\n"


def test_json(serve, capsys):
    serve(CARD)
    assert main(["--json", "netdev", "ens1d1"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["asked"], found["role"], found["address"], found["max_vfs"]) == ("ens1d1", "pf", "0000:03:00.0", 16)
    assert [(port["name"], port["phys_port_id"]) for port in found["ports"]] == [("ens1", "0aa1"), ("ens1d1", "0aa2")]
    first, second = found["vfs"]
    assert [(port["name"], port["pairs_with"]) for port in first["ports"]] == [("v0a", "ens1d1"), ("v0b", "ens1")]
    assert (second["mac"], second["vlan"], second["driver"], second["ports"]) == (
        "52:54:00:00:00:01",
        42,
        "vfio-pci",
        [],
    )


def test_devices_that_nothing_tells_apart():
    port = PortFacts("v0", None, None, None, "unknown", 0, candidates=("ens1", "ens1d1"))
    tree = NetdevTree("v0", "vf", "0000:03:00.0", None, 1, (), (VfFacts(0, "0000:03:00.1", None, (port,)),))
    assert [row[5] for row in rows(tree)] == ["", "", "ens1 or ens1d1?"]
    assert [row[0] for row in rows(tree)] == ["0000:03:00.0 (PF)", "└─ VF 0  0000:03:00.1", "   └─ v0 *"]


def test_representors_stand_below_their_function():
    tree = NetdevTree(
        "up0",
        "pf",
        "0000:03:00.0",
        "mlx5_core",
        8,
        (PortFacts("up0", None, None, "p0", "up", 0),),
        tuple(VfFacts(number, f"0000:03:00.{number + 1}", "vfio-pci", ()) for number in (0, 1)),
        (PortFacts("rep1", None, None, "pf0vf1", "up", 0, representor_of=1),),
    )
    found = [(row[0].strip("├─└│ "), row[6]) for row in rows(tree)]
    assert found[-2:] == [("VF 1  0000:03:00.2", ""), ("rep1", "represents VF 1")]


def test_devices_without_virtual_functions(serve, capsys):
    serve(NetdevTree("br0", "virtual", None, "bridge", 0, (PortFacts("br0", MAC + "9", None, None, "up", 0),), ()))
    assert main(["netdev", "br0"]) == 0
    output, note = capsys.readouterr()
    assert output.splitlines()[2].split() == ["br0", "bridge", "up", MAC + "9"]
    assert note == ""


def test_output_in_another_alphabet(serve, capsys, monkeypatch):
    serve(CARD)
    monkeypatch.setattr(type(sys.stdout), "encoding", "ascii", raising=False)
    assert main(["netdev", "ens1"]) == 0
    output = capsys.readouterr().out
    assert output.isascii()
    assert "|  `- v0b" in output


def test_nobody_describes_network_devices(capsys):
    with services.netdev.replaced():
        assert main(["netdev", "eth0"]) == 1
    output, error = capsys.readouterr()
    assert output == ""
    assert error.splitlines()[1:] == ["hint: pip install pyvirt-netdev"]
