"""The words virsh uses for states and their reasons."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from enum import IntEnum

    from pyvirt.types import DomainStateReason

# virDomainState, in order.
STATES = ("no state", "running", "idle", "paused", "in shutdown", "shut off", "crashed", "pmsuspended")

# Reasons whose word is not simply the member's name; the key begins with the state.
_REASONS = {
    "RUNNING.WAKEUP": "event wakeup",
    "RUNNING.POSTCOPY": "post-copy",
    "RUNNING.POSTCOPY_FAILED": "post-copy failed",
    "PAUSED.MIGRATION": "migrating",
    "PAUSED.SAVE": "saving",
    "PAUSED.DUMP": "dumping",
    "PAUSED.IOERROR": "I/O error",
    "PAUSED.SNAPSHOT": "creating snapshot",
    "PAUSED.POSTCOPY": "post-copy",
    "PAUSED.POSTCOPY_FAILED": "post-copy failed",
    "PMSUSPENDED.PMSUSPENDED_UNKNOWN": "unknown",
}

VCPU_STATES = ("offline", "running", "blocked")


def state_word(state: int) -> str:
    """``running``, ``shut off`` ..."""
    return STATES[state] if 0 <= state < len(STATES) else "no state"


def reason_word(value: DomainStateReason) -> str:
    """``booted``, ``destroyed`` ..."""
    name = value.reason.name if hasattr(value.reason, "name") else "UNKNOWN"
    return _REASONS.get(f"{value.state.name}.{name}") or enum_word(name)


def enum_word(member: IntEnum | str) -> str:
    """The name of a member of an enumeration in lower case, with spaces."""
    name = member if isinstance(member, str) else member.name
    return name.lower().replace("_", " ")
