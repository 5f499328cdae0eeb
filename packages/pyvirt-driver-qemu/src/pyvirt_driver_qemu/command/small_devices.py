"""Small devices: input, hubs, watchdog, balloon, random numbers, panic, vsock, IOMMU, NVRAM, smart cards and such."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.input import Input, InputBus, InputGrab, InputType
from pyvirt_conf.domain.misc import (
    BalloonModel,
    BuiltinBackend,
    EgdBackend,
    Iommu,
    IommuModel,
    PanicModel,
    RandomBackend,
    Redirdev,
    Rng,
    Shmem,
    ShmemModel,
    ShmemRole,
    Vsock,
    WatchdogAction,
    WatchdogModel,
)
from pyvirt_conf.domain.smartcard import CertificatesSmartcard, PassthroughSmartcard
from pyvirt_driver_qemu.command.address import address_props, boot_props, virtio_driver, virtio_props
from pyvirt_driver_qemu.command.chardev import char_alias, chardev
from pyvirt_driver_qemu.command.machines import is_q35
from pyvirt_driver_qemu.command.props import Props
from pyvirt_util.errors import ConfigUnsupportedError, InternalError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.context import Context


def hubs(context: Context) -> list[str]:
    """USB hubs."""
    words: list[str] = []
    for hub in context.domain.devices.hubs:
        words += context.device({"driver": "usb-hub", "id": hub.alias} | address_props(context, hub))
    return words


def inputs(context: Context) -> list[str]:
    """Keyboards, mice and tablets; the ones of PS/2 belong to the board."""
    words: list[str] = []
    for device in context.domain.devices.inputs:
        if device.type is InputType.EVDEV:
            words += context.object(_evdev(device))
        elif device.bus is InputBus.USB:
            driver = {InputType.MOUSE: "usb-mouse", InputType.TABLET: "usb-tablet", InputType.KEYBOARD: "usb-kbd"}[
                device.type
            ]
            words += context.device({"driver": driver, "id": device.alias} | address_props(context, device))
        elif device.bus is InputBus.VIRTIO:
            words += context.device(_virtio_input(context, device))
    return words


def _virtio_input(context: Context, device: Input) -> Props:
    kinds = {
        InputType.MOUSE: "virtio-mouse",
        InputType.TABLET: "virtio-tablet",
        InputType.KEYBOARD: "virtio-keyboard",
        InputType.PASSTHROUGH: "virtio-input-host",
    }
    model = str(device.model) if device.model else None
    props: Props = {"driver": virtio_driver(device, kinds[device.type], model)}
    props |= virtio_props(device) | {"id": device.alias}
    if device.type is InputType.PASSTHROUGH and device.source is not None:
        props["evdev"] = device.source.evdev
    return props | address_props(context, device)


def _evdev(device: Input) -> Props:
    source = device.source
    if source is None:
        raise InternalError(f"input '{device.alias}' has no source")
    props: Props = {"qom-type": "input-linux", "id": device.alias, "evdev": source.dev}
    if source.repeat is not None:
        props["repeat"] = source.repeat
    if source.grab is InputGrab.ALL:
        props["grab_all"] = True
    if source.grab_toggle is not None:
        props["grab-toggle"] = str(source.grab_toggle)
    return props


def watchdog(context: Context) -> list[str]:
    """The watchdog and what it does."""
    device = context.domain.devices.watchdog
    if device is None:
        return []
    props: Props = {"driver": str(device.model), "id": device.alias}
    words = context.device(props | address_props(context, device))
    # A dump is ours to make, so QEMU only stops.
    action = "pause" if device.action is WatchdogAction.DUMP else str(device.action)
    if context.has("set-action"):
        return [*words, "-action", f"watchdog={action}"]
    return [*words, "-watchdog-action", action]


def balloon(context: Context) -> list[str]:
    """The memory balloon."""
    device = context.domain.devices.memballoon
    if device is None or device.model is BalloonModel.NONE:
        return []
    props: Props = {"driver": virtio_driver(device, "virtio-balloon", str(device.model))}
    props |= virtio_props(device) | {"id": device.alias}
    if device.autodeflate is not None:
        props["deflate-on-oom"] = device.autodeflate
    if device.free_page_reporting is not None:
        props["free-page-reporting"] = device.free_page_reporting
    return context.device(props | address_props(context, device))


def rngs(context: Context) -> list[str]:
    """Sources of random numbers."""
    words: list[str] = []
    for rng in context.domain.devices.rngs:
        words += rng_backend(context, rng)
        props: Props = {"driver": virtio_driver(rng, "virtio-rng", str(rng.model))}
        props |= virtio_props(rng) | {"rng": f"obj{rng.alias}", "id": rng.alias}
        if rng.rate_bytes:
            # QEMU wants a period too; libvirt's default is a second.
            props |= {"max-bytes": rng.rate_bytes, "period": rng.rate_period or 1000}
        words += context.device(props | address_props(context, rng))
    return words


def rng_backend(context: Context, rng: Rng) -> list[str]:
    """The host's end of a source of random numbers."""
    name = f"obj{rng.alias}"
    backend = rng.backend
    if isinstance(backend, RandomBackend):
        return context.object({"qom-type": "rng-random", "id": name, "filename": backend.device})
    if isinstance(backend, BuiltinBackend):
        return context.object({"qom-type": "rng-builtin", "id": name})
    if isinstance(backend, EgdBackend):
        alias = char_alias(rng.alias)
        words = chardev(context, backend.source, alias)
        return words + context.object({"qom-type": "rng-egd", "id": name, "chardev": alias})
    raise ConfigUnsupportedError(f"unknown rng backend '{backend.model}'")


