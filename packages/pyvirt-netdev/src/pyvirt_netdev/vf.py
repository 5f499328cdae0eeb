"""Lending virtual functions: their settings are saved before a guest's replace them, and come back afterwards."""

from __future__ import annotations

import errno
from typing import NamedTuple

from pyvirt_netdev import port_profile, sriov
from pyvirt_netdev.sriov.settings import VfSettings, differing, get_vf_settings, restore_vf_settings, set_vf_settings
from pyvirt_util.errors import ConfigUnsupportedError, SystemCallError
from pyvirt_util.undo import UndoStack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pyvirt.services.specs.interface import InterfaceRequest
    from pyvirt_netdev.saved import SavedSettings, Settings


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
    profile = port_profile.profile_of(request)
    wanted = _wanted(request)
    found = lent(request, sysfs)
    saved.claim(
        _lent_key(found.address),
        request,
        lambda: {"pf": found.pf, "vf": found.vf},
        f"virtual function {found.address}",
    )
    undo.push(unplug, request, saved, sysfs)
    if profile is not None:  # the switch outside sets the port up
        port_profile.associate(found.pf, profile, request.domain_uuid, vf=found.vf, sysfs=sysfs)
    else:
        configure(found.pf, found.vf, wanted, undo, saved)
    return found


def unplug(request: InterfaceRequest, saved: SavedSettings, sysfs: str = "/sys") -> None:
    """Bring back the settings of the VF that a domain has. What is gone, or another domain's, is no error."""

    def write(settings: Settings) -> None:
        pf, index = str(settings["pf"]), int(settings["vf"] or 0)
        if request.virtualport is not None:
            port_profile.disassociate(pf, vf=index, sysfs=sysfs)
        try:
            restore(pf, index, saved)
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
    if address is not None and saved.owned(_lent_key(address), request):
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


def plug_passthrough(request: InterfaceRequest, card: str, undo: UndoStack, saved: SavedSettings, sysfs: str) -> None:
    """Set up a VF that a guest has by a macvtap in the mode ``passthrough``: its MAC address at the PF, and its VLAN.

    The PF's driver may refuse another address than the one it knows. A card that is no VF can't have a VLAN tag.

    :raises ConfigUnsupportedError: there is a tag, and it is no VF.
    """
    wanted = _wanted(request)
    pf = passthrough_pf(card, sysfs)
    if pf is None:
        if request.vlan:
            raise ConfigUnsupportedError(
                f"'{card}' can't have VLAN tag {wanted.vlan}: it is not a virtual function (SR-IOV)"
            )
        return
    with UndoStack() as attempt:
        try:
            configure(*pf, wanted, attempt, saved)
        except SystemCallError:
            if request.vlan:
                raise
            attempt.undo()  # this driver leaves addresses to the VF itself
        attempt.move_to(undo)


def unplug_passthrough(card: str, saved: SavedSettings, sysfs: str) -> None:
    """Bring back what :func:`plug_passthrough` changed; what is gone is no error."""
    pf = passthrough_pf(card, sysfs)
    if pf is not None:
        restore(*pf, saved)


def passthrough_pf(card: str, sysfs: str) -> tuple[str, int] | None:
    """The PF's network device and the number of the VF behind a network device; ``None`` when it is none."""
    try:
        index = sriov.get_vf_index(card, sysfs=sysfs)
        pf = sriov.get_pf_netdev(card, sysfs=sysfs) if index is not None else None
    except SystemCallError:  # it is not in this sysfs
        return None
    return (pf, index) if pf is not None and index is not None else None


def _wanted(request: InterfaceRequest) -> VfSettings:
    if request.vlan and request.virtualport is not None:
        raise ConfigUnsupportedError("the VLAN of an interface with a virtualport is the switch's to choose")
    if len(request.vlan) > 1:
        raise ConfigUnsupportedError("a virtual function can have one VLAN tag, not several")
    return VfSettings(mac=request.mac, vlan=request.vlan[0] if request.vlan else 0)


def _lent_key(address: str) -> str:
    return f"hostdev-{address}"


def _key(pf: str, vf: int) -> str:
    return f"vf-{pf}-{vf}"
