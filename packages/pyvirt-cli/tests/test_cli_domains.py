"""Verbs of domains in this process, on one in-memory host: what they change, and what they print."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import pyvirt
from pyvirt_cli.main import main

UUID = "6695eb01-f6a4-8304-79aa-97f2502e193f"
WEB = """\
<domain type='test'>
  <name>web</name>
  <uuid>11111111-2222-3333-4444-555555555555</uuid>
  <memory unit='KiB'>524288</memory>
  <vcpu>2</vcpu>
  <os><type>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><source file='/images/web.img'/><target dev='vda' bus='virtio'/></disk>
    <disk type='file' device='cdrom'><target dev='hda' bus='ide'/></disk>
    <interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/><model type='virtio'/></interface>
  </devices>
</domain>
"""


class Result:
    """What a command printed, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def json(self) -> object:
        assert self.code == 0, self.err
        return json.loads(self.out)


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run a command line; all of a test share one host, which a connection of ours keeps."""
    monkeypatch.setenv("PYVIRT_DEFAULT_URI", "test:///default")

    def call(*words: str) -> Result:
        code = main(words)
        printed = capsys.readouterr()
        return Result(code, printed.out, printed.err)

    with pyvirt.open("test:///default"):
        yield call


@pytest.fixture
def web(run: Run, tmp_path: Path) -> str:
    """A second domain, defined."""
    path = tmp_path / "web.xml"
    path.write_text(WEB)
    assert run("define", str(path)).out == f"Domain 'web' defined from {path}\n"
    return "web"


def test_list_shows_running_domains_first_then_the_others_by_name(run: Run, web: str) -> None:
    assert run("list").out == " Id   Name   State\n----------------------\n 1    test   running\n"
    assert run("list", "--all").out == (
        " Id   Name   State\n-----------------------\n 1    test   running\n -    web    shut off\n"
    )
    assert run("list", "--inactive", "--name").out == "web\n"
    assert run("list", "--all", "--uuid", "--name").out.splitlines()[0] == f"{UUID} test"
    assert run("-q", "list").out == " 1   test   running\n"


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--state-running"], ["test"]),
        (["--state-shutoff"], ["web"]),
        (["--state-paused"], []),
        (["--all", "--persistent"], ["test", "web"]),
        (["--all", "--transient"], []),
        (["--all", "--autostart"], ["web"]),
        (["--all", "--no-autostart"], ["test"]),
    ],
)
def test_list_filters(run: Run, web: str, options: list[str], names: list[str]) -> None:
    run("autostart", web)
    assert run("list", "--name", *options).out.split() == names


def test_list_title(run: Run) -> None:
    run("desc", "test", "--title", "A title")
    assert run("list", "--title").out.splitlines()[2] == " 1    test   running   A title"
    assert run("list", "--title", "--json").json == [
        {"id": 1, "name": "test", "uuid": UUID, "state": "running", "title": "A title"}
    ]


def test_list_refuses_two_forms(run: Run) -> None:
    result = run("list", "--table", "--name")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: option --table excludes")


def test_domains_are_found_by_id_uuid_and_name_in_this_order(run: Run, tmp_path: Path) -> None:
    assert run("domname", "1").out == run("domname", UUID).out == run("domname", "test").out == "test\n"
    path = tmp_path / "one.xml"
    path.write_text(WEB.replace("<name>web</name>", "<name>1</name>"))
    run("define", str(path))
    assert run("domname", "1").out == "test\n"
    run("destroy", "1")
    assert run("domuuid", "1").out == "11111111-2222-3333-4444-555555555555\n"


def test_a_life(run: Run, web: str) -> None:
    assert run("start", web).out == "Domain 'web' started\n"
    assert run("domid", web).out == "2\n"
    assert run("domstate", web, "--reason").out == "running (booted)\n"
    assert run("suspend", web).out == "Domain 'web' suspended\n"
    assert run("domstate", web, "--reason").out == "paused (user)\n"
    assert run("resume", web).out == "Domain 'web' resumed\n"
    assert run("domstate", web, "--reason").out == "running (unpaused)\n"
    assert run("reboot", web).out == "Domain 'web' is being rebooted\n"
    assert run("destroy", web, "--graceful").out == "Domain 'web' destroyed\n"
    assert run("domstate", web, "--reason").out == "shut off (destroyed)\n"
    assert run("start", web, "--paused").code == 0
    assert run("domstate", web).out == "paused\n"
    run("resume", web)
    assert run("shutdown", web, "--mode", "acpi,agent").out == "Domain 'web' is being shutdown\n"
    assert run("domstate", web, "--reason").out == "shut off (shutdown)\n"
    assert run("undefine", web).out == "Domain 'web' has been undefined\n"
    assert run("domstate", web).code == 1


def test_create_is_transient(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "web.xml"
    path.write_text(WEB)
    created = run("create", str(path), "--json").json
    assert isinstance(created, dict)
    assert created["action"] == "created"
    assert created["name"] == "web"
    assert run("list", "--transient", "--name").out == "web\n"
    run("destroy", "web")
    assert run("list", "--all", "--name").out == "test\n"


def test_documents_come_from_standard_input_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO(WEB))
    assert run("define", "-").out == "Domain 'web' defined from -\n"


def test_dumpxml(run: Run) -> None:
    text = run("dumpxml", "test").out
    assert text.startswith("<domain type='test' id='1'>")
    assert text.endswith("</domain>\n")
    assert run("dumpxml", "test", "--inactive").out.startswith("<domain type='test'>")
    assert run("dumpxml", "test", "--json").json == {"xml": text}


def test_dumpxml_xpath(run: Run) -> None:
    assert run("dumpxml", "test", "--xpath", "//name").out == "<name>test</name>\n"
    assert run("dumpxml", "test", "--xpath", "string(//name)").out == "test\n"
    assert run("dumpxml", "test", "--xpath", "count(//disk)").out == "1\n"
    assert run("dumpxml", "test", "--xpath", "//disk/target/@dev").out == "vda\n"
    assert run("dumpxml", "test", "--xpath", "//name", "--wrap").out == "<nodes>\n  <name>test</name>\n</nodes>\n"
    assert run("dumpxml", "test", "--xpath", "//name|//uuid", "--json").json == {
        "matches": ["<name>test</name>", f"<uuid>{UUID}</uuid>"]
    }
    nothing = run("dumpxml", "test", "--xpath", "//nothing")
    assert (nothing.code, nothing.out) == (1, "")
    assert run("dumpxml", "test", "--xpath", "//[").err.startswith(
        "error: invalid argument: the XPath expression '//['"
    )


def test_rename(run: Run, web: str) -> None:
    assert run("domrename", web, "site").out == "Domain 'web' renamed to 'site'\n"
    assert run("list", "--inactive", "--name").out == "site\n"


def test_autostart(run: Run, web: str) -> None:
    assert run("autostart", web).out == "Domain 'web' marked as autostarted\n"
    assert "Autostart:      enable\n" in run("dominfo", web).out
    assert run("autostart", web, "--disable").out == "Domain 'web' unmarked as autostarted\n"
    assert "Autostart:      disable\n" in run("dominfo", web).out


def test_description_and_title(run: Run) -> None:
    assert run("desc", "test").out == "No description for domain: test\n"
    run("desc", "test", "two", "words")
    run("desc", "test", "--title", "Test")
    assert run("desc", "test").out == "two words\n"
    assert run("desc", "test", "--title", "--json").json == {"title": "Test"}
    run("desc", "test", "")
    assert run("desc", "test").out == "No description for domain: test\n"


def test_metadata(run: Run) -> None:
    missing = run("metadata", "test", "http://example.org/")
    assert missing.code == 1
    assert missing.err.startswith("error: metadata not found")
    assert run("metadata", "test", "http://example.org/", "--set", "<a>1</a>").code == 2
    assert run("metadata", "test", "http://example.org/", "--set", "<a>1</a>", "--key", "e").code == 0
    assert "<a" in run("metadata", "test", "http://example.org/").out
    run("metadata", "test", "http://example.org/", "--remove")
    assert run("metadata", "test", "http://example.org/").code == 1


def test_edit_stores_what_the_editor_leaves(run: Run, web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "sed -i s/524288/262144/g")
    monkeypatch.delenv("VISUAL", raising=False)
    assert run("edit", web, "--skip-validate").out == "Domain 'web' XML configuration edited\n"
    assert run("dumpxml", web, "--xpath", "string(//memory)").out == "262144\n"
    monkeypatch.setenv("EDITOR", "true")
    assert run("edit", web).out == "Domain 'web' XML configuration not changed\n"
    monkeypatch.setenv("EDITOR", "false")
    failed = run("edit", web)
    assert failed.code == 1
    assert "the editor 'false' ended with status 1" in failed.err
    monkeypatch.setenv("EDITOR", "/no/such/editor")
    assert "hint: set EDITOR" in run("edit", web).err


def test_memory_and_cpus(run: Run, web: str) -> None:
    assert run("setmem", web, "256M").out == "Domain 'web' has 262144 KiB of memory\n"
    assert "Used memory:    262144 KiB\n" in run("dominfo", web).out
    assert run("setmaxmem", web, "1G", "--config").out == "Domain 'web' may have 1048576 KiB of memory\n"
    assert run("setmem", web, "much").err == "error: invalid argument: malformed size 'much'\n"
    assert run("setvcpus", web, "1", "--config").out == "Domain 'web' has 1 virtual CPU\n"
    assert run("vcpucount", web).out == "maximum      config         2\ncurrent      config         1\n"
    assert run("vcpucount", web, "--json").json == {
        "maximum": {"config": 2, "live": None},
        "current": {"config": 1, "live": None},
    }
    assert run("vcpucount", web, "--maximum", "--config").out == "2\n"
    assert run("setvcpus", web, "0").code == 2


def test_pinning(run: Run) -> None:
    assert run("vcpupin", "test", "0", "0-2,^1").out == "Virtual CPU 0 of domain 'test' may use 0,2\n"
    assert run("vcpupin", "test", "--vcpu", "0").out.splitlines()[2] == " 0      0,2"
    assert run("emulatorpin", "test", "1").code == 0
    assert run("emulatorpin", "test").out == "emulator: CPU Affinity 1\n"


def test_disks_and_cards(run: Run, web: str) -> None:
    assert run("domblklist", web).out == (
        " Target   Source\n---------------------------\n vda      /images/web.img\n hda      -\n"
    )
    assert run("domblklist", web, "--details").out.splitlines()[3] == " file   cdrom    hda      -"
    assert run("domblklist", web, "--json").json == [
        {"type": "file", "device": "disk", "target": "vda", "source": "/images/web.img"},
        {"type": "file", "device": "cdrom", "target": "hda", "source": None},
    ]
    assert run("domiflist", web, "--json").json == [
        {"interface": "testnet0", "type": "bridge", "source": "br0", "model": "virtio", "mac": "52:54:00:00:00:01"}
    ]


def test_managed_save(run: Run, web: str) -> None:
    run("start", web)
    assert run("managedsave", web).out == "Domain 'web' state saved by pyvirt\n"
    assert run("list", "--all", "--managed-save").out.splitlines()[3] == " -    web    saved"
    assert run("managedsave-remove", web).out == "Removed kept memory of domain 'web'\n"
    assert run("managedsave-remove", web).out == "Domain 'web' has no kept memory; nothing to do\n"


def test_save_and_restore(run: Run, web: str, tmp_path: Path) -> None:
    run("start", web)
    image = tmp_path / "web.save"
    assert run("save", web, str(image)).code == 0
    assert run("domstate", web, "--reason").out == "shut off (saved)\n"
    assert "<name>web</name>" in run("save-image-dumpxml", str(image)).out
    assert run("restore", str(image)).code == 0
    assert run("domstate", web).out == "running\n"


def test_storage_to_delete_is_checked_before_anything_is_changed(run: Run, web: str) -> None:
    result = run("undefine", web, "--storage", "vdz")
    assert result.code == 2
    assert result.err == "error: 'vdz' is no disk of domain 'web'\nhint: pyvirt domblklist web\n"
    assert run("undefine", web, "--wipe-storage").code == 2
    assert run("list", "--inactive", "--name").out == "web\n"


def test_errors_are_one_line_with_a_hint(run: Run) -> None:
    result = run("dominfo", "tets")
    assert (result.code, result.out) == (1, "")
    assert result.err == ("error: domain not found: no domain with matching name 'tets'\nhint: did you mean 'test'?\n")
    assert run("dominfo", "zzz").err.splitlines()[1] == "hint: 'pyvirt list --all' shows what there is"
    assert run("define", "/no/such/file").err == "error: no such file or directory: /no/such/file\n"


def test_documents_that_are_wrong(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "bad.xml"
    path.write_text("<domain><name>x</domain>")
    result = run("define", str(path))
    assert result.code == 1
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    path.write_bytes(b"<domain>\xff</domain>")
    assert "is not UTF-8 text: byte 8 is 0xff" in run("define", str(path)).err


def test_readonly_connections_refuse_changes(run: Run) -> None:
    assert run("-r", "list", "--name").out == "test\n"
    result = run("destroy", "test", "--readonly")
    assert result.code == 1
    assert "read only" in result.err
    assert run("domstate", "test").out == "running\n"


def test_events_end_with_a_time_limit(run: Run) -> None:
    result = run("event", "--timeout", "1")
    assert (result.code, result.out) == (1, "")
    assert result.err == "event loop timed out\nevents received: 0\n"
    assert run("event", "lifecicle").err.splitlines()[1] == "hint: did you mean 'lifecycle'?"
    assert run("event", "--timeout", "0").code == 2
    assert "lifecycle\n" in run("event", "--list").out


def test_events_are_printed_as_they_come(run: Run, web: str) -> None:
    import threading

    connection = pyvirt.open("test:///default")
    domain = connection.lookup_domain(web)

    def live() -> None:
        while not stop.wait(0.05):
            domain.start()
            domain.destroy()

    stop = threading.Event()
    worker = threading.Thread(target=live)
    worker.start()
    try:
        one = run("event", "--domain", web, "--timestamp", "-q")
        as_json = run("event", "--all", "--json", "-q")
    finally:
        stop.set()
        worker.join()
        connection.close()
    assert "event 'lifecycle' for domain 'web': " in one.out
    assert one.out.rstrip().endswith(("Started Booted", "Stopped Destroyed"))
    event = json.loads(as_json.out)
    assert event["event"] == "lifecycle"
    assert event["domain"]["name"] == web
    assert event["detail"] in ("booted", "destroyed")


def test_help(run: Run) -> None:
    overview = run("help").out
    assert run().out == run("--help").out == overview
    assert "  list                      list domains\n" in overview
    about_start = run("help", "start").out
    assert run("start", "--help").out == run("-h", "start").out == about_start
    assert "--paused" in about_start
    assert max(len(line) for line in (overview + about_start).splitlines()) <= 100
    assert run("help", "strat").err == "error: unknown verb 'strat'\nhint: did you mean 'start'?\n"
    assert run("dominof", "test").err == "error: unknown verb 'dominof'\nhint: did you mean 'dominfo'?\n"


def test_version(run: Run) -> None:
    assert run("--version").out == f"pyvirt {pyvirt.__version__}\n"
    assert run("version").out.splitlines()[0] == f"Using library: pyvirt {pyvirt.__version__}"


def test_unknown_options_before_the_verb(run: Run) -> None:
    assert run("--nope", "list").err == "error: unknown option --nope\nhint: pyvirt help\n"
    assert run("-c").code == 2


def test_domains_that_start_with_the_host(run: Run, web: str, tmp_path: Path) -> None:
    assert run("start-autostart").out == ""
    other = tmp_path / "other.xml"
    other.write_text(WEB.replace("<name>web</name>", "<name>other</name>").replace("1111-", "1112-"))
    run("define", str(other))
    run("autostart", "test")
    run("autostart", web)
    assert run("start-autostart").out == "Domain 'web' started\n"
    assert run("list", "--inactive", "--name").out == "other\n"
    assert run("start-autostart", "--json").json == []
