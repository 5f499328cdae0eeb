"""Small devices, from memory modules to sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.address import CcidAddress, UsbAddress
from pyvirt_conf.domain.features import IoapicDriver
from pyvirt_conf.domain.filesystem import Filesystem, FilesystemDriver
from pyvirt_conf.domain.input import Input, InputBus, InputType
from pyvirt_conf.domain.memory_device import MemoryDevice, MemoryModel
from pyvirt_conf.domain.misc import Iommu, IommuModel, Panic, Shmem, Vsock
from pyvirt_conf.domain.smartcard import PassthroughSmartcard, Smartcard
from pyvirt_conf.domain.sound import Audio, Sound
from pyvirt_conf.domain.validation.chardev import check_source
from pyvirt_conf.domain.validation.virtio import no_virtio_options
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, XmlDetailError, XmlError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain

THP_SIZE = 2048
"""KiB of a transparent huge page; a block of virtio memory is no smaller."""


def check_memory(module: MemoryDevice, domain: Domain) -> None:
    """A module has what its model needs, and nothing the model can't have (virDomainMemoryDefValidate)."""
    model, source, target = module.model, module.source, module.target
    if model in (MemoryModel.NVDIMM, MemoryModel.VIRTIO_PMEM):
        if source is None or source.path is None:
            raise XmlDetailError(f"path is required for model '{model}'")
        if module.discard:
            raise ConfigUnsupportedError(f"discard is not supported for memory model '{model}'")
    if model is MemoryModel.NVDIMM:
        if (domain.os.arch or "").startswith("ppc64"):
            if not target.label_size:
                raise ConfigUnsupportedError("label size is required for an nvdimm")
        elif module.uuid is not None:
            raise ConfigUnsupportedError("a uuid is not supported for an nvdimm")
    elif model is MemoryModel.VIRTIO_PMEM:
        if target.node is not None:
            raise ConfigUnsupportedError("virtio-pmem does not support NUMA nodes")
    if model is MemoryModel.SGX_EPC and module.address is not None:
        raise ConfigUnsupportedError("an address is not supported for memory model 'sgx-epc'")
    if target.node is not None:
        numa = domain.cpu.numa if domain.cpu is not None else None
        count = len(numa.cells) if numa is not None else 0
        if target.node >= count:
            raise XmlDetailError(f"memory module in NUMA node {target.node}, the guest has {count}")
    if model is MemoryModel.VIRTIO_MEM:
        _check_virtio_mem(target.requested or 0, target.size, target.block or 0)


def _check_virtio_mem(requested: int, size: int, block: int) -> None:
    if requested > size:
        raise XmlDetailError(f"requested size {requested} KiB must be smaller than or equal to size {size} KiB")
    if block & (block - 1) or not block:
        raise XmlDetailError(f"block size {block} KiB must be a power of two")
    if block < THP_SIZE:
        raise XmlDetailError(f"block size {block} KiB is too small, must be at least {THP_SIZE} KiB")
    if requested % block or size % block:
        what = "requested size" if requested % block else "size"
        raise XmlDetailError(f"{what} must be an integer multiple of block size {block} KiB")


def check_vsock(vsock: Vsock, domain: Domain) -> None:
    """Numbers below 3 are taken (virDomainVsockDefValidate)."""
    if vsock.cid and vsock.cid < 3:
        raise ConfigUnsupportedError(f"cid {vsock.cid} is reserved, guests have 3 or more")
    if vsock.model is None:
        no_virtio_options(vsock)


