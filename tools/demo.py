"""What pyvirt does, shown with a real guest: ``make demo``, or ``python tools/demo.py``.

Everything printed happens as it is printed. The guest fits into a boot sector, so nothing is downloaded; all files are
in a temporary folder. Ends with 1 when anything was not as it says.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyvirt
    from pyvirt.streams import Stream

EMULATOR = "qemu-system-x86_64"
XML = """\
<domain type='qemu'>
  <name>hello</name>
  <memory unit='MiB'>16</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
  </os>
  <features>
    <acpi/>
  </features>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='{disk}'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <serial type='pty'/>
  </devices>
</domain>
"""
PATIENCE = 60.0


class NotAsClaimedError(Exception):
    """The demonstration saw something else than it says."""


class Screen:
    """Prints steps with the commands that would do the same, and how long each took."""

    def __init__(self) -> None:
        self._colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self.timings: list[tuple[str, float]] = []

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colours else text

    def say(self, text: str) -> None:
        """A sentence."""
        print(text, flush=True)

    def show(self, text: str, mark: str = "|") -> None:
        """Something the guest or pyvirt gave back, line by line."""
        for line in text.splitlines():
            print(f"    {self._paint('2', mark)} {line}", flush=True)

    @contextmanager
    def step(self, title: str, code: str, command: str) -> Iterator[None]:
        """Do a step: what it is, the Python that does it, the command that would, and the time."""
        print(f"\n{self._paint('1', title)}")
        print(f"    {self._paint('36', code)}")
        print(f"    {self._paint('2', '$ ' + command)}", flush=True)
        begin = time.perf_counter()
        yield
        taken = time.perf_counter() - begin
        self.timings.append((title, taken))
        print(f"    {self._paint('32', f'done in {taken * 1000:.1f} ms')}", flush=True)


def claim(condition: object, what: str) -> None:
    """Go on only if it is so."""
    if not condition:
        raise NotAsClaimedError(what)


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Go on as soon as it is so."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        claim(time.monotonic() < deadline, f"{what}, but not within {PATIENCE:g} s")
        time.sleep(0.005)


def read_line(console: Stream) -> str:
    """One line from the guest."""
    deadline = time.monotonic() + PATIENCE
    line = b""
    while not line.endswith(b"\n"):
        line += console.read(1, timeout=max(0.0, deadline - time.monotonic()))
    return line.decode("ascii", "replace").rstrip()


def guest_tour(screen: Screen, root: Path) -> None:
    """The life of one guest."""
    import pyvirt
    from pyvirt_testing.guest import write_disk

    disk = write_disk(root / "hello.img")
    uri = f"qemu:///embed?root={root / 'instance'}"
    xml = XML.format(disk=disk)
    (root / "hello.xml").write_text(xml)
    screen.say(f"The guest is a boot sector of 512 bytes on {disk}. Its definition, {root / 'hello.xml'}:\n")
    screen.show(xml)
    screen.say(f"\nThe commands in grey do the same from a shell, after: export PYVIRT_DEFAULT_URI='{uri}'")

    with pyvirt.open(uri) as conn:
        with screen.step("Define it", "domain = conn.define_domain(xml)", f"pyvirt define {root / 'hello.xml'}"):
            domain = conn.define_domain(xml)
        screen.say(f"    it is {domain.name}, {domain.uuid}; the first time, QEMU was asked what it can do")
        lifecycle(screen, conn, domain)
        with screen.step("Forget it", "domain.undefine()", "pyvirt undefine hello"):
            domain.undefine()
        claim(conn.list_domains() == [], "no domain is left")
    nothing_left(screen, root)


def lifecycle(screen: Screen, conn: pyvirt.Connection, domain: pyvirt.Domain) -> None:
    """From start to power-off."""
    from pyvirt.enums import DomainPausedReason, DomainRunningReason, DomainShutoffReason, DomainState

    with conn.domain_events() as events:
        with screen.step("Start it", "domain.start()", "pyvirt start hello"):
            domain.start()
        claim(domain.state() == (DomainState.RUNNING, DomainRunningReason.BOOTED), "it runs, because it booted")
        with domain.console() as console:
            talk(screen, console, domain)
            look(screen, conn, domain)
            with screen.step("Pause it", "domain.suspend()", "pyvirt suspend hello"):
                domain.suspend()
            claim(domain.state() == (DomainState.PAUSED, DomainPausedReason.USER), "it is paused by its user")
            console.write(b"=\r")
            claim(not readable(console, 0.3), "a paused guest says nothing")
            screen.say("    typed into its console: no answer, as it stands still")
            with screen.step("Let it run on", "domain.resume()", "pyvirt resume hello"):
                domain.resume()
            screen.show(read_line(console), "guest:")
            screen.say("    it answered what was typed while it was paused")
            title = "Press its power button (ACPI)"
            with screen.step(title, "domain.shutdown()", "pyvirt shutdown hello"):
                domain.shutdown()
                wait_until(lambda: not domain.is_active(), "the guest powers itself off")
        claim(domain.state() == (DomainState.SHUTOFF, DomainShutoffReason.SHUTDOWN), "it is off, by itself")
        screen.say("    the guest saw the button and powered itself off. What listeners were told meanwhile:")
        told: list[str] = []
        while not told or told[-1] != "hello: stopped (shutdown)":
            event = events.get(timeout=PATIENCE)
            claim(event is not None, f"the events end with the stop, but they are {told}")
            told.append(str(event))
        screen.show("\n".join(told), "event:")


def talk(screen: Screen, console: Stream, domain: pyvirt.Domain) -> None:
    """The greeting, and an echo."""
    from pyvirt_testing.guest import GREETING

    title = "Listen to its serial console"
    with screen.step(title, "console = domain.console(); console.read(...)", "pyvirt console hello"):
        greeting = read_line(console)
        screen.show(greeting, "guest:")
    claim(greeting.encode() == GREETING.strip(), "the guest says its own greeting")
    with screen.step("Type something", "console.write(b'nice to meet you\\r')", "pyvirt console hello"):
        console.write(b"nice to meet you\r")
        echo = read_line(console)
        screen.show(echo, "guest:")
    claim(echo == "nice to meet you", "the guest echoes what is typed")
    claim(domain.is_active(), "it still runs")


def look(screen: Screen, conn: pyvirt.Connection, domain: pyvirt.Domain) -> None:
    """List, state, information, XML."""
    with screen.step("List what there is", "conn.list_domains()", "pyvirt list --all"):
        found = conn.list_domains()
    claim([one.name for one in found] == ["hello"], "the guest is listed")
    for one in found:
        screen.show(f"{one.id}  {one.name}  {one.state().state.name.lower()}")
    with screen.step("Ask how it is", "domain.state(), domain.info()", "pyvirt dominfo hello"):
        state, info = domain.state(), domain.info()
    screen.show(f"{state.state.name.lower()} ({state.reason.name.lower()})")
    screen.show(f"{info.memory} KiB, {info.vcpus} CPU, {info.cpu_time / 1e9:.2f} s of CPU time used")
    with screen.step("Read its XML as it is now", "domain.xml()", "pyvirt dumpxml hello"):
        text = domain.xml()
    claim(f"<name>{domain.name}</name>" in text, "the XML is its own")
    lines = text.splitlines()
    screen.show("\n".join([*lines[:6], f"... {len(lines) - 6} more lines, with addresses and devices filled in"]))


def readable(console: Stream, seconds: float) -> bool:
    """Whether the guest says something within so many seconds."""
    import select

    poll = select.poll()
    poll.register(console.fileno(), select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def nothing_left(screen: Screen, root: Path) -> None:
    """No process with the folder in its command line, no socket, no record of a guest."""
    left = []
    for entry in os.listdir("/proc"):
        try:
            if (
                entry.isdigit()
                and int(entry) != os.getpid()
                and str(root) in Path(f"/proc/{entry}/cmdline").read_text()
            ):
                left.append(f"process {entry}")
        except OSError:
            continue
    left += [line.split()[-1] for line in Path("/proc/net/unix").read_text().splitlines() if str(root) in line]
    left += [str(path) for path in (root / "instance/etc").rglob("hello*")]
    left += [str(path) for path in (root / "instance/run/qemu/guests").rglob("*")]
    claim(not left, f"nothing is left, but there is {', '.join(left)}")
    screen.say("\nNothing is left of it: no process, no socket, no definition.")


def test_driver_tour(screen: Screen) -> None:
    """Without QEMU: the driver that keeps its guests in memory."""
    import pyvirt
    from pyvirt.enums import DomainState

    with pyvirt.open("test:///default") as conn:
        with screen.step("List what there is", "conn.list_domains()", "pyvirt -c test:///default list"):
            found = conn.list_domains()
        for domain in found:
            screen.show(f"{domain.id}  {domain.name}  {domain.state().state.name.lower()}")
        claim([domain.name for domain in found] == ["test"], "there is the guest 'test'")
        (domain,) = found
        with screen.step("Pause it", "domain.suspend()", "pyvirt -c test:///default suspend test"):
            domain.suspend()
        claim(domain.state().state == DomainState.PAUSED, "it is paused")
        with screen.step("Let it run on", "domain.resume()", "pyvirt -c test:///default resume test"):
            domain.resume()
        claim(domain.state().state == DomainState.RUNNING, "it runs")
        with screen.step("Read its XML", "domain.xml()", "pyvirt -c test:///default dumpxml test"):
            text = domain.xml()
        screen.show("\n".join([*text.splitlines()[:6], "..."]))


def main() -> int:
    from pyvirt.errors import VirtError

    # Asked to end, it still takes its guest along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    screen = Screen()
    root = Path(tempfile.mkdtemp(prefix="pyvirt-demo-"))
    try:
        if shutil.which(EMULATOR):
            guest_tour(screen, root)
        else:
            screen.say(f"{EMULATOR} is not here, and real guests need it: apt-get install qemu-system-x86")
            screen.say("Until then, this is the driver that keeps its guests in memory, for trying and testing:")
            test_driver_tour(screen)
    except NotAsClaimedError as error:
        print(f"\nNot as it should be: {error}.", file=sys.stderr)
        return 1
    except VirtError as error:
        print(f"\nFailed: {error}", file=sys.stderr)
        return 1
    finally:
        end_guests(root)
        shutil.rmtree(root, ignore_errors=True)
    screen.say("\nHow long each step took:")
    for title, taken in screen.timings:
        screen.say(f"    {taken * 1000:8.1f} ms  {title}")
    return 0


def end_guests(root: Path) -> None:
    """After a failure: no guest outlives the demonstration."""
    if not (root / "instance").exists():
        return
    import pyvirt
    from pyvirt.enums import ConnectListAllDomainsFlags

    with pyvirt.open(f"qemu:///embed?root={root / 'instance'}") as conn:
        for domain in conn.list_domains(ConnectListAllDomainsFlags.ACTIVE):
            domain.destroy()


if __name__ == "__main__":
    sys.exit(main())
