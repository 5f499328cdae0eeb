"""Whether a guest has a device that vfio holds.

Source: the kernel's Documentation/driver-api/vfio.rst. Whoever uses any device of an IOMMU group has its file
``/dev/vfio/GROUP`` open, which the kernel opens only once.
"""

from __future__ import annotations

import errno
import os


def group_in_use(group: int | str, dev: str = "/dev") -> bool:
    """Whether an IOMMU group is in use. Nobody is disturbed by the question."""
    try:
        os.close(os.open(f"{dev}/vfio/{group}", os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        return error.errno == errno.EBUSY
    return False
