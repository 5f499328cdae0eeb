"""Which host CPUs a definition gives to virtual CPUs, I/O threads and the emulator."""

from __future__ import annotations

from pyvirt_conf.domain.tuning import EmulatorPin, IoThread, IoThreadPin, VcpuPin
from pyvirt_util.bitmaps import Bitmap
from pyvirt_util.errors import InvalidArgError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain


def default_cpus(definition: Domain, host_cpus: int) -> frozenset[int]:
    """What is not pinned runs where ``<vcpu cpuset=>`` says, or anywhere."""
    cpuset = definition.vcpu.cpuset
    return frozenset(cpuset) if cpuset else frozenset(range(host_cpus))


def vcpu_pins(definition: Domain, host_cpus: int) -> list[frozenset[int]]:
    """Per virtual CPU, up to the maximum."""
    pins = [default_cpus(definition, host_cpus)] * definition.vcpu.count
    for pin in definition.cputune.vcpupin:
        if pin.vcpu < len(pins):
            pins[pin.vcpu] = frozenset(pin.cpuset)
    return pins


def pin_vcpu(definition: Domain, vcpu: int, cpus: frozenset[int]) -> None:
    """Pin a virtual CPU."""
    pins = [pin for pin in definition.cputune.vcpupin if pin.vcpu != vcpu]
    pins.append(VcpuPin(vcpu=vcpu, cpuset=Bitmap(cpus)))
    definition.cputune.vcpupin = sorted(pins, key=lambda pin: pin.vcpu)


def emulator_pin(definition: Domain, host_cpus: int) -> frozenset[int]:
    """Where the emulator runs."""
    pin = definition.cputune.emulatorpin
    return default_cpus(definition, host_cpus) if pin is None else frozenset(pin.cpuset)


def pin_emulator(definition: Domain, cpus: frozenset[int]) -> None:
    """Pin the emulator."""
    definition.cputune.emulatorpin = EmulatorPin(cpuset=Bitmap(cpus))


def iothread_ids(definition: Domain) -> list[int]:
    """The numbers of the I/O threads: those that are named, then as many more as ``<iothreads>`` counts."""
    named = [thread.id for thread in definition.iothread_ids]
    number = 0
    while len(named) < (definition.iothreads or 0):
        number += 1
        if number not in named:
            named.append(number)
    return sorted(named)


def iothreads(definition: Domain, host_cpus: int) -> list[tuple[int, frozenset[int]]]:
    """Number and host CPUs of each I/O thread."""
    pins = {pin.iothread: frozenset(pin.cpuset) for pin in definition.cputune.iothreadpin}
    everywhere = default_cpus(definition, host_cpus)
    return [(number, pins.get(number, everywhere)) for number in iothread_ids(definition)]


def require_iothread(definition: Domain, number: int) -> None:
    """Refuse the number of an I/O thread that is not there."""
    if number not in iothread_ids(definition):
        raise InvalidArgError(f"cannot find IOThread '{number}' in the domain")


def require_no_iothread(definition: Domain, number: int) -> None:
    """Refuse a number that no further I/O thread can have."""
    if number < 1:
        raise InvalidArgError(f"invalid value {number} for an IOThread: it must be positive")
    if number in iothread_ids(definition):
        raise InvalidArgError(f"an IOThread is already using iothread_id '{number}'")


def add_iothread(definition: Domain, number: int) -> None:
    """Add an I/O thread."""
    numbers = sorted([*iothread_ids(definition), number])
    _name_iothreads(definition, numbers)


def delete_iothread(definition: Domain, number: int) -> None:
    """Remove an I/O thread with its pinning."""
    _name_iothreads(definition, [known for known in iothread_ids(definition) if known != number])
    definition.cputune.iothreadpin = [pin for pin in definition.cputune.iothreadpin if pin.iothread != number]


def pin_iothread(definition: Domain, number: int, cpus: frozenset[int]) -> None:
    """Pin an I/O thread."""
    pins = [pin for pin in definition.cputune.iothreadpin if pin.iothread != number]
    pins.append(IoThreadPin(iothread=number, cpuset=Bitmap(cpus)))
    definition.cputune.iothreadpin = sorted(pins, key=lambda pin: pin.iothread)


def _name_iothreads(definition: Domain, numbers: list[int]) -> None:
    known = {thread.id: thread for thread in definition.iothread_ids}
    definition.iothread_ids = [known.get(number) or IoThread(id=number) for number in numbers]
    definition.iothreads = len(numbers) or None