def check_input(item: Input, domain: Domain) -> None:
    """A device has a bus that can have it (virDomainInputDefValidate)."""
    if item.bus is InputBus.USB and item.address is not None and not isinstance(item.address, UsbAddress):
        raise XmlError("a USB device has a USB address")
    pointing = item.type in (InputType.MOUSE, InputType.KEYBOARD)
    if domain.os.type == "hvm":
        if item.bus is InputBus.PS2 and not pointing:
            raise InternalError(f"ps2 bus does not support {item.type} input device")
        if item.bus is InputBus.XEN:
            raise InternalError(f"unsupported input bus {item.bus}")
    elif domain.os.type in ("xen", "xenpvh"):
        _only_bus(item, InputBus.XEN)
    elif domain.type in ("vz", "parallels"):
        _only_bus(item, InputBus.PARALLELS)
    else:
        raise InternalError("input devices are not supported by this virtualization driver")
    if item.type is InputType.PASSTHROUGH and item.bus is not InputBus.VIRTIO:
        raise ConfigUnsupportedError("only bus 'virtio' is supported for 'passthrough' input devices")
    if item.type is InputType.EVDEV and item.bus is not None:
        raise ConfigUnsupportedError("an evdev input has no bus")
    if item.model is not None and item.bus is not InputBus.VIRTIO:
        raise ConfigUnsupportedError(f"only bus 'virtio' is supported for input model '{item.model}'")


def _only_bus(item: Input, bus: InputBus) -> None:
    if item.bus is not bus:
        raise InternalError(f"unsupported input bus {item.bus}, expected {bus}")
    if item.type not in (InputType.MOUSE, InputType.KEYBOARD):
        raise InternalError(f"{bus} bus does not support {item.type} input device")


def check_shmem(shmem: Shmem, domain: Domain) -> None:
    """The name could be a file's (virDomainShmemDefValidate)."""
    if "/" in shmem.name or shmem.name in (".", ".."):
        raise ConfigUnsupportedError(f"shmem name '{shmem.name}' is not a file name")


def check_filesystem(filesystem: Filesystem, domain: Domain) -> None:
    """Only virtiofs can be booted from."""
    if filesystem.boot is not None and filesystem.driver is not FilesystemDriver.VIRTIOFS:
        raise ConfigUnsupportedError("boot order is only supported for virtiofs")


def known_audio(number: int | None, domain: Domain) -> None:
    """An audio backend of the number exists."""
    if number and all(audio.id != number for audio in domain.devices.audios):
        raise XmlError(f"no audio device with ID {number}")


def check_audio(audio: Audio, domain: Domain) -> None:
    """Numbers are unique."""
    if any(other.id == audio.id and other is not audio for other in domain.devices.audios):
        raise XmlError(f"audio ID {audio.id} is used multiple times")


def check_sound(sound: Sound, domain: Domain) -> None:
    """A card's backend exists."""
    known_audio(sound.audio_id, domain)


def check_smartcard(card: Smartcard, domain: Domain) -> None:
    """It sits in a reader."""
    if card.address is not None and not isinstance(card.address, CcidAddress):
        raise ConfigUnsupportedError("smart cards must use the 'ccid' address type")
    if isinstance(card, PassthroughSmartcard):
        check_source(card.source, domain)


def check_iommu(iommu: Iommu, domain: Domain) -> None:
    """Options fit each other and the model (virDomainIOMMUDefValidate)."""
    options = (iommu.intremap, iommu.caching_mode, iommu.eim, iommu.iotlb, iommu.aw_bits or None)
    if iommu.model is not IommuModel.INTEL and any(option is not None for option in options):
        raise XmlError(f"iommu model '{iommu.model}' doesn't support additional attributes")
    if iommu.model is not IommuModel.VIRTIO and iommu.address is not None:
        raise XmlError(f"iommu model '{iommu.model}' can't have address")
    if iommu.intremap and domain.features.ioapic is not IoapicDriver.QEMU:
        raise ConfigUnsupportedError("IOMMU interrupt remapping requires split I/O APIC (ioapic driver='qemu')")
    if iommu.eim and not iommu.intremap:
        raise ConfigUnsupportedError("IOMMU eim requires interrupt remapping to be enabled")


def check_panics(panics: list[Panic]) -> None:
    """There is one of each model."""
    models = [panic.model for panic in panics]
    for model in models:
        if models.count(model) > 1:
            raise XmlError(f"multiple panic devices with model '{model or 'default'}'")
