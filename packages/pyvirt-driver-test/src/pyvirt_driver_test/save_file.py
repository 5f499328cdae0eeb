"""Files that domains are saved to, in the format of libvirt's test driver.

``TestGuestMagic`` with a NUL, the length of the XML as a 32-bit number in the host's byte order, the XML. What follows
is ours and libvirt does not read it: ``paused`` when the guest did not run.
"""

from __future__ import annotations

import struct

from pyvirt_driver_test.guest import SavedImage
from pyvirt_util.errors import OperationFailedError, system_error

MAGIC = b"TestGuestMagic\0"
PAUSED = b"paused"
MAX_XML = 100 * 1024 * 1024
_LENGTH = struct.Struct("=i")


def write(path: str, image: SavedImage) -> None:
    """Store an image; raises SystemCallError."""
    from pyvirt_util.files import write_atomic

    xml = image.xml.encode()
    write_atomic(path, MAGIC + _LENGTH.pack(len(xml)) + xml + (b"" if image.running else PAUSED))


def read(path: str) -> SavedImage:
    """Read an image; raises SystemCallError, or OperationFailedError for a file that is none."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_XML)
    except OSError as error:
        raise system_error(f"cannot read domain image '{path}'", error) from error
    start = len(MAGIC) + _LENGTH.size
    if len(data) < start:
        raise OperationFailedError(f"incomplete save header in '{path}'")
    if not data.startswith(MAGIC):
        raise OperationFailedError(f"mismatched header magic in '{path}'")
    (length,) = _LENGTH.unpack_from(data, len(MAGIC))
    if not 0 < length <= len(data) - start:
        raise OperationFailedError(f"length of metadata {length} in '{path}' does not fit the file")
    try:
        xml = data[start : start + length].decode()
    except UnicodeDecodeError as error:
        raise OperationFailedError(f"the XML in '{path}' is not UTF-8") from error
    return SavedImage(xml, running=data[start + length :] != PAUSED)


def write_dump(path: str) -> None:
    """Store what stands for the memory of a guest."""
    from pyvirt_util.files import write_atomic

    write_atomic(path, MAGIC)
