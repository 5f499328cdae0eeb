"""Arguments for calling any declared operation once, and what its answer must look like."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pyvirt.types
from pyvirt import enums
from pyvirt.driver import HypervisorDriver

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvirt.refs import DomainRef
    from pyvirt_testing.conformance.bench import Bench

# Nobody wants these called on the machine they work on, or with made-up arguments.
NOT_CALLED = frozenset(
    {
        "node_suspend_for_duration",
        "node_alloc_pages",
        "node_set_memory_parameters",
        "node_device_detach_flags",
        "node_device_re_attach",
        "node_device_reset",
        "domain_qemu_attach",
        "connect_set_identity",
    }
)

_VALUES: dict[str, Any] = {
    "arch": "x86_64",
    "autostart": False,
    "bandwidth": 1,
    "base": None,
    "callback": lambda *_: None,
    "callback_id": 1 << 30,
    "cell": -1,
    "cell_count": 1,
    "codeset": enums.KeycodeSet.LINUX,
    "command": "{}",
    "count": 1,
    "cpu": -1,
    "cpus": (0,),
    "device": None,
    "disk": "vda",
    "duration": 0,
    "emulator": None,
    "event": None,
    "fd": 0,
    "fds": (),
    "file": "/nonexistent/conformance",
    "files": (),
    "format": enums.DomainCoreDumpFormat.RAW,
    "holdtime": 0,
    "id": 1 << 30,
    "index": 0,
    "interval": 0,
    "iothread_id": 1,
    "key": "app",
    "keycodes": (30,),
    "keys": (),
    "machine": None,
    "max_cells": 1,
    "maxmem": 1,
    "memory": 1024,
    "metadata": None,
    "minimum": 0,
    "mountpoint": None,
    "mountpoints": None,
    "native_config": "",
    "native_format": "conformance",
    "nseconds": 0,
    "offset": 0,
    "page_sizes": (4,),
    "parameters": {},
    "password": "",
    "path": "/nonexistent/conformance",
    "period": 1,
    "pid": 1 << 30,
    "screen": 0,
    "seconds": 1,
    "size": 1,
    "start": 0,
    "start_cell": 0,
    "start_cpu": -1,
    "state": True,
    "threshold": 1,
    "timeout": 1,
    "top": None,
    "user": "root",
    "uri": None,
    "vcpu": 0,
    "vcpus": (0,),
    "virttype": None,
}
# Where the name alone is not enough.
_SPECIAL: dict[tuple[str, str], Any] = {
    ("domain_get_metadata", "type"): enums.DomainMetadataType.TITLE,
    ("domain_set_metadata", "type"): enums.DomainMetadataType.TITLE,
    ("domain_set_metadata", "key"): None,
    ("domain_interface_stats", "device"): "conformance0",
    ("domain_get_interface_parameters", "device"): "conformance0",
    ("domain_set_interface_parameters", "device"): "conformance0",
    ("domain_set_block_threshold", "device"): "vda",
    ("domain_set_lifecycle_action", "event"): enums.DomainLifecycle.POWEROFF,
    ("connect_get_all_domain_stats", "domains"): None,
    ("domain_memory_peek", "flags"): enums.DomainMemoryFlags.PHYSICAL,
    ("domain_open_channel", "name"): None,
    ("domain_fd_associate", "name"): "conformance",
    ("connect_domain_event_register_any", "domain"): None,
    ("connect_domain_qemu_monitor_event_register", "domain"): None,
}


def parameters_of(operation: str) -> list[inspect.Parameter]:
    """The declared parameters of an operation, without ``self``."""
    declared = getattr(HypervisorDriver, operation)
    return list(inspect.signature(declared.__wrapped__).parameters.values())[1:]


def wants_domain(operation: str) -> bool:
    """Whether an operation is about one domain."""
    return any(_about_domain(operation, parameter) for parameter in parameters_of(operation))


def _about_domain(operation: str, parameter: inspect.Parameter) -> bool:
    return parameter.name in ("domain", "snapshot", "checkpoint") and (operation, parameter.name) not in _SPECIAL


def arguments(operation: str, bench: Bench, domain: DomainRef) -> list[Any]:
    """Arguments to call an operation with: harmless, and of the right types."""
    return [_value(operation, parameter, bench, domain) for parameter in parameters_of(operation)]


def _value(operation: str, parameter: inspect.Parameter, bench: Bench, domain: DomainRef) -> Any:
    name = parameter.name
    if (operation, name) in _SPECIAL:
        return _SPECIAL[operation, name]
    made: dict[str, Callable[[], Any]] = {
        "domain": lambda: domain,
        "snapshot": lambda: pyvirt.types.SnapshotRef(domain, "conformance"),
        "checkpoint": lambda: pyvirt.types.CheckpointRef(domain, "conformance"),
        "device": lambda: pyvirt.types.NodeDeviceRef("conformance"),
        "xml": bench.xml,
        "backup_xml": lambda: "<domainbackup/>",
        "checkpoint_xml": lambda: None,
        "destination_xml": lambda: "<disk/>",
        "alias": lambda: "conformance0",
        "name": bench.new_name,
        "new_name": bench.new_name,
        "uuid": bench.new_uuid,
        "pages": dict,
    }
    if name in made and not (name == "device" and operation.startswith("domain_")):
        return made[name]()
    if name in _VALUES:
        return _VALUES[name]
    return _first_of_enum(str(parameter.annotation))


def _first_of_enum(annotation: str) -> Any:
    kind = getattr(enums, annotation, None)
    if kind is None:
        return 0
    try:
        return kind(0)
    except ValueError:
        return next(iter(kind))


_PLAIN: dict[str, type | tuple[type, ...]] = {
    "None": type(None),
    "str": str,
    "int": int,
    "bool": bool,
    "bytes": bytes,
    "list": list,
    "dict": dict,
    "tuple": tuple,
    "frozenset": frozenset,
    "TypedParameters": dict,
}


def is_answer(operation: str, value: object) -> bool:
    """Whether a value is what an operation is declared to return, as far as its outermost type goes."""
    declared = getattr(HypervisorDriver, operation).__wrapped__
    annotation = str(inspect.signature(declared).return_annotation)
    return any(_is_kind(part.strip(), value) for part in annotation.split(" | "))


def _is_kind(annotation: str, value: object) -> bool:
    name = annotation.partition("[")[0]
    kind = _PLAIN.get(name) or getattr(pyvirt.types, name, None) or getattr(enums, name, None)
    if kind is None:  # a protocol, such as a stream
        return value is not None
    return isinstance(value, kind)
