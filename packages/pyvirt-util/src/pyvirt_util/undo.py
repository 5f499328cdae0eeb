"""Undo stacks: every acquisition registers its undo at once.

::

    with UndoStack() as undo:
        tap = make_tap()
        undo.push(delete_tap, tap)
        cgroup = make_cgroup()
        undo.push(cgroup.remove)
        start(tap, cgroup)

Leaving the block normally keeps everything. Leaving it by an exception, Ctrl-C included, runs the undos, last first.
"""

from __future__ import annotations

from pyvirt_util import _logging

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import TracebackType
    from typing import ParamSpec, Self, TypeVar

    P = ParamSpec("P")
    T = TypeVar("T")


class UndoStack:
    """A context manager that undoes what was pushed when its block fails.

    An undo that fails itself is logged, and the others still run; the exception that ended the block is the one that
    propagates. Only an interruption (``KeyboardInterrupt``, ``SystemExit``) that arrives while undoing takes its place,
    after all undos have run, with the first exception as its context.
    """

    __slots__ = ("_undos",)

    def __init__(self) -> None:
        self._undos: list[tuple[Callable[..., object], tuple[object, ...], dict[str, object]]] = []

    def __len__(self) -> int:
        return len(self._undos)

    def push(self, func: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Register ``func(*args, **kwargs)`` as the undo of what has just been acquired."""
        self._undos.append((func, args, kwargs))

    def enter(self, manager: AbstractContextManager[T]) -> T:
        """Enter a context manager whose exit is the undo.

        After a success it stays entered: something that has to end in either case belongs in a ``with`` of its own.
        The stack forgets the manager then; one made by ``contextlib.contextmanager`` ends when nobody else keeps it.
        """
        value = manager.__enter__()
        self._undos.append((_exit, (manager,), {}))
        return value

    def commit(self) -> None:
        """Keep what was acquired so far: its undos are forgotten, also if the block fails later."""
        self._undos.clear()

    def move_to(self, other: UndoStack) -> None:
        """Hand the undos over to another stack, which then decides; they count there as pushed last."""
        other._undos.extend(self._undos)
        self._undos.clear()

    def undo(self, cause: BaseException | None = None) -> None:
        """Run all undos now, last first. An undo may push further ones: they run too.

        ``cause`` is what the context managers among them are told.
        """
        interruption: BaseException | None = None
        while self._undos:
            func, args, kwargs = self._undos.pop()
            try:
                if func is _exit:
                    _exit(args[0], cause)
                else:
                    func(*args, **kwargs)
            except Exception as error:
                _log_failure(func, error)
            except BaseException as error:
                _log_failure(func, error)
                interruption = interruption or error
        if interruption is not None:
            raise interruption

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self._undos.clear()
        else:
            self.undo(error)


def _exit(manager: object, cause: BaseException | None) -> None:
    kind, traceback = (type(cause), cause.__traceback__) if cause is not None else (None, None)
    type(manager).__exit__(manager, kind, cause, traceback)  # type: ignore[attr-defined]


def _log_failure(func: Callable[..., object], error: BaseException) -> None:
    name = getattr(func, "__qualname__", None) or repr(func)
    _logging.warning(__name__, "undo %s failed: %s", name, error, exc_info=error)
