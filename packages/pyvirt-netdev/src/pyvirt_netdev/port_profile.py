"""Port profiles of 802.1Qbh switches (Cisco VN-Link): the card's driver passes them on to the switch outside.

Sources: the kernel's include/uapi/linux/if_link.h (IFLA_VF_PORTS, IFLA_PORT_*), drivers/net/ethernet/cisco/enic;
libvirt: virNetDevVPortProfileOp8021Qbh.
"""

from __future__ import annotations

import struct
import time

from pyvirt_netdev import link as links
from pyvirt_netdev import netlink, sriov
from pyvirt_util import uuids
from pyvirt_util.errors import ConfigUnsupportedError, OperationFailedError, OperationTimeoutError, SystemCallError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvirt.services.specs.interface import InterfaceRequest

_IFLA_VF_PORTS, _IFLA_PORT_SELF, _IFLA_VF_PORT = 24, 25, 1
_PORT_VF, _PORT_PROFILE, _PORT_INSTANCE, _PORT_HOST, _PORT_REQUEST, _PORT_RESPONSE = 1, 2, 4, 5, 6, 7
_ASSOCIATE, _DISASSOCIATE = 2, 3
_FILTER_VF = 1
_SUCCESS, _IN_PROGRESS = 256, 257
_RESPONSES = {
    258: "it is not valid",
    259: "the port is in a bad state",
    260: "there are not enough resources",
    261: "an error, without details",
}
_TIMEOUT, _INTERVAL = 10.0, 0.125


def profile_of(request: InterfaceRequest) -> str | None:
    """The profile that an interface's virtual port asks for, ``None`` without a virtual port.

    :raises ConfigUnsupportedError: its type is not for cards, or is not served here.
    """
    port = request.virtualport
    if port is None:
        return None
    if port.type != "802.1Qbh":
        raise ConfigUnsupportedError(f"virtualport type '{port.type}' is not supported for type '{request.type}'")
    if not port.profile_id:
        raise ConfigUnsupportedError("a virtualport of type '802.1Qbh' needs a profileid")
    return port.profile_id


def associate(
    ifname: str,
    profile: str,
    guest: str,
    *,
    vf: int | None = None,
    sysfs: str = "/sys",
    pause: Callable[[float], object] = time.sleep,
) -> None:
    """Ask the switch for a profile, and wait for its answer.

    :param ifname: the card; with ``vf`` the network device of its physical function. A network device of a virtual
        function is found to be one.
    :param guest: the domain's UUID.
    :raises OperationFailedError: the switch refuses. :raises OperationTimeoutError: it does not answer.
    """
    ifname, vf = _function(ifname, vf, sysfs)
    instance, host = _binary(guest), _binary(_host_uuid(sysfs))
    body = netlink.text(_PORT_PROFILE, profile)
    body += netlink.attribute(_PORT_INSTANCE, instance) + netlink.attribute(_PORT_HOST, host)
    _request(ifname, vf, body + netlink.u8(_PORT_REQUEST, _ASSOCIATE), f"ask for port profile '{profile}'")
    waited = 0.0
    while True:
        response = get_response(ifname, vf)
        if response == _SUCCESS:
            return
        if response is not None and response != _IN_PROGRESS:
            reason = _RESPONSES.get(response, f"answer {response}")
            raise OperationFailedError(f"the switch at '{ifname}' refuses port profile '{profile}': {reason}")
        if waited >= _TIMEOUT:
            raise OperationTimeoutError(f"the switch at '{ifname}' does not answer about port profile '{profile}'")
        pause(_INTERVAL)
        waited += _INTERVAL


def disassociate(ifname: str, *, vf: int | None = None, sysfs: str = "/sys") -> None:
    """Tell the switch that the guest is gone. A card that is gone is no error, nor one that had no profile."""
    try:
        ifname, vf = _function(ifname, vf, sysfs)
        body = netlink.text(_PORT_PROFILE, "") + netlink.u8(_PORT_REQUEST, _DISASSOCIATE)
        _request(ifname, vf, body, "give the port profile back")
    except SystemCallError:
        return


def get_response(ifname: str, vf: int | None) -> int | None:
    """What the switch last answered (PORT_PROFILE_RESPONSE_*); ``None`` where the driver doesn't tell."""
    for kind, value in netlink.attributes(links.ask(ifname, _FILTER_VF)):
        if kind == _IFLA_PORT_SELF and vf is None:
            return _response(value, None)
        if kind == _IFLA_VF_PORTS and vf is not None:
            for member, port in netlink.attributes(value):
                if member == _IFLA_VF_PORT and (found := _response(port, vf)) is not None:
                    return found
    return None


def _response(port: memoryview, vf: int | None) -> int | None:
    values = {kind: bytes(value) for kind, value in netlink.attributes(port)}
    if vf is not None and values.get(_PORT_VF) != struct.pack("=I", vf):
        return None
    return struct.unpack("=H", values[_PORT_RESPONSE][:2])[0] if _PORT_RESPONSE in values else None


def _request(ifname: str, vf: int | None, body: bytes, action: str) -> None:
    device = links.get(ifname)
    if vf is None:
        attribute = netlink.nested(_IFLA_PORT_SELF, body)
    else:
        attribute = netlink.nested(_IFLA_VF_PORTS, netlink.nested(_IFLA_VF_PORT, netlink.u32(_PORT_VF, vf), body))
    links.set_attributes(device, attribute, f"{action} on '{ifname}'")


def _function(ifname: str, vf: int | None, sysfs: str) -> tuple[str, int | None]:
    """Whom to ask: the physical function's device with the number of the virtual one, or the card itself."""
    if vf is not None:
        return ifname, vf
    try:
        index = sriov.get_vf_index(ifname, sysfs=sysfs)
        pf = sriov.get_pf_netdev(ifname, sysfs=sysfs) if index is not None else None
    except SystemCallError:  # not in this sysfs: then it is no virtual function that could be told
        return ifname, None
    return (pf, index) if pf is not None else (ifname, None)


def _binary(uuid: str) -> bytes:
    return bytes.fromhex(uuids.parse(uuid).replace("-", ""))


def _host_uuid(sysfs: str) -> str:
    """The machine's UUID, from its firmware or else its installation."""
    for path in (f"{sysfs}/class/dmi/id/product_uuid", "/etc/machine-id"):
        try:
            with open(path, encoding="ascii", errors="replace") as file:
                found = uuids.try_parse(file.read())
        except OSError:
            continue
        if found is not None:
            return found
    return "00000000-0000-0000-0000-000000000000"
