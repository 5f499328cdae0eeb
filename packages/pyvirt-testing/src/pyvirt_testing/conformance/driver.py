"""What a driver's tests say of the driver: where it is, a guest that it can run, and what it does not do."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from pyvirt.driver import HypervisorDriver, declared_operations

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pyvirt import Domain

# Names that libvirt accepts: spaces, quotes, XML's own characters, other scripts, dots, what a shell would act on.
ODD_NAMES = (
    "with space",
    'it\'s "quoted"',
    "<tag> & entity;",
    "größe-東京-🐧",
    "$(touch x);`y`|*?",
    "-dash.and..dots",
    "%s%d{name}",
)


@dataclass(frozen=True)
class DriverUnderTest:
    """A driver as its tests present it to the suites.

    :param uri: opened for every test. Domains the suites make are removed again, others are left alone.
    :param domain_xml: the smallest domain this driver can start, with ``<name>{name}</name>`` in it and neither
        ``<uuid>`` nor ``<description>``: the suites put those behind the name.
    :param unsupported: names of operations (methods of HypervisorDriver) that the driver does not have; ``*`` stands
        for anything: ``domain_migrate_*``. What is named and works is an error, as is what is not named and does not.
    :param timeout: seconds within which a guest has started, stopped, or an event has come.
    :param guest_obeys: what the guest does when it is asked: of ``shutdown`` and ``reboot``.
    :param ready: waits until a guest that was just started does what it is asked; a guest that is still booting does
        not see its power button pressed.
    :param shared: whether another connection to the URI sees the same domains.
    :param domains: how many domains are defined, started and destroyed at the same time, by ``threads`` threads.
    :param names: names that must work.
    :param not_called: operations that :class:`OperationConformance` looks at but does not call, beyond those that
        nobody would want to have called on their machine.
    """

    uri: str
    domain_xml: str
    unsupported: Collection[str] = ()
    timeout: float = 30.0
    guest_obeys: Collection[str] = ("shutdown", "reboot")
    ready: Callable[[Domain], None] | None = None
    shared: bool = True
    domains: int = 50
    threads: int = 8
    names: Collection[str] = ODD_NAMES
    not_called: Collection[str] = ()

    def __post_init__(self) -> None:
        if "<name>{name}</name>" not in self.domain_xml:
            raise ValueError("domain_xml must have '<name>{name}</name>' in it")

    def xml(self, name: str, *, uuid: str | None = None, description: str | None = None) -> str:
        """The domain's XML with a name, and with a UUID and a description if they are given."""
        text = f"<name>{escape(name)}</name>"
        if uuid is not None:
            text += f"<uuid>{uuid}</uuid>"
        if description is not None:
            text += f"<description>{escape(description)}</description>"
        return self.domain_xml.replace("<name>{name}</name>", text)

    def lacks(self, operation: str) -> bool:
        """Whether the driver says that it does not have an operation."""
        return any(fnmatchcase(operation, pattern) for pattern in self.unsupported)

    def idle_patterns(self) -> list[str]:
        """Entries of ``unsupported`` that mean no operation: misspelled, or gone from the API."""
        names = declared_operations(HypervisorDriver)
        return [pattern for pattern in self.unsupported if not any(fnmatchcase(name, pattern) for name in names)]
