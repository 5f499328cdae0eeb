"""Undo stacks."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from pyvirt_util.undo import UndoStack


def fail(cause: BaseException, acquire: Callable[[UndoStack], object]) -> None:
    """An operation that fails after it has acquired something."""
    with UndoStack() as undo:
        acquire(undo)
        raise cause


def test_a_failure_undoes_in_reverse() -> None:
    done: list[object] = []

    def with_keyword(*, key: int) -> None:
        done.append(key)

    def acquire(undo: UndoStack) -> None:
        undo.push(done.append, 1)
        undo.push(with_keyword, key=2)

    with pytest.raises(KeyError):
        fail(KeyError(), acquire)
    assert done == [2, 1]


def test_a_success_keeps_everything() -> None:
    done: list[int] = []
    with UndoStack() as undo:
        undo.push(done.append, 1)
        assert len(undo) == 1
    assert done == []
    assert len(undo) == 0


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_interruption_undoes(interruption: type[BaseException]) -> None:
    done: list[int] = []
    with pytest.raises(interruption):
        fail(interruption(), lambda undo: undo.push(done.append, 1))
    assert done == [1]


def test_committed_parts_stay() -> None:
    done: list[int] = []

    def acquire(undo: UndoStack) -> None:
        undo.push(done.append, 1)
        undo.commit()
        undo.push(done.append, 2)

    with pytest.raises(KeyError):
        fail(KeyError(), acquire)
    assert done == [2]


def test_a_failing_undo_is_logged_and_the_others_run(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []

    def broken() -> None:
        raise OSError("the tap is busy")

    def acquire(undo: UndoStack) -> None:
        undo.push(done.append, 1)
        undo.push(broken)
        undo.push(done.append, 2)

    with caplog.at_level(logging.WARNING), pytest.raises(KeyError, match="the cause"):
        fail(KeyError("the cause"), acquire)
    assert done == [2, 1]
    assert "broken failed: the tap is busy" in caplog.text
    assert caplog.records[0].name == "pyvirt_util.undo"


def test_an_interrupted_undo_does_not_stop_the_others() -> None:
    done: list[int] = []

    def interrupted() -> None:
        raise KeyboardInterrupt

    def acquire(undo: UndoStack) -> None:
        undo.push(done.append, 1)
        undo.push(interrupted)

    with pytest.raises(KeyboardInterrupt) as caught:
        fail(KeyError("the cause"), acquire)
    assert done == [1]
    assert isinstance(caught.value.__context__, KeyError)


class Resource:
    """A context manager that says what happens to it."""

    def __init__(self, seen: list[object]) -> None:
        self.seen = seen

    def __enter__(self) -> str:
        self.seen.append("enter")
        return "resource"

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        self.seen.append(error)


def test_context_managers_are_entered_at_once_and_left_on_failure() -> None:
    seen: list[object] = []
    with UndoStack() as undo:
        assert undo.enter(Resource(seen)) == "resource"
    assert seen == ["enter"]
    seen.clear()
    cause = ValueError("why")
    with pytest.raises(ValueError, match="why"):
        fail(cause, lambda undo: undo.enter(Resource(seen)))
    assert seen == ["enter", cause]


def test_a_manager_that_fails_to_enter_is_not_left() -> None:
    seen: list[object] = []

    class Broken(Resource):
        def __enter__(self) -> str:
            raise ConnectionError

    with pytest.raises(ConnectionError), UndoStack() as undo:
        undo.enter(Broken(seen))
    assert seen == []


def test_undos_can_move_to_the_callers_stack() -> None:
    done: list[str] = []

    def acquire(outer: UndoStack) -> None:
        outer.push(done.append, "outer")
        with UndoStack() as inner:
            inner.push(done.append, "inner")
            inner.move_to(outer)

    with pytest.raises(KeyError):
        fail(KeyError(), acquire)
    assert done == ["inner", "outer"]


def test_undos_pushed_while_undoing_run() -> None:
    done: list[int] = []
    with pytest.raises(KeyError):
        fail(KeyError(), lambda undo: undo.push(lambda: undo.push(done.append, 1)))
    assert done == [1]
