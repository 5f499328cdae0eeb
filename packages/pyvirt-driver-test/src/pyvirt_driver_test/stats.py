"""Statistics of many domains in one call."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.driver.flags import allow_flags
from pyvirt_driver_test.base import HostedDriver
from pyvirt_driver_test.guest import RUNNING
from pyvirt_util.errors import ArgumentUnsupportedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyvirt.enums.domain_stats import ConnectGetAllDomainStatsFlags, DomainStatsTypes
    from pyvirt.refs import DomainRef
    from pyvirt.types import TypedParameters
    from pyvirt_driver_test.guest import Guest

_FILTERS = 0xFF  # these have the values of virConnectListAllDomainsFlags


class Statistics(HostedDriver):
    """Statistics of many domains in one call."""

    def connect_get_all_domain_stats(
        self, domains: Sequence[DomainRef] | None, stats: DomainStatsTypes, flags: ConnectGetAllDomainStatsFlags
    ) -> list[tuple[DomainRef, TypedParameters]]:
        """See the base class. Domains of the list that are gone are left out."""
        from pyvirt_driver_test.lookup import matches

        kinds = enums.ConnectGetAllDomainStatsFlags
        allow_flags(flags, _FILTERS | kinds.NOWAIT | kinds.BACKING | kinds.ENFORCE_STATS, "virConnectGetAllDomainStats")
        groups = _groups()
        unknown = int(stats) & ~sum(groups)
        if unknown and flags & kinds.ENFORCE_STATS:
            raise ArgumentUnsupportedError(f"stats types bits 0x{unknown:x} are not supported by the test driver")
        wanted = [collect for group, collect in groups.items() if not stats or stats & group]
        with self.host.lock:
            if domains is None:
                guests = sorted(self.host, key=lambda guest: (guest.id < 0, guest.id, guest.name))
            else:
                guests = [guest for guest in map(self.host.by_uuid, (ref.uuid for ref in domains)) if guest is not None]
            records = []
            for guest in guests:
                if matches(guest, int(flags) & _FILTERS):
                    values: TypedParameters = {}
                    for collect in wanted:
                        collect(guest, values)
                    records.append((guest.ref, values))
        return records


def _groups() -> dict[int, Callable[[Guest, TypedParameters], None]]:
    kinds = enums.DomainStatsTypes
    return {
        kinds.STATE: _state,
        kinds.CPU_TOTAL: _cpu,
        kinds.BALLOON: _balloon,
        kinds.VCPU: _vcpu,
        kinds.INTERFACE: _interface,
        kinds.BLOCK: _block,
        kinds.PERF: _perf,
        kinds.IOTHREAD: _iothread,
    }


def _state(guest: Guest, values: TypedParameters) -> None:
    values["state.state"] = guest.state
    values["state.reason"] = guest.reason


def _cpu(guest: Guest, values: TypedParameters) -> None:
    if guest.active:
        used = guest.cpu_time
        values |= {"cpu.time": used, "cpu.user": used * 3 // 4, "cpu.system": used // 4}


def _balloon(guest: Guest, values: TypedParameters) -> None:
    from pyvirt_driver_test.definition import max_memory, memory

    if guest.active:
        values["balloon.current"] = memory(guest.current)
    values["balloon.maximum"] = max_memory(guest.current)


def _vcpu(guest: Guest, values: TypedParameters) -> None:
    from pyvirt_driver_test.definition import max_vcpus, vcpus

    values["vcpu.current"] = vcpus(guest.current)
    values["vcpu.maximum"] = max_vcpus(guest.current)
    if guest.active:
        state = enums.VcpuState.RUNNING if guest.state == RUNNING else enums.VcpuState.BLOCKED
        used = guest.cpu_time
        for number in range(vcpus(guest.current)):
            values |= {f"vcpu.{number}.state": int(state), f"vcpu.{number}.time": used}


def _interface(guest: Guest, values: TypedParameters) -> None:
    from pyvirt_driver_test.devices import interface_counters

    if guest.active:
        interfaces = guest.current.devices.interfaces
        values["net.count"] = len(interfaces)
        for number, interface in enumerate(interfaces):
            values[f"net.{number}.name"] = interface.target or ""
            values |= {
                f"net.{number}.{name.replace('packets', 'pkts').replace('_', '.')}": value
                for name, value in interface_counters(number).items()
            }


def _block(guest: Guest, values: TypedParameters) -> None:
    from pyvirt_driver_test.definition import disk_path
    from pyvirt_driver_test.devices import DISK_ALLOCATION, DISK_CAPACITY, disk_counters

    if guest.active:
        disks = guest.current.devices.disks
        values["block.count"] = len(disks)
        for number, disk in enumerate(disks):
            counters = disk_counters(number)
            values[f"block.{number}.name"] = disk.target
            path = disk_path(disk)
            if path is not None:
                values[f"block.{number}.path"] = path
            values |= {
                f"block.{number}.rd.reqs": counters["rd_operations"],
                f"block.{number}.rd.bytes": counters["rd_bytes"],
                f"block.{number}.wr.reqs": counters["wr_operations"],
                f"block.{number}.wr.bytes": counters["wr_bytes"],
                f"block.{number}.allocation": DISK_ALLOCATION,
                f"block.{number}.capacity": DISK_CAPACITY,
                f"block.{number}.physical": DISK_ALLOCATION,
            }


def _perf(guest: Guest, values: TypedParameters) -> None:
    if guest.active:
        values |= {f"perf.{event.name}": 0 for event in guest.current.perf.events if event.enabled}


def _iothread(guest: Guest, values: TypedParameters) -> None:
    from pyvirt_driver_test.pinning import iothread_ids

    if guest.active:
        values["iothread.count"] = len(iothread_ids(guest.current))
