"""Cards with SR-IOV as files, and a physical function's driver below the netlink socket: fakes, for cards nobody has.

::

    tree = FakeSriovTree(tmp_path / "sys")
    tree.dual_port(vfs=2)
    driver = FakePfDriver("ens1", vfs=2)
    monkeypatch.setattr(netlink, "Rtnetlink", lambda: driver)

Files and links are laid out as sysfs has them. The driver takes and gives the messages that ``ip link set PF vf N``
and ``ip link show`` exchange with the kernel (include/uapi/linux/if_link.h, IFLA_VFINFO_LIST). With ``path`` it keeps
its settings in a file, so that several processes have one card.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_GETLINK = 18
_IFNAME, _VFINFO_LIST = 3, 22
_STATES = ("auto", "enable", "disable")
_UNKNOWN = 0xFFFFFFFF
_IFINFO = struct.pack("=BxHiII", 0, 1, 7, 0, 0)

INITIAL: dict[str, Any] = {
    "mac": "00:00:00:00:00:00",
    "vlan": 0,
    "qos": 0,
    "spoof_check": True,
    "trust": False,
    "link_state": "auto",
    "min_rate": 0,
    "max_rate": 0,
}
"""Settings of a virtual function that nobody has touched."""


class FakeSriovTree:
    """A machine's ``/sys`` below ``root``; :attr:`sysfs` is its path as text."""

    PF = "0000:03:00.0"

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)
        self.sysfs = str(root)
        for folder in ("class/net", "bus/pci/devices"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)

    def path(self, address: str) -> Path:
        """The folder of a PCI function."""
        return self.root / "devices/pci0000:00" / address

    def function(self, address: str, /, *, driver: str | None = "mlx4_core", **attributes: str) -> None:
        """A PCI function."""
        path = self.path(address)
        path.mkdir(parents=True)
        (self.root / "bus/pci/devices" / address).symlink_to(f"../../../devices/pci0000:00/{address}")
        self.bind(address, driver)
        for name, value in attributes.items():
            (path / name).write_text(value + "\n")

    def bind(self, address: str, driver: str | None) -> None:
        """Give a function to a driver, or with ``None`` to nobody."""
        path = self.path(address)
        (path / "driver").unlink(missing_ok=True)
        if driver:
            (path / "driver").symlink_to(f"../../../bus/pci/drivers/{driver}")

    def netdev(self, address: str, name: str, /, **attributes: str) -> None:
        """A network device of a function."""
        path = self.path(address) / "net" / name
        path.mkdir(parents=True)
        (path / "device").symlink_to(f"../../../{address}")
        (self.root / "class/net" / name).symlink_to(f"../../devices/pci0000:00/{address}/net/{name}")
        for key, value in attributes.items():
            (path / key).write_text(value + "\n")

    def remove_netdev(self, name: str) -> None:
        """Take a network device away."""
        link = self.root / "class/net" / name
        shutil.rmtree(link.resolve())
        link.unlink()

    def vf(self, index: int, *, pf: str = PF, driver: str | None = "mlx4_core") -> str:
        """A virtual function; its address."""
        address = f"0000:{3 + (index + 1) // 256:02x}:{(index + 1) % 256 // 8:02x}.{(index + 1) % 8}"
        self.function(address, driver=driver)
        (self.path(address) / "physfn").symlink_to(f"../{pf}")
        (self.path(pf) / f"virtfn{index}").symlink_to(f"../{address}")
        return address

    def dual_port(self, vfs: int, ids: tuple[str | None, str | None] = ("0aa1", "0aa2"), **more: str) -> None:
        """A card with two ports behind one function, ``ens1`` and ``ens1d1``.

        Its VFs have two network devices each, ``v0b`` on the first port and ``v0a`` on the second: against the order
        of their names. ``ids`` are the phys_port_id of the ports.
        """
        self.function(self.PF, sriov_totalvfs="256", sriov_numvfs=str(vfs))
        port = [{"phys_port_id": value} if value else {} for value in ids]
        self.netdev(self.PF, "ens1", **port[0], **more)
        self.netdev(self.PF, "ens1d1", **port[1], **more)
        for index in range(vfs):
            address = self.vf(index)
            self.netdev(address, f"v{index}b", **port[0], **more)
            self.netdev(address, f"v{index}a", **port[1], **more)