def panics(context: Context) -> list[str]:
    """How a guest tells that it crashed."""
    words: list[str] = []
    for panic in context.domain.devices.panics:
        if panic.model is PanicModel.ISA:
            props: Props = {"driver": "pvpanic"}
            address = address_props(context, panic)
            if "iobase" in address:
                props["ioport"] = address["iobase"]
            words += context.device(props)
        elif panic.model is PanicModel.PVPANIC:
            words += context.device({"driver": "pvpanic-pci"} | address_props(context, panic))
    return words


def iommu(context: Context) -> list[str]:
    """The guest's IOMMU, before the devices behind it."""
    device: Iommu | None = context.domain.devices.iommu
    if device is None or device.model is IommuModel.SMMUV3:
        return []
    if device.model is IommuModel.VIRTIO:
        # virtio-iommu has no transitional form and is called without -pci by libvirt.
        props: Props = {"driver": "virtio-iommu", "id": device.alias}
        return context.device(props | address_props(context, device))
    props = {"driver": "intel-iommu", "id": device.alias}
    if device.intremap is not None:
        props["intremap"] = "on" if device.intremap else "off"
    if device.caching_mode is not None:
        props["caching-mode"] = device.caching_mode
    if device.eim is not None:
        props["eim"] = "on" if device.eim else "off"
    if device.iotlb is not None:
        props["device-iotlb"] = device.iotlb
    if device.aw_bits:
        props["aw-bits"] = device.aw_bits
    return context.device(props)


def nvram(context: Context) -> list[str]:
    """The NVRAM of POWER guests, a part of the board whose register is set."""
    device = context.domain.devices.nvram
    if device is None:
        return []
    reg = getattr(device.address, "reg", None)
    return ["-global", f"spapr-nvram.reg=0x{reg:x}"] if reg else []


def vsock(context: Context) -> list[str]:
    """Sockets between guest and host."""
    device: Vsock | None = context.domain.devices.vsock
    if device is None:
        return []
    props: Props = {"driver": virtio_driver(device, "vhost-vsock", str(device.model) if device.model else None)}
    props |= virtio_props(device) | {"id": device.alias, "guest-cid": device.cid}
    props["vhostfd"] = str(context.vsock_fd())
    return context.device(props | address_props(context, device))


def smartcards(context: Context) -> list[str]:
    """Smart cards; there can be one."""
    words: list[str] = []
    for card in context.domain.devices.smartcards:
        if isinstance(card, PassthroughSmartcard):
            alias = char_alias(card.alias)
            words += chardev(context, card.source, alias, spicevmc="smartcard")
            props: Props = {"driver": "ccid-card-passthru", "chardev": alias}
        elif isinstance(card, CertificatesSmartcard):
            props = {"driver": "ccid-card-emulated", "backend": "certificates"}
            props |= {f"cert{number}": name for number, name in enumerate(card.certificates, 1)}
            props["db"] = card.database or "/etc/pki/nssdb"
        else:
            props = {"driver": "ccid-card-emulated", "backend": "nss-emulated"}
        words += context.device(props | {"id": card.alias} | address_props(context, card))
    return words


