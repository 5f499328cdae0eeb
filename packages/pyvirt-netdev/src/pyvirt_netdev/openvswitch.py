"""Ports of Open vSwitch, through ``ovs-vsctl``.

Sources: ovs-vsctl(8), ovs-vswitchd.conf.db(5); libvirt: virnetdevopenvswitch.c. The switch knows a guest's port by its
external ids (``vm-id``, ``iface-id``, ``attached-mac``), so that it is found also where its name was lost.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from pyvirt_netdev.names import check_name
from pyvirt_util import _logging, macs
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, OperationFailedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyvirt.services.specs.interface import Bandwidth, InterfaceRequest, Rate

PROGRAM = "ovs-vsctl"
TIMEOUT = 5
"""Seconds that the switch gets to take over a change."""

_KILOBYTE, _KIBIBYTE = 8000, 8192  # in bits


class Counters(NamedTuple):
    """A port's counters as its guest sees them: what the switch sends is received. -1 where not known."""

    rx_bytes: int = -1
    rx_packets: int = -1
    rx_errs: int = -1
    rx_drop: int = -1
    tx_bytes: int = -1
    tx_packets: int = -1
    tx_errs: int = -1
    tx_drop: int = -1


_COUNTERS = {
    "rx_bytes": "tx_bytes",
    "rx_packets": "tx_packets",
    "rx_errors": "tx_errs",
    "rx_dropped": "tx_drop",
    "tx_bytes": "rx_bytes",
    "tx_packets": "rx_packets",
    "tx_errors": "rx_errs",
    "tx_dropped": "rx_drop",
}


