"""Backups parsed, aligned with a domain that has their disks and one more, and formatted."""

from __future__ import annotations

from tests.corpus.case import Case, same_text

from pyvirt_conf.domain import Domain
from pyvirt_conf.domain.disk import Disk
from pyvirt_conf.domain.domain import VirtType
from pyvirt_conf.domain.storage import FileSource, ImageFormat
from pyvirt_conf.moment import parse_domain_backup


def run(case: Case) -> str | None:
    internal = case.data["internal"]
    backup = parse_domain_backup(case.bytes(), internal=internal)
    domain = Domain(type=VirtType.TEST)
    for target in [*(disk.name for disk in backup.disks), "vdextradisk"]:
        source = FileSource(file=f"/fake/{target}.qcow2")
        domain.devices.disks.append(Disk(source=source, target=target, driver_type=ImageFormat.QCOW2))
    backup.align_disks(domain, "SUFFIX")
    for disk in backup.disks:
        if disk.store is not None:
            # No driver is there that would keep anything.
            disk.store.private = None
    return same_text(case.text(), backup.format(internal=internal))
