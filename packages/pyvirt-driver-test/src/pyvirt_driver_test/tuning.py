"""Limits of domains as named values: memory, block I/O, NUMA, disks, interfaces, performance counters."""

from __future__ import annotations

from pyvirt.driver.flags import allow_flags
from pyvirt_driver_test.base import HostedDriver
from pyvirt_util.errors import InvalidArgError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pyvirt.enums.domain import DomainModificationImpact
    from pyvirt.refs import DomainRef
    from pyvirt.types import TypedParameters
    from pyvirt_conf.domain.domain import Domain

UNLIMITED = 9007199254740991  # KiB; VIR_DOMAIN_MEMORY_PARAM_UNLIMITED
MEMORY_LIMITS = ("hard_limit", "soft_limit", "swap_hard_limit")
NUMA_MODES = ("strict", "preferred", "interleave", "restrictive")
THROTTLES = tuple(
    f"{what}_{unit}_sec{suffix}"
    for suffix in ("", "_max", "_max_length")
    for unit in ("bytes", "iops")
    for what in ("total", "read", "write")
)
RATES = ("average", "peak", "burst", "floor")


class Tuning(HostedDriver):
    """Limits of domains as named values."""

    def domain_get_memory_parameters(self, domain: DomainRef, flags: DomainModificationImpact) -> TypedParameters:
        """See the base class. In KiB."""
        with self.host.lock:
            memtune = self._read(domain, flags, "virDomainGetMemoryParameters").memtune
            limits = {name: getattr(memtune, name) for name in MEMORY_LIMITS}
        return {name: UNLIMITED if value is None else value for name, value in limits.items()}

    def domain_set_memory_parameters(
        self, domain: DomainRef, parameters: TypedParameters, flags: DomainModificationImpact
    ) -> None:
        """See the base class."""
        values = {name: _number(name, value) for name, value in _known(parameters, MEMORY_LIMITS)}
        with self.host.lock:
            affected = self._write(domain, flags, "virDomainSetMemoryParameters")
            for found in affected:
                after = {name: values.get(name, getattr(found.memtune, name)) for name in MEMORY_LIMITS}
                hard, swap = after["hard_limit"], after["swap_hard_limit"]
                if swap is not None and (UNLIMITED if hard is None else hard) > swap:
                    raise InvalidArgError(f"memory hard_limit {hard} must not be above swap_hard_limit {swap}")
            for found in affected:
                for name, value in values.items():
                    setattr(found.memtune, name, None if value >= UNLIMITED else value)

    def domain_get_numa_parameters(self, domain: DomainRef, flags: DomainModificationImpact) -> TypedParameters:
        """See the base class."""
        with self.host.lock:
            memory = self._read(domain, flags, "virDomainGetNumaParameters").numatune.memory
            mode = "strict" if memory is None else str(memory.mode)
            nodeset = "" if memory is None or not memory.nodeset else str(memory.nodeset)
        return {"numa_mode": NUMA_MODES.index(mode), "numa_nodeset": nodeset}

    def domain_set_numa_parameters(
        self, domain: DomainRef, parameters: TypedParameters, flags: DomainModificationImpact
    ) -> None:
        """See the base class."""
        from pyvirt_conf.domain.tuning import NumaMemory, NumaMode
        from pyvirt_util.bitmaps import Bitmap

        mode: NumaMode | None = None
        nodeset: Bitmap | None = None
        for name, value in _known(parameters, ("numa_mode", "numa_nodeset")):
            if name == "numa_mode":
                number = _number(name, value)
                if number >= len(NUMA_MODES):
                    raise InvalidArgError(f"unsupported numa_mode: '{value}'")
                mode = NumaMode(NUMA_MODES[number])
            else:
                nodeset = Bitmap.parse(str(value))
        with self.host.lock:
            for found in self._write(domain, flags, "virDomainSetNumaParameters"):
                memory = found.numatune.memory or NumaMemory(mode=NumaMode.STRICT)
                if mode is not None:
                    memory.mode = mode
                if nodeset is not None:
                    memory.nodeset = nodeset
                found.numatune.memory = memory

    def domain_get_blkio_parameters(self, domain: DomainRef, flags: DomainModificationImpact) -> TypedParameters:
        """See the base class. Values of devices are ``PATH,NUMBER`` joined by commas."""
        with self.host.lock:
            tune = self._read(domain, flags, "virDomainGetBlkioParameters").blkiotune
            found: TypedParameters = {"weight": tune.weight or 0}
            for name in ("weight", "read_iops_sec", "write_iops_sec", "read_bytes_sec", "write_bytes_sec"):
                set_for = ((device.path, getattr(device, name)) for device in tune.devices)
                found[f"device_{name}"] = ",".join(f"{path},{value}" for path, value in set_for if value)
        return found

    def domain_set_blkio_parameters(
        self, domain: DomainRef, parameters: TypedParameters, flags: DomainModificationImpact
    ) -> None:
        """See the base class."""
        values = dict(
            _known(
                parameters,
                (
                    "weight",
                    "device_weight",
                    "device_read_iops_sec",
                    "device_write_iops_sec",
                    "device_read_bytes_sec",
                    "device_write_bytes_sec",
                ),
            )
        )
        weight = None if "weight" not in values else _number("weight", values.pop("weight"))
        devices = {name.removeprefix("device_"): _device_values(name, value) for name, value in values.items()}
        with self.host.lock:
            for found in self._write(domain, flags, "virDomainSetBlkioParameters"):
                if weight is not None:
                    found.blkiotune.weight = weight
                for name, amounts in devices.items():
                    _set_blkio_devices(found, name, amounts)

    def domain_get_block_io_tune(
        self, domain: DomainRef, disk: str | None, flags: DomainModificationImpact
    ) -> TypedParameters:
        """See the base class."""
        from pyvirt_driver_test.definition import find_disk

        with self.host.lock:
            definition = self._read(domain, flags, "virDomainGetBlockIoTune")
            tune = None if disk is None else find_disk(definition, disk).iotune
            found: TypedParameters = {name: getattr(tune, name, None) or 0 for name in THROTTLES}
            found["size_iops_sec"] = getattr(tune, "size_iops_sec", None) or 0
            found["group_name"] = getattr(tune, "group_name", None) or ""
        return found

    def domain_set_block_io_tune(
        self, domain: DomainRef, disk: str, parameters: TypedParameters, flags: DomainModificationImpact
    ) -> None:
        """See the base class."""
        from pyvirt_conf.domain.disk import IoTune
        from pyvirt_driver_test.definition import find_disk

        values: dict[str, Any] = {}
        for name, value in _known(parameters, (*THROTTLES, "size_iops_sec", "group_name")):
            values[name] = str(value) if name == "group_name" else _number(name, value)
        with self.host.lock:
            disks = [find_disk(found, disk) for found in self._write(domain, flags, "virDomainSetBlockIoTune")]
            tunes = [found.iotune.copy() if found.iotune is not None else IoTune() for found in disks]
            for tune in tunes:
                for name, value in values.items():
                    setattr(tune, name, value or None)
                _check_throttles(tune)
            for found, tune in zip(disks, tunes, strict=True):
                found.iotune = tune

    def domain_get_interface_parameters(
        self, domain: DomainRef, device: str, flags: DomainModificationImpact
    ) -> TypedParameters:
        """See the base class. Averages and peaks in KiB/s, bursts in KiB."""
        from pyvirt_driver_test.definition import find_interface

        with self.host.lock:
            bandwidth = find_interface(self._read(domain, flags, "virDomainGetInterfaceParameters"), device).bandwidth
            found: TypedParameters = {}
            for direction in ("inbound", "outbound"):
                rate = getattr(bandwidth, direction, None)
                for name in RATES if direction == "inbound" else RATES[:3]:
                    found[f"{direction}.{name}"] = getattr(rate, name, None) or 0
        return found

    def domain_set_interface_parameters(
        self, domain: DomainRef, device: str, parameters: TypedParameters, flags: DomainModificationImpact
    ) -> None:
        """See the base class. An average of zero takes the limit of a direction away."""
        from pyvirt_conf.domain.virtualport import Bandwidth, Rate
        from pyvirt_driver_test.definition import find_interface

        names = [f"inbound.{name}" for name in RATES] + [f"outbound.{name}" for name in RATES[:3]]
        values = {name: _number(name, value) for name, value in _known(parameters, names)}
        with self.host.lock:
            affected = self._write(domain, flags, "virDomainSetInterfaceParameters")
            for interface in [find_interface(found, device) for found in affected]:
                bandwidth = interface.bandwidth or Bandwidth()
                for direction in ("inbound", "outbound"):
                    chosen = {
                        name.partition(".")[2]: value
                        for name, value in values.items()
                        if name.startswith(f"{direction}.")
                    }
                    if not chosen:
                        continue
                    rate = getattr(bandwidth, direction) or Rate(average=0)
                    for name, value in chosen.items():
                        setattr(rate, name, value or None)
                    setattr(bandwidth, direction, rate if rate.average or getattr(rate, "floor", None) else None)
                has_any = bandwidth.inbound is not None or bandwidth.outbound is not None
                interface.bandwidth = bandwidth if has_any else None

    def domain_get_perf_events(self, domain: DomainRef, flags: DomainModificationImpact) -> TypedParameters:
        """See the base class."""
        from pyvirt_conf.domain.domain import PERF_EVENTS

        with self.host.lock:
            events = self._read(domain, flags, "virDomainGetPerfEvents").perf.events
            on = {event.name for event in events if event.enabled}
        return {name: name in on for name in PERF_EVENTS}

    def domain_set_perf_events(
        self, domain: DomainRef, parameters: TypedParameters, flags: DomainModificationImpact
    ) -> None:
        """See the base class."""
        from pyvirt_conf.domain.domain import PERF_EVENTS, PerfEvent

        values = dict(_known(parameters, PERF_EVENTS))
        with self.host.lock:
            for found in self._write(domain, flags, "virDomainSetPerfEvents"):
                switched = {event.name: bool(event.enabled) for event in found.perf.events}
                switched.update({name: bool(value) for name, value in values.items()})
                found.perf.events = [
                    PerfEvent(name=name, enabled=switched[name]) for name in PERF_EVENTS if name in switched
                ]

    def domain_get_scheduler_type(self, domain: DomainRef) -> tuple[str, int]:
        """See the base class."""
        with self.host.lock:
            self.host.guest(domain).require_active()
        return ("fair", 1)

    def domain_get_scheduler_parameters_flags(
        self, domain: DomainRef, flags: DomainModificationImpact
    ) -> TypedParameters:
        """See the base class."""
        with self.host.lock:
            shares = self._read(domain, flags, "virDomainGetSchedulerParameters").cputune.shares
        return {"weight": 50 if shares is None else shares}

    def domain_set_scheduler_parameters_flags(
        self, domain: DomainRef, parameters: TypedParameters, flags: DomainModificationImpact
    ) -> None:
        """See the base class."""
        values = {name: _number(name, value) for name, value in _known(parameters, ("weight",))}
        with self.host.lock:
            for found in self._write(domain, flags, "virDomainSetSchedulerParameters"):
                if "weight" in values:
                    found.cputune.shares = values["weight"]

    def domain_set_lifecycle_action(
        self, domain: DomainRef, event: int, action: int, flags: DomainModificationImpact
    ) -> None:
        """See the base class."""
        from pyvirt_conf.domain.domain import LifecycleAction

        field = ("on_poweroff", "on_reboot", "on_crash")[event]
        chosen = (
            LifecycleAction.DESTROY,
            LifecycleAction.RESTART,
            LifecycleAction.RENAME_RESTART,
            LifecycleAction.PRESERVE,
            LifecycleAction.COREDUMP_DESTROY,
            LifecycleAction.COREDUMP_RESTART,
        )[action]
        if field != "on_crash" and str(chosen).startswith("coredump"):
            raise InvalidArgError(f"action '{chosen}' is not supported for {field}")
        with self.host.lock:
            for found in self._write(domain, flags, "virDomainSetLifecycleAction"):
                setattr(found, field, chosen)

    def _read(self, domain: DomainRef, flags: int, function: str) -> Domain:
        allow_flags(flags, 0x7, function)
        if flags & 3 == 3:
            raise InvalidArgError(f"{function} reads either the running or the stored domain, not both")
        return self.host.guest(domain).affected(flags)[0]

    def _write(self, domain: DomainRef, flags: int, function: str) -> list[Domain]:
        allow_flags(flags, 0x3, function)
        return self.host.guest(domain).affected(flags)


