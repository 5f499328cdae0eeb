"""A client of QEMU's control protocol (QMP).

A monitor serves one client at a time, so a client lives shortly: connect, run a few commands, close::

    with Monitor.connect(path, timeout=10) as monitor:
        status = monitor.execute("query-status")

Exceptions::

    VirtError
     +-- InternalError
     |    +-- MonitorError              the connection itself failed
     |    |    +-- MonitorClosedError   QEMU closed it, or ended
     |    |    +-- MonitorProtocolError what came is not QMP
     |    +-- CommandFailedError        QEMU refused the command
     |    +-- CommandDeviceError        ... as the device is not there, or not active
     +-- OperationUnsupportedError
     |    +-- CommandUnknownError       this QEMU has no such command
     +-- OperationTimeoutError
          +-- MonitorTimeoutError       no answer in time
"""

from pyvirt_driver_qemu.monitor.client import Monitor
from pyvirt_driver_qemu.monitor.errors import (
    CommandDeviceError,
    CommandError,
    CommandFailedError,
    CommandUnknownError,
    MonitorClosedError,
    MonitorError,
    MonitorProtocolError,
    MonitorTimeoutError,
)
from pyvirt_driver_qemu.monitor.messages import Command, Event

__all__ = [
    "Command",
    "CommandDeviceError",
    "CommandError",
    "CommandFailedError",
    "CommandUnknownError",
    "Event",
    "Monitor",
    "MonitorClosedError",
    "MonitorError",
    "MonitorProtocolError",
    "MonitorTimeoutError",
]
