"""The host itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.nodedev import SystemCapability
from pyvirt_conf.nodedev.misc import Hardware, SystemFirmware
from pyvirt_util import uuids

if TYPE_CHECKING:
    from pyvirt_driver_nodedev.device import Host

_TABLES = "devices/virtual/dmi/id"
_NO_UUID = "00000000-0000-0000-0000-000000000000"


def describe_system(host: Host) -> SystemCapability:
    """What the firmware's tables (SMBIOS) tell; a machine without them has an empty document."""

    def said(name: str) -> str | None:
        return host.text(f"{_TABLES}/{name}")

    return SystemCapability(
        product=said("product_name"),
        hardware=Hardware(
            vendor=said("sys_vendor"),
            version=said("product_version"),
            serial=said("product_serial"),
            uuid=_uuid(said("product_uuid")),
        ),
        firmware=SystemFirmware(
            vendor=said("bios_vendor"), version=said("bios_version"), release_date=said("bios_date")
        ),
    )


def _uuid(text: str | None) -> str:
    """The machine's id; makers who have none write the same digit everywhere."""
    uuid = uuids.try_parse(text) if text is not None else None
    return uuid if uuid is not None and len(set(uuid) - {"-"}) > 1 else _NO_UUID
