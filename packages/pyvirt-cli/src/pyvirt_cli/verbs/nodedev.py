"""Devices of the host."""

from __future__ import annotations

from pyvirt_cli.event_loop import OPTIONS, wait_for_events
from pyvirt_cli.options import UsageError, flag, value, verb
from pyvirt_cli.verbs import common

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt import NodeDevice
    from pyvirt.events import NodeDeviceEvent
    from pyvirt_cli.context import Context
    from pyvirt_cli.event_loop import Subscribe
    from pyvirt_cli.options import Arguments


def _find(context: Context, text: str) -> NodeDevice:
    wwnn, comma, wwpn = text.partition(",")
    if comma:
        return context.connection.node_device_lookup_scsi_host_by_wwn(wwnn, wwpn)
    return context.connection.lookup_node_device(text)


DEVICE = common.Noun(
    "nodedev", "Device", "device", "name of the device, as nodedev-list prints it, or WWNN,WWPN of a SCSI host", _find
)

common.from_file(
    DEVICE,
    "define",
    "defined",
    "Store a device's definition (mediated devices).",
    lambda connection, text, flags: connection.define_node_device(text, flags),
)
common.from_file(
    DEVICE,
    "create",
    "created",
    "Make a device as a document says: a virtual HBA, a mediated device.",
    lambda connection, text, flags: connection.create_node_device(text, flags),
)
common.change(DEVICE, "start", "started", "Start a device that is defined.")
common.change(DEVICE, "destroy", "destroyed", "Stop a device that was made.")
common.change(DEVICE, "undefine", "undefined", "Remove a device's definition.")
common.change(DEVICE, "reattach", "re-attached", "Give a device back to the host's driver.")
common.change(DEVICE, "reset", "reset", "Reset a device that is detached.")
common.dumpxml(DEVICE)
common.autostart(DEVICE)

# Capabilities by name and bit of virConnectListAllNodeDeviceFlags.
_CAPABILITIES = (
    "system",
    "pci",
    "usb_device",
    "usb",
    "net",
    "scsi_host",
    "scsi_target",
    "scsi",
    "storage",
    "fc_host",
    "vports",
    "scsi_generic",
    "drm",
    "mdev_types",
    "mdev",
    "ccw",
    "css",
    "vdpa",
    "ap_card",
    "ap_queue",
    "ap_matrix",
    "vpd",
)
_INACTIVE, _ACTIVE = 1 << 30, 1 << 31


@verb(
    "nodedev-list",
    flag("tree", "as a tree, children below their parents"),
    value("cap", "NAME,...", "only devices that are such: pci, net, usb_device ...", complete="|".join(_CAPABILITIES)),
    *common.LIST_FLAGS,
)
def nodedev_list(context: Context, arguments: Arguments) -> None:
    """List devices of the host by name.

    JSON: [{"name", "parent"}], "parent" null for the root.
    """
    flags = 0
    for name in filter(None, (arguments.maybe("cap") or "").split(",")):
        if name not in _CAPABILITIES:
            raise UsageError(f"unknown capability '{name}' (one of {', '.join(_CAPABILITIES)})")
        flags |= 1 << _CAPABILITIES.index(name)
    if arguments.on("tree") and (flags or arguments.on("all") or arguments.on("inactive")):
        raise UsageError("option --tree excludes --cap, --all and --inactive")
    flags |= _INACTIVE if arguments.on("inactive") else _INACTIVE | _ACTIVE if arguments.on("all") else _ACTIVE
    devices = sorted(context.connection.list_node_devices(flags), key=lambda item: item.name)
    if not arguments.on("tree") and not context.json:
        context.write("".join(f"{device.name}\n" for device in devices))
        return
    found = [{"name": device.name, "parent": device.parent()} for device in devices]
    context.emit(found, _tree({str(item["name"]): item["parent"] for item in found}))


def _tree(parents: dict[str, str | None]) -> str:
    children: dict[str | None, list[str]] = {}
    for name, parent in parents.items():
        children.setdefault(parent if parent in parents else None, []).append(name)
    lines: list[str] = []

    def draw(name: str, lead: str, below: str) -> None:
        lines.append(lead + name)
        kids = children.get(name, [])
        for kid in kids:
            last = kid == kids[-1]
            draw(kid, f"{below}  +- ", below + ("     " if last else "  |  "))

    for root in children.get(None, []):
        draw(root, "", "")
    return "".join(f"{line}\n" for line in lines)


@verb("nodedev-info", DEVICE.argument)
def nodedev_info(context: Context, arguments: Arguments) -> None:
    """Show a device's main facts.

    JSON: {"name", "parent", "capabilities", "active", "persistent", "autostart"}; null where not known.
    """
    from pyvirt_cli.output import record, yes_no

    device = DEVICE.the(context, arguments)
    facts = {
        "name": device.name,
        "parent": device.parent(),
        "capabilities": common.known(device.list_caps, []),
        "active": common.known(device.is_active),
        "persistent": common.known(device.is_persistent),
        "autostart": common.known(device.autostart),
    }
    rows: list[tuple[str, object]] = [("Name", device.name), ("Parent", facts["parent"] or "-")]
    if facts["capabilities"]:
        rows.append(("Capabilities", ", ".join(facts["capabilities"])))
    rows += [
        (name.capitalize(), yes_no(facts[name]))
        for name in ("active", "persistent", "autostart")
        if facts[name] is not None
    ]
    context.emit(facts, record(rows))


@verb("nodedev-detach", DEVICE.argument, value("driver", "NAME", "driver that holds it for guests: vfio"))
def nodedev_detach(context: Context, arguments: Arguments) -> None:
    """Take a device from the host's driver, so that a guest can have it."""
    device = DEVICE.the(context, arguments)
    device.detach(arguments.maybe("driver"))
    DEVICE.done(context, device, "detached", "detached")


@verb(
    "nodedev-event",
    value("device", "DEVICE", "only events of this device", complete="device"),
    value("event", "KIND", "kind of event to wait for: lifecycle (the default), update", complete="lifecycle|update"),
    *OPTIONS,
)
def nodedev_event(context: Context, arguments: Arguments) -> int:
    """Wait for an event of devices and print it. Exit code 1: the time was up and nothing had happened.

    JSON: one line for each event: {"event": "lifecycle", "device": name, "type": "created", "time": seconds since
    1970}; "type" is null but for lifecycle events, which say created, deleted, defined or undefined.
    """
    from pyvirt.enums.nodedev import NodeDeviceEventID

    def subscribe() -> Subscribe:
        from pyvirt.events import Subscription

        connection, text = context.connection, arguments.maybe("device")
        device = None if text is None else _find(context, text).ref
        return lambda kind, callback: Subscription(
            connection.node_device_event_deregister_any,
            connection.node_device_event_register_any(device, kind, callback),
        )

    known = {kind.name.lower(): int(kind) for kind in NodeDeviceEventID}
    return wait_for_events(context, arguments, known, subscribe, _describe)


def _describe(found: NodeDeviceEvent) -> tuple[dict[str, object], str]:
    from pyvirt.events import NodeDeviceLifecycleEvent

    kind = found.event_id.name.lower()
    happened = found.event.name.lower() if isinstance(found, NodeDeviceLifecycleEvent) else None
    line = f"event '{kind}' for node device {found.device.name}" + (f": {happened.capitalize()}" if happened else "")
    return {"event": kind, "device": found.device.name, "type": happened}, line
