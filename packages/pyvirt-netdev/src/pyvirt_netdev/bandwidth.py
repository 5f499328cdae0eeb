"""Limits on a device's traffic, through ``tc``.

What the host sends on a device goes through an htb class, what it receives is policed::

    root qdisc htb 1: --> class 1:1 (rate, ceil, burst) --> leaf, so that flows share fairly

A bridge whose guests may have guaranteed shares has one class more, which keeps all of them together below the limit::

    root qdisc htb 1: --> class 1:1 (rate, ceil) +-> class 1:2 (everybody else) --> leaf
                                                 +-> class 1:3 (a guest's floor) --> leaf
                                                 +-> ...

Sources: tc-htb(8), tc-police(8), tc-u32(8); libvirt: virNetDevBandwidthSet, virNetDevBandwidthPlug. Rates are in
thousands of bytes per second, as libvirt gives them to ``tc`` (``kbps``). libvirt also sends packets with the firewall
mark 1 to the first class, where they go anyway; that is left out.
"""

from __future__ import annotations

import re

from pyvirt_netdev import link as links
from pyvirt_netdev.names import check_name
from pyvirt_util import macs
from pyvirt_util.errors import AccessDeniedError, ConfigUnsupportedError, InvalidArgError, OperationFailedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyvirt.services.specs.interface import Bandwidth, Rate
    from pyvirt_util.errors import VirtError
    from pyvirt_util.process import Completed

_MTU = 1500
_TIMEOUT = 30.0
_LARGEST_BURST = (1 << 32) // 1024 - 1  # tc keeps it in 32 bits, in bytes
_FIRST_CLASS = 3
_LEAVES = ("sfq perturb 10", "fq_codel")
_NOT_THERE = re.compile(r"not found|unknown|no such file|not supported|failed to load", re.IGNORECASE)


def set_limits(ifname: str, sent: Rate | None, received: Rate | None, *, classes: bool = False) -> None:
    """Limit what the host sends on a device and what it receives from it; older limits are replaced.

    :param classes: guests get guaranteed shares of what is sent (:func:`add_class`).
    :raises ConfigUnsupportedError: the kernel lacks what it takes, or ``tc`` is not installed.
    """
    links.get(ifname)
    clear(ifname)
    try:
        if sent is not None and sent.average:
            _shape(ifname, sent, classes)
        if received is not None:
            _police(ifname, received)
    except BaseException:
        clear(ifname)
        raise


def set_bridge_limits(bridge: str, bandwidth: Bandwidth | None) -> None:
    """Limit what a bridge passes to its guests and takes from them, or with ``None`` lift all limits."""
    if bandwidth is None:
        clear(bridge)
    else:
        set_limits(bridge, bandwidth.inbound, bandwidth.outbound, classes=True)


def clear(ifname: str) -> None:
    """Lift all limits; a device without any, or that is gone, is no error."""
    check_name(ifname)
    _try([f"qdisc del dev {ifname} {qdisc}" for qdisc in ("root", "ingress")])


def add_class(bridge: str, limits: Bandwidth, mac: str, floor: int, class_id: int) -> None:
    """Guarantee the guest with a MAC address ``floor`` kB/s of what the bridge's limits allow.

    :param class_id: its own number on this bridge, 3 or more.
    :raises ConfigUnsupportedError: the bridge has no inbound limit to have a share of.
    """
    check_name(bridge)
    _check_class(class_id)
    whole = _inbound(bridge, limits, f"floor {floor} of '{mac}'")
    lines = [
        f"class add dev {bridge} parent 1:1 classid 1:{class_id:x} htb rate {_kbps(floor)} "
        f"ceil {_kbps(whole.peak or whole.average)} quantum {_quantum(floor)}",
        _filter(bridge, mac, class_id),
    ]
    try:
        _batch(lines, f"guarantee '{mac}' a share of '{bridge}'", "sch_htb, cls_u32")
    except BaseException:
        remove_class(bridge, class_id)
        raise
    _add_leaf(bridge, f"1:{class_id:x}", f"{class_id:x}:")


def remove_class(bridge: str, class_id: int) -> None:
    """Take a guaranteed share back; one that is gone is no error."""
    check_name(bridge)
    _check_class(class_id)
    lines = [
        _filter_away(bridge, class_id),
        f"qdisc del dev {bridge} parent 1:{class_id:x} handle {class_id:x}:",
        f"class del dev {bridge} classid 1:{class_id:x}",
    ]
    _try(lines)


def set_class_rate(bridge: str, limits: Bandwidth, class_id: int, rate: int) -> None:
    """Give a class another rate, in kB/s; class 2 is that of all guests without a guaranteed share."""
    check_name(bridge)
    whole = _inbound(bridge, limits, f"rate of class {class_id}")
    line = (
        f"class change dev {bridge} classid 1:{class_id:x} htb rate {_kbps(rate)} "
        f"ceil {_kbps(whole.peak or whole.average)} quantum {_quantum(whole.average)}"
    )
    _batch([line], f"change the rate of class {class_id} of '{bridge}'", "sch_htb")


def set_class_mac(bridge: str, class_id: int, mac: str) -> None:
    """The guest of a class has another MAC address from now on."""
    check_name(bridge)
    _check_class(class_id)
    _try([_filter_away(bridge, class_id)])
    _batch([_filter(bridge, mac, class_id)], f"put '{mac}' into class {class_id} of '{bridge}'", "cls_u32")


