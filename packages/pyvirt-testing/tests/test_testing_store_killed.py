"""Stores after SIGKILL at every step of every change: the old version or the new one, and nothing between."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pyvirt_testing.killer import kill_steps
from pyvirt_util import files
from pyvirt_util.errors import DomExistError, NoDomainError
from pyvirt_util.store import ObjectStore

WEB = "11111111-2222-4333-8444-555555555555"
OTHER = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"


def document(uuid: str, content: str) -> str:
    return f"<domain>\n  <uuid>{uuid}</uuid>\n  <title>{content}</title>\n</domain>\n"


def make_store(folder: Path) -> ObjectStore:
    return ObjectStore(folder, kind="domain", exists_error=DomExistError, missing_error=NoDomainError, timeout=20)


def everything(store: ObjectStore) -> dict[str, str]:
    """What the store has, after checking that its parts agree."""
    found = {}
    for name in store.names():
        record = store.read(name)
        assert store.stamp(name) == record.stamp
        assert store.uuid_of(name) == record.uuid
        assert store.find_uuid(record.uuid) == name
        found[name] = record.text
    for uuid in (WEB, OTHER):
        owner = store.find_uuid(uuid)
        assert owner is None or store.read(owner).uuid == uuid
    return found


def survive(
    folder: Path,
    prepare: Callable[[ObjectStore], object],
    change: Callable[[ObjectStore], object],
    *allowed: dict[str, str],
) -> int:
    """Kill the change at every step: the store holds one of ``allowed``, and can be changed afterwards."""
    operated = folder / "killed"

    def operation() -> None:
        change(make_store(operated))

    prepare(make_store(operated))
    steps = 0
    outcomes = []
    for step in kill_steps(operation):
        steps += 1
        found = everything(make_store(operated))
        assert found in allowed, step
        outcomes.append(allowed.index(found))
        # the next change of the same object gets through and leaves nothing of the killed one
        store = make_store(operated)
        with store.lock("web"):
            uuid = store.uuid_of("web") or OTHER
            store.put("web", uuid, document(uuid, "again"))
        assert os.listdir(operated / ".new") == []
        for name in store.names():
            with store.lock(name):
                store.delete(name)
        assert everything(store) == {}
        for name in ("web", "mail"):  # an empty lock file stays until somebody has use for the lock
            with store.lock(name):
                pass
        assert os.listdir(operated / ".locks") == []
        assert not os.path.lexists(operated / ".rename")
        prepare(make_store(operated))
    assert everything(make_store(operated)) == allowed[-1]
    # once the new version is there it stays: no later step brings the old one back
    assert outcomes == sorted(outcomes)
    return steps


def put(name: str, uuid: str, content: str) -> Callable[[ObjectStore], object]:
    def change(store: ObjectStore) -> None:
        with store.lock(name):
            store.put(name, uuid, document(uuid, content))

    return change


def test_a_first_definition(tmp_path: Path) -> None:
    steps = survive(tmp_path, lambda store: None, put("web", WEB, "new"), {}, {"web": document(WEB, "new")})
    assert steps > 8


def test_another_definition_of_the_same_object(tmp_path: Path) -> None:
    steps = survive(
        tmp_path,
        put("web", WEB, "old"),
        put("web", WEB, "new"),
        {"web": document(WEB, "old")},
        {"web": document(WEB, "new")},
    )
    assert steps > 8


def test_a_removal(tmp_path: Path) -> None:
    def change(store: ObjectStore) -> None:
        with store.lock("web"):
            store.delete("web")

    survive(tmp_path, put("web", WEB, "old"), change, {"web": document(WEB, "old")}, {})


def test_a_new_name(tmp_path: Path) -> None:
    def change(store: ObjectStore) -> None:
        with store.lock("mail"), store.lock("web"):
            store.rename("web", "mail", WEB, document(WEB, "new"))

    def prepare(store: ObjectStore) -> None:
        put("web", WEB, "old")(store)

    folder = tmp_path / "store"
    prepare(make_store(folder))
    outcomes = []
    for step in kill_steps(lambda: change(make_store(folder))):
        found = everything(make_store(folder))
        old, new = {"web": document(WEB, "old")}, {"mail": document(WEB, "new")}
        assert found in (old, new), step
        outcomes.append(found == new)
        store = make_store(folder)
        for name in store.names():
            store.delete(name)
        prepare(store)
        assert everything(store) == old
    assert everything(make_store(folder)) == {"mail": document(WEB, "new")}
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {False, True}


def test_a_uuid_goes_to_another_object(tmp_path: Path) -> None:
    """It was free again, whatever the index still says."""

    def change(store: ObjectStore) -> None:
        with store.lock("web"):
            store.delete("web")
        with store.lock("mail"):
            store.put("mail", WEB, document(WEB, "new"))

    survive(
        tmp_path,
        put("web", WEB, "old"),
        change,
        {"web": document(WEB, "old")},
        {},
        {"mail": document(WEB, "new")},
    )


def test_a_lock_ends_with_its_holder(tmp_path: Path) -> None:
    def operation() -> None:
        store = make_store(tmp_path)
        with store.lock("web"), store.folder_lock():
            os.utime(tmp_path)

    for _step in kill_steps(operation):
        store = make_store(tmp_path)
        lock = store.lock("web")
        assert lock.try_acquire()
        lock.release()
        with store.folder_lock():
            pass


@pytest.mark.parametrize("durable", [False, True])
def test_an_atomic_write(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "folder" / "status.xml"
    path.parent.mkdir()
    files.write_atomic(path, "old" * 1000)
    seen = set()
    for step in kill_steps(lambda: files.write_atomic(path, "new" * 1000, durable=durable)):
        text = path.read_text()
        assert text in ("old" * 1000, "new" * 1000), step
        seen.add(text)
        assert set(os.listdir(path.parent)) - {"status.xml"} == set(files.remove_leftovers(path.parent))
        assert os.listdir(path.parent) == ["status.xml"]
        files.write_atomic(path, "old" * 1000)
    assert path.read_text() == "new" * 1000
    assert "old" * 1000 in seen
