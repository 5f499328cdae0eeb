"""What a card does by itself, and how it collects packets: the ethtool interface of the kernel.

Source: include/uapi/linux/ethtool.h; Documentation/networking/netdev-features.rst. libvirt: virNetDevGetFeatures.
"""

from __future__ import annotations

import array
import errno
import fcntl
import os
import socket
import struct

from pyvirt_netdev import link as links
from pyvirt_netdev.names import check_name
from pyvirt_util.errors import ConfigUnsupportedError, SystemCallError

_SIOCETHTOOL = 0x8946
_GCOALESCE, _SCOALESCE, _GSTRINGS, _GSSET_INFO, _GFEATURES = 0x0E, 0x0F, 0x1B, 0x37, 0x3A
_SS_FEATURES = 4
_STRING_SIZE = 32
_COALESCE_FIELDS = 23  # struct ethtool_coalesce: the command and 22 numbers
_RX_MAX_FRAMES = 2  # its place

FEATURES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("rx", ("rx-checksum",)),
    (
        "tx",
        ("tx-checksum-ipv4", "tx-checksum-ip-generic", "tx-checksum-ipv6", "tx-checksum-fcoe-crc", "tx-checksum-sctp"),
    ),
    ("sg", ("tx-scatter-gather", "tx-scatter-gather-fraglist")),
    (
        "tso",
        ("tx-tcp-segmentation", "tx-tcp-ecn-segmentation", "tx-tcp-mangleid-segmentation", "tx-tcp6-segmentation"),
    ),
    ("gso", ("tx-generic-segmentation",)),
    ("gro", ("rx-gro",)),
    ("lro", ("rx-lro",)),
    ("rxvlan", ("rx-vlan-hw-parse",)),
    ("txvlan", ("tx-vlan-hw-insert",)),
    ("ntuple", ("rx-ntuple-filter",)),
    ("rxhash", ("rx-hashing",)),
    ("txudptnl", ("tx-udp_tnl-segmentation",)),
)
"""libvirt's words, and the kernel's names of which one being on is enough."""


def get_offloads(ifname: str) -> dict[str, bool]:
    """All features by the kernel's names (``tx-checksum-ipv4``), and whether each is on.

    :raises SystemCallError: with errno ENODEV when there is no such device in this network namespace.
    """
    with _control() as control:
        answer = _call(control, ifname, struct.pack("=IIQ", _GSSET_INFO, 0, 1 << _SS_FEATURES) + bytes(4))
        count = struct.unpack_from("=I", answer, 16)[0] if struct.unpack_from("=Q", answer, 8)[0] else 0
        if not count:
            return {}
        head = struct.pack("=III", _GSTRINGS, _SS_FEATURES, count)
        strings = _call(control, ifname, head + bytes(count * _STRING_SIZE))[len(head) :]
        blocks = (count + 31) // 32
        # Each block: available, requested, active, never changed.
        answer = _call(control, ifname, struct.pack("=II", _GFEATURES, blocks) + bytes(16 * blocks))
    active = [struct.unpack_from("=I", answer, 8 + 16 * block + 8)[0] for block in range(blocks)]
    found = {}
    for number in range(count):
        name = strings[number * _STRING_SIZE : (number + 1) * _STRING_SIZE].split(b"\0", 1)[0].decode()
        if name:
            found[name] = bool(active[number // 32] >> number % 32 & 1)
    return found


def get_rx_frames(ifname: str) -> int:
    """How many packets may be collected before whoever receives them is told.

    :raises SystemCallError: with errno, EOPNOTSUPP when the driver has no such setting.
    """
    with _control() as control:
        return int(_coalesce(control, ifname)[_RX_MAX_FRAMES])


def set_rx_frames(ifname: str, frames: int) -> None:
    """Set that number (libvirt: virNetDevSetCoalesce).

    :raises ConfigUnsupportedError: the driver has no such setting.
    """
    try:
        with _control() as control:
            values = _coalesce(control, ifname)
            values[0], values[_RX_MAX_FRAMES] = _SCOALESCE, frames
            _call(control, ifname, values.tobytes())
    except SystemCallError as error:
        if error.errno == errno.EOPNOTSUPP:
            raise ConfigUnsupportedError(f"network device '{ifname}' does not collect packets (coalesce)") from error
        raise


def _coalesce(control: socket.socket, ifname: str) -> array.array[int]:
    answer = _call(control, ifname, struct.pack("=I", _GCOALESCE) + bytes(4 * (_COALESCE_FIELDS - 1)))
    return array.array("I", bytes(answer))


def _control() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)


def _call(control: socket.socket, ifname: str, command: bytes) -> bytes:
    """One ethtool command; what the kernel made of it."""
    buffer = array.array("B", command)
    request = struct.pack("16sP16x", os.fsencode(check_name(ifname)), buffer.buffer_info()[0])
    try:
        fcntl.ioctl(control, _SIOCETHTOOL, request)
    except OSError as error:
        raise links.failure(f"ask network device '{ifname}' for its settings (ethtool)", error) from error
    return buffer.tobytes()