def _known(parameters: TypedParameters, names: Iterable[str]) -> list[tuple[str, int | float | bool | str]]:
    known = set(names)
    for name in parameters:
        if name not in known:
            raise InvalidArgError(f"parameter '{name}' not supported")
    return list(parameters.items())


def _number(name: str, value: float | bool | str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidArgError(f"parameter '{name}' must be a whole number from 0 on, not {value!r}")
    return value


def _device_values(name: str, value: float | bool | str) -> dict[str, int]:
    parts = str(value).split(",") if value else []
    if len(parts) % 2 or not all(part.isdigit() for part in parts[1::2]):
        raise InvalidArgError(f"unable to parse parameter '{name}': '{value}'")
    return {path: int(amount) for path, amount in zip(parts[::2], parts[1::2], strict=True)}


def _set_blkio_devices(definition: Domain, name: str, amounts: dict[str, int]) -> None:
    from pyvirt_conf.domain.tuning import BlkioDevice

    devices = {device.path: device for device in definition.blkiotune.devices}
    for path, amount in amounts.items():
        if path not in devices:
            devices[path] = BlkioDevice(path=path)
            definition.blkiotune.devices.append(devices[path])
        setattr(devices[path], name, amount or None)


def _check_throttles(tune: Any) -> None:
    for unit in ("bytes", "iops"):
        for suffix in ("", "_max"):
            total = getattr(tune, f"total_{unit}_sec{suffix}")
            parts = [getattr(tune, f"{what}_{unit}_sec{suffix}") for what in ("read", "write")]
            if total and any(parts):
                raise InvalidArgError(f"total and read/write of {unit}_sec{suffix} cannot be set at the same time")
        for what in ("total", "read", "write"):
            name = f"{what}_{unit}_sec"
            limit, most = getattr(tune, name) or 0, getattr(tune, f"{name}_max") or 0
            if most and limit > most:
                raise InvalidArgError(f"{name} {limit} cannot be set higher than {name}_max {most}")
            if getattr(tune, f"{name}_max_length") and not most:
                raise InvalidArgError(f"{name}_max_length needs {name}_max")
