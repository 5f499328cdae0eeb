"""Stores of definitions, alone and shared by processes and threads."""

from __future__ import annotations

import logging
import os
import random
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pyvirt_util import uuids
from pyvirt_util.errors import (
    DomExistError,
    InvalidArgError,
    NoDomainError,
    OperationTimeoutError,
    SystemCallError,
    XmlError,
)
from pyvirt_util.locks import FileLock
from pyvirt_util.store import ObjectStore, read_uuid

WEB = "11111111-2222-4333-8444-555555555555"
MAIL = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
NEWS = "99999999-8888-4777-8666-555555555555"


def document(uuid: str, content: str = "") -> str:
    return f"<domain>\n  <uuid>{uuid}</uuid>\n  <title>{content}</title>\n</domain>\n"


def make_store(folder: Path, *, durable: bool = True) -> ObjectStore:
    return ObjectStore(
        folder, kind="domain", exists_error=DomExistError, missing_error=NoDomainError, durable=durable, timeout=20
    )


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return make_store(tmp_path / "qemu")


def visible(store: ObjectStore) -> list[str]:
    return sorted(name for name in os.listdir(store.directory) if not name.startswith("."))


def test_an_empty_store_makes_nothing(store: ObjectStore) -> None:
    assert store.names() == []
    assert list(store) == []
    assert store.stamp("web") is None
    assert store.uuid_of("web") is None
    assert store.find_uuid(WEB) is None
    assert "web" not in store
    with pytest.raises(NoDomainError, match="no domain with matching name 'web'"):
        store.read("web")
    with pytest.raises(NoDomainError):
        store.delete("web")
    assert not os.path.exists(store.directory)


def test_an_object_comes_and_goes(store: ObjectStore) -> None:
    with store.lock("web"):
        stamp = store.put("web", WEB, document(WEB, "grün"))
    assert store.names() == ["web"]
    assert "web" in store
    record = store.read("web")
    assert (record.name, record.uuid, record.text, record.stamp) == ("web", WEB, document(WEB, "grün"), stamp)
    assert store.stamp("web") == stamp
    assert store.uuid_of("web") == WEB
    assert store.find_uuid(WEB) == "web"
    assert [each.name for each in store] == ["web"]
    assert Path(store.directory, "web.xml").read_text() == document(WEB, "grün")
    assert stat.S_IMODE(os.stat(Path(store.directory, "web.xml")).st_mode) == 0o600
    with store.lock("web"):
        store.delete("web")
    assert store.names() == []
    assert store.find_uuid(WEB) is None
    for folder in (".locks", ".new"):
        assert os.listdir(Path(store.directory, folder)) == []
    with pytest.raises(NoDomainError):
        store.delete("web")


def test_stamps_tell_versions_apart(tmp_path: Path) -> None:
    store = make_store(tmp_path, durable=False)  # fast enough to fall into one tick of the kernel's clock
    stamps = [store.put("web", WEB, document(WEB, str(turn % 10))) for turn in range(300)]
    assert len(set(stamps)) == 300
    assert store.stamp("web") == stamps[-1]


def test_names_and_uuids_are_unique(store: ObjectStore) -> None:
    store.put("web", WEB, document(WEB))
    with pytest.raises(DomExistError, match=f"domain 'web' is already defined with uuid {WEB}"):
        store.put("mail", WEB, document(WEB))
    with pytest.raises(DomExistError, match=f"domain 'web' already exists with uuid {WEB}"):
        store.put("web", MAIL, document(MAIL))
    assert store.names() == ["web"]
    assert store.find_uuid(MAIL) is None
    assert os.listdir(Path(store.directory, ".new")) == []
    store.put("web", WEB, document(WEB, "again"))
    assert store.read("web").text == document(WEB, "again")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "is empty"),
        (".", "directories"),
        ("..", "directories"),
        ("a/b", "contains '/'"),
        ("../web", "contains '/'"),
        ("a\nb", "newline"),
        ("a\0b", "NUL"),
        ("x" * 252, "longer than 251 bytes"),
        ("ü" * 126, "longer than 251 bytes"),
        ("\udc80", "not UTF-8"),
    ],
)
def test_names_that_no_object_can_have(store: ObjectStore, name: str, why: str) -> None:
    store.put("web", WEB, document(WEB))
    with pytest.raises(XmlError, match=why):
        store.put(name, MAIL, document(MAIL))
    with pytest.raises(XmlError, match=why):
        store.lock(name)
    with pytest.raises(XmlError, match=why):
        store.rename("web", name, WEB, document(WEB))
    assert store.stamp(name) is None
    assert store.uuid_of(name) is None
    with pytest.raises(NoDomainError):
        store.read(name)
    with pytest.raises(NoDomainError):
        store.delete(name)
    assert store.names() == ["web"]


