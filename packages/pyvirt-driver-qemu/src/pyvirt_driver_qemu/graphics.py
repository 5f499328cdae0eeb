"""Ports of graphics servers that were left to us."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from pyvirt_conf.domain.graphics import VncGraphics
from pyvirt_util.errors import InternalError

if TYPE_CHECKING:
    from pyvirt.local import DomainRecords, GuestStatus
    from pyvirt_conf import Domain

#: The ports given out for VNC (libvirt's remote_display_port_min and max).
PORTS = range(5900, 65536)


def allocate_ports(records: DomainRecords, status: GuestStatus, domain: Domain, private: dict[str, str]) -> None:
    """Choose a port for every VNC server that wants one, and note it in the guest's record at once.

    Two guests that start at the same time do not get the same: choosing is guarded by the registry, and what is chosen
    stands in the record before that is let go.
    """
    wanting = [
        graphics
        for graphics in domain.devices.graphics
        if isinstance(graphics, VncGraphics)
        and not graphics.socket
        and (graphics.autoport or graphics.port in (None, -1))
    ]
    if not wanting:
        return
    with records.registry():
        taken: set[int] = set()
        for name in records.live.names():
            other = records.status(name)
            if other is not None and name != status.name and "ports" in other.private:
                taken.update(int(port) for port in other.private["ports"].split(","))
        chosen = []
        for graphics in wanting:
            port = next((port for port in PORTS if port not in taken and _free(port)), None)
            if port is None:
                raise InternalError(f"no port is left for VNC ({PORTS.start} to {PORTS.stop - 1})")
            graphics.port = port
            taken.add(port)
            chosen.append(port)
        private["ports"] = ",".join(map(str, chosen))
        records.write(status.changed(private=dict(private)))


def _free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
