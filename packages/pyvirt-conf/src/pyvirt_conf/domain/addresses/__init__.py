"""Where devices of a guest go: what hypervisors share of giving out addresses.

Each kind of address has a module with a function that completes a definition: what the document gives is kept and
checked, what it leaves out is chosen, and controllers that are needed are added. What differs between hypervisors is
passed in.

* :mod:`.pci`: slots and buses, what plugs into what (:class:`Connect`), :class:`PciAddressSet`
* :mod:`.pci_allocation`: :func:`assign_pci` and :func:`attach_pci`, with the driver's :class:`PciPolicy`
* :mod:`.pci_controllers`: chassis, ports, bus and target numbers of PCI controllers
* :mod:`.zpci`: ids of PCI devices on IBM Z
* :mod:`.usb`: ports of controllers and hubs, with the driver's :class:`UsbPolicy`
* :mod:`.virtio_serial`: ports of channels and consoles
* :mod:`.ccw`: device numbers of IBM Z's channel subsystems
* :mod:`.spapr_vio`: registers on POWER's virtual I/O bus
* :mod:`.memory`: slots of memory modules
* :mod:`.drive`: disks on IDE, SATA, SCSI and floppy controllers
* :mod:`.controller_index`: numbers of controllers
* :mod:`.walk`: all devices with addresses, in libvirt's order

Nothing is remembered between calls: the definition holds it all.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_conf.domain.addresses.ccw import assign_ccw
    from pyvirt_conf.domain.addresses.memory import assign_memory_slots
    from pyvirt_conf.domain.addresses.pci import Connect, PciAddressSet, PciBus, PciGrowth
    from pyvirt_conf.domain.addresses.pci_allocation import PciAllocation, PciPolicy, assign_pci, attach_pci
    from pyvirt_conf.domain.addresses.pci_controllers import number_pci_controllers
    from pyvirt_conf.domain.addresses.spapr_vio import assign_spapr_vio
    from pyvirt_conf.domain.addresses.usb import UsbPolicy, assign_usb
    from pyvirt_conf.domain.addresses.virtio_serial import assign_virtio_serial
    from pyvirt_conf.domain.addresses.walk import addressed
    from pyvirt_conf.domain.addresses.zpci import assign_zpci

__all__ = [
    "Connect",
    "PciAddressSet",
    "PciAllocation",
    "PciBus",
    "PciGrowth",
    "PciPolicy",
    "UsbPolicy",
    "addressed",
    "assign_ccw",
    "assign_memory_slots",
    "assign_pci",
    "assign_spapr_vio",
    "assign_usb",
    "assign_virtio_serial",
    "assign_zpci",
    "attach_pci",
    "number_pci_controllers",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'pyvirt_conf.domain.addresses' has no attribute '{name}'")
    # The module of drives is part of every completion, the others are not.
    from pyvirt_conf.domain.addresses import (
        ccw,
        memory,
        pci_allocation,
        pci_controllers,
        spapr_vio,
        usb,
        virtio_serial,
        zpci,
    )

    modules = (pci_allocation, pci_controllers, zpci, usb, virtio_serial, ccw, spapr_vio, memory)
    value: object = next(vars(module)[name] for module in modules if name in vars(module))
    globals()[name] = value
    return value
