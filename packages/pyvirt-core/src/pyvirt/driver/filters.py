"""Which domains a list asks for: the filter groups of virConnectListAllDomains."""

from __future__ import annotations

from pyvirt.enums.domain import ConnectListAllDomainsFlags as Flags
from pyvirt.enums.domain_state import DomainState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_STATES = {
    DomainState.RUNNING: Flags.RUNNING,
    DomainState.PAUSED: Flags.PAUSED,
    DomainState.SHUTOFF: Flags.SHUTOFF,
}
ACTIVITY = Flags.ACTIVE | Flags.INACTIVE
PERSISTENCE = Flags.PERSISTENT | Flags.TRANSIENT
STATE = Flags.RUNNING | Flags.PAUSED | Flags.SHUTOFF | Flags.OTHER
MANAGED_SAVE = Flags.MANAGEDSAVE | Flags.NO_MANAGEDSAVE
AUTOSTART = Flags.AUTOSTART | Flags.NO_AUTOSTART
SNAPSHOT = Flags.HAS_SNAPSHOT | Flags.NO_SNAPSHOT
CHECKPOINT = Flags.HAS_CHECKPOINT | Flags.NO_CHECKPOINT


def domain_matches(
    flags: int,
    *,
    active: bool,
    persistent: Callable[[], bool],
    state: Callable[[], DomainState],
    autostart: Callable[[], bool],
    managed_save: Callable[[], bool] = lambda: False,
    has_snapshot: Callable[[], bool] = lambda: False,
    has_checkpoint: Callable[[], bool] = lambda: False,
) -> bool:
    """Whether a domain passes: one flag of each group that is used must hold. Only what is asked for is looked up."""
    return (
        _one(flags, ACTIVITY, Flags.ACTIVE, Flags.INACTIVE, lambda: active)
        and _one(flags, PERSISTENCE, Flags.PERSISTENT, Flags.TRANSIENT, persistent)
        and (not flags & STATE or bool(flags & _STATES.get(state(), Flags.OTHER)))
        and _one(flags, MANAGED_SAVE, Flags.MANAGEDSAVE, Flags.NO_MANAGEDSAVE, managed_save)
        and _one(flags, AUTOSTART, Flags.AUTOSTART, Flags.NO_AUTOSTART, autostart)
        and _one(flags, SNAPSHOT, Flags.HAS_SNAPSHOT, Flags.NO_SNAPSHOT, has_snapshot)
        and _one(flags, CHECKPOINT, Flags.HAS_CHECKPOINT, Flags.NO_CHECKPOINT, has_checkpoint)
    )


def _one(flags: int, group: int, yes: int, no: int, holds: Callable[[], bool]) -> bool:
    wanted = flags & group
    return wanted in (0, group) or (wanted == yes) == holds()
