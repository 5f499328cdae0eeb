"""What test_e2e_sriov_guest runs in its guest, which has a card with virtual functions: it prints one JSON object."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from pyvirt import services
from pyvirt.services.specs.interface import InterfaceRequest
from pyvirt.services.specs.netdev import VfConfig
from pyvirt_netdev import link as links
from pyvirt_netdev import sriov
from pyvirt_netdev.saved import SavedSettings
from pyvirt_netdev.service import InterfacePlugin, NetdevPlugin
from pyvirt_netdev.sriov import VfSettings
from pyvirt_util.errors import VirtError
from pyvirt_util.pci import PciDevice
from pyvirt_util.undo import UndoStack

GUEST = "52:54:00:00:00:09"
SAVED = SavedSettings("/run/saved")


def ip(*words: str) -> Any:
    return json.loads(subprocess.run(["/usr/sbin/ip", "-j", *words], check=True, capture_output=True).stdout)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def refusal(action: Callable[[], object]) -> str:
    try:
        action()
    except VirtError as error:
        return f"{type(error).__name__}: {error.message}"
    return ""


def described(pf: str) -> dict[str, object]:
    tree = services.netdev.describe(pf)
    vf = sriov.get_netdevs(tree.vfs[1].address)[0]
    return {
        "role": [tree.role, services.netdev.describe(vf).role],
        "driver": tree.driver,
        "counts": [tree.max_vfs, len(tree.vfs), sriov.get_num_vfs(pf)],
        "ports": [port.name for port in tree.ports],
        "vfs": [[vf.index, vf.address, vf.driver, [port.pairs_with for port in vf.ports], vf.vlan] for vf in tree.vfs],
        "indexes": [sriov.get_vf_index(item.address) for item in tree.vfs],
        "physical": [sriov.get_pf(vf), sriov.get_pf_netdev(vf) == pf, sriov.get_pci_address(pf)],
        "id": services.netdev.phys_port_id(pf),
        "same": services.netdev.describe(vf).vfs == tree.vfs,
    }


def facts(pf: str) -> dict[str, object]:
    found = services.netdev.link_facts(pf)
    return {"driver": found.driver, "features": found.features, "mtu": found.mtu, "state": found.state}


def settings(pf: str) -> dict[str, object]:
    """Each setting, as the kernel has it afterwards by our words and by those of ``ip``."""
    found: dict[str, object] = {"before": sriov.get_vf_settings(pf, 1)._asdict()}
    for change in (
        VfSettings(mac=GUEST),
        VfSettings(vlan=42, qos=3),
        VfSettings(spoof_check=False),
        VfSettings(trust=True),
    ):
        sriov.set_vf_settings(pf, 1, change)
    found["after"] = sriov.get_vf_settings(pf, 1)._asdict()
    shown = ip("-d", "link", "show", pf)[0]["vfinfo_list"][1]
    (vlan,) = shown["vlan_list"]
    found["ip"] = [shown["address"], vlan["vlan"], vlan["qos"], shown["spoofchk"], shown["trust"]]
    found["other"] = sriov.get_vf_settings(pf, 0)._asdict()
    found["absent"] = refusal(lambda: sriov.set_vf_settings(pf, 9, VfSettings(vlan=1)))
    found["state"] = refusal(lambda: sriov.set_vf_settings(pf, 1, VfSettings(link_state="enable")))
    sriov.set_vf_settings(pf, 1, VfSettings(vlan=0, spoof_check=True, trust=False))
    return found


def configured(pf: str) -> list[bool]:
    """Set up through the service and brought back, by undo, by call, and after a failure half-way."""
    before = sriov.get_vf_settings(pf, 2)
    undo = UndoStack()
    services.netdev.vf_configure(pf, 2, VfConfig(mac=GUEST, vlan=7, qos=1, trust=True), undo)
    inside = sriov.get_vf_settings(pf, 2)
    undo.undo()
    found = [inside.vlan == 7 and inside.mac == GUEST, unchanged(before, sriov.get_vf_settings(pf, 2))]
    services.netdev.vf_configure(pf, 2, VfConfig(vlan=7), UndoStack())
    services.netdev.vf_restore(pf, 2)
    found.append(unchanged(before, sriov.get_vf_settings(pf, 2)))
    return found


def unchanged(before: VfSettings, after: VfSettings) -> bool:
    """An address of zeros comes back as a local one where the driver does not take zeros."""
    local = before.mac == "00:00:00:00:00:00" and after.mac == "02:00:00:00:00:00"
    return after == (before._replace(mac=after.mac) if local else before)


def request(**more: Any) -> InterfaceRequest:
    return InterfaceRequest(**{"type": "hostdev", "mac": GUEST, "domain": "web", "domain_uuid": "u", **more})


def lent(pf: str, address: str) -> dict[str, object]:
    """A virtual function for a guest: set up, bound to vfio, the borrower killed, given back by another process."""
    before = sriov.get_vf_settings(pf, 0)
    wanted = request(source=address, vlan=(42,))
    child = os.fork()
    if child == 0:
        try:
            services.interface.plug(wanted, UndoStack())
            PciDevice(address).bind_to_stub()
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    inside = sriov.get_vf_settings(pf, 0)
    device = PciDevice(address)
    found: dict[str, object] = {
        "killed": status == -signal.SIGKILL,
        "inside": [inside.mac, inside.vlan, device.driver, list(sriov.get_netdevs(address))],
        "tree": [vf.driver for vf in services.netdev.describe(pf).vfs],
        "pf": sriov.get_pf_netdev(address) == pf,
        "others": refusal(lambda: services.interface.plug(request(source=address, domain_uuid="other"), UndoStack())),
    }
    services.interface.unplug(wanted, None)
    device.unbind_from_stub()
    wait_for(lambda: sriov.get_netdevs(address))
    after = sriov.get_vf_settings(pf, 0)
    # The PF gave no address, so the host's driver made one up when it got the function back.
    (netdev,) = sriov.get_netdevs(address)
    same = after == before._replace(mac=links.get(netdev).mac) and after.mac != GUEST
    found["back"] = [same, device.driver, os.listdir(SAVED.folder)]
    return found


def passed_through(pf: str, address: str) -> dict[str, object]:
    """A macvtap on a virtual function in the mode passthrough, with a VLAN tag."""
    (netdev,) = sriov.get_netdevs(address)
    own, before = links.get(netdev).mac, sriov.get_vf_settings(pf, 1)
    wanted = request(type="direct", source=netdev, mode="passthrough", vlan=(42,), trust_guest_rx_filters=True)
    with UndoStack() as undo:
        plugged = services.interface.plug(wanted, undo)
    inside = sriov.get_vf_settings(pf, 1)
    flags = ip("link", "show", plugged.target)[0]["flags"]
    found: dict[str, object] = {
        "inside": [inside.mac, inside.vlan, links.get(netdev).mac, links.get(plugged.target).mac],
        "all groups": "ALLMULTI" in flags,
    }
    os.close(plugged.fds[0])
    services.interface.unplug(wanted, plugged.target)
    after = sriov.get_vf_settings(pf, 1)
    found["back"] = [unchanged(before, after), links.get(netdev).mac == own, os.listdir(SAVED.folder)]
    return found


def main() -> None:
    for module in ("igb", "igbvf", "vfio-pci", "tun", "macvtap"):
        subprocess.run(["modprobe", module], check=True)
    wait_for(lambda: any(sriov.get_pci_address(link.name) for link in links.all_links()))
    (pf,) = [link.name for link in links.all_links() if sriov.get_pci_address(link.name)]
    links.set_up(links.get(pf))
    with open(f"/sys/class/net/{pf}/device/sriov_numvfs", "w") as file:
        file.write("3")
    addresses = [vf.address for vf in sriov.get_vfs(pf)]
    wait_for(lambda: all(sriov.get_netdevs(address) for address in addresses))
    found: dict[str, object] = {"pf": pf, "addresses": addresses}
    steps: dict[str, Callable[[], object]] = {
        "described": lambda: described(pf),
        "facts": lambda: facts(pf),
        "settings": lambda: settings(pf),
        "configured": lambda: configured(pf),
        "lent": lambda: lent(pf, addresses[0]),
        "passed through": lambda: passed_through(pf, addresses[1]),
    }
    with services.netdev.replaced(NetdevPlugin(SAVED)), services.interface.replaced(InterfacePlugin(SAVED)):
        for name, step in steps.items():
            try:
                found[name] = step()
            except Exception:
                found[name] = traceback.format_exc()
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
