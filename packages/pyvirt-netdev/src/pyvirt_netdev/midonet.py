"""Ports of MidoNet, through its agent's ``mm-ctl`` (libvirt: virnetdevmidonet.c)."""

from __future__ import annotations

from pyvirt_netdev.names import check_name
from pyvirt_util.errors import ConfigUnsupportedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.services.specs.interface import InterfaceRequest

PROGRAM = "mm-ctl"


def bind(request: InterfaceRequest, device: str) -> None:
    """Make a device the port that the request's virtual port names."""
    _run("--bind-port", port_of(request), check_name(device))


def unbind(request: InterfaceRequest) -> None:
    """Take it off again."""
    _run("--unbind-port", port_of(request))


def port_of(request: InterfaceRequest) -> str:
    """The port's UUID.

    :raises ConfigUnsupportedError: there is none.
    """
    port = request.virtualport.interface_id if request.virtualport is not None else None
    if port is None:
        raise ConfigUnsupportedError("a virtualport of type 'midonet' needs an interfaceid")
    return port


def _run(*words: str) -> None:
    from pyvirt_util.process import find_program, run

    program = find_program(PROGRAM)
    if program is None:
        raise ConfigUnsupportedError(f"ports of MidoNet need the program {PROGRAM}", hint="install the MidoNet agent")
    run([program, *words], timeout=30)
