"""The command as a process: exit codes, streams, signals, completion, and virsh beside it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

_URI = "test:///default"


def _environment(**more: str) -> dict[str, str]:
    kept = {name: text for name, text in os.environ.items() if not name.endswith("_URI") and name != "PYVIRT_DEBUG"}
    return {**kept, "LC_ALL": "C.UTF-8", **more}


def _argv(*words: str) -> list[str]:
    return [sys.executable, "-m", "pyvirt_cli", *words]


def _run(*words: str, typed: str = "", **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _argv(*words), input=typed, capture_output=True, text=True, env=_environment(**more), timeout=60, check=False
    )


def _script() -> str:
    """The console script beside the interpreter."""
    path = Path(sys.executable).with_name("pyvirt")
    assert path.exists(), "pyvirt-cli is not installed"
    return str(path)


def test_the_script_and_the_module_are_the_same() -> None:
    script = subprocess.run([_script(), "--version"], capture_output=True, text=True, check=True)
    assert script.stdout == _run("--version").stdout
    assert script.stdout.startswith("pyvirt ")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("-c", _URI, "list"), 0),
        (("-c", _URI, "dominfo", "nope"), 1),
        (("-c", _URI, "dominfo"), 2),
        (("nope",), 2),
        (("-c", "nobody:///serves", "list"), 3),
        (("-c", "nonsense", "list"), 3),
        (("-c", "test:///no/such/file", "list"), 3),
    ],
)
def test_exit_codes(words: tuple[str, ...], code: int) -> None:
    done = _run(*words)
    assert done.returncode == code
    assert (done.stderr == "") == (code == 0)
    assert "Traceback" not in done.stderr


def test_a_missing_driver_is_named() -> None:
    done = _run("-c", "phyp://host/", "list")
    assert done.returncode == 3
    assert done.stderr.splitlines()[1] == "hint: pip install pyvirt-driver-phyp"


@pytest.mark.parametrize("variable", ["PYVIRT_DEFAULT_URI", "VIRSH_DEFAULT_CONNECT_URI", "LIBVIRT_DEFAULT_URI"])
def test_the_environment_names_the_connection(variable: str) -> None:
    assert _run("uri", **{variable: _URI}).stdout == f"{_URI}\n"
    assert _run("-c", _URI, "uri", **{variable: "nonsense"}).stdout == f"{_URI}\n"


def test_the_first_of_the_variables_counts() -> None:
    assert _run("uri", PYVIRT_DEFAULT_URI=_URI, VIRSH_DEFAULT_CONNECT_URI="x", LIBVIRT_DEFAULT_URI="x").returncode == 0
    assert _run("uri", VIRSH_DEFAULT_CONNECT_URI=_URI, LIBVIRT_DEFAULT_URI="x").returncode == 0


def test_debug_shows_where() -> None:
    assert "Traceback" not in _run("-c", _URI, "dominfo", "nope").stderr
    assert "Traceback" in _run("-c", _URI, "dominfo", "nope", PYVIRT_DEBUG="1").stderr


def test_nobody_reads_our_output() -> None:
    process = subprocess.Popen(
        _argv("-c", _URI, "help"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment()
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    complaint = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 141
    assert complaint == b""


def test_output_that_cannot_be_written_is_an_error() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            _argv("-c", _URI, "help"), stdout=full, stderr=subprocess.PIPE, text=True, env=_environment(), check=False
        )
    assert done.returncode == 1
    assert done.stderr == "error: no space left on device\n"


def test_an_interrupt_ends_it_without_a_traceback() -> None:
    process = subprocess.Popen(
        _argv("-c", _URI, "event", "--loop", "--all"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(),
    )
    # It waits for events when the thread that delivers them is there.
    while len(os.listdir(f"/proc/{process.pid}/task")) < 2:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert said == "event loop interrupted\nevents received: 0\n"


def test_documents_on_standard_input() -> None:
    document = "<domain type='test'><name>a</name><memory>1024</memory><os><type>hvm</type></os></domain>"
    done = _run("-c", _URI, "define", "-", typed=document)
    assert (done.returncode, done.stdout) == (0, "Domain 'a' defined from -\n")
    assert _run("-c", _URI, "define", "/dev/stdin", typed=document).returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("list", "--all"),
        ("list", "--all", "--uuid", "--name"),
        ("list", "--title"),
        ("list", "--id"),
        ("list", "--state-paused"),
        ("domstate", "test"),
        ("domstate", "test", "--reason"),
        ("domid", "test"),
        ("domname", "1"),
        ("domuuid", "test"),
        ("domblklist", "test"),
        ("domblklist", "test", "--details"),
        ("domiflist", "test"),
        ("vcpucount", "test"),
        ("suspend", "test"),
        ("destroy", "test"),
        ("autostart", "test"),
        ("desc", "test"),
        ("dumpxml", "test", "--xpath", "//disk"),
        ("nodeinfo",),
        ("freecell", "--all"),
        ("maxvcpus",),
        ("uri",),
        ("domfsinfo", "test"),
        ("event", "--list"),
        ("domid", "nope"),
        ("start", "test"),
        ("event", "lifecycle", "--timeout", "1"),
    ],
)
def test_virsh_says_the_same(words: tuple[str, ...]) -> None:
    program = shutil.which("virsh")
    if program is None:
        pytest.skip("virsh is not installed")
    theirs = subprocess.run(
        [program, "-c", _URI, *words], capture_output=True, text=True, env=_environment(LC_ALL="C"), check=False
    )
    ours = _run("-c", _URI, *words)
    assert ours.returncode == theirs.returncode
    assert _lines(ours.stdout) == _lines(theirs.stdout)


def _lines(text: str) -> list[str]:
    """Lines without the blanks virsh puts at their ends and between them; libvirt before 10 has fewer events."""
    return [line.rstrip() for line in text.splitlines() if line.strip() and not line.startswith("event")][:25]


def _complete(*words: str) -> list[str]:
    done = _run("__complete", *words, PYVIRT_DEFAULT_URI=_URI)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def test_completion_of_verbs_options_and_values() -> None:
    assert {"list", "dominfo", "net-list"} <= set(_complete(""))
    assert _complete("domst") == ["domstate", "domstats"]
    assert _complete("-c", _URI, "domst") == ["domstate", "domstats"]
    assert _complete("list", "--state-r") == ["--state-running"]
    assert "--all" not in _complete("list", "--all", "--")
    assert _complete("shutdown", "test", "--mode", "a") == ["acpi", "agent"]
    assert _complete("shutdown", "test", "--mode=a") == ["--mode=acpi", "--mode=agent"]
    assert _complete("define", "") == [":files"]
    assert _complete("completion", "") == ["bash", "zsh", "fish"]
    assert _complete("help", "domst") == ["domstate", "domstats"]
    assert "lifecycle" in _complete("event", "")
    assert "test:///" in _complete("-c", "")
    assert "--json" in _complete("--")


def test_completion_of_domains_offers_those_the_verb_can_be_used_on() -> None:
    assert _complete("dominfo", "") == ["test"]
    assert _complete("dominfo", "x") == []
    assert _complete("destroy", "te") == ["test"]
    assert _complete("start", "") == []
    assert _complete("dominfo", "-c", _URI, "") == ["test"]


def test_completion_is_silent_about_failures() -> None:
    assert _complete("-c", "nonsense", "dominfo", "") == []
    assert _complete("nope", "") == []
    assert _complete() == _complete("")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_well_formed(shell: str, tmp_path: Path) -> None:
    script = _run("completion", shell).stdout
    assert "pyvirt __complete" in script or "__complete" in script
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    path = tmp_path / "script"
    path.write_text(script)
    checked = subprocess.run([program, "-n", str(path)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_bash_completes(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    program = f"""
        source <({_script()} completion bash)
        COMP_WORDS=({_script()} domstate te); COMP_CWORD=2; _pyvirt; echo "${{COMPREPLY[@]}}"
        COMP_WORDS=({_script()} domsta); COMP_CWORD=1; _pyvirt; echo "${{COMPREPLY[@]}}"
        cd {tmp_path}; touch guest.xml
        COMP_WORDS=({_script()} define gu); COMP_CWORD=2; _pyvirt; echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        [bash, "-c", program], capture_output=True, text=True, env=_environment(PYVIRT_DEFAULT_URI=_URI), check=False
    )
    assert done.stdout.splitlines() == ["test", "domstate domstats", "guest.xml"]


def test_a_call_does_not_import_what_it_does_not_need() -> None:
    code = (
        "import sys; from pyvirt_cli.main import main; main(['-c', 'test:///default', 'list']); "
        "heavy = {'argparse', 'lxml', 'asyncio', 'subprocess', 'pkg_resources', 'pluggy', 'difflib', 'pyvirt_conf'}; "
        "print(sorted(heavy & set(sys.modules)), len([m for m in sys.modules if m.startswith('pyvirt_cli.verbs.')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=_environment(), check=True)
    assert done.stdout.splitlines()[-1] == "[] 1"