def _shape(ifname: str, rate: Rate, classes: bool) -> None:
    average, quantum = _kbps(rate.average), _quantum(rate.average)
    lines = [f"qdisc add dev {ifname} root handle 1: htb default {2 if classes else 1}"]
    if classes:
        lines.append(
            f"class add dev {ifname} parent 1: classid 1:1 htb rate {average} "
            f"ceil {_kbps(rate.peak or rate.average)} quantum {quantum}"
        )
    parent, leaf = ("1:1", "1:2") if classes else ("1:", "1:1")
    line = f"class add dev {ifname} parent {parent} classid {leaf} htb rate {average}"
    if rate.peak:
        line += f" ceil {_kbps(rate.peak)}"
    if rate.burst:
        line += f" burst {_kib(rate.burst)}"
    lines.append(f"{line} quantum {quantum}")
    _batch(lines, f"limit what is sent on '{ifname}'", "sch_htb")
    _add_leaf(ifname, leaf, "2:")


def _police(ifname: str, rate: Rate) -> None:
    if not rate.average:
        raise ConfigUnsupportedError(f"outbound traffic of '{ifname}' can be limited by an average only")
    burst = _kib(min(rate.burst or rate.average, _LARGEST_BURST))
    lines = [
        f"qdisc add dev {ifname} ingress",
        f"filter add dev {ifname} parent ffff: protocol all u32 match u32 0 0 "
        f"police rate {_kbps(rate.average)} burst {burst} mtu 64kb drop flowid :1",
    ]
    _batch(lines, f"limit what is received on '{ifname}'", "sch_ingress, cls_u32, act_police")


def _add_leaf(ifname: str, parent: str, handle: str) -> None:
    """Let the flows of a class share it fairly, by the best that the kernel has; else first come, first served."""
    lines = [f"qdisc add dev {ifname} parent {parent} handle {handle} {leaf}" for leaf in _LEAVES]
    # Once there is one, the next is refused.
    if _try(lines) < len(lines):
        return
    import logging

    logging.getLogger(__name__).info(
        "the kernel has neither sfq nor fq_codel: flows of '%s' don't share fairly", ifname
    )


def _filter(bridge: str, mac: str, class_id: int) -> str:
    """Frames to the MAC address belong to the class: u32 looks at offsets from the network header."""
    digits = macs.to_bytes(mac).hex()
    match = f"match u32 0x{digits[4:]} 0xffffffff at -12 match u16 0x{digits[:4]} 0xffff at -14"
    return (
        f"filter add dev {bridge} parent 1: protocol all prio 2 handle 800::{class_id:x} u32 {match} "
        f"flowid 1:{class_id:x}"
    )


def _filter_away(bridge: str, class_id: int) -> str:
    return f"filter del dev {bridge} parent 1: protocol all prio 2 handle 800::{class_id:x} u32"


def _inbound(bridge: str, limits: Bandwidth, what: str) -> Rate:
    if limits.inbound is None or not limits.inbound.average:
        raise ConfigUnsupportedError(f"bridge '{bridge}' has no inbound limit, which {what} would be a share of")
    return limits.inbound


def _check_class(class_id: int) -> None:
    if not _FIRST_CLASS <= class_id < 1 << 12:  # u32 keeps it in twelve bits
        raise InvalidArgError(f"class {class_id} of a bridge is not between {_FIRST_CLASS} and {(1 << 12) - 1}")


def _kbps(rate: int) -> str:
    return f"{rate}kbps"


def _kib(size: int) -> str:
    return f"{size}kb"


def _quantum(rate: int) -> int:
    """What a class may send before the next one's turn, in bytes: at least a packet, more for faster ones."""
    return min(max(_MTU, rate * 1024 // 8 // _MTU), 200_000)


def _batch(lines: Sequence[str], action: str, modules: str) -> None:
    """Several commands in one process; the first that fails ends it."""
    done = _tc("-batch", lines)
    if done.returncode == 0:
        return
    said = [line for line in done.stderr.splitlines() if line and not line.startswith(("Command failed", "We have"))]
    reason = (said[0] if said else f"tc ended with {done.returncode}").removeprefix("RTNETLINK answers: ")
    raise _failure(action, reason.removeprefix("Error: ").rstrip("."), modules)


def _try(lines: Sequence[str]) -> int:
    """Several commands in one process, whatever becomes of each; how many failed."""
    return _tc("-force", lines).stderr.count("Command failed")


def _tc(option: str, lines: Sequence[str]) -> Completed:
    from pyvirt_util.process import find_program, run

    path = find_program("tc")
    if path is None:
        raise ConfigUnsupportedError("limiting traffic needs the program tc", hint="apt-get install iproute2")
    options = ["-batch", "-"] if option == "-batch" else [option, "-batch", "-"]
    return run([path, *options], input="".join(f"{line}\n" for line in lines), timeout=_TIMEOUT, check=False)


def _failure(action: str, reason: str, modules: str) -> VirtError:
    message = f"cannot {action}: {reason[:1].lower()}{reason[1:]}"
    if "not permitted" in reason:
        return AccessDeniedError(message, hint="limiting traffic needs root or the capability CAP_NET_ADMIN")
    if _NOT_THERE.search(reason):
        return ConfigUnsupportedError(message, hint=f"the kernel needs {modules}")
    return OperationFailedError(message)
