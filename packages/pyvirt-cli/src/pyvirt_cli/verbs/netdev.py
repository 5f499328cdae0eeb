"""``netdev``: network devices of this host and their virtual functions."""

from __future__ import annotations

from pyvirt_cli.options import argument, verb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from pyvirt.services.specs.netdev import NetdevTree, PortFacts, VfFacts
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

    Row: TypeAlias = tuple[str, str, str, str, str, str, str]

_HEADERS = ("Device", "Driver", "State", "MAC Address", "Port", "Pairs with", "Settings")
_NO_MAC = "00:00:00:00:00:00"
# Box drawing, or what is next to it where output has another alphabet: a branch, the last one, and below either.
_LINES = ("├─ ", "└─ ", "│  ", "   ")
_PLAIN_LINES = ("|- ", "`- ", "|  ", "   ")


@verb("netdev", argument("ifname", "network device of this host, of a card or one of its virtual functions"))
def netdev(context: Context, arguments: Arguments) -> None:
    """Show a network card: its ports, its virtual functions (SR-IOV), and which of their network devices pair.

    The tree is the card's, whichever of its devices is asked for (marked *). "Pairs with" is the card's own device on
    the same physical port; several with a question mark are those that nothing tells apart. The MAC address and the
    settings of a virtual function are what its guest gets. It is about this host, not about the connection.

    JSON: {"asked", "role": "pf" | "vf" | "pci" | "virtual", "address", "driver", "max_vfs", "ports": [{"name", "mac",
    "phys_port_id", "phys_port_name", "state", "speed" (Mbit/s), "pairs_with", "candidates", "representor_of"}],
    "vfs": [{"index", "address", "driver", "ports", "mac", "vlan", "qos", "spoof_check", "trust", "link_state",
    "max_rate"}], "representors"}; null where it is not known.
    """
    from pyvirt import services

    tree = services.netdev.describe(arguments.text("ifname"))
    if context.json:
        context.emit(tree, "")
        return
    context.table(_HEADERS, rows(tree, _LINES if _can_draw() else _PLAIN_LINES))
    if tree.max_vfs:
        noun = "function" if tree.max_vfs == 1 else "functions"
        context.note(f"{len(tree.vfs)} of at most {tree.max_vfs} virtual {noun}")


def rows(tree: NetdevTree, lines: Sequence[str] = _LINES) -> list[Row]:
    """The table's rows: the physical function, then its ports and virtual functions with their network devices."""
    if tree.address is None:
        return [_port(port, _mark(tree, port), tree.driver or "") for port in tree.ports]
    kind = " (PF)" if tree.role in ("pf", "vf") else ""
    found: list[Row] = [(f"{tree.address}{kind}", tree.driver or "none", "", "", "", "", "")]
    branch, last, below, nothing = lines
    count = len(tree.ports) + len(tree.vfs)
    for number, port in enumerate(tree.ports, 1):
        found.append(_port(port, (last if number == count else branch) + _mark(tree, port)))
    for number, vf in enumerate(tree.vfs, len(tree.ports) + 1):
        found.append(_function(vf, (last if number == count else branch) + f"VF {vf.index}  {vf.address}"))
        members = [*vf.ports, *(port for port in tree.representors if port.representor_of == vf.index)]
        indent = nothing if number == count else below
        for place, port in enumerate(members, 1):
            found.append(_port(port, indent + (last if place == len(members) else branch) + _mark(tree, port)))
    return found


def _mark(tree: NetdevTree, port: PortFacts) -> str:
    return f"{port.name} *" if port.name == tree.asked and tree.address is not None else port.name


def _port(port: PortFacts, label: str, driver: str = "") -> Row:
    state = f"{port.state} {port.speed} Mbit/s" if port.speed else port.state
    pairs = port.pairs_with or (" or ".join(port.candidates) + "?" if port.candidates else "")
    settings = "" if port.representor_of is None else f"represents VF {port.representor_of}"
    names = " ".join(filter(None, (port.phys_port_id, port.phys_port_name)))
    return (label, driver, state, port.mac or "", names, pairs, settings)


def _function(vf: VfFacts, label: str) -> Row:
    settings = []
    if vf.vlan:
        settings.append(f"VLAN {vf.vlan}" + (f" priority {vf.qos}" if vf.qos else ""))
    if vf.trust:
        settings.append("trusted")
    if vf.spoof_check is False:
        settings.append("no spoof check")
    if vf.link_state not in (None, "auto"):
        settings.append(f"link {vf.link_state}d")
    if vf.max_rate:
        settings.append(f"at most {vf.max_rate} Mbit/s")
    mac = vf.mac if vf.mac != _NO_MAC else None
    return (label, vf.driver or "none", "", mac or "", "", "", ", ".join(settings))


def _can_draw() -> bool:
    import sys

    try:
        "".join(_LINES).encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
