"""The shared part of local drivers, with guests that are plain processes: ``sleep`` in the place of an emulator."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
import time
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from pyvirt.enums import (
    ConnectListAllDomainsFlags,
    DomainCreateFlags,
    DomainDefineFlags,
    DomainDestroyFlags,
    DomainEventID,
    DomainEventStoppedDetailType,
    DomainEventType,
    DomainPausedReason,
    DomainRunningReason,
    DomainShutoffReason,
    DomainState,
    DomainUndefineFlags,
    DomainXMLFlags,
)
from pyvirt.events.kinds import LifecycleEvent
from pyvirt.local import GuestStatus, LocalDomainDriver
from pyvirt.objects import Connection
from pyvirt_util.errors import (
    InternalError,
    NoDomainError,
    OperationFailedError,
    OperationInvalidError,
    XmlError,
)
from pyvirt_util.process import ProcessId, spawn
from pyvirt_util.statedirs import Instance
from pyvirt_util.uris import URI

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pyvirt.refs import DomainRef
    from pyvirt_util.undo import UndoStack

UUID = "c7a5fdbd-edaf-9455-926a-d65c16db1809"
OTHER_UUID = "c7a5fdbd-edaf-9455-926a-d65c16db180a"


@dataclass
class Definition:
    """As much of a definition as the shared part looks at."""

    name: str
    uuid: str
    note: str = ""

    def copy(self) -> Definition:
        return replace(self)


def xml(name: str = "web", uuid: str = UUID, note: str = "") -> str:
    return f"<domain>\n  <name>{name}</name>\n  <uuid>{uuid}</uuid>\n  <note>{note}</note>\n</domain>\n"


class SleepDriver(LocalDomainDriver):
    driver_name = "sleep"

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        self.cleaned: list[str] = []
        self.fail_after_spawn = False
        self.reason = DomainShutoffReason.CRASHED

    def parse_definition(self, xml: str, *, validate_schema: bool = False) -> Any:
        def between(tag: str) -> str:
            if f"<{tag}>" not in xml:
                raise XmlError(f"no <{tag}>")
            return xml.partition(f"<{tag}>")[2].partition("<")[0]

        return Definition(between("name"), between("uuid"), between("note") if "<note>" in xml else "")

    parse_stored = parse_definition

    def format_definition(self, domain: Any, *, flags: int) -> str:
        return xml(domain.name, domain.uuid, domain.note)

    def start_guest(self, status: GuestStatus, domain: Any, flags: DomainCreateFlags, undo: UndoStack) -> GuestStatus:
        held = os.open(f"{self.records.guest_folder(status.name)}/alive", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            process = spawn(["/bin/sleep", "1000"], pass_fds={3: held})
        finally:
            os.close(held)
        if self.fail_after_spawn:
            raise InternalError("no luck")
        paused = bool(flags & DomainCreateFlags.START_PAUSED)
        return status.changed(
            state=DomainState.PAUSED if paused else DomainState.RUNNING,
            reason=int(DomainPausedReason.USER if paused else DomainRunningReason.BOOTED),
            pid=process.pid,
            start_time=process.start_time,
            xml=xml(domain.name, domain.uuid, "live"),
        )

    def stop_guest(self, status: GuestStatus, *, graceful: bool) -> None:
        process = ProcessId(status.pid, status.start_time)
        process.kill()
        assert process.wait(5)
        process.reap()

    def clean_up_guest(self, status: GuestStatus) -> None:
        self.cleaned.append(status.name)

    def exit_reason(self, status: GuestStatus) -> DomainShutoffReason:
        return self.reason


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[SleepDriver]:
    instance = Instance.embed(tmp_path)
    made = SleepDriver(instance)
    yield made
    for name in made.records.live.names():
        status = made.records.status(name)
        if status is not None and status.pid:
            ProcessId(status.pid, status.start_time).kill()
            ProcessId(status.pid, status.start_time).reap()
    made.close()


def start(driver: SleepDriver, name: str = "web", uuid: str = UUID, flags: int = 0) -> Any:
    return driver.domain_create_xml(xml(name, uuid), DomainCreateFlags(flags))


def left_of(driver: SleepDriver, name: str) -> list[str]:
    runtime = driver.directories.runtime
    paths = [f"{runtime}/live/{name}.xml", f"{runtime}/guests/{name}", f"{runtime}/locks/{name}.lock"]
    return [path for path in paths if os.path.exists(path)]


def status_of(driver: SleepDriver, name: str) -> GuestStatus:
    status = driver.records.status(name)
    assert status is not None
    return status


def test_life_of_a_persistent_domain(driver: SleepDriver) -> None:
    ref = driver.domain_define_xml_flags(xml(), DomainDefineFlags(0))
    assert (ref.name, ref.uuid, ref.id) == ("web", UUID, -1)
    assert driver.domain_get_state(ref, 0) == (DomainState.SHUTOFF, DomainShutoffReason.UNKNOWN)
    driver.domain_create_with_flags(ref, DomainCreateFlags(0))
    running = driver.domain_lookup_by_name("web")
    assert running.id == 1
    assert driver.domain_lookup_by_id(1) == running
    assert driver.domain_lookup_by_uuid(UUID.upper()) == running
    assert driver.domain_get_state(ref, 0) == (DomainState.RUNNING, DomainRunningReason.BOOTED)
    assert "<note>live</note>" in driver.domain_get_xml_desc(ref, DomainXMLFlags(0))
    assert "<note></note>" in driver.domain_get_xml_desc(ref, DomainXMLFlags.INACTIVE)
    with pytest.raises(OperationInvalidError, match="already running"):
        driver.domain_create_with_flags(ref, DomainCreateFlags(0))
    driver.domain_destroy_flags(ref, DomainDestroyFlags(0))
    assert driver.domain_get_state(ref, 0) == (DomainState.SHUTOFF, DomainShutoffReason.DESTROYED)
    assert left_of(driver, "web") == []
    driver.domain_undefine_flags(ref, DomainUndefineFlags(0))
    with pytest.raises(NoDomainError):
        driver.domain_get_state(ref, 0)
    assert driver.connect_list_all_domains(ConnectListAllDomainsFlags(0)) == []


def test_transient_domain_is_forgotten_when_it_ends(driver: SleepDriver) -> None:
    ref = start(driver)
    assert not driver.domain_is_persistent(ref)
    with pytest.raises(OperationInvalidError, match="transient"):
        driver.domain_undefine_flags(ref, DomainUndefineFlags(0))
    with pytest.raises(OperationInvalidError, match="transient"):
        driver.domain_set_autostart(ref, True)
    driver.domain_destroy_flags(ref, DomainDestroyFlags(0))
    with pytest.raises(NoDomainError):
        driver.domain_lookup_by_name("web")


def test_undefined_while_running_becomes_transient(driver: SleepDriver) -> None:
    ref = driver.domain_define_xml_flags(xml(), DomainDefineFlags(0))
    driver.domain_create_with_flags(ref, DomainCreateFlags(0))
    driver.domain_undefine_flags(ref, DomainUndefineFlags(0))
    assert driver.domain_is_active(ref)
    assert not driver.domain_is_persistent(ref)
    driver.domain_define_xml_flags(xml(note="new"), DomainDefineFlags(0))
    assert driver.domain_is_persistent(ref)
    assert "<note>live</note>" in driver.domain_get_xml_desc(ref, DomainXMLFlags(0))


def test_names_and_uuids_go_together(driver: SleepDriver) -> None:
    driver.domain_define_xml_flags(xml(), DomainDefineFlags(0))
    with pytest.raises(OperationFailedError, match="already exists with uuid"):
        driver.domain_define_xml_flags(xml(uuid=OTHER_UUID), DomainDefineFlags(0))
    with pytest.raises(OperationFailedError, match="'web' is already defined"):
        driver.domain_define_xml_flags(xml(name="db"), DomainDefineFlags(0))
    with pytest.raises(OperationFailedError, match="already exists with uuid"):
        start(driver, uuid=OTHER_UUID)
    start(driver, "db", OTHER_UUID)
    with pytest.raises(OperationFailedError, match="'db' is already defined"):
        driver.domain_define_xml_flags(xml("cache", OTHER_UUID), DomainDefineFlags(0))
    with pytest.raises(OperationInvalidError, match="already active"):
        start(driver, "db", OTHER_UUID)


def test_failed_start_leaves_nothing(driver: SleepDriver) -> None:
    driver.fail_after_spawn = True
    with pytest.raises(InternalError, match="no luck"):
        start(driver)
    assert left_of(driver, "web") == []
    assert driver.cleaned == ["web"]
    assert not _sleepers(driver)


def _sleepers(driver: SleepDriver) -> list[str]:
    """Processes that have a file of this driver's open."""
    found = []
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        if int(pid) == os.getpid():
            continue
        try:
            links = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        except OSError:
            continue
        if any(link.startswith(driver.directories.runtime) for link in links):
            found.append(pid)
    return found


