"""What SMBIOS tells the guest, firmware configuration blobs, the generation id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.os import SmbiosMode
from pyvirt_conf.domain.sysinfo import FwCfgSysinfo, SmbiosSysinfo, SysinfoBlock
from pyvirt_driver_qemu.command.props import escape

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.context import Context

#: SMBIOS table -> libvirt's entries and QEMU's names of them.
_BIOS = (("vendor", "vendor"), ("version", "version"), ("date", "date"), ("release", "release"))
_SYSTEM = (
    ("manufacturer", "manufacturer"),
    ("product", "product"),
    ("version", "version"),
    ("serial", "serial"),
    ("uuid", "uuid"),
    ("sku", "sku"),
    ("family", "family"),
)
_BOARD = (
    ("manufacturer", "manufacturer"),
    ("product", "product"),
    ("version", "version"),
    ("serial", "serial"),
    ("asset", "asset"),
    ("location", "location"),
)
_CHASSIS = (
    ("manufacturer", "manufacturer"),
    ("version", "version"),
    ("serial", "serial"),
    ("asset", "asset"),
    ("sku", "sku"),
)


def smbios(context: Context) -> list[str]:
    """``-smbios`` for every table of the domain."""
    domain = context.domain
    if domain.os.smbios is not SmbiosMode.SYSINFO:
        return []
    words: list[str] = []
    for info in domain.sysinfo:
        if not isinstance(info, SmbiosSysinfo):
            continue
        words += _table(0, info.bios, _BIOS)
        words += _table(1, info.system, _SYSTEM)
        for board in info.base_boards:
            words += _table(2, board, _BOARD)
        words += _table(3, info.chassis, _CHASSIS)
        if info.oem_strings:
            words += ["-smbios", "type=11" + "".join(f",value={escape(text)}" for text in info.oem_strings)]
    return words


def _table(number: int, block: SysinfoBlock | None, names: tuple[tuple[str, str], ...]) -> list[str]:
    if block is None or not block.entries:
        return []
    text = f"type={number}"
    for entry, name in names:
        value = block.get(entry)
        if value is not None:
            text += f",{name}={escape(value)}"
    return ["-smbios", text]


def firmware_configuration(context: Context) -> list[str]:
    """``-fw_cfg`` for every blob."""
    words: list[str] = []
    for info in context.domain.sysinfo:
        if isinstance(info, FwCfgSysinfo):
            for entry in info.entries:
                kind, value = ("string", entry.value) if entry.value else ("file", entry.file)
                words += ["-fw_cfg", f"name={escape(entry.name)},{kind}={escape(value or '')}"]
    return words


def generation_id(context: Context) -> list[str]:
    """The device that tells the guest when it was copied or set back."""
    genid = context.domain.genid
    if genid is None:
        return []
    return context.device({"driver": "vmgenid", "guid": genid.value, "id": "vmgenid0"})
