"""Which network device of a VF belongs to which one of its PF.

A card with several ports behind one PCI function has a PF with several network devices, and VFs with as many. Those on
one port have the same phys_port_id. Where a driver has none, phys_port_name tells, then that there is just one device
on either side, then dev_port. Devices whose ids differ never pair, and where all of that leaves a choice nobody
guesses: a guest on the wrong port is worse than none.
"""

from __future__ import annotations

from typing import NamedTuple

from pyvirt_netdev.phys_port import get_dev_port, get_phys_port_id, get_phys_port_name
from pyvirt_netdev.sriov import functions
from pyvirt_netdev.sriov.representors import GONE, is_representor
from pyvirt_util.errors import InvalidArgError, OperationFailedError, SystemCallError

_ATTEMPTS = 3


class Pair(NamedTuple):
    """A VF (number within its PF, PCI address) and its network device on the port in question.

    ``netdev`` is ``None`` when there is none: the VF is bound to vfio, or has no device on this port. ``candidates``
    are those that can't be told apart, empty otherwise.
    """

    vf: int
    address: str
    netdev: str | None
    candidates: tuple[str, ...] = ()


class _Port(NamedTuple):
    """What the pairing goes by: a network device, and its phys_port_id."""

    name: str
    id: str | None


class Match(NamedTuple):
    """The device on the port, or those that can't be told apart, or neither."""

    netdev: str | None
    candidates: tuple[str, ...] = ()


def get_pairs(pf: str, *, sysfs: str = "/sys") -> list[Pair]:
    """For each VF of the PF behind the network device ``pf`` its device on the same port, by VF index.

    What disappears or is renamed meanwhile is read again, and at last counts as not there.

    :raises SystemCallError: with errno, ENODEV when ``pf`` doesn't exist.
    """
    path = functions.folder(pf, sysfs)
    mine = _Port(pf, get_phys_port_id(pf, sysfs=sysfs))
    alone = len(_ports(path, sysfs, uplinks=True)) < 2
    pairs = []
    for index, address in functions.list_vfs(path):
        match = _match(mine, alone, _ports(f"{path}/virtfn{index}", sysfs), sysfs)
        pairs.append(Pair(index, address, match.netdev, match.candidates))
    return pairs


def get_vf_netdev(vf: str, pf: str, *, sysfs: str = "/sys") -> str | None:
    """The network device of a VF on the same port as the PF's network device ``pf``; ``None`` without one.

    :raises InvalidArgError: when ``vf`` is not a VF of that PF.
    :raises OperationFailedError: when nothing tells which of its devices it is.
    """
    owner = functions.get_pf(vf, sysfs=sysfs)
    if owner is None or owner != functions.get_pci_address(pf, sysfs=sysfs):
        raise InvalidArgError(f"'{vf}' is not a virtual function of '{pf}'")
    mine = _Port(pf, get_phys_port_id(pf, sysfs=sysfs))
    alone = len(_ports(functions.folder(pf, sysfs), sysfs, uplinks=True)) < 2
    return _sure(_match(mine, alone, _ports(functions.folder(vf, sysfs), sysfs), sysfs), pf)


def get_pf_netdev(vf: str, *, sysfs: str = "/sys") -> str | None:
    """The network device of the PF on the same port as the VF's network device ``vf``; ``None`` without one.

    ``vf`` can also be a VF's PCI address; then its PF has to have just one network device, or the VF.

    :raises InvalidArgError: when ``vf`` is not a VF.
    :raises OperationFailedError: when nothing tells which of the PF's devices it is.
    """
    return _sure(match_pf_netdev(vf, sysfs=sysfs), vf)


def match_pf_netdev(vf: str, *, sysfs: str = "/sys") -> Match:
    """As :func:`get_pf_netdev`, with those that nothing tells apart as an answer."""
    path = functions.folder(vf, sysfs)
    if functions.get_pf(vf, sysfs=sysfs) is None:
        raise InvalidArgError(f"'{vf}' is not a virtual function")
    uplinks = _ports(f"{path}/physfn", sysfs, uplinks=True)
    own = _ports(path, sysfs)
    if ":" not in vf:
        mine = _Port(vf, get_phys_port_id(vf, sysfs=sysfs))
    elif len(own) == 1:
        mine = own[0]
    elif len(uplinks) < 2:  # bound to vfio, it has no network device to go by
        return Match(uplinks[0].name if uplinks else None)
    else:
        return Match(None, tuple(port.name for port in uplinks))
    return _match(mine, len(own) < 2, uplinks, sysfs)


def _sure(match: Match, of: str) -> str | None:
    if match.candidates:
        raise OperationFailedError(f"cannot tell whether '{of}' is on the port of {' or '.join(match.candidates)}")
    return match.netdev


def _ports(path: str, sysfs: str, *, uplinks: bool = False) -> list[_Port]:
    """A function's network devices with their ids; ``uplinks`` leaves out representors, which live with their PF."""
    ports: list[_Port] = []
    for _attempt in range(_ATTEMPTS):
        ports, complete = [], True
        names = functions.list_netdevs(path)
        for name in names:
            try:
                if uplinks and len(names) > 1 and is_representor(name, sysfs=sysfs):
                    continue
                ports.append(_Port(name, get_phys_port_id(name, sysfs=sysfs)))
            except SystemCallError as error:
                if error.errno not in GONE:
                    raise
                complete = False  # renamed or removed since the folder was listed
        if complete:
            break
    return ports


def _match(mine: _Port, alone: bool, others: list[_Port], sysfs: str) -> Match:
    """``alone``: the function of ``mine`` has no other network device (that is a port to the outside)."""
    same = [port.name for port in others if port.id == mine.id] if mine.id is not None else []
    if len(same) == 1:
        return Match(same[0])
    pool = same or [port.name for port in others if port.id is None or mine.id is None]
    if not pool:
        return Match(None)
    try:
        return _match_without_id(mine.name, alone, pool, len(others), sysfs)
    except SystemCallError as error:
        if error.errno not in GONE:
            raise
        return Match(None)


def _match_without_id(mine: str, alone: bool, pool: list[str], others: int, sysfs: str) -> Match:
    port_name = get_phys_port_name(mine, sysfs=sysfs)
    if port_name is not None:
        port_names = {name: get_phys_port_name(name, sysfs=sysfs) for name in pool}
        named = [name for name in pool if port_names[name] == port_name]
        if len(named) == 1:
            return Match(named[0])
        pool = named or [name for name in pool if port_names[name] is None]
        if not pool:
            return Match(None)
    if alone and others == 1:
        return Match(pool[0])
    if not alone and others > 1:  # a function with one port has the number 0, whichever port that is
        dev_port = get_dev_port(mine, sysfs=sysfs)
        numbered = [name for name in pool if dev_port is not None and get_dev_port(name, sysfs=sysfs) == dev_port]
        if len(numbered) == 1:
            return Match(numbered[0])
        pool = numbered or pool
    return Match(None, tuple(pool))