@pytest.mark.parametrize("name", ["x" * 251, "ü" * 125, ".hidden", "with space", "a.xml", "...", "-", "\u202e", "a\tb"])
def test_unusual_names(store: ObjectStore, name: str) -> None:
    with store.lock(name):
        store.put(name, WEB, document(WEB))
    assert make_store(Path(store.directory)).names() == [name]
    assert make_store(Path(store.directory)).find_uuid(WEB) == name
    with store.lock(name):
        store.rename(name, "web", WEB, document(WEB))
        store.rename("web", name, WEB, document(WEB))
        store.delete(name)
    assert store.names() == []


def test_values_that_cannot_be_stored(store: ObjectStore) -> None:
    for uuid in ("", MAIL.upper(), "../../x"):
        with pytest.raises(InvalidArgError, match="not a canonical uuid"):
            store.put("web", uuid, document(WEB))
        assert store.find_uuid(uuid) is None
    with pytest.raises(InvalidArgError, match="UTF-8"):
        store.put("web", WEB, document(WEB, "\udc80"))
    assert not os.path.exists(store.directory)


def test_a_check_can_refuse_before_anything_is_visible(store: ObjectStore) -> None:
    def refuse() -> None:
        assert not FileLock(f"{store.directory}/.index").try_acquire()
        raise DomExistError("a running domain has this uuid")

    with pytest.raises(DomExistError, match="running"):
        store.put("web", WEB, document(WEB), check=refuse)
    assert store.names() == []
    assert store.find_uuid(WEB) is None
    assert os.listdir(Path(store.directory, ".new")) == []


def test_a_new_name(store: ObjectStore) -> None:
    store.put("web", WEB, document(WEB))
    store.put("mail", MAIL, document(MAIL))
    with pytest.raises(DomExistError, match="'mail' exists already"):
        store.rename("web", "mail", WEB, document(WEB))
    with pytest.raises(DomExistError, match="'web' exists already"):
        store.rename("web", "web", WEB, document(WEB))
    with pytest.raises(NoDomainError):
        store.rename("other", "new", NEWS, document(NEWS))
    store.rename("web", "www", WEB, document(WEB, "new"))
    assert store.names() == ["mail", "www"]
    assert store.find_uuid(WEB) == "www"
    assert store.read("www").text == document(WEB, "new")
    assert store.stamp("web") is None
    assert store.uuid_of("web") is None
    store.put("web", NEWS, document(NEWS))
    assert store.find_uuid(NEWS) == "web"


def test_a_store_without_uuids(tmp_path: Path) -> None:
    store = ObjectStore(
        tmp_path / "s", kind="binding", exists_error=DomExistError, missing_error=NoDomainError, uuid_reader=None
    )
    store.put("vnet0", "", "<filterbinding/>")
    store.put("vnet1", "", "<filterbinding/>")
    assert store.names() == ["vnet0", "vnet1"]
    assert store.read("vnet0").uuid == ""
    store.rename("vnet1", "vnet2", "", "<filterbinding/>")
    store.delete("vnet0")
    assert store.names() == ["vnet2"]
    assert store.find_uuid("") is None


# What an administrator does by hand


