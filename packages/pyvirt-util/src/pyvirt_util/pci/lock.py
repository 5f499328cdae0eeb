"""One process at a time changes what has a PCI device."""

from __future__ import annotations

import fcntl
import os

from pyvirt_util.errors import system_error
from pyvirt_util.locks import FileLock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_util.pci.device import PciDevice

_TIMEOUT = 60.0


class DeviceLock(FileLock):
    """An flock on the device's folder in sysfs: it leaves no file, and it ends with its holder.

    :raises OperationTimeoutError: when it is not to be had for a minute; a holder waits as long as a guest uses the
        device that is to be taken from it.
    """

    __slots__ = ()

    def __init__(self, device: PciDevice) -> None:
        super().__init__(device.path, timeout=_TIMEOUT, what=f"the lock of pci device {device}")

    def _try(self, flags: int) -> bool:
        try:
            fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise system_error(f"open '{self.path}'", error) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | flags)
            self._fd, fd = fd, -1
            return True
        finally:
            if fd >= 0:
                os.close(fd)
