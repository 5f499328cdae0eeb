"""``test:///PATH/FILE.xml``, and files that domains are saved to."""

from __future__ import annotations

import logging
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

import pyvirt
from pyvirt import enums
from pyvirt_util.errors import (
    AuthFailedError,
    InvalidArgError,
    OperationFailedError,
    OperationInvalidError,
    SystemCallError,
    VirtError,
    XmlDetailError,
    XmlError,
)

if TYPE_CHECKING:
    from pathlib import Path

NODE = "<node xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>{inside}</node>"
DOMAIN = "<domain type='test'><name>{name}</name><memory>1024</memory><os><type>hvm</type></os>{more}</domain>"


def host_file(folder: Path, inside: str) -> str:
    path = folder / "host.xml"
    path.write_text(NODE.format(inside=inside))
    return f"test://{path}"


def domain(name: str, more: str = "") -> str:
    return DOMAIN.format(name=name, more=more)


def test_domains_begin_as_the_file_says(tmp_path: Path) -> None:
    inside = (
        domain("runs")
        + domain("paused", "<test:runstate>3</test:runstate><test:transient/>")
        + domain("off", "<test:runstate>5</test:runstate><test:hasmanagedsave/>")
    )
    with pyvirt.open(host_file(tmp_path, inside)) as conn:
        runs, paused, off = (conn.lookup_domain(name) for name in ("runs", "paused", "off"))
        assert [found.state().state.name for found in (runs, paused, off)] == ["RUNNING", "PAUSED", "SHUTOFF"]
        assert [found.id for found in (runs, paused, off)] == [1, 2, None]
        assert [found.is_persistent() for found in (runs, paused, off)] == [True, False, True]
        assert [found.has_managed_save_image() for found in (runs, paused, off)] == [False, False, True]
        assert "test:runstate" not in off.xml()
        off.start()
        assert off.state().reason == enums.DomainRunningReason.RESTORED


def test_a_domain_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "one.xml").write_text(domain("elsewhere"))
    with pyvirt.open(host_file(tmp_path, "<domain file='one.xml'/>")) as conn:
        assert [found.name for found in conn.list_domains()] == ["elsewhere"]


def test_the_host(tmp_path: Path) -> None:
    cpu = "<cpu><mhz>6000</mhz><model>i986</model><active>50</active><nodes>4</nodes><threads>1</threads></cpu>"
    with pyvirt.open(host_file(tmp_path, cpu + "<memory>54321</memory>")) as conn:
        info = conn.node_info()
        assert (info.model, info.memory, info.cpus, info.mhz, info.nodes) == ("i986", 54321, 50, 6000, 4)
        assert (info.sockets, info.cores, info.threads) == (2, 2, 1)
        assert conn.list_domains() == []


def test_each_connection_has_a_host_of_its_own(tmp_path: Path) -> None:
    uri = host_file(tmp_path, domain("one"))
    with pyvirt.open(uri) as first, pyvirt.open(uri) as second:
        first.lookup_domain("one").destroy()
        assert second.lookup_domain("one").is_active()


def test_what_is_left_out_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with pyvirt.open(host_file(tmp_path, "<network><name>n</name></network>" + domain("one"))) as conn:
        assert [found.name for found in conn.list_domains()] == ["one"]
    assert "<network>" in caplog.text


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("hello", XmlDetailError, "host.xml"),
        ("<host/>", XmlError, "<node>"),
        (NODE.format(inside=domain("")), VirtError, "name"),
        (NODE.format(inside="<domain file='gone.xml'/>"), SystemCallError, "gone.xml"),
        (NODE.format(inside=domain("a") + domain("a")), OperationFailedError, "already exists"),
        (NODE.format(inside=domain("a", "<test:runstate>99</test:runstate>")), XmlError, "runstate '99'"),
        (NODE.format(inside=domain("a", "<test:runstate>5</test:runstate><test:transient/>")), XmlError, "transient"),
        (NODE.format(inside=domain("a", "<test:hasmanagedsave/>")), XmlError, "managedsave"),
    ],
)
def test_files_that_are_wrong(tmp_path: Path, text: str, error: type[VirtError], said: str) -> None:
    path = tmp_path / "host.xml"
    path.write_text(text)
    with pytest.raises(error, match=said):
        pyvirt.open(f"test://{path}")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SystemCallError, match=r"nowhere\.xml"):
        pyvirt.open(f"test://{tmp_path}/nowhere.xml")


