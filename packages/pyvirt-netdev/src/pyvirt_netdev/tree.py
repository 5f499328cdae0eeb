"""A network device among its relatives: its physical function, the virtual ones, and which of their devices pair."""

from __future__ import annotations

from pyvirt.services.specs.netdev import NetdevTree, PortFacts, VfFacts
from pyvirt_netdev import sriov
from pyvirt_netdev.link_info import get_identity, get_link_info
from pyvirt_netdev.phys_port import get_phys_port_id, get_phys_port_name
from pyvirt_netdev.sriov.representors import GONE
from pyvirt_netdev.sriov.settings import VfSettings
from pyvirt_util.errors import SystemCallError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyvirt_netdev.sriov import VirtualFunction


def describe(ifname: str, *, sysfs: str = "/sys") -> NetdevTree:
    """The family of a network device; that of a VF's device is its PF's.

    :raises SystemCallError: with errno ENODEV when there is no such device.
    """
    own = sriov.get_pci_address(ifname, sysfs=sysfs)
    if own is None:
        return NetdevTree(
            ifname, "virtual", None, get_identity(ifname, sysfs=sysfs).driver, 0, _ports([ifname], sysfs), ()
        )
    pf = sriov.get_pf(ifname, sysfs=sysfs)
    address = pf or own
    role = "vf" if pf is not None else "pf" if sriov.is_pf(ifname, sysfs=sysfs) else "pci"
    netdevs = sriov.get_netdevs(address, sysfs=sysfs)
    standing_for = _representors(netdevs, sysfs)
    uplinks = [name for name in netdevs if name not in standing_for and not _is_representor(name, sysfs)]
    settings = {name: _settings(name) for name in uplinks}
    return NetdevTree(
        ifname,
        role,
        address,
        sriov.get_driver(address, sysfs=sysfs),
        sriov.get_max_vfs(address, sysfs=sysfs),
        _ports(uplinks, sysfs),
        tuple(_virtual(vf, uplinks, settings, sysfs) for vf in sriov.get_vfs(address, sysfs=sysfs)),
        _ports(standing_for, sysfs, representors=standing_for),
    )


def _virtual(
    vf: VirtualFunction, uplinks: list[str], settings: dict[str, dict[int, VfSettings]], sysfs: str
) -> VfFacts:
    ports = _ports(vf.netdevs, sysfs, paired=True)
    asked = [port.pairs_with for port in ports if port.pairs_with is not None] + uplinks
    known = next((settings[name][vf.vf] for name in asked if vf.vf in settings.get(name, ())), VfSettings())
    return VfFacts(
        vf.vf,
        vf.address,
        vf.driver,
        ports,
        mac=known.mac,
        vlan=known.vlan,
        qos=known.qos,
        spoof_check=known.spoof_check,
        trust=known.trust,
        link_state=known.link_state,
        max_rate=known.max_rate,
    )


def _ports(
    names: Iterable[str], sysfs: str, *, paired: bool = False, representors: dict[str, int] | None = None
) -> tuple[PortFacts, ...]:
    """Facts about network devices; those that disappear meanwhile are left out."""
    found = []
    for name in names:
        try:
            match = sriov.match_pf_netdev(name, sysfs=sysfs) if paired else sriov.Match(None)
            info = get_link_info(name, sysfs=sysfs)
            found.append(
                PortFacts(
                    name,
                    get_identity(name, sysfs=sysfs).mac,
                    get_phys_port_id(name, sysfs=sysfs),
                    get_phys_port_name(name, sysfs=sysfs),
                    info.state,
                    info.speed,
                    match.netdev,
                    match.candidates,
                    None if representors is None else representors[name],
                )
            )
        except SystemCallError as error:
            if error.errno not in GONE:
                raise
    return tuple(found)


def _representors(netdevs: Iterable[str], sysfs: str) -> dict[str, int]:
    """Representors of the VFs of all these ports: name to VF number."""
    found: dict[str, int] = {}
    for name in netdevs:
        try:
            if not sriov.is_representor(name, sysfs=sysfs):
                known = sriov.get_representors(name, sysfs=sysfs)
                found.update((representor, vf) for vf, representor in known.items())
        except SystemCallError as error:
            if error.errno not in GONE:
                raise
    return found


def _is_representor(name: str, sysfs: str) -> bool:
    try:
        return sriov.is_representor(name, sysfs=sysfs)
    except SystemCallError as error:
        if error.errno not in GONE:
            raise
        return True


def _settings(uplink: str) -> dict[int, VfSettings]:
    """What the PF's driver tells of its VFs; nothing for a device that is in another network namespace."""
    try:
        return sriov.get_all_vf_settings(uplink)
    except SystemCallError:
        return {}