def test_guest_that_ended_unseen_is_settled_by_the_next_call(driver: SleepDriver) -> None:
    ref = driver.domain_define_xml_flags(xml(), DomainDefineFlags(0))
    driver.domain_create_with_flags(ref, DomainCreateFlags(0))
    os.kill(status_of(driver, "web").pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while driver.domain_is_active(ref) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert driver.domain_get_state(ref, 0) == (DomainState.SHUTOFF, DomainShutoffReason.CRASHED)
    assert left_of(driver, "web") == []
    assert driver.cleaned == ["web"]


def test_orphan_of_a_killed_start_is_ended(driver: SleepDriver) -> None:
    """The caller was killed after the guest's process was made and before its pid was written."""
    driver.domain_define_xml_flags(xml(), DomainDefineFlags(0))
    status = driver.records.claim("web", UUID)
    driver.start_guest(status, Definition("web", UUID), DomainCreateFlags(0), None)  # type: ignore[arg-type]
    assert _sleepers(driver)
    ref = driver.domain_lookup_by_name("web")
    assert ref.id == -1
    assert not _sleepers(driver)
    assert left_of(driver, "web") == []
    driver.domain_create_with_flags(ref, DomainCreateFlags(0))
    assert driver.domain_is_active(ref)


def test_destroy_interrupted_after_the_kill_keeps_its_reason(driver: SleepDriver) -> None:
    ref = driver.domain_define_xml_flags(xml(), DomainDefineFlags(0))
    driver.domain_create_with_flags(ref, DomainCreateFlags(0))
    status = status_of(driver, "web")
    marked = status.changed(private={**status.private, "stopping": str(int(DomainShutoffReason.DESTROYED))})
    driver.records.write(marked)
    driver.stop_guest(marked, graceful=False)
    assert driver.domain_get_state(ref, 0) == (DomainState.SHUTOFF, DomainShutoffReason.DESTROYED)


def test_events_reach_another_driver_object(driver: SleepDriver, tmp_path: Path) -> None:
    other = SleepDriver(Instance.embed(tmp_path))
    seen: list[LifecycleEvent] = []
    done = threading.Event()

    def note(event: LifecycleEvent) -> None:
        seen.append(event)
        if event.event == DomainEventType.STOPPED:
            done.set()

    number = other.connect_domain_event_register_any(None, DomainEventID.LIFECYCLE, note)
    try:
        ref = driver.domain_define_xml_flags(xml(), DomainDefineFlags(0))
        driver.domain_create_with_flags(ref, DomainCreateFlags.START_PAUSED)
        driver.domain_destroy_flags(ref, DomainDestroyFlags(0))
        assert done.wait(5)
    finally:
        other.connect_domain_event_deregister_any(number)
    assert [event.event for event in seen] == [
        DomainEventType.DEFINED,
        DomainEventType.STARTED,
        DomainEventType.SUSPENDED,
        DomainEventType.STOPPED,
    ]
    assert seen[-1].reason == DomainEventStoppedDetailType.DESTROYED
    assert os.listdir(f"{driver.directories.runtime}/events") in ([], ["watcher.lock"])


def test_list_filters(driver: SleepDriver) -> None:
    driver.domain_define_xml_flags(xml("off", OTHER_UUID), DomainDefineFlags(0))
    start(driver, "on", UUID, DomainCreateFlags.START_PAUSED)

    def names(flags: ConnectListAllDomainsFlags) -> list[str]:
        return [ref.name for ref in driver.connect_list_all_domains(flags)]

    assert names(ConnectListAllDomainsFlags(0)) == ["on", "off"]
    assert names(ConnectListAllDomainsFlags.ACTIVE) == ["on"]
    assert names(ConnectListAllDomainsFlags.INACTIVE) == ["off"]
    assert names(ConnectListAllDomainsFlags.TRANSIENT) == ["on"]
    assert names(ConnectListAllDomainsFlags.PERSISTENT | ConnectListAllDomainsFlags.ACTIVE) == []
    assert names(ConnectListAllDomainsFlags.PAUSED) == ["on"]
    assert names(ConnectListAllDomainsFlags.SHUTOFF) == ["off"]
    assert names(ConnectListAllDomainsFlags.RUNNING) == []


def test_autostart(driver: SleepDriver) -> None:
    ref = driver.domain_define_xml_flags(xml(), DomainDefineFlags(0))
    assert not driver.domain_get_autostart(ref)
    driver.domain_set_autostart(ref, True)
    driver.domain_set_autostart(ref, True)
    assert driver.domain_get_autostart(ref)
    only = driver.connect_list_all_domains(ConnectListAllDomainsFlags.AUTOSTART)
    assert [found.name for found in only] == [ref.name]
    driver.domain_undefine_flags(ref, DomainUndefineFlags(0))
    driver.domain_define_xml_flags(xml(), DomainDefineFlags(0))
    assert not driver.domain_get_autostart(ref)


def test_an_autostart_link_that_a_killed_undefine_left_marks_no_new_domain(driver: SleepDriver) -> None:
    driver.records.set_autostart("web", True)
    ref = driver.domain_define_xml_flags(xml(), DomainDefineFlags(0))
    assert not driver.domain_get_autostart(ref)


def test_starting_the_domains_that_start_with_the_host(driver: SleepDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = Connection(driver, URI.parse("sleep:///"))
    for name in ("alone", "broken", "raced"):
        connection.define_domain(xml(name, str(uuid.uuid4()))).set_autostart(True)
    start = driver.domain_create_with_flags

    def fail(domain: DomainRef, flags: DomainCreateFlags) -> None:
        if domain.name != "broken":
            start(domain, flags)
        if domain.name != "alone":
            raise OperationFailedError("no such luck")

    monkeypatch.setattr(driver, "domain_create_with_flags", fail)
    outcomes = {domain.name: error for domain, error in connection.start_autostart_domains()}
    assert outcomes.pop("broken") is not None
    assert outcomes == {"alone": None, "raced": None}
    assert [domain.name for domain, _ in connection.start_autostart_domains()] == ["broken"]


def test_locks_of_killed_processes_go_with_the_next_change_of_any_domain(driver: SleepDriver) -> None:
    locks = f"{driver.directories.runtime}/locks"
    open(f"{locks}/killed.lock", "w").close()
    held = driver.records.lock("held")
    with held:
        open(f"{locks}/killed.lock", "w").close()
        other = SleepDriver(Instance.embed(driver.instance.root or ""))
        other.domain_define_xml_flags(xml(), DomainDefineFlags(0))
        assert os.listdir(locks) == ["held.lock"]
    assert os.listdir(locks) == []


def test_status_file_round_trip() -> None:
    status = GuestStatus(
        "web",
        UUID,
        3,
        DomainState.PAUSED,
        int(DomainPausedReason.FROM_SNAPSHOT),
        4711,
        99,
        False,
        {"monitor": "/run/a'b<c>&\n\t", "empty": ""},
        "<domain>\n  <x>a\n</domstatus></x>\n</domain>\n",
    )
    text = status.format()
    assert text.startswith("<domstatus state='paused' reason='from snapshot' id='3' pid='4711' start-time='99'")
    assert GuestStatus.parse("web", text) == status
    with pytest.raises(InternalError, match="'web' is damaged"):
        GuestStatus.parse("web", text[:50])


def test_threads_starting_the_same_domain(driver: SleepDriver) -> None:
    ref = driver.domain_define_xml_flags(xml(), DomainDefineFlags(0))
    outcomes: list[str] = []

    def attempt() -> None:
        try:
            driver.domain_create_with_flags(ref, DomainCreateFlags(0))
            outcomes.append("started")
        except OperationInvalidError:
            outcomes.append("refused")

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 7 + ["started"]
    assert len(_sleepers(driver)) == 1


def test_rename(driver: SleepDriver) -> None:
    ref = driver.domain_define_xml_flags(xml(), DomainDefineFlags(0))
    driver.domain_define_xml_flags(xml("db", OTHER_UUID), DomainDefineFlags(0))
    driver.domain_set_autostart(ref, True)
    with pytest.raises(OperationInvalidError, match="'db' already exists"):
        driver.domain_rename(ref, "db", 0)
    driver.domain_rename(ref, "shop", 0)
    renamed = driver.domain_lookup_by_uuid(UUID)
    assert renamed.name == "shop"
    assert driver.domain_get_autostart(renamed)
    assert "<name>shop</name>" in driver.domain_get_xml_desc(ref, DomainXMLFlags(0))
    with pytest.raises(NoDomainError):
        driver.domain_lookup_by_name("web")
    driver.domain_create_with_flags(renamed, DomainCreateFlags(0))
    with pytest.raises(OperationInvalidError, match="active"):
        driver.domain_rename(renamed, "web", 0)
