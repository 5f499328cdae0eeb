"""What can go wrong with a monitor, as errors of ours.

QMP knows few error classes (qapi/error.json): ``CommandNotFound``, ``DeviceNotFound``, ``DeviceNotActive``,
``KVMMissingCap`` and ``GenericError`` for all else. The description is meant for people; nothing here looks into it.
"""

from __future__ import annotations

from typing import Any

from pyvirt_util.error_codes import ErrorDomain
from pyvirt_util.errors import InternalError, OperationTimeoutError, OperationUnsupportedError, VirtError


class MonitorError(InternalError):
    """The connection to a monitor failed; the client can't be used further."""


class MonitorClosedError(MonitorError):
    """QEMU closed the monitor. ``log`` is the end of the guest's log, where it was at hand, else an empty string."""

    log: str = ""


class MonitorProtocolError(MonitorError):
    """What the monitor sent is no QMP: no JSON, a line without end, a reply nobody waits for."""


class MonitorTimeoutError(OperationTimeoutError):
    """The monitor gave no answer in time. The client can be used further: a late reply is dropped."""


class CommandError(VirtError):
    """QEMU answered with an error.

    ``command`` is the command's name, ``qmp_class`` QEMU's error class, ``description`` QEMU's own words.
    """

    command: str = ""
    qmp_class: str = ""
    description: str = ""


class CommandFailedError(CommandError, InternalError):
    """``GenericError`` and whatever class QEMU may add."""


class CommandDeviceError(CommandError, InternalError):
    """``DeviceNotFound`` or ``DeviceNotActive``."""


class CommandUnknownError(CommandError, OperationUnsupportedError):
    """``CommandNotFound``, ``KVMMissingCap``: this QEMU can't do it."""


_CLASSES: dict[str, type[CommandError]] = {
    "CommandNotFound": CommandUnknownError,
    "KVMMissingCap": CommandUnknownError,
    "DeviceNotFound": CommandDeviceError,
    "DeviceNotActive": CommandDeviceError,
}


def command_error(command: str, error: Any) -> CommandError:
    """The exception for the ``error`` member of a reply to ``command``.

    :param error: ``{"class": str, "desc": str}``; anything else counts as an error without description.
    """
    qmp_class, description = "", ""
    if isinstance(error, dict):
        qmp_class, description = str(error.get("class", "")), str(error.get("desc", ""))
    failure = _CLASSES.get(qmp_class, CommandFailedError)(
        f"unable to execute QEMU command '{command}': {description or 'unexpected error'}",
        domain=ErrorDomain.QEMU,
    )
    failure.command, failure.qmp_class, failure.description = command, qmp_class, description
    return failure
