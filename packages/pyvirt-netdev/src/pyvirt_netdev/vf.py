"""Lending virtual functions: their settings are saved before a guest's replace them, and come back afterwards."""

from __future__ import annotations

import errno
from typing import NamedTuple

from pyvirt_netdev import sriov
from pyvirt_netdev.sriov.settings import VfSettings, differing, get_vf_settings, restore_vf_settings, set_vf_settings
from pyvirt_util.errors import ConfigUnsupportedError, OperationInvalidError, SystemCallError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pyvirt.services.specs.interface import InterfaceRequest
    from pyvirt_netdev.saved import SavedSettings, Settings
    from pyvirt_util.undo import UndoStack


class Lent(NamedTuple):
    """A VF: the PF's network device, the number of the VF within it, its PCI address."""

    pf: str
    vf: int
    address: str


def configure(pf: str, vf: int, wanted: VfSettings, undo: UndoStack, saved: SavedSettings) -> None:
    """Set up a VF. The settings it had are on disk before the first one changes."""
    saved.save(_key(pf, vf), lambda: get_vf_settings(pf, vf)._asdict())
    undo.push(restore, pf, vf, saved)
    set_vf_settings(pf, vf, differing(wanted, get_vf_settings(pf, vf)))


def restore(pf: str, vf: int, saved: SavedSettings) -> bool:
    """Bring back what :func:`configure` saved, by whichever process; ``False`` when nothing is saved."""

    def write(settings: Settings) -> None:
        known: dict[str, Any] = {name: settings[name] for name in VfSettings._fields if name in settings}
        restore_vf_settings(pf, vf, VfSettings(**known))

    return saved.restore(_key(pf, vf), write)


def plug(request: InterfaceRequest, undo: UndoStack, saved: SavedSettings, sysfs: str = "/sys") -> Lent:
    """Set up the VF of an interface of type ``hostdev``: the guest's MAC address, and its VLAN tag or none.

    Which PF it was is kept with the settings: once bound to vfio, a VF of a card with several ports can't tell. So is
    the domain, and no other one gets the VF, or brings back its settings, before it is given back.

    :raises OperationInvalidError: another domain has it.
    """
    wanted = _wanted(request)
    found = lent(request, sysfs)
    key = _lent_key(found.address)
    saved.save(key, lambda: {"pf": found.pf, "vf": found.vf, "domain": request.domain_uuid, "name": request.domain})
    owner = saved.kept(key) or {}
    if not _owns(request, owner):
        raise OperationInvalidError(
            f"virtual function {found.address} is in use by domain '{owner.get('name')}'",
            hint=f"if there is no such domain any more, remove {saved.path(key)}",
        )
    undo.push(unplug, request, saved, sysfs)
    configure(found.pf, found.vf, wanted, undo, saved)
    return found


def unplug(request: InterfaceRequest, saved: SavedSettings, sysfs: str = "/sys") -> None:
    """Bring back the settings of the VF that a domain has. What is gone, or another domain's, is no error."""

    def write(settings: Settings) -> None:
        try:
            restore(str(settings["pf"]), int(settings["vf"] or 0), saved)
        except SystemCallError as error:
            if error.errno != errno.ENODEV:
                raise

    source = request.source or ""
    address: str | None = source
    if ":" not in source:
        try:
            address = sriov.get_pci_address(source, sysfs=sysfs)
        except SystemCallError as error:
            if error.errno != errno.ENODEV:
                raise
            return
    if address is not None and _owns(request, saved.kept(_lent_key(address)) or {}):
        saved.restore(_lent_key(address), write)


def lent(request: InterfaceRequest, sysfs: str = "/sys") -> Lent:
    """The VF that an interface of type ``hostdev`` asks for: ``source`` is its PCI address or network device.

    The option ``pf`` names the PF's network device where a card has several and the VF has none to tell by.

    :raises ConfigUnsupportedError: when it is no VF.
    """
    if not request.source:
        raise ConfigUnsupportedError("an interface of type 'hostdev' needs a source device")
    index = sriov.get_vf_index(request.source, sysfs=sysfs)
    address = request.source if ":" in request.source else sriov.get_pci_address(request.source, sysfs=sysfs)
    if index is None or address is None:
        raise ConfigUnsupportedError(f"'{request.source}' is not a virtual function (SR-IOV)")
    pf = request.options.get("pf") or sriov.get_pf_netdev(request.source, sysfs=sysfs)
    if pf is None:
        raise ConfigUnsupportedError(f"the physical function of '{request.source}' has no network device")
    return Lent(pf, index, address)


def _wanted(request: InterfaceRequest) -> VfSettings:
    if len(request.vlan) > 1:
        raise ConfigUnsupportedError("a virtual function can have one VLAN tag, not several")
    return VfSettings(mac=request.mac, vlan=request.vlan[0] if request.vlan else 0)


def _owns(request: InterfaceRequest, record: Settings) -> bool:
    return record.get("domain") in (None, request.domain_uuid)


def _lent_key(address: str) -> str:
    return f"hostdev-{address}"


def _key(pf: str, vf: int) -> str:
    return f"vf-{pf}-{vf}"
