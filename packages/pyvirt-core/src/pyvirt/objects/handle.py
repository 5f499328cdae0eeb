"""What all objects of a connection have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from pyvirt.objects.connection import Connection

_Ref = TypeVar("_Ref", bound="tuple[object, ...]")


class Handle(Generic[_Ref]):
    """An object of a connection: two handles are equal when they mean the same object of the same connection.

    Making one costs nothing and asks nobody; every method asks the driver anew.
    """

    __slots__ = ("_connection", "_ref")

    def __init__(self, connection: Connection, ref: _Ref) -> None:
        self._connection = connection
        self._ref = ref

    @property
    def connection(self) -> Connection:
        """The connection this object belongs to."""
        return self._connection

    @property
    def ref(self) -> _Ref:
        """The plain handle that drivers and events use."""
        return self._ref

    def _identity(self) -> tuple[object, ...]:
        return self._ref

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Handle) or type(other) is not type(self):
            return NotImplemented
        return self._connection is other._connection and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash((id(self._connection), self._identity()))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {' '.join(str(part) for part in self._ref)}>"