def test_files_put_there_by_hand_are_found(store: ObjectStore) -> None:
    store.put("web", WEB, document(WEB))
    Path(store.directory, "mail.xml").write_text(document(MAIL))
    assert make_store(Path(store.directory)).find_uuid(MAIL) == "mail"
    assert store.names() == ["mail", "web"]
    assert store.read("mail").uuid == MAIL
    with pytest.raises(DomExistError, match="'mail' is already defined"):
        store.put("other", MAIL, document(MAIL))
    Path(store.directory, "news.xml").write_text(document(NEWS))
    with pytest.raises(DomExistError, match="'news' is already defined"):
        store.put("other", NEWS, document(NEWS))
    with pytest.raises(DomExistError, match="already exists with uuid"):
        store.put("news", uuids.new_uuid(), document(NEWS))


def test_a_folder_filled_by_hand(tmp_path: Path) -> None:
    for name, uuid in (("web", WEB), ("mail", MAIL)):
        (tmp_path / f"{name}.xml").write_text(document(uuid))
    store = make_store(tmp_path)
    assert store.names() == ["mail", "web"]
    assert store.find_uuid(MAIL) == "mail"
    assert store.find_uuid(NEWS) is None


def test_files_removed_and_moved_by_hand(store: ObjectStore) -> None:
    store.put("web", WEB, document(WEB))
    store.put("mail", MAIL, document(MAIL))
    assert store.find_uuid(WEB) == "web"
    os.rename(Path(store.directory, "web.xml"), Path(store.directory, "www.xml"))
    os.unlink(Path(store.directory, "mail.xml"))
    assert store.find_uuid(WEB) == "www"
    assert store.find_uuid(MAIL) is None
    assert store.names() == ["www"]
    store.put("other", MAIL, document(MAIL))


def test_a_uuid_edited_in_place(store: ObjectStore) -> None:
    store.put("web", WEB, document(WEB))
    with open(Path(store.directory, "web.xml"), "r+") as file:
        file.write(document(MAIL))
    assert store.find_uuid(WEB) is None
    other = make_store(Path(store.directory))
    assert other.read("web").uuid == MAIL
    assert other.find_uuid(MAIL) == "web"
    assert store.find_uuid(MAIL) == "web"
    assert store.uuid_of("web") == MAIL


def test_a_copied_file_does_not_take_the_uuid(store: ObjectStore, caplog: pytest.LogCaptureFixture) -> None:
    store.put("web", WEB, document(WEB))
    Path(store.directory, "copy.xml").write_text(document(WEB))
    with caplog.at_level(logging.WARNING):
        assert store.find_uuid(MAIL) is None  # which looks through all
    assert store.find_uuid(WEB) == "web"
    assert f"domains 'web' and 'copy' have the same uuid {WEB}" in caplog.text
    assert store.names() == ["copy", "web"]
    store.delete("copy")
    assert store.find_uuid(WEB) == "web"
    Path(store.directory, "copy.xml").write_text(document(WEB))
    store.delete("web")
    assert store.find_uuid(WEB) == "copy"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"<domain/>", "it has no uuid"),
        (b"<domain><uuid>xyz</uuid></domain>", "it has no uuid"),
        (b"<domain><uuid>", "it has no uuid"),
        (document(MAIL).encode("utf-16"), "not UTF-8"),
    ],
)
def test_damaged_files_are_set_aside(
    store: ObjectStore, caplog: pytest.LogCaptureFixture, content: bytes, why: str
) -> None:
    store.put("web", WEB, document(WEB))
    Path(store.directory, "mail.xml").write_bytes(content)
    assert store.names() == ["mail", "web"]  # nothing is opened for that
    with caplog.at_level(logging.WARNING):
        assert [record.name for record in store] == ["web"]
    assert why in caplog.text
    assert store.names() == ["web"]
    (kept,) = [name for name in visible(store) if name.startswith("mail.xml.damaged-")]
    assert Path(store.directory, kept).read_bytes() == content
    with pytest.raises(NoDomainError):
        store.read("mail")
    store.put("mail", MAIL, document(MAIL))
    assert store.find_uuid(MAIL) == "mail"


def test_the_driver_finds_damage_too(store: ObjectStore) -> None:
    stamp = store.put("web", WEB, document(WEB))
    newer = store.put("web", WEB, document(WEB, "mended"))
    assert store.set_aside("web", stamp, "not well-formed") is None
    assert store.names() == ["web"]
    path = store.set_aside("web", newer, "not well-formed")
    assert path is not None
    assert Path(path).read_text() == document(WEB, "mended")
    assert store.names() == []
    assert store.find_uuid(WEB) is None


