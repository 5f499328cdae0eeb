"""The definition as a whole: its devices first, then what concerns all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pyvirt_conf.domain.config import ParserConfig, ParserFeature
from pyvirt_conf.domain.disk import Disk
from pyvirt_conf.domain.domain import Domain, LifecycleAction
from pyvirt_conf.domain.os import Firmware, FirmwareFeatureName, LoaderType, Os
from pyvirt_conf.domain.seclabel import DeviceSeclabel, Seclabel
from pyvirt_conf.domain.sysinfo import SmbiosSysinfo
from pyvirt_conf.domain.validation import tuning
from pyvirt_conf.domain.validation.devices import several_devices, validate_device
from pyvirt_conf.domain.validation.disk import check_descriptors
from pyvirt_conf.xml.places import add_place
from pyvirt_util.errors import (
    ConfigUnsupportedError,
    InvalidArgError,
    VirtError,
    XmlDetailError,
    XmlError,
)


def validate(domain: Domain, config: ParserConfig) -> None:
    """Check the whole definition; of each device and of the whole, the driver's checks come last.

    :raises VirtError: what is refused; its location is that of the element concerned.
    """
    for device in domain.devices.all():
        try:
            validate_device(device, domain)
            if isinstance(device, Disk) and not config.features & ParserFeature.DISK_FD:
                check_descriptors(device)
            if config.device_validate is not None:
                config.device_validate(device, domain)
        except VirtError as error:
            add_place(error, domain, device)
            raise
    for field, check in _CHECKS:
        try:
            check(domain, config)
        except VirtError as error:
            add_place(error, domain, getattr(domain, field, None))
            raise
    if config.domain_validate is not None:
        try:
            config.domain_validate(domain)
        except VirtError as error:
            add_place(error, domain, None)
            raise


def _title(domain: Domain, config: ParserConfig) -> None:
    if domain.title is not None and "\n" in domain.title:
        raise XmlError("title cannot contain a line break")


def _os(domain: Domain, config: ParserConfig) -> None:
    os = domain.os
    if os.type == "exe" and os.init is None:
        raise XmlError("init binary must be specified")
    features = {feature.name: feature.enabled for feature in os.firmware_features}
    if os.firmware is None:
        if features:
            raise XmlDetailError(
                "cannot use feature-based firmware autoselection when firmware autoselection is disabled"
            )
        _chosen_firmware(os)
    else:
        if not config.features & ParserFeature.FW_AUTOSELECT:
            raise ConfigUnsupportedError("firmware auto selection not implemented for this driver")
        if features.get(FirmwareFeatureName.ENROLLED_KEYS) and (features.get(FirmwareFeatureName.SECURE_BOOT) is False):
            raise XmlDetailError(
                "firmware feature 'enrolled-keys' cannot be enabled when firmware feature 'secure-boot' is disabled"
            )
        _automatic_firmware(os)
    if os.loader is not None and os.loader.stateless and os.nvram is not None:
        if os.nvram.template is not None:
            raise XmlDetailError("NVRAM template is not permitted when loader is stateless")
        if os.nvram.is_somewhere:
            raise XmlDetailError("NVRAM is not permitted when loader is stateless")


def _chosen_firmware(os: Os) -> None:
    """The document names the firmware."""
    if os.loader is None and os.nvram is None:
        return
    if os.loader is None or os.loader.path is None:
        raise XmlDetailError("no loader path specified and firmware auto selection disabled")
    if os.loader.type is LoaderType.ROM and os.loader.stateless is False:
        raise XmlDetailError("only a loader of type 'pflash' permits NVRAM")


def _automatic_firmware(os: Os) -> None:
    """The driver chooses; what says which firmware it is is not for the document then."""
    if os.loader is not None:
        forbidden = {
            "readonly": os.loader.readonly is not None,
            "type": os.loader.type is not None or os.loader.path is not None,
            "secure": os.loader.secure is False,
        }
        what = next((name for name, given in forbidden.items() if given), None)
        if what is not None:
            raise XmlDetailError(
                f"loader attribute '{what}' cannot be specified when firmware autoselection is enabled"
            )
    if os.nvram is not None:
        if os.nvram.template is not None:
            raise XmlDetailError(
                "nvram attribute 'template' cannot be specified when firmware autoselection is enabled"
            )
        if os.nvram.is_somewhere and os.firmware is not Firmware.EFI:
            raise XmlDetailError(f"firmware type '{os.firmware}' does not support nvram")
    if os.loader is not None and os.loader.stateless is False and os.firmware is not Firmware.EFI:
        raise XmlDetailError("only EFI firmware permits NVRAM")


def _resource(domain: Domain, config: ParserConfig) -> None:
    appid = domain.resource.fc_appid if domain.resource is not None else None
    if appid is None:
        return
    if not all(" " <= char <= "~" for char in appid):
        raise XmlError(f"Fibre Channel appid {appid!r} is not printable")
    if not 1 <= len(appid) <= 128:
        raise InvalidArgError(f"Fibre Channel appid of {len(appid)} characters, expected 1 to 128")


def _lifecycle(domain: Domain, config: ParserConfig) -> None:
    """Only a crash can be dumped."""
    for event, action in (("poweroff", domain.on_poweroff), ("reboot", domain.on_reboot)):
        if action in (LifecycleAction.COREDUMP_DESTROY, LifecycleAction.COREDUMP_RESTART):
            raise XmlError(f"action '{action}' is not for event on_{event}")


def _idmap(domain: Domain, config: ParserConfig) -> None:
    idmap = domain.idmap
    if idmap is None:
        return
    if bool(idmap.uids) != bool(idmap.gids):
        raise ConfigUnsupportedError("uid and gid should be mapped both")
    for what, ranges in (("user", idmap.uids), ("group", idmap.gids)):
        ranges.sort(key=lambda item: item.start)
        if ranges and ranges[0].start != 0:
            raise ConfigUnsupportedError(f"the root {what} of the container must be mapped")


def _seclabels(domain: Domain, config: ParserConfig) -> None:
    if len(domain.seclabels) > 1 and any(label.model is None for label in domain.seclabels):
        raise XmlError("missing security model when using multiple labels")
    _models(domain.seclabels)
    for device in domain.devices.all():
        labels = getattr(getattr(device, "source", None), "seclabels", None)
        if labels:
            _models(labels)
    known = {label.model for label in domain.seclabels}
    for disk in domain.devices.disks:
        _overrides(disk, known)


def _models(labels: Iterable[Seclabel | DeviceSeclabel]) -> None:
    models = [label.model for label in labels]
    if len(set(models)) != len(models):
        raise XmlDetailError("several security labels of one model")


def _overrides(disk: Disk, known: set[str | None]) -> None:
    """Labels of a disk are for models the domain has labels of; without any, the driver chooses."""
    if not known or None in known:
        return
    for label in disk.source.seclabels:
        if label.model is not None and label.model not in known:
            raise XmlError(f"disk '{disk.target}' has a label of model '{label.model}', the domain has none")


def _sysinfo(domain: Domain, config: ParserConfig) -> None:
    for info in domain.sysinfo:
        if isinstance(info, SmbiosSysinfo) and info.system is not None:
            uuid = info.system.get("uuid")
            if uuid is not None and uuid != domain.uuid:
                raise XmlDetailError("UUID mismatch between <uuid> and <sysinfo>")


_CHECKS: tuple[tuple[str, Callable[[Domain, ParserConfig], None]], ...] = (
    ("", _title),
    ("devices", several_devices),
    ("vcpu", tuning.vcpus),
    ("resource", _resource),
    ("", _lifecycle),
    ("memory_backing", tuning.hugepages),
    ("os", _os),
    ("cputune", tuning.cputune),
    ("cputune", tuning.resctrl),
    ("blkiotune", tuning.blkiotune),
    ("numatune", tuning.numatune),
    ("cpu", tuning.numa),
    ("", tuning.iothreads),
    ("idmap", _idmap),
    ("", _seclabels),
    ("", _sysinfo),
)
"""Each check, and the field of the domain whose element it concerns."""