class FakePfDriver:
    """What answers instead of a routing socket: one link, ``name``, with virtual functions.

    ``vfs`` are their settings, ``changes`` what was changed, as (VF, setting). ``refuses`` is called with each change
    before it is made and may raise OSError.
    """

    def __init__(self, name: str = "pf0", *, vfs: int = 4, path: str | os.PathLike[str] | None = None) -> None:
        self.name = name
        self.vfs: list[dict[str, Any]] = [dict(INITIAL) for _vf in range(vfs)]
        self.changes: list[tuple[int, dict[str, Any]]] = []
        self.refuses: Callable[[int, dict[str, Any]], object] = lambda vf, change: None
        self._path = None if path is None else Path(path)

    def __enter__(self) -> FakePfDriver:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def request(self, kind: int, body: bytes, flags: int = 0) -> list[bytes]:
        """One message and its answers."""
        if self._path is not None and self._path.exists():
            self.vfs = json.loads(self._path.read_text())
        content = dict(_attributes(body[16:]))
        if kind == _GETLINK:
            if content.get(_IFNAME) != os.fsencode(self.name) + b"\0":
                raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
            return [_IFINFO + _attribute(_IFNAME, os.fsencode(self.name) + b"\0") + self._describe()]
        for _kind, info in _attributes(content[_VFINFO_LIST]):
            for number, value in _attributes(info):
                self._change(number, value)
        return []

    def _change(self, number: int, value: bytes) -> None:
        vf, *words = struct.unpack_from("=III" if len(value) >= 12 else "=II", value)
        change: dict[str, Any]
        match number:
            case 1:
                change = {"mac": value[4:10].hex(":")}
            case 2:
                change = {"vlan": words[0], "qos": words[1]}
            case 4:
                change = {"spoof_check": bool(words[0])}
            case 5:
                change = {"link_state": _STATES[words[0]]}
            case 6:
                change = {"min_rate": words[0], "max_rate": words[1]}
            case 9:
                change = {"trust": bool(words[0])}
            case _:
                raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        self.refuses(vf, change)
        self.changes.append((vf, change))
        self.vfs[vf].update(change)
        if self._path is not None:
            fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
            fresh.write_text(json.dumps(self.vfs))
            fresh.rename(self._path)

    def _describe(self) -> bytes:
        infos = b""
        for number, vf in enumerate(self.vfs):
            one = _attribute(1, struct.pack("=I32s", number, bytes.fromhex(vf["mac"].replace(":", ""))))
            one += _attribute(13, bytes(32))
            one += _attribute(2, struct.pack("=III", number, vf["vlan"], vf["qos"]))
            one += _attribute(6, struct.pack("=III", number, vf["min_rate"], vf["max_rate"]))
            one += _attribute(3, struct.pack("=II", number, vf["max_rate"]))
            one += _attribute(4, struct.pack("=II", number, _flag(vf["spoof_check"])))
            one += _attribute(5, struct.pack("=II", number, _STATES.index(vf["link_state"])))
            one += _attribute(9, struct.pack("=II", number, _flag(vf["trust"])))
            infos += _attribute(1, one)
        return _attribute(_VFINFO_LIST, infos)


def _flag(value: bool | None) -> int:
    return _UNKNOWN if value is None else int(value)


def _attribute(kind: int, value: bytes) -> bytes:
    size = 4 + len(value)
    return struct.pack("=HH", size, kind) + value + bytes(-size & 3)


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + 4 <= len(data):
        size, kind = struct.unpack_from("=HH", data, place)
        yield kind & 0x3FFF, data[place + 4 : place + size]
        place += (size + 3) & ~3
