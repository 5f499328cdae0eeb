"""The support matrix: which driver of this repository has which operation of libvirt's API.

It follows from declarations: an operation is declared once, on a base class of drivers, and a driver has it where it
overrides the method.
"""

from __future__ import annotations

from collections.abc import Iterator

import monorepo

from pyvirt import driver, loader
from pyvirt.driver import Operation, Operations, declared_operations, implemented_operations

HEAD = """\
# What is supported

Written by `python tools/reference.py` from what drivers declare and implement; don't edit.

A row is a function of libvirt's API and the operation it is here: the method that a driver overrides. Older functions
with the same effect stand in the same row. **w**: refused on a read-only connection; **(w)**: refused there with some
flags or arguments. What a driver doesn't have raises `NoSupportError`, which names the function and the driver.
"""

BASES = {
    "Hypervisors": ("HypervisorDriver", None),
    "Networks": ("NetworkDriver", "network"),
    "Storage": ("StorageDriver", "storage"),
    "Host interfaces": ("InterfaceDriver", "interface"),
    "Node devices": ("NodeDeviceDriver", "nodedev"),
    "Network filters": ("NwfilterDriver", "nwfilter"),
    "Secrets": ("SecretDriver", "secret"),
}
"""Title, base class, and the kind of the host's service (``None`` for the hypervisor itself)."""


def drivers(kind: str | None, base: type[Operations]) -> dict[str, type[Operations]]:
    """The drivers with operations of ``base``, by name: installed ones, of this repository."""
    ours = monorepo.distributions()
    found: dict[str, type[Operations]] = {}
    for group in (loader.DRIVER_GROUP, f"pyvirt.{kind}"):
        for entry in loader.entry_points(group):
            if entry.distribution not in ours:
                continue
            offered = loader.load(entry)
            if group == loader.DRIVER_GROUP and kind is not None:
                offered = getattr(offered, kind, None)
            if offered is not None:
                cls = offered if isinstance(offered, type) else type(offered)
                if issubclass(cls, base):
                    found[entry.name] = cls
    return dict(sorted(found.items()))


def functions(declared: Operation) -> str:
    """The functions of libvirt that an operation stands for."""
    return ", ".join(f"`{name}`" for name in (declared.function, *declared.also))


def section(title: str, base: type[Operations], columns: dict[str, type[Operations]]) -> Iterator[str]:
    """The table of one base class."""
    declared = declared_operations(base)
    having = {name: implemented_operations(cls).keys() & declared.keys() for name, cls in columns.items()}
    counts = ", ".join(f"{name} has {len(operations)}" for name, operations in having.items())
    yield f"## {title}"
    yield ""
    yield f"`{base.__name__}` declares {len(declared)} operations" + (f"; {counts}." if counts else "; no driver yet.")
    yield ""
    yield f"| libvirt | operation | read-only | {''.join(f'{name} | ' for name in having)}".rstrip()
    yield "|---|---|---|" + ":-:|" * len(having)
    for name, found in sorted(declared.items(), key=lambda item: item[1].function):
        mark = "w" if found.write else "(w)" if found.write_flags or found.write_values else ""
        marks = "".join(f" {'✓' if name in operations else ''} |" for operations in having.values())
        yield f"| {functions(found)} | `{name}` | {mark} |{marks}"
    yield ""


def text() -> str:
    """The page."""
    lines = [HEAD]
    for title, (base_name, kind) in BASES.items():
        base: type[Operations] = getattr(driver, base_name)
        lines += section(title, base, drivers(kind, base))
    return "\n".join(lines).rstrip() + "\n"
