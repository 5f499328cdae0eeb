"""Devices of the host that guests use, or that are held for them, and by whom."""

from __future__ import annotations

from pyvirt_util.errors import InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Generic, Protocol, TypeVar

    class Device(Protocol):
        """What a list keeps: equal and of one hash where it is the same device."""

        @property
        def name(self) -> str: ...

        def __hash__(self) -> int: ...

    D = TypeVar("D", bound=Device)
else:
    D = None

    class Generic:
        """Stands for typing's, which is not loaded for this."""

        def __class_getitem__(cls, item: object) -> type:
            return cls


class User(tuple[str, str]):
    """Who uses a device: a hypervisor driver (``QEMU``) and a domain's name."""

    __slots__ = ()

    @property
    def driver(self) -> str:
        return self[0]

    @property
    def domain(self) -> str:
        return self[1]

    def __str__(self) -> str:
        return f"driver {self[0]}, domain {self[1]}"


class DeviceList(Generic[D]):
    """Devices in the order they were added, each once, with their users.

    It is kept in memory: what outlives a process are the definitions of the guests that run.
    """

    __slots__ = ("_entries",)

    def __init__(self, devices: Iterable[D] = ()) -> None:
        self._entries: dict[D, tuple[D, list[User]]] = {}
        for device in devices:
            self.add(device)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[D]:
        return iter([device for device, _ in self._entries.values()])

    def __contains__(self, device: object) -> bool:
        return device in self._entries

    def find(self, device: D) -> D | None:
        """The list's own object for the same device."""
        entry = self._entries.get(device)
        return None if entry is None else entry[0]

    def add(self, device: D, user: tuple[str, str] | None = None) -> None:
        """Add a device, with its first user: driver and domain.

        :raises InternalError: when it is there already.
        """
        if device in self._entries:
            raise InternalError(f"device {device.name} is already in use{self.used_by(device)}")
        self._entries[device] = (device, [] if user is None else [User(user)])

    def remove(self, device: D) -> D | None:
        """Take a device out, whoever uses it; the list's own object for it, ``None`` when there was none."""
        entry = self._entries.pop(device, None)
        return None if entry is None else entry[0]

    def users(self, device: D) -> tuple[User, ...]:
        """Who uses a device; nobody for one that isn't there."""
        entry = self._entries.get(device)
        return () if entry is None else tuple(entry[1])

    def add_user(self, device: D, driver: str, domain: str) -> None:
        """Add a device that several may share, or one more user to it."""
        entry = self._entries.setdefault(device, (device, []))
        if User((driver, domain)) not in entry[1]:
            entry[1].append(User((driver, domain)))

    def remove_user(self, device: D, driver: str, domain: str) -> bool:
        """Take away a user, and the device with its last one; whether the device is still there."""
        entry = self._entries.get(device)
        if entry is None:
            return False
        user = User((driver, domain))
        if user in entry[1]:
            entry[1].remove(user)
            if not entry[1]:
                del self._entries[device]
        return device in self._entries

    def used_by(self, device: D) -> str:
        """`` by driver QEMU, domain web`` for messages; empty when nobody does."""
        users = self.users(device)
        return f" by {'; '.join(map(str, users))}" if users else ""
