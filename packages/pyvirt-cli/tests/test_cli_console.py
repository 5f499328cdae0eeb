"""``console`` and ``run`` in processes of their own, on pipes and on a pseudo-terminal."""

from __future__ import annotations

import importlib.util
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_ESCAPE = b"\x1d"
_GUEST = "<domain type='console'><name>box</name></domain>"


class Terminal:
    """A command on a pseudo-terminal, as a person has it."""

    def __init__(self, argv: list[str], environment: dict[str, str]) -> None:
        self.master, self._slave = pty.openpty()
        self.before = termios.tcgetattr(self._slave)
        self.process = subprocess.Popen(
            argv,
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: os.login_tty(0),
        )
        self.seen = b""

    def expect(self, text: bytes) -> None:
        """Read until ``text`` has come."""
        while text not in self.seen:
            ready = select.select([self.master], [], [], 30)[0]
            assert ready, f"no {text!r} in {self.seen!r}"
            self.seen += os.read(self.master, 4096)

    def type(self, data: bytes) -> None:
        os.write(self.master, data)

    def wait(self) -> int:
        """The exit code, and the rest of the output in ``seen``."""
        code = self.process.wait(30)
        while select.select([self.master], [], [], 0)[0]:
            self.seen += os.read(self.master, 4096)
        return code

    def settings(self) -> list[object]:
        return termios.tcgetattr(self._slave)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self._slave)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """What happened to the guest, as its driver wrote it down."""
    return tmp_path / "guest.log"


