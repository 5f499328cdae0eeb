"""What is known of a running guest: its state, its process, and its live definition, in one file.

The file is libvirt's ``<domstatus>`` in shape, and readable: the first line has the state and the process, the second
what the driver keeps, then the live definition follows as it is::

    <domstatus state='running' reason='booted' id='3' pid='4711' start-time='81522'>
    <private monitor='/run/pyvirt/qemu/guests/web/monitor.sock'/>
    <domain type='qemu' id='3'>
    ...
    </domain>
    </domstatus>

The two first lines are read without an XML parser, so that states of many guests cost little.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from pyvirt.enums.domain_state import DomainState
from pyvirt_util.errors import InternalError

if TYPE_CHECKING:
    from enum import IntEnum
    from typing import Any

_ATTRIBUTE = re.compile(r"([\w-]+)='([^']*)'")
_ESCAPES = (
    ("&", "&amp;"),
    ("<", "&lt;"),
    (">", "&gt;"),
    ("'", "&apos;"),
    ("\n", "&#10;"),
    ("\r", "&#13;"),
    ("\t", "&#9;"),
)

STATE_NAMES = {
    DomainState.NOSTATE: "no state",
    DomainState.RUNNING: "running",
    DomainState.BLOCKED: "blocked",
    DomainState.PAUSED: "paused",
    DomainState.SHUTDOWN: "shutdown",
    DomainState.SHUTOFF: "shutoff",
    DomainState.CRASHED: "crashed",
    DomainState.PMSUSPENDED: "pmsuspended",
}
_STATES = {name: state for state, name in STATE_NAMES.items()}


class GuestStatus(NamedTuple):
    """One version of a running guest's record.

    ``reason`` is a number of the enumeration that belongs to ``state``. ``pid`` is 0 until the process is known;
    ``start_time`` is that of /proc/PID/stat. ``settled`` is false while a start or stop is under way: a record that is
    not settled and whose lock is free was left by a process that was killed. ``private`` is the driver's.
    """

    name: str
    uuid: str
    id: int
    state: DomainState
    reason: int
    pid: int
    start_time: int
    settled: bool
    private: dict[str, str]
    xml: str

    def changed(self, **changes: Any) -> GuestStatus:
        """A copy with other values."""
        return self._replace(**changes)

    def format(self) -> str:
        """The file's text."""
        head = {
            "state": STATE_NAMES[self.state],
            "reason": reason_name(self.state, self.reason),
            "id": str(self.id),
            "pid": str(self.pid),
            "start-time": str(self.start_time),
            "uuid": self.uuid,
        }
        if not self.settled:
            head["settled"] = "no"
        xml = self.xml if self.xml.endswith("\n") else self.xml + "\n"
        return f"<domstatus {_attributes(head)}>\n<private {_attributes(self.private)}/>\n{xml}</domstatus>\n"

    @classmethod
    def parse(cls, name: str, text: str) -> GuestStatus:
        """Read a file's text; raises InternalError naming the guest when it is damaged."""
        try:
            first, second, rest = text.split("\n", 2)
            if not (first.startswith("<domstatus ") and second.startswith("<private ")):
                raise ValueError("unexpected first lines")
            head = _values(first)
            state = _STATES[head["state"]]
            return cls(
                name,
                head["uuid"],
                int(head["id"]),
                state,
                reason_number(state, head["reason"]),
                int(head["pid"]),
                int(head["start-time"]),
                head.get("settled") != "no",
                _values(second),
                rest[: rest.rindex("</domstatus>")],
            )
        except (KeyError, ValueError) as error:
            raise InternalError(f"the status of domain '{name}' is damaged: {error}") from error


def reason_enum(state: DomainState) -> type[IntEnum]:
    """The enumeration of reasons for a state."""
    from pyvirt.enums import domain_state as enums

    return {
        DomainState.NOSTATE: enums.DomainNostateReason,
        DomainState.RUNNING: enums.DomainRunningReason,
        DomainState.BLOCKED: enums.DomainBlockedReason,
        DomainState.PAUSED: enums.DomainPausedReason,
        DomainState.SHUTDOWN: enums.DomainShutdownReason,
        DomainState.SHUTOFF: enums.DomainShutoffReason,
        DomainState.CRASHED: enums.DomainCrashedReason,
        DomainState.PMSUSPENDED: enums.DomainPMSuspendedReason,
    }[state]


def reason_name(state: DomainState, reason: int) -> str:
    """A reason in words, as ``virsh domstate --reason`` has it: ``booted``, ``from snapshot``."""
    return reason_enum(state)(reason).name.lower().replace("_", " ")


def reason_number(state: DomainState, name: str) -> int:
    """The number of a reason given in words; raises KeyError."""
    return int(reason_enum(state)[name.upper().replace(" ", "_")])


def _attributes(values: dict[str, str]) -> str:
    parts = []
    for key, value in values.items():
        for character, escape in _ESCAPES:
            value = value.replace(character, escape)
        parts.append(f"{key}='{value}'")
    return " ".join(parts)


def _values(line: str) -> dict[str, str]:
    found = {}
    for key, value in _ATTRIBUTE.findall(line):
        for character, escape in reversed(_ESCAPES):
            value = value.replace(escape, character)
        found[key] = value
    return found
