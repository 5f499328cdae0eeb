"""The bench: what a hypervisor would be for a real driver."""

from __future__ import annotations

import threading
from dataclasses import dataclass

NAMES = ("fan", "lamp", "radio")


@dataclass
class Machine:
    """A machine on the bench; ``number`` is counted up at each switching on and ``None`` while it is off."""

    name: str
    uuid: str
    number: int | None = None


class Bench:
    """Machines by name. One bench serves all connections of a process that name the same path."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.machines = {
            name: Machine(name, f"00000000-0000-4000-8000-{place:012d}") for place, name in enumerate(NAMES)
        }
        self._count = 0

    def switch_on(self, machine: Machine) -> None:
        """Give the machine a number of its own."""
        self._count += 1
        machine.number = self._count


_benches: dict[str, Bench] = {}


def bench_at(path: str) -> Bench:
    """The bench of a path; made when it is first asked for."""
    return _benches.setdefault(path, Bench())