@pytest.fixture
def environment(tmp_path: Path, log: Path) -> dict[str, str]:
    """An environment in which the console driver is installed."""
    spec = importlib.util.spec_from_file_location("console_driver", Path(__file__).with_name("console_driver.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.install(tmp_path / "site")
    return {
        **os.environ,
        "PYTHONPATH": str(tmp_path / "site"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PYVIRT_DEFAULT_URI": f"console://{log}",
    }


@pytest.fixture
def document(tmp_path: Path) -> str:
    path = tmp_path / "box.xml"
    path.write_text(_GUEST)
    return str(path)


def _argv(*words: str) -> list[str]:
    return [sys.executable, "-m", "pyvirt_cli", *words]


Start = Callable[..., Terminal]


@pytest.fixture
def terminal(environment: dict[str, str]) -> Iterator[Start]:
    """Start commands on terminals; they are ended with the test."""
    started: list[Terminal] = []

    def start(*words: str) -> Terminal:
        started.append(Terminal(_argv(*words), environment))
        return started[-1]

    yield start
    for item in started:
        item.close()


def _run(environment: dict[str, str], *words: str, typed: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(_argv(*words), input=typed, capture_output=True, env=environment, timeout=60, check=False)


def test_console_on_a_terminal_carries_keys_until_the_escape_character(terminal: Start, log: Path) -> None:
    console = terminal("console", "vm", "--force")
    console.expect(b"Connected to domain 'vm'\r\nEscape character is ^]\r\n")
    console.expect(b"hello from the guest\r\n")
    console.type(b"one\n")
    console.expect(b"you said one\r\n")
    console.type(b"\x03two\n")
    console.expect(b"you said \x03two\r\n")
    assert console.settings() != console.before
    console.type(_ESCAPE)
    assert console.wait() == 0
    assert console.settings() == console.before
    assert "console None 1\n" in log.read_text()


def test_console_ends_with_the_guest_and_restores_the_terminal(terminal: Start) -> None:
    console = terminal("console", "vm", "serial0")
    console.expect(b"hello")
    console.type(b"hang-up\n")
    assert console.wait() == 0
    assert console.settings() == console.before


def test_a_killed_console_restores_the_terminal(terminal: Start) -> None:
    console = terminal("console", "vm")
    console.expect(b"hello")
    console.process.send_signal(signal.SIGTERM)
    assert console.wait() == 128 + signal.SIGTERM
    assert console.settings() == console.before


def test_another_escape_character(terminal: Start) -> None:
    console = terminal("-e", "^T", "console", "vm")
    console.expect(b"Escape character is ^T")
    console.expect(b"hello")
    console.type(_ESCAPE + b"\n")
    console.expect(b"you said \x1d\r\n")
    console.type(b"\x14")
    assert console.wait() == 0


def test_console_on_pipes(environment: dict[str, str]) -> None:
    done = _run(environment, "-q", "console", "vm", typed=b"one\ntwo\nhang-up\n")
    assert done.returncode == 0
    assert done.stdout == b"hello from the guest\r\nyou said one\r\nyou said two\r\n"
    assert done.stderr == b""


def test_escape_characters_that_are_none(environment: dict[str, str]) -> None:
    done = _run(environment, "-e", "nonsense", "console", "vm")
    assert done.returncode == 2
    assert done.stderr.startswith(b"error: 'nonsense' is no escape character\nhint: ")


def test_run_exits_0_when_the_guest_shuts_itself_down(environment: dict[str, str], document: str, log: Path) -> None:
    done = _run(environment, "run", document, typed=b"one\npoweroff\n")
    assert done.stdout == b"hello from the guest\r\nyou said one\r\nlast words\r\n"
    lines = done.stderr.decode().splitlines()
    assert lines[0] == "box: starting"
    assert lines[1].startswith("box: running as 7 after 0.")
    assert lines[2].startswith("box: shut down after ")
    assert done.returncode == 0
    # The console was open before the guest ran, so that nothing of it was missed.
    assert log.read_text().splitlines() == ["created", "console None 0", "resumed", "shutdown"]


def test_run_of_a_driver_that_cannot_start_paused(environment: dict[str, str], document: str, log: Path) -> None:
    environment["PYVIRT_DEFAULT_URI"] += "?pausing=no"
    done = _run(environment, "run", document, typed=b"poweroff\n")
    assert done.returncode == 0
    assert log.read_text().splitlines() == ["created", "console None 0", "shutdown"]


def test_run_reports_a_crash(environment: dict[str, str], document: str) -> None:
    done = _run(environment, "run", document, typed=b"crash\n")
    assert done.returncode == 1
    assert b"last words" in done.stdout
    assert b"box: crashed after " in done.stderr


def test_run_without_console_and_with_a_time_limit(environment: dict[str, str], document: str, log: Path) -> None:
    done = _run(environment, "run", document, "--no-console", "--timeout", "1")
    assert done.returncode == 124
    assert done.stdout == b""
    assert b"box: stopped: 1 seconds were up after 1." in done.stderr
    assert log.read_text().splitlines() == ["created", "resumed", "destroyed"]


def test_run_tells_steps_as_json_lines(environment: dict[str, str], document: str) -> None:
    done = _run(environment, "run", document, "--json", typed=b"poweroff\n")
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    assert [step["step"] for step in steps][:2] == ["starting", "running"]
    assert "".join(step["text"] for step in steps if step["step"] == "console").startswith("hello")
    assert steps[-1]["step"] == "stopped"
    assert (steps[-1]["reason"], steps[-1]["exit"], steps[-1]["name"]) == ("shutdown", 0, "box")
    assert steps[1]["id"] == 7
    assert done.stderr == b""


@pytest.mark.parametrize("key", [_ESCAPE, b"\x03"])
def test_run_on_a_terminal_is_stopped_by_a_key(terminal: Start, document: str, log: Path, key: bytes) -> None:
    guest = terminal("run", document)
    guest.expect(b"hello from the guest")
    guest.type(b"one\n")
    guest.expect(b"you said one")
    guest.type(key)
    assert guest.wait() == 130
    assert b"box: stopped by you after " in guest.seen
    assert guest.settings() == guest.before
    assert log.read_text().splitlines()[-1] == "destroyed"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_run_cleans_up_when_it_is_killed(
    environment: dict[str, str], document: str, log: Path, number: signal.Signals
) -> None:
    process = subprocess.Popen(
        _argv("run", document),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"hello from the guest\r\n"
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else 128 + number)
    assert log.read_text().splitlines()[-1] == "destroyed"


def test_run_of_a_guest_that_does_not_start(environment: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "broken.xml"
    path.write_text("<domain><name>broken</name></domain>")
    done = _run(environment, "run", str(path))
    assert done.returncode == 1
    assert done.stderr == b"broken: starting\nerror: invalid argument: this one cannot start\n"


def test_drivers_names_what_does_not_load(environment: dict[str, str]) -> None:
    done = _run(environment, "drivers", "--json")
    found = {entry["distribution"]: entry for entry in json.loads(done.stdout)}
    assert done.returncode == 1
    assert found["pyvirt-console"]["error"] is None
    assert found["pyvirt-console"]["name"] == "console:///"
    assert found["pyvirt-unloadable"]["version"] == "1.5"
    assert "No module named 'no_such_module'" in found["pyvirt-unloadable"]["error"]
    text = _run(environment, "drivers").stdout.decode()
    assert " hypervisor   console:///" in text
    assert "\npyvirt-unloadable: the plug-in 'unloadable' of pyvirt-unloadable 1.5 cannot be loaded: " in text


def test_a_driver_that_does_not_load_is_no_connection(environment: dict[str, str]) -> None:
    done = _run(environment, "-c", "unloadable:///x", "list")
    assert done.returncode == 3
    assert b"hint: reinstall it: pip install --force-reinstall pyvirt-unloadable\n" in done.stderr
