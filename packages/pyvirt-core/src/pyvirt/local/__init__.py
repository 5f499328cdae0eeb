"""What drivers with guests on this host share: records on disk, locks, settling, generic operations."""

from pyvirt.local.changes import LocalChanges
from pyvirt.local.driver import LocalDomainDriver
from pyvirt.local.functions import LocalFunctions
from pyvirt.local.records import DomainRecords
from pyvirt.local.status import GuestStatus

__all__ = ["DomainRecords", "GuestStatus", "LocalChanges", "LocalDomainDriver", "LocalFunctions"]
