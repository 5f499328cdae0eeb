"""The mode of a card's embedded switch, as devlink tells.

Source: the kernel's include/uapi/linux/devlink.h and genetlink.h, Documentation/networking/devlink.
"""

from __future__ import annotations

import errno
import struct

from pyvirt_netdev import link as links
from pyvirt_netdev import netlink

_NETLINK_GENERIC = 16
_GENL = struct.Struct("=BBxx")
_CONTROLLER, _GETFAMILY, _FAMILY_ID, _FAMILY_NAME = 16, 3, 1, 2
_ESWITCH_GET, _BUS_NAME, _DEV_NAME, _ESWITCH_MODE = 29, 1, 2, 25
_VERSION = 1
_MODES = ("legacy", "switchdev")


def get_eswitch_mode(address: str, bus: str = "pci") -> str | None:
    """``legacy`` or ``switchdev``; ``None`` where the device (``0000:03:00.0``) has no such switch.

    :raises SystemCallError: with errno; EPERM without CAP_NET_ADMIN.
    """
    try:
        with netlink.Netlink(_NETLINK_GENERIC) as socket:
            name = netlink.text(_FAMILY_NAME, "devlink")
            (family,) = socket.request(_CONTROLLER, _GENL.pack(_GETFAMILY, 1) + name)
            number = next(
                struct.unpack("=H", value)[0]
                for kind, value in netlink.attributes(family[_GENL.size :])
                if kind == _FAMILY_ID
            )
            body = _GENL.pack(_ESWITCH_GET, _VERSION) + netlink.text(_BUS_NAME, bus) + netlink.text(_DEV_NAME, address)
            answers = socket.request(number, body)
    except OSError as error:
        # ENOENT: this kernel has no devlink. ENODEV: the driver does not speak it. EOPNOTSUPP: it has no switch.
        if error.errno in (errno.ENOENT, errno.ENODEV, errno.EOPNOTSUPP):
            return None
        raise links.failure(f"ask for the switch of '{address}' (devlink)", error) from error
    for answer in answers:
        for kind, value in netlink.attributes(answer[_GENL.size :]):
            if kind == _ESWITCH_MODE:
                mode = struct.unpack("=H", value)[0]
                return _MODES[mode] if mode < len(_MODES) else None
    return None
