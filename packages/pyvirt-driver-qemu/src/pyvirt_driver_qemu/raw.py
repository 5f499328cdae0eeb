"""Commands that a user sends to the monitor or the agent as they are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pyvirt_driver_qemu.monitor import CommandError
from pyvirt_util.errors import InvalidArgError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.monitor import Monitor


def monitor_command(monitor: Monitor, command: str, *, hmp: bool) -> str:
    """Run a QMP command given as JSON, or a line for the human monitor; the reply as QEMU's JSON, or its text."""
    if hmp:
        return str(monitor.execute("human-monitor-command", {"command-line": command}))
    request = _object(command, "monitor command")
    arguments = request.get("arguments")
    if arguments is not None and not isinstance(arguments, dict):
        raise InvalidArgError(f"'arguments' of the monitor command is no object: {arguments!r}")
    reply: dict[str, Any]
    try:
        reply = {"return": monitor.execute(request["execute"], arguments)}
    except CommandError as error:
        reply = {"error": {"class": error.qmp_class, "desc": error.description}}
    if "id" in request:
        reply["id"] = request["id"]
    return json.dumps(reply, separators=(",", ":"))


def agent_command(path: str, command: str, timeout: int) -> str:
    """Run an agent command given as JSON. ``timeout`` in seconds, or libvirt's -2 (wait), -1 (default), 0 (at once)."""
    from pyvirt_driver_qemu.agent import GuestAgent

    request = _object(command, "agent command")
    seconds = {-2: 3600.0, -1: 5.0, 0: 0.1}.get(timeout, float(timeout))
    with GuestAgent(path) as agent:
        return json.dumps(agent.execute_raw(request, timeout=seconds), separators=(",", ":"))


def _object(text: str, what: str) -> dict[str, Any]:
    try:
        request = json.loads(text)
    except ValueError as error:
        raise InvalidArgError(f"the {what} is no JSON: {error}") from error
    if not isinstance(request, dict) or not isinstance(request.get("execute"), str):
        raise InvalidArgError(f"the {what} has no 'execute': {text!r}")
    return request
