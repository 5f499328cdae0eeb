"""What is said of a device: one function per capability, which reads it and makes its part of the document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.nodedev import NodeDevice
from pyvirt_conf.nodedev.device import Devnode, DevnodeType
from pyvirt_driver_nodedev.documents import misc, net, pci, s390, scsi, storage, usb
from pyvirt_driver_nodedev.documents.system import describe_system

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyvirt_conf.nodedev import Capability
    from pyvirt_driver_nodedev.device import Device, Host

_DESCRIBE: Mapping[str, Callable[[Device], Capability]] = {
    "pci": pci.describe_pci,
    "usb_device": usb.describe_usb_device,
    "usb": usb.describe_usb_interface,
    "net": net.describe_net,
    "scsi_host": scsi.describe_host,
    "scsi_target": scsi.describe_target,
    "scsi": scsi.describe_unit,
    "scsi_generic": scsi.describe_generic,
    "storage": storage.describe_storage,
    "drm": misc.describe_drm,
    "mdev": misc.describe_mdev,
    "mdev_types": misc.describe_mdev_parent,
    "vdpa": misc.describe_vdpa,
    "ccw": s390.describe_ccw,
    "css": s390.describe_css,
    "ap_card": s390.describe_ap_card,
    "ap_queue": s390.describe_ap_queue,
    "ap_matrix": s390.describe_ap_matrix,
}


def device_document(name: str, capability: str, device: Device, parent: str | None) -> NodeDevice:
    """All that is to be said of a device.

    :param capability: what it is, the name of its kind's capability.
    :raises VirtError: it went away, or does not say what it must.
    """
    devnodes = [Devnode(type=DevnodeType.LINK, path=link) for link in device.links]
    if device.devnode is not None:
        devnodes.insert(0, Devnode(type=DevnodeType.DEV, path=device.devnode))
    return NodeDevice(
        name=name,
        path=device.path,
        devnodes=devnodes,
        parent=parent,
        driver=device.driver,
        capabilities=[_DESCRIBE[capability](device)],
    )


def host_document(name: str, host: Host) -> NodeDevice:
    """What is to be said of the host itself."""
    return NodeDevice(name=name, capabilities=[describe_system(host)])