class Switch:
    """Open vSwitch of this host.

    :param run: runs a command line and returns what it prints; a program of the host by default.
    """

    def __init__(self, run: Callable[[Sequence[str]], str] | None = None) -> None:
        self._run = run or _run

    def _call(self, *words: str) -> str:
        return self._run([PROGRAM, f"--timeout={TIMEOUT}", *words])

    # Ports

    def add_port(self, bridge: str, port: str, request: InterfaceRequest) -> None:
        """Make a device a port of the bridge: its VLANs, and by whom it is used; an older port of that name goes.

        It is marked as transient: the switch forgets it when the host starts.
        """
        words = ["--", "--if-exists", "del-port", check_name(port), "--", "add-port", check_name(bridge), port]
        words += ["--", "set", "Port", port, "other_config:transient=true", *vlan_settings(request)]
        words += ["--", "set", "Interface", port, *_identity(request, port), "external-ids:iface-status=active"]
        if request.mtu is not None:
            words.append(f"mtu_request={request.mtu}")
        self._call(*words)

    def remove_port(self, port: str) -> None:
        """Take a port off its bridge; one that is gone is no error."""
        self._call("--", "--if-exists", "del-port", check_name(port))

    def ports_of(self, vm_uuid: str, mac: str) -> list[str]:
        """The names of a guest's ports with a MAC address."""
        found = self._call(
            "--no-headings",
            "--columns=name",
            "find",
            "Interface",
            _external("vm-id", vm_uuid),
            _external("attached-mac", macs.parse(mac)),
        )
        return [unescape(line) for line in found.splitlines() if line]

    def bridge_of(self, port: str) -> str | None:
        """The bridge that a port belongs to, ``None`` for no port. The kernel only knows ``ovs-system``."""
        try:
            return self._call("iface-to-br", check_name(port)).split("\n", 1)[0] or None
        except OperationFailedError:
            return None

    def set_vlans(self, port: str, request: InterfaceRequest) -> None:
        """Give a port the VLANs of the request, and no others."""
        words: list[str] = []
        for column in ("tag", "trunks", "vlan_mode"):
            words += ["--", "--if-exists", "clear", "Port", check_name(port), column]
        settings = vlan_settings(request)
        if settings:
            words += ["--", "--if-exists", "set", "Port", port, *settings]
        self._call(*words)

    def vhostuser_port(self, path: str, *, server: bool) -> str | None:
        """The port behind a vhost-user socket, ``None`` when it is none of the switch's.

        :param server: the switch connects to the socket; else it has made it.
        """
        try:
            if server:
                name = self._call(
                    "--no-headings", "--columns=name", "find", "Interface", f"options:vhost-server-path={path}"
                )
            else:
                name = self._call("get", "Interface", path.rpartition("/")[2], "name")
        except (OperationFailedError, ConfigUnsupportedError):
            return None
        return unescape(name.rstrip("\n")) or None

    # What moves with a guest

    def get_port_data(self, port: str) -> str | None:
        """What a controller keeps at the port and a guest takes along when it migrates; ``None`` for nothing."""
        text = self._call("--if-exists", "get", "Interface", check_name(port), "external_ids:PortData")
        return text.rstrip("\n") or None

    def set_port_data(self, port: str, data: str | None) -> None:
        """What :meth:`get_port_data` gave on the other host, to this one's port."""
        if data is not None:
            self._call("set", "Interface", check_name(port), f"external_ids:PortData={data}")

    # Statistics

    def counters(self, port: str) -> Counters:
        """A port's counters.

        :raises OperationFailedError: there is no such port, or it has none.
        """
        text = self._call(
            "--if-exists",
            "--format=list",
            "--data=json",
            "--no-headings",
            "--columns=statistics",
            "list",
            "Interface",
            check_name(port),
        )
        if not text.strip():
            raise OperationFailedError(f"Open vSwitch has no port '{port}'")
        found = parse_counters(text)
        if found == Counters():
            raise OperationFailedError(f"port '{port}' of Open vSwitch has no counters")
        return found

    # Limits

    def set_limits(self, port: str, bandwidth: Bandwidth | None, vm_uuid: str) -> None:
        """Limit what the switch passes to a guest (htb queues of its own) and takes from it (policing).

        Limits that are not given are lifted. ``None`` changes nothing.
        """
        if bandwidth is None:
            return
        check_name(port)
        sent, received = bandwidth.inbound, bandwidth.outbound
        if sent is not None and sent.average:
            self._shape(port, sent, vm_uuid)
        else:
            self._lift_sent(port, vm_uuid)
        if received is not None:
            words = [f"ingress_policing_rate={received.average * 8}"]
            if received.burst:
                words.append(f"ingress_policing_burst={received.burst * 8}")
            self._call("set", "Interface", port, *words)
        else:
            self._lift_received(port)

    def lift_limits(self, port: str, vm_uuid: str) -> None:
        """Lift all limits, and remove what was made for them."""
        self._lift_sent(check_name(port), vm_uuid)
        self._lift_received(port)

    def _shape(self, port: str, rate: Rate, vm_uuid: str) -> None:
        owner = _owner(port, vm_uuid)
        queue, qos = self._find("queue", owner), self._find("qos", owner)
        settings = [f"other_config:min-rate={rate.average * _KILOBYTE}"]
        if rate.burst:
            settings.append(f"other_config:burst={rate.burst * _KIBIBYTE}")
        if rate.peak:
            settings.append(f"other_config:max-rate={rate.peak * _KILOBYTE}")
        if queue:
            self._replace("queue", queue[0], settings)
        else:
            words = ["set", "port", port, "qos=@qos1", *owner]
            words += ["--", "--id=@qos1", "create", "qos", "type=linux-htb", *settings, "queues:0=@queue0", *owner]
            words += ["--", "--id=@queue0", "create", "queue", *settings, *owner]
            self._call(*words)
        if qos:
            self._replace("qos", qos[0], settings)

    def _replace(self, table: str, uuid: str, settings: Sequence[str]) -> None:
        self._call("--", "clear", table, uuid, "other_config", "--", "set", table, uuid, *settings)

    def _lift_sent(self, port: str, vm_uuid: str) -> None:
        owner = _owner(port, vm_uuid)
        queues, qoses = self._find("queue", owner), self._find("qos", owner)
        for qos in qoses:
            if self._call("--no-heading", "--columns=qos", "--if-exists", "list", "port", port).strip():
                self._call("remove", "port", port, "qos", qos)
            self._call("destroy", "qos", qos)
        for queue in queues:
            self._call("destroy", "queue", queue)

    def _lift_received(self, port: str) -> None:
        try:
            self._call("set", "Interface", port, "ingress_policing_rate=0", "ingress_policing_burst=0")
        except OperationFailedError as error:  # the port is gone, and its limits with it
            _logging.warning(__name__, "%s", error)

    def _find(self, table: str, owner: Sequence[str]) -> list[str]:
        """UUIDs of what was made for a port."""
        found = self._call("--no-heading", "--columns=_uuid", "find", table, *owner)
        return [line for line in found.splitlines() if line]


