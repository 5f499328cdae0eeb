"""libvirt's capability flags, and which answer of QEMU each follows from.

A flag is libvirt's word for "this QEMU can do that" (virQEMUCapsFlags; the names stand in its capability cache). The
rest of the driver and all test data speak in these words. Tables, one per kind of question; a flag that appears in
several places is set when any of them holds. Flags that libvirt sets for every QEMU it still supports (4.2 on) are
not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyvirt_driver_qemu.capabilities.schema import QapiSchema

#: Object types (``qom-list-types``). One flag may follow from several types.
TYPES: dict[str, tuple[str, ...]] = {
    "VGA": ("VGA",),
    "am53c974": ("am53c974",),
    "bochs-display": ("bochs-display",),
    "ccid-card-emulated": ("ccid-emulated",),
    "ccid-card-passthru": ("ccid-passthru",),
    "cirrus-vga": ("cirrus-vga",),
    "dbus-vmstate": ("dbus-vmstate",),
    "dc390": ("dc390",),
    "e1000": ("e1000",),
    "gpex-pcihost": ("gpex-pcihost",),
    "hda-duplex": ("hda-duplex",),
    "hda-micro": ("hda-micro",),
    "hda-output": ("hda-output",),
    "i8042": ("i8042",),
    "i82801b11-bridge": ("dmi-to-pci-bridge",),
    "ich9-ahci": ("ich9-ahci",),
    "ich9-intel-hda": ("ich9-intel-hda",),
    "ich9-usb-ehci1": ("ich9-usb-ehci1",),
    "input-linux": ("input-linux",),
    "intel-iommu": ("intel-iommu",),
    "ioh3420": ("ioh3420",),
    "iothread": ("iothread",),
    "isa-serial": ("isa-serial",),
    "ivshmem": ("ivshmem",),
    "ivshmem-doorbell": ("ivshmem-doorbell",),
    "ivshmem-plain": ("ivshmem-plain",),
    "lsi53c895a": ("lsi",),
    "max-arm-cpu": ("arm-max-cpu",),
    "max-x86_64-cpu": ("x86-max-cpu",),
    "mch": ("mch",),
    "megasas": ("megasas",),
    "memory-backend-memfd": ("memory-backend-memfd",),
    "mptsas1068": ("mptsas1068",),
    "nec-usb-xhci": ("nec-usb-xhci",),
    "nvdimm": ("nvdimm",),
    "pc-dimm": ("pc-dimm",),
    "pci-bridge": ("pci-bridge",),
    "pci-ohci": ("pci-ohci",),
    "pci-serial": ("pci-serial",),
    "pcie-pci-bridge": ("pcie-pci-bridge",),
    "pcie-root-port": ("pcie-root-port",),
    "piix3-usb-uhci": ("piix3-usb-uhci",),
    "piix4-usb-uhci": ("piix4-usb-uhci",),
    "pl011": ("pl011",),
    "pr-manager-helper": ("pr-manager-helper",),
    "pvpanic": ("pvpanic",),
    "pvscsi": ("pvscsi",),
    "pxb": ("pxb",),
    "pxb-pcie": ("pxb-pcie",),
    "qemu-xhci": ("qemu-xhci",),
    "qxl": ("qxl",),
    "ramfb": ("ramfb",),
    "rng-builtin": ("rng-builtin",),
    "rng-egd": ("rng-egd",),
    "rng-random": ("rng-random",),
    "rtl8139": ("rtl8139",),
    "s390-pv-guest": ("s390-pv-guest",),
    "sclpconsole": ("s390-sclp",),
    "sclplmconsole": ("sclplmconsole",),
    "scsi-block": ("scsi-block",),
    "spapr-pci-host-bridge": ("spapr-pci-host-bridge",),
    "spapr-tpm-proxy": ("spapr-tpm-proxy",),
    "spapr-vty": ("spapr-vty",),
    "tcg-accel": ("tcg",),
    "thread-context": ("thread-context",),
    "usb-audio": ("usb-audio",),
    "usb-ehci": ("usb-ehci",),
    "usb-hub": ("usb-hub",),
    "usb-kbd": ("usb-kbd",),
    "usb-redir": ("usb-redir",),
    "usb-serial": ("usb-serial",),
    "usb-storage": ("usb-storage",),
    "vfio-ap": ("vfio-ap",),
    "vfio-ccw": ("vfio-ccw",),
    "vfio-pci": ("vfio-pci",),
    "vhost-scsi": ("vhost-scsi",),
    "vhost-user-blk": ("vhost-user-blk",),
    "vhost-user-fs-device": ("vhost-user-fs",),
    "vhost-user-gpu": ("vhost-user-gpu",),
    "vhost-user-vga": ("vhost-user-vga",),
    "vhost-vsock-device": ("vhost-vsock",),
    "virtio-blk-pci-non-transitional": ("virtio-pci-non-transitional",),
    "virtio-gpu-ccw": ("virtio-gpu-ccw",),
    "virtio-gpu-device": ("virtio-gpu",),
    "virtio-gpu-gl-pci": ("virtio-gpu-gl-pci",),
    "virtio-input-host-device": ("virtio-input-host",),
    "virtio-iommu-pci": ("virtio-iommu-pci",),
    "virtio-keyboard-ccw": ("virtio-keyboard-ccw",),
    "virtio-keyboard-device": ("virtio-keyboard",),
    "virtio-mem-pci": ("virtio-mem-pci",),
    "virtio-mmio": ("virtio-mmio",),
    "virtio-mouse-ccw": ("virtio-mouse-ccw",),
    "virtio-mouse-device": ("virtio-mouse",),
    "virtio-net-ccw": ("virtio-ccw",),
    "virtio-net-device": ("virtio-net",),
    "virtio-pmem-pci": ("virtio-pmem-pci",),
    "virtio-rng-ccw": ("virtio-rng",),
    "virtio-rng-device": ("virtio-rng",),
    "virtio-rng-pci": ("virtio-rng",),
    "virtio-scsi-ccw": ("virtio-scsi-pci",),
    "virtio-scsi-device": ("virtio-scsi-pci",),
    "virtio-scsi-pci": ("virtio-scsi-pci",),
    "virtio-tablet-ccw": ("virtio-tablet-ccw",),
    "virtio-tablet-device": ("virtio-tablet",),
    "virtio-vga": ("virtio-vga",),
    "virtio-vga-gl": ("virtio-vga-gl",),
    "vmcoreinfo": ("vmcoreinfo",),
    "vmgenid": ("vmgenid",),
    "vmware-svga": ("vmware-svga",),
    "vt82c686b-usb-uhci": ("vt82c686b-usb-uhci",),
    "x3130-upstream": ("x3130-upstream",),
    "xio3130-downstream": ("xio3130-downstream",),
    "zpci": ("zpci",),
}

#: Properties of devices (``device-list-properties``): device -> property -> flag.
DEVICE_PROPERTIES: dict[str, dict[str, str]] = {
    "ICH9-LPC": {"disable_s3": "ich9-disable-s3", "disable_s4": "ich9-disable-s4"},
    "PIIX4_PM": {
        "acpi-root-pci-hotplug": "piix4.acpi-root-pci-hotplug",
        "disable_s3": "disable-s3",
        "disable_s4": "disable-s4",
    },
    "VGA": {"vgamem_mb": "VGA.vgamem_mb"},
    "ide-hd": {"wwn": "ide-drive.wwn"},
    "intel-iommu": {
        "aw-bits": "intel-iommu.aw-bits",
        "caching-mode": "intel-iommu.caching-mode",
        "device-iotlb": "intel-iommu.device-iotlb",
        "eim": "intel-iommu.eim",
        "intremap": "intel-iommu.intremap",
    },
    "kvm-pit": {"lost_tick_policy": "kvm-pit-lost-tick-policy"},
    "mch": {"extended-tseg-mbytes": "mch.extended-tseg-mbytes"},
    "nvdimm": {"unarmed": "nvdimm.unarmed"},
    "pcie-root-port": {"hotplug": "pcie-root-port.hotplug"},
    "qxl": {"vgamem_mb": "qxl.vgamem_mb", "vram64_size_mb": "qxl.vram64_size_mb"},
    "scsi-hd": {"channel": "scsi-disk.channel", "rotation_rate": "rotation-rate", "wwn": "scsi-disk.wwn"},
    "spapr-pci-host-bridge": {"numa_node": "spapr-pci-host-bridge.numa_node"},
    "usb-host": {"guest-resets-all": "usb-host.guest-resets-all", "hostdevice": "usb-host.hostdevice"},
    "usb-redir": {"filter": "usb-redir.filter"},
    "usb-storage": {"removable": "usb-storage.removable"},
    "vfio-pci": {"display": "vfio-pci.display"},
    "vhost-user-fs-device": {"bootindex": "vhost-user-fs.bootindex"},
    "virtio-balloon-ccw": {"deflate-on-oom": "virtio-balloon-pci.deflate-on-oom"},
    "virtio-balloon-device": {
        "deflate-on-oom": "virtio-balloon-pci.deflate-on-oom",
        "free-page-reporting": "virtio-balloon.free-page-reporting",
    },
    "virtio-balloon-pci": {"deflate-on-oom": "virtio-balloon-pci.deflate-on-oom"},
    "virtio-blk-pci": {
        "acpi-index": "acpi-index",
        "queue-size": "virtio-blk.queue-size",
        "scsi": "virtio-blk-pci.scsi",
    },
    "virtio-gpu-device": {"virgl": "virtio-gpu.virgl"},
    "virtio-gpu-pci": {"virgl": "virtio-gpu.virgl"},
    "virtio-iommu-pci": {"boot-bypass": "virtio-iommu.boot-bypass"},
    "virtio-mem-pci": {"prealloc": "virtio-mem-pci.prealloc"},
    "virtio-net-pci": {"rss": "virtio-net.rss"},
    "vmware-svga": {"vgamem_mb": "vmware-svga.vgamem_mb"},
}

#: Properties of other objects (``qom-list-properties``): type -> property -> flag.
OBJECT_PROPERTIES: dict[str, dict[str, str]] = {
    "memory-backend-file": {
        "pmem": "memory-backend-file.pmem",
        "prealloc-threads": "memory-backend-file.prealloc-threads",
        "reserve": "memory-backend-file.reserve",
        "x-use-canonical-path-for-ramblock-id": "memory-backend-file.x-use-canonical-path-for-ramblock-id",
    },
    "memory-backend-memfd": {"hugetlb": "memory-backend-memfd.hugetlb"},
    "max-arm-cpu": {
        "kvm-no-adjvtime": "cpu.kvm-no-adjvtime",
    },
    "max-x86_64-cpu": {
        "l3-cache": "cpu-cache",
        "migratable": "cpu.migratable",
        "unavailable-features": "cpu-unavailable-features",
    },
    "none-machine": {"confidential-guest-support": "confidential-guest-support"},
}

#: Properties of machine types, asked of the one named (any version of it): machine -> property -> flag.
MACHINE_PROPERTIES: dict[str, dict[str, str]] = {
    "pseries": {
        "cap-ccf-assist": "machine.pseries.cap-ccf-assist",
        "cap-cfpc": "machine.pseries.cap-cfpc",
        "cap-hpt-max-page-size": "machine.pseries.cap-hpt-max-page-size",
        "cap-htm": "machine.pseries.cap-htm",
        "cap-ibs": "machine.pseries.cap-ibs",
        "cap-nested-hv": "machine.pseries.cap-nested-hv",
        "cap-sbbc": "machine.pseries.cap-sbbc",
    },
    "virt": {"iommu": "machine.virt.iommu"},
}

#: Commands (``query-qmp-schema``).
COMMANDS: dict[str, str] = {
    "block-export-add": "block-export-add",
    "blockdev-reopen": "blockdev-reopen",
    "calc-dirty-rate": "calc-dirty-rate",
    "query-cpu-definitions": "query-cpu-definitions",
    "query-cpu-model-baseline": "query-cpu-model-baseline",
    "query-cpu-model-comparison": "query-cpu-model-comparison",
    "query-cpu-model-expansion": "query-cpu-model-expansion",
    "query-dirty-rate": "query-dirty-rate",
    "query-hotpluggable-cpus": "query-hotpluggable-cpus",
    "query-stats": "query-stats",
    "query-stats-schemas": "query-stats-schemas",
    "rtc-reset-reinjection": "rtc-reset-reinjection",
    "set-action": "set-action",
    "sev-inject-launch-secret": "sev-inject-launch-secret",
}

#: Paths in the QAPI schema (:mod:`.schema`).
SCHEMA: dict[str, str] = {
    "blockdev-add/arg-type/+file/drop-cache": "migration-file-drop-cache",
    "blockdev-add/arg-type/+file/aio/^io_uring": "aio.io_uring",
    "blockdev-add/arg-type/+nbd/tls-creds": "nbd-tls",
    "blockdev-add/arg-type/+nbd/tls-hostname": "blockdev.nbd.tls-hostname",
    "blockdev-add/arg-type/+nvme": "drive-nvme",
    "blockdev-add/arg-type/+rbd/encrypt": "rbd-encryption",
    "blockdev-add/arg-type/+vxhs": "vxhs",
    "blockdev-snapshot/$allow-write-only-overlay": "blockdev-snapshot.allow-write-only-overlay",
    "calc-dirty-rate/arg-type/mode": "dirtyrate-param.mode",
    "chardev-add/arg-type/backend/+qemu-vdagent": "chardev.qemu-vdagent",
    "chardev-add/arg-type/backend/+socket/data/reconnect": "chardev-reconnect",
    "device_add/$json-cli-hotplug": "device.json+hotplug",
    "migrate-set-parameters/arg-type/block-bitmap-mapping/bitmaps/transform": "migration-param.block-bitmap-mapping",
    "block-export-add/arg-type/+nbd/bitmaps": "nbd-bitmap",
    "nbd-server-add/arg-type/bitmap": "nbd-bitmap",
    "netdev_add/arg-type/+stream": "netdev.stream",
    "netdev_add/arg-type/+dgram": "netdev.json",
    "netdev_add/arg-type/+vhost-vdpa": "netdev.vhost-vdpa",
    "object-add/arg-type/qom-type/^secret": "object.qapified",
    "object-add/arg-type/+iothread/poll-max-ns": "iothread.poll-max-ns",
    "object-add/arg-type/+iothread/thread-pool-max": "iothread.thread-pool-max",
    "object-add/arg-type/+sev-guest/kernel-hashes": "sev-guest-kernel-hashes",
    "query-cpus-fast/ret-type/props/die-id": "smp-dies",
    "query-display-options/ret-type/+egl-headless": "egl-headless",
    "query-display-options/ret-type/+egl-headless/rendernode": "egl-headless.rendernode",
    "query-display-options/ret-type/+dbus": "display-dbus",
    "query-display-options/ret-type/+sdl": "sdl",
    "query-display-options/ret-type/type/^dbus": "display-dbus",
    "query-display-options/ret-type/type/^sdl": "sdl",
    "query-migrate/ret-type/blocked-reasons": "migration.blocked-reasons",
    "query-named-block-nodes/arg-type/flat": "query-named-block-nodes.flat",
    "screendump/arg-type/device": "screendump_device",
    "screendump/arg-type/format/^png": "screenshot-format-png",
    "set-numa-node/arg-type/+hmat-lb": "numa.hmat",
}

#: Command line options and their parameters (``query-command-line-options``).
OPTIONS: dict[tuple[str, str | None], str] = {
    ("fsdev", "multidevs"): "fsdev.multidevs",
    ("machine", "hpet"): "machine-hpet",
    ("machine", "vmport"): "machine-vmport-opt",
    ("enable-fips", None): "enable-fips",
    ("nvram", None): "nvram",
    ("sandbox", "enable"): "seccomp-sandbox",
    ("spice", None): "spice",
    ("spice", "gl"): "spice-gl",
    ("spice", "rendernode"): "spice-rendernode",
    ("vnc", None): "vnc",
    ("vnc", "power-control"): "vnc-power-control",
}

MIGRATION: dict[str, str] = {"rdma-pin-all": "migrate-rdma"}
TPM_MODELS: dict[str, str] = {"tpm-crb": "tpm-crb", "tpm-spapr": "tpm-spapr", "tpm-tis": "tpm-tis"}
TPM_TYPES: dict[str, str] = {"emulator": "tpm-emulator", "passthrough": "tpm-passthrough"}

#: What no answer tells, by target.
BY_ARCH: dict[str, tuple[str, ...]] = {
    "aarch64": ("no-acpi", "aarch64-off", "gic-version"),
    "i386": ("no-acpi",),
    "s390x": ("aes-key-wrap", "dea-key-wrap", "loadparm"),
    "x86_64": ("no-acpi",),
}

#: What only the version tells: (first version, flag).
BY_VERSION: tuple[tuple[int, str], ...] = ((6000000, "compat-deprecated"),)

#: What takes several abilities together.
COMBINED: dict[str, frozenset[str]] = {
    "incremental-backup": frozenset(("blockdev-reopen", "migration-param.block-bitmap-mapping", "nbd-bitmap")),
    "canonical-cpu-features": frozenset(("cpu-unavailable-features",)),
}


def derive(facts: Mapping[str, Any]) -> set[str]:
    """The flags that follow from what QEMU answered.

    :param facts: ``arch``, ``version``, ``kvm``, ``types``, ``options`` (name: parameters), ``schema``
        (:class:`QapiSchema`), ``device_properties``, ``object_properties``, ``machine_properties`` (type: {property:
        default}), ``migration``, ``tpm_models``, ``tpm_types``, ``cpus`` (names), ``sev``, ``sgx`` (bool).
    """
    schema: QapiSchema = facts["schema"]
    flags = set(BY_ARCH.get(facts["arch"], ()))
    for name in facts["types"]:
        flags.update(TYPES.get(name, ()))
    flags |= {flag for command, flag in COMMANDS.items() if schema.type(command) is not None}
    flags |= {flag for path, flag in SCHEMA.items() if schema.has(path)}
    for table, source in (
        (DEVICE_PROPERTIES, "device_properties"),
        (OBJECT_PROPERTIES, "object_properties"),
        (MACHINE_PROPERTIES, "machine_properties"),
    ):
        for owner, properties in table.items():
            present = facts[source].get(owner, ())
            flags |= {flag for name, flag in properties.items() if name in present}
    options: Mapping[str, Any] = facts["options"]
    for (option, parameter), flag in OPTIONS.items():
        if option in options and (parameter is None or parameter in options[option]):
            flags.add(flag)
    for names, table_ in (("migration", MIGRATION), ("tpm_models", TPM_MODELS), ("tpm_types", TPM_TYPES)):
        flags |= {table_[name] for name in facts[names] if name in table_}
    _refine(flags, facts)
    return flags


def _refine(flags: set[str], facts: Mapping[str, Any]) -> None:
    """What follows from several answers together."""
    if facts["kvm"]:
        flags.add("kvm")
    if facts["sev"]:
        flags.add("sev-guest")
    if facts["sgx"]:
        flags.add("sgx-epc")
    if "max" in facts["cpus"]:
        flags.add("cpu-max")
    if facts["arch"] == "sparc" and "esp" in facts["types"]:
        flags.add("ncr53c90")
    flags |= {flag for first, flag in BY_VERSION if facts["version"] >= first}
    flags |= {flag for flag, needed in COMBINED.items() if needed <= flags}
    # SCSI passthrough of virtio-blk is off unless asked for.
    if facts["device_properties"].get("virtio-blk-pci", {}).get("scsi", True) is False:
        flags.add("virtio-blk-pci.scsi.default.disabled")
    # -no-hpet was there until -machine hpet=off took its place.
    if facts["arch"] in ("x86_64", "i386") and "machine-hpet" not in flags:
        flags.add("no-hpet")
