"""Settings of a virtual function, which its physical function's driver keeps.

Source: the kernel's include/uapi/linux/if_link.h (IFLA_VFINFO_LIST), ip-link(8) "vf"; libvirt: virNetDevSetVfConfig.
"""

from __future__ import annotations

import errno
import os
import struct
from typing import NamedTuple

from pyvirt_netdev import link as links
from pyvirt_netdev import netlink
from pyvirt_util import macs
from pyvirt_util.errors import InvalidArgError, SystemCallError, system_error

LINK_STATES = ("auto", "enable", "disable")
"""What a VF's link does: follow the PF's, or be always up, or down (IFLA_VF_LINK_STATE_*)."""

_IFLA_VFINFO_LIST, _IFLA_VF_INFO = 22, 1
_MAC, _VLAN, _SPOOF_CHECK, _LINK_STATE, _RATE, _TRUST = 1, 2, 4, 5, 6, 9
_FILTER_VF = 1
_UNKNOWN = 0xFFFFFFFF
_NO_MAC = "00:00:00:00:00:00"
# Some drivers don't take back the address of zeros that they started with: a local address says the same to them.
_LOCAL_NO_MAC = "02:00:00:00:00:00"

_PAIR = struct.Struct("=II")
_TRIPLE = struct.Struct("=III")


class VfSettings(NamedTuple):
    """Settings of one VF. ``None``: read, the driver doesn't tell; written, leave it as it is.

    ``mac`` is zeros where the PF gave none; ``vlan`` 0 without a tag, else 1 to 4094, with the priority ``qos`` 0 to 7;
    ``link_state`` is one of :data:`LINK_STATES`; rates are in Mbit/s, 0 for no limit.
    """

    mac: str | None = None
    vlan: int | None = None
    qos: int | None = None
    spoof_check: bool | None = None
    trust: bool | None = None
    link_state: str | None = None
    min_rate: int | None = None
    max_rate: int | None = None


def get_vf_settings(pf: str, vf: int) -> VfSettings:
    """What the kernel tells of VF number ``vf`` of the PF's network device ``pf``.

    :raises SystemCallError: with errno ENODEV when there is no such device, ENOENT when it has no such VF.
    """
    found = get_all_vf_settings(pf).get(vf)
    if found is None:
        raise system_error(f"find virtual function {vf} of '{pf}'", OSError(errno.ENOENT, os.strerror(errno.ENOENT)))
    return found


def get_all_vf_settings(pf: str) -> dict[int, VfSettings]:
    """What the kernel tells of all VFs of the PF's network device ``pf``, by number; empty without SR-IOV.

    :raises SystemCallError: with errno ENODEV when there is no such device.
    """
    found: dict[int, VfSettings] = {}
    for number, value in netlink.attributes(links.ask(pf, _FILTER_VF)):
        if number == _IFLA_VFINFO_LIST:
            found.update(
                decode(description) for member, description in netlink.attributes(value) if member == _IFLA_VF_INFO
            )
    return found


def set_vf_settings(pf: str, vf: int, settings: VfSettings) -> None:
    """Change those settings of a VF that are not ``None``, one after the other.

    A priority without a VLAN tag, or one rate without the other, keeps the other value.

    :raises InvalidArgError: for values that no VF can have.
    :raises SystemCallError: with errno, naming the setting; those before it are set.
    """
    _check(settings)
    device = links.get(pf)
    if (settings.vlan is None) != (settings.qos is None) or (settings.min_rate is None) != (settings.max_rate is None):
        settings = _completed(settings, get_vf_settings(pf, vf))
    for what, attribute in encode(vf, settings):
        body = netlink.nested(_IFLA_VFINFO_LIST, netlink.nested(_IFLA_VF_INFO, attribute))
        links.set_attributes(device, body, f"set {what} of virtual function {vf} of '{pf}'")


def restore_vf_settings(pf: str, vf: int, settings: VfSettings) -> None:
    """Bring settings back that were read before: only what differs is written.

    :raises SystemCallError: as :func:`set_vf_settings`.
    """
    now = get_vf_settings(pf, vf)
    changed = differing(settings, now)
    mac, others = changed.mac, changed._replace(mac=None)
    if mac is not None:
        try:
            set_vf_settings(pf, vf, VfSettings(mac=mac))
        except SystemCallError:
            if mac != _NO_MAC:
                raise
            set_vf_settings(pf, vf, VfSettings(mac=_LOCAL_NO_MAC))
    set_vf_settings(pf, vf, others)