def vlan_settings(request: InterfaceRequest) -> list[str]:
    """Columns of a port: one tag, or a trunk of several, of which one may be native."""
    words: list[str] = []
    if not request.vlan:
        return words
    if request.native_vlan is not None and request.native_mode is not None:
        words += [f"vlan_mode=native-{request.native_mode}", f"tag={request.native_vlan}"]
    if request.trunk or len(request.vlan) > 1:
        words.append("trunks=" + ",".join(str(tag) for tag in request.vlan))
    elif not words:
        words.append(f"tag={request.vlan[0]}")
    return words


def unescape(text: str) -> str:
    """A name as ``ovs-vsctl`` prints it: as it is, or as a JSON string where it has unusual characters.

    :raises InternalError: when it is neither.
    """
    if not text.startswith('"'):
        return text
    try:
        name = json.loads(text)
    except ValueError:
        name = None
    if not isinstance(name, str):
        raise InternalError(f"{PROGRAM} printed a malformed name: {text}")
    return name


def parse_counters(text: str) -> Counters:
    """The counters in a map of statistics, as ``ovs-vsctl --data=json`` prints it: ``["map",[["rx_bytes",0],...]]``.

    :raises InternalError: when it is no such map.
    """
    try:
        kind, pairs = json.loads(text)
        if kind != "map":
            raise ValueError("no map")
        known = {}
        for name, value in pairs:
            if not isinstance(name, str) or not isinstance(value, int):
                raise ValueError("no numbers")
            if name in _COUNTERS:
                known[_COUNTERS[name]] = value
    except (ValueError, TypeError):
        raise InternalError(f"{PROGRAM} printed malformed statistics: {text[:200]}") from None
    return Counters(**known)


def _identity(request: InterfaceRequest, port: str) -> list[str]:
    virtual = request.virtualport
    words = [_external("attached-mac", macs.parse(request.mac))]
    if virtual is not None and virtual.interface_id is not None:
        words.append(_external("iface-id", virtual.interface_id))
    words.append(_external("vm-id", request.domain_uuid))
    if virtual is not None and virtual.profile_id:
        words.append(_external("port-profile", virtual.profile_id))
    words.append(_external("ifname", port))
    return words


def _owner(port: str, vm_uuid: str) -> list[str]:
    return [_external("vm-id", vm_uuid), _external("ifname", port)]


def _external(key: str, value: str) -> str:
    return f"external-ids:{key}={json.dumps(value)}"


def _run(argv: Sequence[str]) -> str:
    from pyvirt_util.process import find_program, run

    program = find_program(argv[0])
    if program is None:
        raise ConfigUnsupportedError(
            f"ports of Open vSwitch need the program {PROGRAM}", hint="apt-get install openvswitch-switch"
        )
    done = run([program, *argv[1:]], timeout=TIMEOUT + 25, check=False)
    if done.returncode:
        said = done.stderr.strip().removeprefix(f"{PROGRAM}: ") or f"status {done.returncode}"
        if "database connection failed" in said:
            said += " (is Open vSwitch running?)"
        raise OperationFailedError(f"{PROGRAM} {' '.join(argv[2:])} failed: {said}")
    return done.stdout
