"""Finding drivers: entry points of installed distributions, loaded one at a time and only when asked for.

Hypervisor drivers stand in the group ``pyvirt.drivers``, one entry per URI scheme. Secondary drivers stand in one group
per kind: ``pyvirt.network``, ``pyvirt.storage`` ... A plug-in that cannot be loaded is reported with the name of its
distribution and takes nobody else down.
"""

from __future__ import annotations

import threading

from pyvirt_util.errors import InternalError, NoConnectError, NoSupportError, VirtError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType
    from typing import Any

    from pyvirt.driver.hypervisor import HypervisorDriver
    from pyvirt_util.uris import URI

DRIVER_GROUP = "pyvirt.drivers"
SECONDARY_KINDS = ("network", "storage", "interface", "nodedev", "nwfilter", "secret")

# Schemes of the drivers of this project, so that a missing one can be named.
_KNOWN_DISTRIBUTIONS: Mapping[str, str] = {
    "vbox": "pyvirt-driver-vbox",
    "vpx": "pyvirt-driver-esx",
    "gsx": "pyvirt-driver-esx",
    "vmwareplayer": "pyvirt-driver-vmware",
    "vmwarews": "pyvirt-driver-vmware",
    "vmwarefusion": "pyvirt-driver-vmware",
    **{
        name: f"pyvirt-driver-{name}"
        for name in (
            "bhyve",
            "esx",
            "hyperv",
            "lxc",
            "openvz",
            "phyp",
            "qemu",
            "remote",
            "test",
            "uml",
            "xen",
            "xenapi",
        )
    },
}


class EntryPoint:
    """One entry: its group and name, ``value`` as ``module:attribute``, and the distribution it came with."""

    __slots__ = ("distribution", "group", "name", "value", "version")

    def __init__(self, group: str, name: str, value: str, distribution: str, version: str) -> None:
        self.group = group
        self.name = name
        self.value = value
        self.distribution = distribution
        self.version = version

    def fields(self) -> tuple[str, str, str, str, str]:
        """All five, in the order of the constructor."""
        return (self.group, self.name, self.value, self.distribution, self.version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EntryPoint) and self.fields() == other.fields()

    def __hash__(self) -> int:
        return hash(self.fields())

    def __repr__(self) -> str:
        return f"EntryPoint{self.fields()}"


class LoadFailure:
    """An entry that could not be loaded, and why."""

    __slots__ = ("entry", "error")

    def __init__(self, entry: EntryPoint, error: str) -> None:
        self.entry = entry
        self.error = error

    def __repr__(self) -> str:
        return f"LoadFailure({self.entry}, {self.error!r})"


_lock = threading.Lock()
_scan: dict[str, list[EntryPoint]] | None = None
_loaded: dict[EntryPoint, Any] = {}


def entry_points(group: str) -> list[EntryPoint]:
    """All entries of a group, from metadata alone; scanned once per process (see :func:`forget`)."""
    global _scan
    with _lock:
        if _scan is None:
            _scan = _scan_metadata()
        return list(_scan.get(group, ()))


def _scan_metadata() -> dict[str, list[EntryPoint]]:
    from pyvirt._metadata import scan

    found: dict[str, list[EntryPoint]] = {}
    for entry in scan():
        listed = found.setdefault(entry.group, [])
        if entry not in listed:
            listed.append(entry)
    return found


def forget() -> None:
    """Scan the metadata anew at the next call (after a distribution was installed)."""
    global _scan
    with _lock:
        _scan = None


def import_by_name(name: str) -> ModuleType:
    """Import a module whose name is known only at run time; the one place of the project that does so."""
    from importlib import import_module

    return import_module(name)


def load(entry: EntryPoint) -> Any:
    """The object an entry names; raises InternalError naming the distribution when its import fails."""
    if entry in _loaded:
        return _loaded[entry]
    module_name, _, attribute = entry.value.partition(":")
    try:
        value: Any = import_by_name(module_name.strip())
        for part in filter(None, attribute.strip().split(".")):
            value = getattr(value, part)
    except Exception as error:
        raise InternalError(
            f"the plug-in '{entry.name}' of {entry.distribution} {entry.version} cannot be loaded: "
            f"{type(error).__name__}: {error}",
            hint=f"reinstall it: pip install --force-reinstall {entry.distribution}",
        ) from error
    _loaded[entry] = value
    return value


def _only(group: str, name: str, what: str) -> EntryPoint | None:
    found = [entry for entry in entry_points(group) if entry.name == name]
    if len(found) > 1:
        owners = " and ".join(sorted(f"{entry.distribution} ({entry.value})" for entry in found))
        raise InternalError(f"{what} is claimed by {owners}", hint="uninstall one of them")
    return found[0] if found else None


def driver_for(scheme: str) -> type[HypervisorDriver]:
    """The driver class that serves a URI scheme.

    Raises NoConnectError naming the distribution to install where nobody serves it, InternalError naming both where two
    distributions do.
    """
    entry = _only(DRIVER_GROUP, scheme, f"the URI scheme '{scheme}'")
    if entry is None:
        wanted = _KNOWN_DISTRIBUTIONS.get(scheme)
        installed = ", ".join(sorted({found.name for found in entry_points(DRIVER_GROUP)})) or "none"
        raise NoConnectError(
            f"no installed driver serves '{scheme}' URIs (installed: {installed})",
            hint=f"pip install {wanted}" if wanted else None,
        )
    driver = load(entry)
    from pyvirt.driver.hypervisor import HypervisorDriver

    if not (isinstance(driver, type) and issubclass(driver, HypervisorDriver)):
        raise InternalError(
            f"the plug-in '{entry.name}' of {entry.distribution} {entry.version} is no HypervisorDriver but {driver!r} "
            f"({entry.value})"
        )
    return driver


def open_secondary(kind: str, uri: URI) -> Any:
    """An instance of the host's driver of a kind (``network`` ...) for connections of ``uri``."""
    entries = entry_points(f"pyvirt.{kind}")
    if not entries:
        raise NoSupportError(f"no driver for {kind} objects is installed", hint=f"pip install pyvirt-driver-{kind}")
    entry = _only(f"pyvirt.{kind}", entries[0].name, f"the {kind} service")
    assert entry is not None
    if len(entries) > 1:
        owners = " and ".join(sorted(found.distribution for found in entries))
        raise InternalError(f"the {kind} service is claimed by {owners}", hint="uninstall one of them")
    return load(entry).open(uri)


def failures() -> list[LoadFailure]:
    """Try to load every driver; what failed and why. Loads all of them: for ``pyvirt drivers`` and diagnosis only."""
    failed = []
    for group in (DRIVER_GROUP, *(f"pyvirt.{kind}" for kind in SECONDARY_KINDS)):
        for entry in entry_points(group):
            try:
                load(entry)
            except VirtError as error:
                failed.append(LoadFailure(entry, error.message))
    return failed
