"""How a public operation is declared, and what can be derived from the declarations.

Every operation stands once, as a method of a driver base class::

    @operation("virDomainSuspend", 28, write=True)
    def domain_suspend(self, domain: DomainRef) -> None:
        \"\"\"Pause a domain.\"\"\"
        raise NoSupportError

A driver overrides what it can do. What it does not override raises :class:`NoSupportError` with the driver's and the
function's name. The support matrix, read-only connections, the wire protocol and the conformance suite read the
declarations; nothing is listed a second time.
"""

from __future__ import annotations

from pyvirt_util.errors import NoSupportError, OperationDeniedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, ClassVar, TypeVar

    _Method = TypeVar("_Method", bound=Callable[..., Any])


class Operation:
    """One public operation: its name here, its name in libvirt, and how it travels.

    ``function`` is libvirt's function, ``procedure`` the number it travels as in the RPC program ``program`` (``None``:
    it never leaves the client). ``also`` are older libvirt functions with the same effect, with their numbers.
    ``write``: refused on a read-only connection; ``write_flags``: refused there when one of these flags is given;
    ``write_values``: refused there when an argument has this value.
    """

    __slots__ = ("also", "function", "name", "procedure", "program", "write", "write_flags", "write_values")

    def __init__(
        self,
        name: str,
        function: str,
        procedure: int | None,
        *,
        program: str,
        write: bool,
        write_flags: int,
        write_values: Mapping[str, int],
        also: Mapping[str, int | None],
    ) -> None:
        self.name = name
        self.function = function
        self.procedure = procedure
        self.program = program
        self.write = write
        self.write_flags = write_flags
        self.write_values = write_values
        self.also = also

    def __repr__(self) -> str:
        return f"Operation({self.name}, {self.function})"


def operation(
    function: str,
    procedure: int | None,
    *,
    program: str = "remote",
    write: bool = False,
    write_flags: int = 0,
    write_values: Mapping[str, int] | None = None,
    also: Mapping[str, int | None] | None = None,
) -> Callable[[_Method], _Method]:
    """Declare a method of a driver base class as a public operation; see :class:`Operation` for the arguments."""

    def declare(method: _Method) -> _Method:
        def unsupported(self: Operations, *_args: object, **_keywords: object) -> Any:
            raise NoSupportError(f"{function} ({self.driver_name} driver)")

        unsupported.__name__ = method.__name__
        unsupported.__qualname__ = method.__qualname__
        unsupported.__doc__ = method.__doc__
        unsupported.__module__ = method.__module__
        described: Any = unsupported
        described.__wrapped__ = method
        described.__operation__ = Operation(
            method.__name__,
            function,
            procedure,
            program=program,
            write=write,
            write_flags=write_flags,
            write_values=write_values or {},
            also=also or {},
        )
        return described  # type: ignore[no-any-return]

    return declare


class Operations:
    """Base of all driver base classes. ``driver_name`` is what errors call the driver: ``qemu``, ``network`` ..."""

    driver_name: ClassVar[str] = "unnamed"

    def close(self) -> None:
        """Give back what the driver holds for one connection: threads, sockets. A second call does nothing."""


def declared_operations(base: type[Operations]) -> dict[str, Operation]:
    """All operations that ``base`` and its bases declare, by method name."""
    found: dict[str, Operation] = {}
    for cls in reversed(base.__mro__):
        for name, value in vars(cls).items():
            declaration = getattr(value, "__operation__", None)
            if declaration is not None:
                found[name] = declaration
    return found


def implements(driver: type[Operations] | Operations, name: str) -> bool:
    """Whether a driver (class or instance) overrides the operation called ``name``."""
    method = getattr(driver, name, None)
    return method is not None and not hasattr(method, "__operation__")


def implemented_operations(driver: type[Operations]) -> dict[str, Operation]:
    """The declared operations that the driver class really has."""
    return {name: op for name, op in declared_operations(driver).items() if implements(driver, name)}


class ReadOnly:
    """A driver as a read-only connection sees it: operations declared as writing are refused."""

    def __init__(self, driver: Operations) -> None:
        self._driver = driver
        self._operations = declared_operations(type(driver))

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._driver, name)
        declaration = self._operations.get(name)
        if declaration is None:
            return value
        if declaration.write:
            return _refusal(declaration)
        if declaration.write_flags:
            return _flag_check(declaration, value)
        if declaration.write_values:
            return _value_check(declaration, value)
        return value


def _refusal(declaration: Operation) -> Callable[..., Any]:
    def refuse(*_args: object, **_keywords: object) -> Any:
        raise OperationDeniedError(f"{declaration.function} on a read-only connection")

    return refuse


def _flag_check(declaration: Operation, method: Callable[..., Any]) -> Callable[..., Any]:
    def check(*args: Any, **keywords: Any) -> Any:
        flags = keywords.get("flags", args[-1] if args else 0)
        if int(flags) & declaration.write_flags:
            raise OperationDeniedError(f"{declaration.function} with flags {int(flags):#x} on a read-only connection")
        return method(*args, **keywords)

    return check


def _value_check(declaration: Operation, method: Callable[..., Any]) -> Callable[..., Any]:
    def check(*args: Any, **keywords: Any) -> Any:
        from inspect import signature

        given = signature(method).bind(*args, **keywords).arguments
        for name, value in declaration.write_values.items():
            if given.get(name) == value:
                raise OperationDeniedError(f"{declaration.function} with {name} {value} on a read-only connection")
        return method(*args, **keywords)

    return check