def test_who_may_connect(tmp_path: Path) -> None:
    uri = host_file(tmp_path, "<auth><user password='secret'>alice</user><user>bob</user></auth>")

    def answers(name: str | None, password: str | None = None) -> object:
        def answer(kind: enums.ConnectCredentialType, prompt: str, challenge: str | None) -> str | None:
            return name if kind == enums.ConnectCredentialType.AUTHNAME else password

        return answer

    pyvirt.open(uri, auth=answers("alice", "secret")).close()  # type: ignore[arg-type]
    pyvirt.open(uri, auth=answers("bob")).close()  # type: ignore[arg-type]
    for wrong in (answers("alice", "wrong"), answers("alice"), answers("eve", "secret"), answers(None)):
        with pytest.raises(AuthFailedError):
            pyvirt.open(uri, auth=wrong)  # type: ignore[arg-type]
    with pytest.raises(AuthFailedError):
        pyvirt.open(uri)


def test_saved_files_have_the_format_of_libvirt(tmp_path: Path) -> None:
    file = tmp_path / "saved"
    with pyvirt.open("test:///default") as conn:
        test = conn.lookup_domain("test")
        test.save_with_parameters({"file": str(file)})
        data = file.read_bytes()
        assert data.startswith(b"TestGuestMagic\0")
        assert int.from_bytes(data[15:19], "little") == len(data) - 19
        assert "<name>test</name>" in conn.domain_save_image_get_xml_desc(str(file))
        assert file.stat().st_mode & 0o077 == 0


def libvirt(program: str) -> str:
    """What a program prints that uses libvirt's own bindings: ``conn`` is its test driver."""
    python = shutil.which("python3", path="/usr/bin")
    if python is None or subprocess.run([python, "-c", "import libvirt"], capture_output=True, check=False).returncode:
        pytest.skip("libvirt's Python bindings are not installed")
    program = f"import libvirt; conn = libvirt.open('test:///default'); {program}"
    return subprocess.run([python, "-c", program], capture_output=True, text=True, check=True, timeout=60).stdout


def test_libvirt_restores_what_we_saved(tmp_path: Path) -> None:
    file = tmp_path / "saved"
    with pyvirt.open("test:///default") as conn:
        conn.create_domain(domain("ours")).save_with_parameters({"file": str(file)})
    assert libvirt(f"conn.restore({str(file)!r}); print(conn.lookupByName('ours').isActive())") == "1\n"


def test_we_restore_what_libvirt_saved(tmp_path: Path) -> None:
    file = tmp_path / "saved"
    libvirt(f"conn.lookupByName('test').save({str(file)!r})")
    with pyvirt.open("test:///default") as conn:
        test = conn.lookup_domain("test")
        test.destroy()
        conn.domain_restore_params({"file": str(file)})
        assert test.state() == (enums.DomainState.RUNNING, enums.DomainRunningReason.RESTORED)


def test_a_paused_guest_is_restored_paused(tmp_path: Path) -> None:
    file = str(tmp_path / "saved")
    with pyvirt.open("test:///default") as conn:
        test = conn.lookup_domain("test")
        test.suspend()
        test.save_with_parameters({"file": file})
        conn.domain_restore_params({"file": file})
        assert test.state().state == enums.DomainState.PAUSED
        test.save_with_parameters({"file": file}, enums.DomainSaveRestoreFlags.RUNNING)
        conn.domain_restore_params({"file": file})
        assert test.state().state == enums.DomainState.RUNNING


def test_the_definition_in_a_saved_file_can_be_changed(tmp_path: Path) -> None:
    file = str(tmp_path / "saved")
    with pyvirt.open("test:///default") as conn:
        test = conn.lookup_domain("test")
        test.save_with_parameters({"file": file})
        xml = conn.domain_save_image_get_xml_desc(file).replace("</name>", "</name><title>changed</title>")
        conn.domain_save_image_define_xml(file, xml)
        conn.domain_restore_params({"file": file})
        assert test.definition().title == "changed"
        with pytest.raises(OperationInvalidError):
            conn.domain_save_image_define_xml(file, domain("another"))


def test_files_that_no_domain_was_saved_to(tmp_path: Path) -> None:
    with pyvirt.open("test:///default") as conn:
        for content in (
            b"",
            b"hello",
            b"x" * 100,
            b"TestGuestMagic\0\xff\xff\xff\x7f",
            b"TestGuestMagic\0\1\0\0\0\xff",
        ):
            file = tmp_path / "bad"
            file.write_bytes(content)
            with pytest.raises(OperationFailedError):
                conn.domain_restore_params({"file": str(file)})
        with pytest.raises(SystemCallError):
            conn.domain_restore_params({"file": str(tmp_path / "nowhere")})
        with pytest.raises(InvalidArgError):
            conn.domain_restore_params({})


def test_core_dumps(tmp_path: Path) -> None:
    file = tmp_path / "core"
    with pyvirt.open("test:///default") as conn:
        test = conn.lookup_domain("test")
        test.core_dump(str(file), 0)
        assert file.read_bytes() == b"TestGuestMagic\0"
        assert test.is_active()
        test.core_dump(str(file), 0, enums.DomainCoreDumpFlags.CRASH)
        assert test.state() == (enums.DomainState.SHUTOFF, enums.DomainShutoffReason.CRASHED)
