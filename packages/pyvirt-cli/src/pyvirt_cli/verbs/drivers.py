"""``drivers``."""

from __future__ import annotations

from pyvirt_cli.options import verb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments


@verb("drivers")
def drivers(context: Context, arguments: Arguments) -> int:
    """Show the drivers and services that are installed, where each comes from, and what failed to load and why.

    Hypervisor drivers serve the scheme of a URI; host drivers serve a kind of object (networks, storage ...) of
    hypervisors that have none of their own; services answer what drivers ask each other. All of them are loaded to see
    whether they can be. Exit code 1: one cannot.

    JSON: [{"kind": "hypervisor" | "host" | "service", "name", "distribution", "version", "object", "error" (null where
    it works)}].
    """
    from pyvirt import services
    from pyvirt.loader import DRIVER_GROUP, SECONDARY_KINDS, entry_points, failures, load
    from pyvirt_util.errors import VirtError

    broken = {failure.entry: failure.error for failure in failures()}
    found = []
    for group, kind, label in (
        (DRIVER_GROUP, "hypervisor", None),
        *((f"pyvirt.{name}", "host", name) for name in SECONDARY_KINDS),
        *((f"pyvirt.services.{name}", "service", name) for name in services.KINDS),
    ):
        for entry in sorted(entry_points(group), key=lambda found: (found.name, found.distribution)):
            error = broken.get(entry)
            if kind == "service":
                try:
                    load(entry)
                except VirtError as failure:
                    error = failure.message
            found.append(
                {
                    "kind": kind,
                    "name": f"{entry.name}:///" if kind == "hypervisor" else label,
                    "distribution": entry.distribution,
                    "version": entry.version,
                    "object": entry.value,
                    "error": error,
                }
            )
    rows = [
        (item["kind"], item["name"], item["distribution"], item["version"], "failed" if item["error"] else "ok")
        for item in found
    ]
    if context.json:
        context.emit(found, "")
    elif not found:
        context.emit(None, "no driver is installed; pip install pyvirt-driver-qemu")
    else:
        context.table(["Kind", "Serves", "Distribution", "Version", "State"], rows)
        for item in found:
            if item["error"]:
                context.write(f"\n{item['distribution']}: {item['error']}\n")
    return 1 if any(item["error"] for item in found) else 0
