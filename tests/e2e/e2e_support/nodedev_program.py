"""What test_e2e_nodedev_guest runs in its guest, the machine whose devices are looked at: it prints one JSON object."""

from __future__ import annotations

import ctypes.util
import json
import os
import subprocess
import time
from queue import SimpleQueue
from typing import Any

from pyvirt import services
from pyvirt.enums.nodedev import ConnectListAllNodeDeviceFlags, NodeDeviceEventID
from pyvirt.events import NodeDeviceLifecycleEvent
from pyvirt.local import LocalFunctions
from pyvirt.refs import NodeDeviceRef
from pyvirt_driver_nodedev import PLUGIN
from pyvirt_driver_nodedev.service import NODEDEV
from pyvirt_netdev.service import NETDEV
from pyvirt_util.errors import VirtError
from pyvirt_util.pci import PciDevice

MODULES = "ahci sd_mod sr_mod sg xhci_pci usb_storage hid e1000e nvme virtio_pci virtio_scsi virtio_blk bochs"
LIFECYCLE = NodeDeviceEventID.LIFECYCLE
CARD = NodeDeviceRef("pci_0000_01_00_0")
ADDRESS = "0000:01:00.0"


def names(driver: PLUGIN) -> list[str]:
    return [device.name for device in driver.connect_list_all_node_devices(ConnectListAllNodeDeviceFlags.NONE)]


def wait_for(count: int, driver: PLUGIN) -> None:
    """Wait until devices stop to appear."""
    end, last = time.monotonic() + 120, -1
    while time.monotonic() < end:
        now = len(names(driver))
        if now == last and now >= count:
            return
        last = now
        time.sleep(2)


def events(queue: SimpleQueue[Any], count: int) -> list[str]:
    return [str(queue.get(timeout=60)) for _ in range(count)]


def unplug_and_plug(driver: PLUGIN) -> list[list[str]]:
    """A drive of the USB controller leaves with its controller, and comes back with it."""
    queue: SimpleQueue[NodeDeviceLifecycleEvent] = SimpleQueue()
    number = driver.connect_node_device_event_register_any(NodeDeviceRef("pci_0000_02_00_0"), LIFECYCLE, queue.put)
    with open("/sys/bus/pci/devices/0000:02:00.0/remove", "w") as file:
        file.write("1")
    gone, without = events(queue, 1), [name for name in names(driver) if name.startswith("usb_")]
    with open("/sys/bus/pci/rescan", "w") as file:
        file.write("1")
    back = events(queue, 1)
    driver.connect_node_device_event_deregister_any(number)
    return [gone, without, back]


def refusal(step: Any) -> str | None:
    try:
        step()
    except VirtError as error:
        return f"{type(error).__name__}: {error.message}"
    return None


def lend(driver: PLUGIN) -> dict[str, object]:
    """Take a card from the host, hold it as a guest does, and give it back."""
    by_hand, queue, card = LocalFunctions(), SimpleQueue(), PciDevice(ADDRESS)
    (nic,) = [name for name in names(driver) if name.startswith("net_eth")]
    driver.connect_node_device_event_register_any(NodeDeviceRef(nic), LIFECYCLE, queue.put)
    steps: dict[str, object] = {"nic": nic, "before": card.driver}
    by_hand.node_device_detach_flags(CARD, None, 0)
    steps["detached"] = [card.driver, nic in names(driver), *events(queue, 1)]
    steps["document"] = driver.node_device_get_xml_desc(CARD, 0)
    guest = os.open(card.vfio_path or "", os.O_RDWR)
    steps["lent"] = [
        refusal(lambda: by_hand.node_device_re_attach(CARD)),
        refusal(lambda: by_hand.node_device_reset(CARD)),
        card.driver,
    ]
    os.close(guest)
    steps["reset"] = services.nodedev.reset(ADDRESS)
    by_hand.node_device_re_attach(CARD)
    steps["reattached"] = [card.driver, *events(queue, 1), nic in names(driver)]
    steps["bridge"] = refusal(lambda: services.nodedev.reset("0000:00:03.0"))
    return steps


def main() -> None:
    # There is no ld.so.cache to find libudev in.
    ctypes.util.find_library = lambda name: f"/files/lib{name}.so.1"
    for module in MODULES.split():
        subprocess.run(["modprobe", module], check=False)
    driver = PLUGIN()
    wait_for(30, driver)
    found: dict[str, object] = {
        "capabilities": {name: driver.node_device_list_caps(NodeDeviceRef(name)) for name in names(driver)},
    }
    with services.netdev.replaced(NETDEV):
        found["documents"] = {name: driver.node_device_get_xml_desc(NodeDeviceRef(name), 0) for name in names(driver)}
    with services.nodedev.replaced(NODEDEV):
        found["lent"] = lend(driver)
    found["plugged"] = unplug_and_plug(driver)
    driver.close()
    print(json.dumps(found))


main()
