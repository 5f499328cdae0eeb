"""What the agent in a running guest would remember."""

from __future__ import annotations

# The guest's clock when nobody set it: seconds since the epoch.
GUEST_TIME = 627319920
# Mount point, name of the block device, type, targets of the disks below it.
FILESYSTEMS = (("/", "vda1", "ext4", ("vda",)), ("/boot", "vda2", "ext4", ("vda",)))


class AgentState:
    """The guest's clock, and which file systems are frozen."""

    __slots__ = ("frozen", "nseconds", "seconds")

    def __init__(self) -> None:
        self.seconds = GUEST_TIME
        self.nseconds = 0
        self.frozen: set[str] = set()