def differing(wanted: VfSettings, now: VfSettings) -> VfSettings:
    """What has to be written to get from ``now`` to ``wanted``; drivers need not know settings that nobody changes."""
    changed = wanted._replace(
        **{name: None for name in VfSettings._fields if getattr(wanted, name) == getattr(now, name)}
    )
    return changed._replace(vlan=None, qos=None) if not wanted.vlan and not wanted.qos and not now.vlan else changed


def encode(vf: int, settings: VfSettings) -> list[tuple[str, bytes]]:
    """What to send: (name of the setting, attribute within IFLA_VF_INFO) for each that is not ``None``."""
    found = []
    if settings.vlan is not None:
        value = _TRIPLE.pack(vf, settings.vlan, settings.qos or 0)
        found.append((f"VLAN tag {settings.vlan}", netlink.attribute(_VLAN, value)))
    if settings.mac is not None:
        value = struct.pack("=I32s", vf, macs.to_bytes(settings.mac))
        found.append((f"MAC address {settings.mac}", netlink.attribute(_MAC, value)))
    if settings.min_rate is not None or settings.max_rate is not None:
        value = _TRIPLE.pack(vf, settings.min_rate or 0, settings.max_rate or 0)
        found.append((f"rates {settings.min_rate or 0} to {settings.max_rate or 0}", netlink.attribute(_RATE, value)))
    if settings.spoof_check is not None:
        value = _PAIR.pack(vf, settings.spoof_check)
        found.append((f"spoof check {_switch(settings.spoof_check)}", netlink.attribute(_SPOOF_CHECK, value)))
    if settings.link_state is not None:
        value = _PAIR.pack(vf, LINK_STATES.index(settings.link_state))
        found.append((f"link state {settings.link_state}", netlink.attribute(_LINK_STATE, value)))
    if settings.trust is not None:
        found.append((f"trust {_switch(settings.trust)}", netlink.attribute(_TRUST, _PAIR.pack(vf, settings.trust))))
    return found


def decode(description: bytes | memoryview) -> tuple[int, VfSettings]:
    """The VF's number and settings in an IFLA_VF_INFO attribute."""
    index = -1
    found = VfSettings()
    for kind, value in netlink.attributes(description):
        if kind == _MAC and len(value) >= 10:
            index = _PAIR.unpack_from(value)[0]
            found = found._replace(mac=bytes(value[4:10]).hex(":"))
        elif kind == _VLAN and len(value) >= 12:
            index, vlan, qos = _TRIPLE.unpack_from(value)
            found = found._replace(vlan=vlan, qos=qos)
        elif kind == _RATE and len(value) >= 12:
            index, low, high = _TRIPLE.unpack_from(value)
            found = found._replace(min_rate=low, max_rate=high)
        elif kind in (_SPOOF_CHECK, _TRUST, _LINK_STATE) and len(value) >= 8:
            index, setting = _PAIR.unpack_from(value)
            if setting == _UNKNOWN:
                continue
            if kind == _SPOOF_CHECK:
                found = found._replace(spoof_check=bool(setting))
            elif kind == _TRUST:
                found = found._replace(trust=bool(setting))
            elif setting < len(LINK_STATES):
                found = found._replace(link_state=LINK_STATES[setting])
    return index, found


def _switch(value: bool) -> str:
    return "on" if value else "off"


def _completed(settings: VfSettings, now: VfSettings) -> VfSettings:
    if settings.vlan is None and settings.qos is not None:
        settings = settings._replace(vlan=now.vlan or 0)
    elif settings.qos is None and settings.vlan:
        settings = settings._replace(qos=now.qos or 0)
    if settings.min_rate is None and settings.max_rate is not None:
        settings = settings._replace(min_rate=now.min_rate or 0)
    elif settings.max_rate is None and settings.min_rate is not None:
        settings = settings._replace(max_rate=now.max_rate or 0)
    return settings


def _check(settings: VfSettings) -> None:
    for what, value, limit in (("VLAN tag", settings.vlan, 4094), ("VLAN priority", settings.qos, 7)):
        if value is not None and not 0 <= value <= limit:
            raise InvalidArgError(f"{what} {value} is not between 0 and {limit}")
    for rate in (settings.min_rate, settings.max_rate):
        if rate is not None and not 0 <= rate < 1 << 32:
            raise InvalidArgError(f"rate {rate} Mbit/s is not between 0 and {(1 << 32) - 1}")
    if settings.link_state is not None and settings.link_state not in LINK_STATES:
        raise InvalidArgError(f"link state '{settings.link_state}' is none of {', '.join(LINK_STATES)}")
    if settings.mac is not None and macs.is_multicast(settings.mac):
        raise InvalidArgError(f"'{settings.mac}' is the address of a group, not of a device")