def test_other_things_in_the_folder(store: ObjectStore, caplog: pytest.LogCaptureFixture) -> None:
    store.put("web", WEB, document(WEB))
    for name in (".xml", "..xml", "web.txt", "web.xml~", "a\nb.xml", ".web.xml.swp"):
        Path(store.directory, name).write_text("x")
    Path(os.fsdecode(os.fsencode(store.directory) + b"/\xff.xml")).write_text("x")
    Path(store.directory, "folder.xml").mkdir()
    Path(store.directory, "nowhere.xml").symlink_to("missing")
    os.mkfifo(Path(store.directory, "fifo.xml"))
    names = store.names()
    assert names == ["fifo", "folder", "nowhere", "web"]
    with caplog.at_level(logging.WARNING):
        assert [record.name for record in store] == ["web"]
    assert caplog.text == ""
    for name in ("fifo", "folder", "nowhere"):
        assert store.stamp(name) is None
        with pytest.raises(NoDomainError):
            store.read(name)
    assert store.find_uuid(MAIL) is None
    assert store.find_uuid(WEB) == "web"
    with pytest.raises(SystemCallError, match="is a directory"):
        store.put("folder", MAIL, document(MAIL))
    assert store.names() == names
    assert store.find_uuid(MAIL) is None


def test_a_file_that_cannot_be_read_does_not_hide_the_others(
    store: ObjectStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.put("web", WEB, document(WEB))
    Path(store.directory, "loop.xml").symlink_to("loop.xml")
    with caplog.at_level(logging.WARNING):
        assert [record.name for record in store] == ["web"]
        assert store.find_uuid(MAIL) is None
    assert "cannot read domain 'loop'" in caplog.text
    assert store.find_uuid(WEB) == "web"
    with pytest.raises(SystemCallError, match="symbolic links"):
        store.read("loop")


def test_a_store_that_may_only_be_read(store: ObjectStore) -> None:
    store.put("web", WEB, document(WEB))
    Path(store.directory, "mail.xml").write_text(document(MAIL))
    program = """
import logging, os, sys
from pyvirt_util.errors import *
from pyvirt_util.store import ObjectStore
os.setresuid(65534, 65534, 65534)
store = ObjectStore(sys.argv[1], kind="domain", exists_error=DomExistError, missing_error=NoDomainError)
print(store.names(), store.find_uuid(sys.argv[2]), store.find_uuid(sys.argv[3]))
try:
    store.put("x", sys.argv[4], "<uuid/>")
except SystemCallError as error:
    print(error.errno)
"""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    folder = Path(store.directory)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755, follow_symlinks=False) if not path.is_symlink() else None
    for parent in folder.parents:
        if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    argv = [sys.executable, "-c", program, str(folder), WEB, MAIL, NEWS]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout == "['mail', 'web'] web mail\n13\n"


# Many at once


def together(count: int, work: Callable[[int], object]) -> None:
    """Run ``work(0)`` to ``work(count - 1)`` in threads; the first failure is raised."""
    failures: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


@pytest.mark.parametrize("shared", [True, False])
def test_one_uuid_has_one_owner_among_threads(tmp_path: Path, shared: bool) -> None:
    one = make_store(tmp_path)
    refused = []

    def work(number: int) -> None:
        store = one if shared else make_store(tmp_path)
        try:
            with store.lock(f"vm{number}"):
                store.put(f"vm{number}", WEB, document(WEB))
        except DomExistError:
            refused.append(number)

    together(8, work)
    assert len(refused) == 7
    assert len(one.names()) == 1


