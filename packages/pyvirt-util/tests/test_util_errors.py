"""Errors, locations and their pickles."""

from __future__ import annotations

import copy
import errno
import pickle
import subprocess
import sys

import pytest

from pyvirt_util import errors
from pyvirt_util.error_codes import ErrorCode, ErrorDomain, ErrorLevel
from pyvirt_util.errors import Location, NoDomainError, SystemCallError, VirtError, error_class, system_error


def test_a_location_is_an_immutable_value() -> None:
    place = Location("web.xml", 3, "/domain/name")
    assert place == Location(file="web.xml", line=3, path="/domain/name")
    assert place != Location("web.xml", 4)
    assert place != ("web.xml", 3, "/domain/name")
    assert hash(place) == hash(Location("web.xml", 3, "/domain/name"))
    assert (place.file, place.line, place.path) == ("web.xml", 3, "/domain/name")
    assert repr(place) == "Location(file='web.xml', line=3, path='/domain/name')"
    with pytest.raises(AttributeError):
        place.line = 4
    with pytest.raises(AttributeError):
        del place.file
    assert pickle.loads(pickle.dumps(place)) == copy.deepcopy(place) == place


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Location(), ""),
        (Location("web.xml"), "web.xml"),
        (Location(line=3), "line 3"),
        (Location("web.xml", 3, "/domain"), "web.xml:3, /domain"),
    ],
)
def test_a_location_as_text(place: Location, text: str) -> None:
    assert str(place) == text


def test_an_error_carries_its_parts() -> None:
    error = NoDomainError("no domain 'web'", domain=ErrorDomain.QEMU, location=Location(line=1), hint="define it")
    assert str(error) == "domain not found: no domain 'web' (line 1)"
    assert (error.code, error.domain, error.level) == (ErrorCode.NO_DOMAIN, ErrorDomain.QEMU, ErrorLevel.ERROR)
    other = pickle.loads(pickle.dumps(error))
    assert type(other) is NoDomainError
    assert str(other) == str(error)
    assert (other.code, other.domain, other.location, other.hint) == (
        error.code,
        error.domain,
        error.location,
        error.hint,
    )
    assert NoDomainError("x").domain is ErrorDomain.NONE


def test_every_code_has_its_class() -> None:
    classes = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, VirtError)]
    codes = [cls.code for cls in classes if cls is not VirtError]
    assert len(codes) == len(set(codes)) > 100
    for cls in classes:
        if cls is not VirtError:
            assert error_class(int(cls.code)) is cls
            assert isinstance(cls.code, ErrorCode)
    assert error_class(4711) is VirtError
    assert error_class(0) is VirtError


def test_a_failed_system_call_keeps_its_number() -> None:
    error = system_error("write '/x'", OSError(errno.ENOSPC, "No space left on device", "/x"))
    assert type(error) is SystemCallError
    assert str(error) == "system call failed: cannot write '/x': no space left on device"
    assert error.errno == errno.ENOSPC
    assert "'/y'" in str(system_error("write", OSError(errno.EIO, "Input/output error", "/y")))


def test_importing_the_ground_loads_nothing_heavy() -> None:
    modules = (
        *("errors", "undo", "files", "locks", "statedirs", "store", "process"),
        *("sockets", "uuids", "macs", "uris", "units", "bitmaps"),
        *("sysfs", "device_list", "pci", "usb", "scsi"),
    )
    program = "import sys\n" + "".join(f"import pyvirt_util.{name}\n" for name in modules)
    program += "print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    heavy = {"subprocess", "asyncio", "lxml", "dataclasses", "typing", "re", "logging", "pathlib", "socket", "inspect"}
    heavy |= {"enum", "pyvirt_util.error_codes"}
    # what the interpreter itself loads at its start counts for nothing
    bare = subprocess.run(
        [sys.executable, "-I", "-c", "import sys; print(' '.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not heavy & (set(loaded.stdout.split()) - set(bare.stdout.split()))
