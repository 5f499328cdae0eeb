"""One domain of the in-memory host."""

from __future__ import annotations

import time

from pyvirt import enums
from pyvirt_util.errors import InternalError, OperationInvalidError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.domain_state import DomainState
    from pyvirt.refs import DomainRef
    from pyvirt_conf.domain.domain import Domain
    from pyvirt_driver_test.agent_state import AgentState

# virDomainState, as numbers: a host is made at every open, and the enumerations need not be loaded for it.
RUNNING, PAUSED, SHUTOFF = 1, 3, 5


class SavedImage:
    """A guest's memory, as far as a guest without memory has one: its definition, and whether it ran."""

    __slots__ = ("running", "xml")

    def __init__(self, xml: str, *, running: bool) -> None:
        self.xml = xml
        self.running = running


class Guest:
    """A domain: what is defined, what runs, and in which state.

    ``config`` is the persistent definition (``None``: transient), ``live`` that of the running guest. Either may be
    given as complete XML, which is parsed when somebody asks. Whoever uses a guest holds the lock of its host.
    """

    __slots__ = (
        "_agent",
        "_config",
        "_live",
        "autodestroy",
        "autostart",
        "id",
        "name",
        "ran_ns",
        "reason",
        "resumed_ns",
        "saved",
        "state",
        "updated",
        "uuid",
    )

    def __init__(self, name: str, uuid: str) -> None:
        self.name = name
        self.uuid = uuid
        self.id = -1
        self.state = SHUTOFF
        self.reason = 0
        self._config: Domain | str | None = None
        self._live: Domain | str | None = None
        self._agent: AgentState | None = None
        self.autostart = False
        self.updated = False
        self.saved: SavedImage | None = None
        self.autodestroy: object | None = None
        self.ran_ns = 0
        self.resumed_ns = 0

    @property
    def ref(self) -> DomainRef:
        """The handle of the domain as it is now."""
        from pyvirt.refs import DomainRef

        return DomainRef(self.name, self.uuid, self.id)

    # Definitions

    @property
    def config(self) -> Domain | None:
        """The persistent definition."""
        if isinstance(self._config, str):
            self._config = _parse(self._config)
        return self._config

    @config.setter
    def config(self, definition: Domain | str | None) -> None:
        self._config = definition

    @property
    def live(self) -> Domain | None:
        """The definition of the running guest."""
        if isinstance(self._live, str):
            self._live = _parse(self._live)
        return self._live

    @live.setter
    def live(self, definition: Domain | str | None) -> None:
        self._live = definition

    @property
    def active(self) -> bool:
        """Whether it runs or is paused."""
        return self._live is not None

    @property
    def persistent(self) -> bool:
        """Whether it stays when it is stopped."""
        return self._config is not None

    @property
    def current(self) -> Domain:
        """What counts now: the live definition of a running guest, the persistent one of any other."""
        definition = self.live if self.active else self.config
        if definition is None:
            raise InternalError(f"domain '{self.name}' has no definition")
        return definition

    def affected(self, flags: int) -> list[Domain]:
        """The definitions that LIVE, CONFIG or neither of them mean (virDomainObjGetDefs), the live one first.

        Raises OperationInvalidError where one of them does not exist.
        """
        live, config = int(flags) & 1, int(flags) & 2
        if not live and not config:
            return [self.current]
        found = []
        if live:
            self.require_active()
            found.append(self.current)
        if config:
            definition = self.config
            if definition is None:
                raise OperationInvalidError("transient domains do not have any persistent config")
            found.append(definition)
        return found

    # States

    def require_active(self) -> None:
        """Refuse a domain that does not run."""
        if not self.active:
            raise OperationInvalidError(f"domain '{self.name}' is not running")

    def set_state(self, state: int, reason: int) -> None:
        """Change the state; CPU time goes on only while the guest runs."""
        if self.state == RUNNING:
            self.ran_ns += time.monotonic_ns() - self.resumed_ns
        if state == RUNNING:
            self.resumed_ns = time.monotonic_ns()
        self.state = state
        self.reason = int(reason)

    @property
    def domain_state(self) -> DomainState:
        """The state as a member of its enumeration."""
        return enums.DomainState(self.state)

    @property
    def cpu_time(self) -> int:
        """For how long it ran since it was started, in nanoseconds, as one busy virtual CPU would show it."""
        running = time.monotonic_ns() - self.resumed_ns if self.state == RUNNING else 0
        return self.ran_ns + running if self.active else 0

    # What few guests need

    @property
    def agent(self) -> AgentState:
        """What the guest agent would tell."""
        if self._agent is None:
            from pyvirt_driver_test.agent_state import AgentState

            self._agent = AgentState()
        return self._agent

    def forget_agent(self) -> None:
        """The guest was stopped: its agent starts anew."""
        self._agent = None


def _parse(xml: str) -> Domain:
    from pyvirt_driver_test.definition import parse_complete

    return parse_complete(xml)