WORK = """
import random, sys
from pyvirt_util.errors import *
from pyvirt_util.store import ObjectStore
store = ObjectStore(sys.argv[1], kind="domain", exists_error=DomExistError, missing_error=NoDomainError, durable=False)
chance = random.Random(int(sys.argv[2]))
uuids = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(6)]
for turn in range(150):
    name, uuid = f"vm{chance.randrange(6)}", chance.choice(uuids)
    text = f"<domain><uuid>{uuid}</uuid>" + "x" * chance.randrange(10000) + "</domain>"
    try:
        action = chance.randrange(4)
        if action == 0:
            with store.lock(name):
                store.delete(name)
        elif action == 1:
            found = store.find_uuid(uuid)
            new = f"vm{chance.randrange(6)}"
            if found is not None and found != new:
                first, second = sorted((found, new))
                with store.lock(first), store.lock(second):
                    if store.uuid_of(found) == uuid:
                        store.rename(found, new, uuid, text)
        else:
            with store.lock(name):
                store.put(name, uuid, text)
    except (DomExistError, NoDomainError):
        pass
    for name in store.names():
        try:
            record = store.read(name)
        except NoDomainError:
            continue
        assert record.text.endswith("</domain>"), record.text
        assert record.uuid in record.text
"""


def test_processes_at_work_on_the_same_objects(tmp_path: Path) -> None:
    processes = [subprocess.Popen([sys.executable, "-c", WORK, str(tmp_path), str(seed)]) for seed in range(4)]
    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    store = make_store(tmp_path)
    records = list(store)
    assert len({record.uuid for record in records}) == len(records)
    for record in records:
        assert store.find_uuid(record.uuid) == record.name
    assert os.listdir(tmp_path / ".new") == []
    assert os.listdir(tmp_path / ".locks") == []


def test_processes_killed_at_random_while_others_work(tmp_path: Path) -> None:
    chance = random.Random(4711)
    steady = subprocess.Popen([sys.executable, "-c", WORK, str(tmp_path), "99"])
    for seed in range(8):
        with subprocess.Popen([sys.executable, "-c", WORK, str(tmp_path), str(seed)]) as victim:
            try:
                victim.wait(0.05 + chance.random() * 0.2)
            except subprocess.TimeoutExpired:
                victim.kill()
    assert steady.wait() == 0
    store = make_store(tmp_path)
    for record in list(store):
        assert store.find_uuid(record.uuid) == record.name
    for number in range(6):
        with store.lock(f"vm{number}"):
            if f"vm{number}" in store:
                store.delete(f"vm{number}")
    assert store.names() == []
    assert os.listdir(tmp_path / ".new") == []


@contextmanager
def impatient_threads(store: ObjectStore) -> Iterator[None]:
    """The store with a short timeout among its threads."""
    lock = store.folder_lock()._lock
    before, lock.timeout = lock.timeout, 0.05
    yield
    lock.timeout = before


def test_locks_of_objects_and_of_the_folder(store: ObjectStore) -> None:
    with store.lock("web") as lock:
        assert not store.lock("web").try_acquire()
        assert store.lock("mail").try_acquire()
        assert lock.held
    with store.folder_lock(), store.folder_lock():
        store.put("web", WEB, document(WEB))  # the same thread may go on
        impatient = ObjectStore(
            store.directory, kind="domain", exists_error=DomExistError, missing_error=NoDomainError, timeout=0.05
        )
        with pytest.raises(OperationTimeoutError, match=f"folder of domains.*process {os.getpid()}"):
            impatient.put("mail", MAIL, document(MAIL))
        with impatient_threads(store), pytest.raises(OperationTimeoutError, match="another thread"):
            together(1, lambda _: store.put("mail", MAIL, document(MAIL)))
    together(1, lambda _: store.put("mail", MAIL, document(MAIL)))
    assert store.names() == ["mail", "web"]
    assert os.listdir(Path(store.directory, ".new")) == []


@pytest.mark.parametrize(
    ("text", "uuid"),
    [
        (document(WEB), WEB),
        (f"<domain><uuid> {WEB.upper()}\n</uuid>", WEB),
        (f"<!-- <uuid>{MAIL}</uuid> --><domain><uuid>{WEB}</uuid>", WEB),
        (f"<domain><uuid >{WEB}</uuid>", WEB),
        (f"<domain><uuid>{WEB}", None),
        (f"<uuid>{WEB[:-1]}</uuid>", None),
        ("", None),
    ],
)
def test_the_uuid_of_a_text(text: str, uuid: str | None) -> None:
    assert read_uuid(text) == uuid
