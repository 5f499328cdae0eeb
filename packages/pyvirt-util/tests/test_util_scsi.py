"""SCSI devices of a described tree."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from pyvirt_util.errors import InternalError, SystemCallError
from pyvirt_util.scsi import ScsiDevice, adapter_number


@pytest.fixture
def disk(tmp_path: Path) -> ScsiDevice:
    where = tmp_path / "sys/bus/scsi/devices/1:0:2:3"
    for name in ("block/sdh", "scsi_generic/sg8"):
        (where / name).mkdir(parents=True)
    (where / "vendor").write_text("HL-DT-ST\n")
    (where / "model").write_text("DVDRAM GT50N    \n")
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/sg8").touch()
    return ScsiDevice.from_adapter("scsi_host1", 0, 2, 3, sysfs_root=tmp_path / "sys", dev=tmp_path / "dev")


def test_names(disk: ScsiDevice, tmp_path: Path) -> None:
    assert (disk.adapter, disk.bus, disk.target, disk.unit) == (1, 0, 2, 3)
    assert str(disk) == disk.name == "1:0:2:3"
    assert disk.sg_name == "sg8"
    assert disk.dev_name == "sdh"
    assert disk.sg_path == f"{tmp_path}/dev/sg8"
    assert (disk.vendor, disk.model) == ("HL-DT-ST", "DVDRAM GT50N")
    assert (disk.readonly, disk.shareable) == (False, False)


def test_identity(disk: ScsiDevice) -> None:
    assert disk == ScsiDevice(1, 0, 2, 3, readonly=True)
    assert disk != ScsiDevice(1, 0, 2, 4)
    assert len({disk, ScsiDevice(1, 0, 2, 3)}) == 1
    assert disk != "1:0:2:3"


def test_what_is_not_there(disk: ScsiDevice, tmp_path: Path) -> None:
    gone = ScsiDevice(2, 0, 0, 0, sysfs_root=tmp_path / "sys")
    for name in ("sg_name", "dev_name", "sg_path"):
        with pytest.raises(SystemCallError, match="cannot find scsi device 2:0:0:0 in") as caught:
            getattr(gone, name)
        assert caught.value.errno == errno.ENODEV
    for name in ("vendor", "model"):
        with pytest.raises(SystemCallError, match="2:0:0:0"):
            getattr(gone, name)
    (tmp_path / "dev/sg8").unlink()
    with pytest.raises(SystemCallError, match=r"cannot find '.*/dev/sg8' of scsi device 1:0:2:3"):
        _ = disk.sg_path


@pytest.mark.parametrize(
    "adapter", ["", "scsi_host", "scsi_hostx", "host1", "1", "scsi_host-1", "scsi_host1 ", "scsi_host٣"]
)
def test_malformed_adapters(adapter: str) -> None:
    with pytest.raises(InternalError, match="malformed scsi adapter"):
        adapter_number(adapter)