def redirdevs(context: Context) -> list[str]:
    """USB devices of the client's machine."""
    words: list[str] = []
    for device in context.domain.devices.redirdevs:
        alias = char_alias(device.alias)
        words += chardev(context, device.source, alias, spicevmc="usbredir")
        words += context.device(redirdev_props(context, device))
    return words


def redirdev_props(context: Context, device: Redirdev) -> Props:
    """The guest's end of a redirected device."""
    props: Props = {"driver": "usb-redir", "chardev": char_alias(device.alias), "id": device.alias}
    rules = context.domain.devices.redirfilter
    if rules is not None and rules.rules:
        props["filter"] = "|".join(
            ":".join(
                (
                    _hex(rule.usb_class, 2),
                    _hex(rule.vendor, 4),
                    _hex(rule.product, 4),
                    _hex(rule.version, 4),
                    str(int(rule.allow)),
                )
            )
            for rule in rules.rules
        )
    return props | boot_props(context, device) | address_props(context, device)


def _hex(value: int | None, width: int) -> str:
    return "-1" if value is None or value < 0 else f"0x{value:0{width}X}"


#: Where POSIX shared memory is.
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - the name is the guest's owner's to choose, as shm_open's is


def shmems(context: Context) -> list[str]:
    """Memory shared between guests."""
    words: list[str] = []
    for device in context.domain.devices.shmems:
        words += _shmem(context, device)
    return words


def _shmem(context: Context, device: Shmem) -> list[str]:
    size = (device.memory or 0) >> 20
    msi = device.msi
    if device.model is ShmemModel.IVSHMEM:
        props: Props = {"driver": "ivshmem", "id": device.alias}
        props["size"] = f"{size or 4}m"
        words: list[str] = []
        if device.server is None:
            props["shm"] = device.name
        else:
            words += _shmem_server(device)
            props["chardev"] = char_alias(device.alias)
            if msi is not None:
                props["msi"] = True
                if msi.vectors:
                    props["vectors"] = msi.vectors
                if msi.ioeventfd is not None:
                    props["ioeventfd"] = msi.ioeventfd
        return context.device(props | address_props(context, device)) + words
    if device.model is ShmemModel.IVSHMEM_PLAIN:
        backend: Props = {"qom-type": "memory-backend-file", "id": f"shmmem-{device.alias}"}
        backend |= {"mem-path": f"{SHARED_MEMORY}/{device.name}", "size": device.memory or 4 << 20, "share": True}
        props = {"driver": "ivshmem-plain", "id": device.alias, "memdev": f"shmmem-{device.alias}"}
        props |= _master(device)
        return context.object(backend) + context.device(props | address_props(context, device))
    props = {"driver": "ivshmem-doorbell", "id": device.alias, "chardev": char_alias(device.alias)}
    if msi is not None:
        if msi.vectors:
            props["vectors"] = msi.vectors
        if msi.ioeventfd is not None:
            props["ioeventfd"] = msi.ioeventfd
    props |= _master(device)
    return _shmem_server(device) + context.device(props | address_props(context, device))


def _master(device: Shmem) -> Props:
    if device.role is None:
        return {}
    return {"master": device.role is ShmemRole.MASTER}


def _shmem_server(device: Shmem) -> list[str]:
    path = device.server.path if device.server is not None else None
    path = path or f"/var/lib/libvirt/shmem-{device.name}-sock"
    return ["-chardev", f"socket,id={char_alias(device.alias)},path={path}"]


def builtin_watchdog(context: Context) -> bool:
    """Is the watchdog one of the board? q35's iTCO would be; QEMU 7.2's libvirt names none."""
    return is_q35(context.domain) and context.domain.devices.watchdog is None


#: Watchdogs that sit on a bus, and so have a PCI address.
PCI_WATCHDOGS = frozenset((WatchdogModel.I6300ESB,))
