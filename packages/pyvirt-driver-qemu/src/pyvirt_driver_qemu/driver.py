"""The QEMU driver: ``qemu:///system``, ``qemu:///session``, ``qemu:///embed?root=DIR``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pyvirt import enums
from pyvirt.enums.domain_state import DomainPausedReason, DomainRunningReason, DomainShutoffReason, DomainState
from pyvirt.local import LocalChanges, LocalFunctions
from pyvirt_driver_qemu.definitions import Definitions, emulator_of
from pyvirt_util.errors import (
    InvalidArgError,
    NoConnectError,
    OperationFailedError,
    OperationInvalidError,
    VirtError,
)
from pyvirt_util.process import ProcessId
from pyvirt_util.statedirs import Instance

if TYPE_CHECKING:
    import threading
    from typing import Self

    from pyvirt.auth import Authenticator
    from pyvirt.enums.domain import DomainConsoleFlags, DomainCreateFlags, DomainRebootFlags, DomainShutdownFlags
    from pyvirt.enums.domain_events import DomainEventShutdownDetailType
    from pyvirt.local import GuestStatus
    from pyvirt.streams import Stream
    from pyvirt.types import DomainInfo, DomainRef
    from pyvirt_conf import Domain
    from pyvirt_driver_qemu.capabilities import Capabilities
    from pyvirt_driver_qemu.monitor import Monitor
    from pyvirt_util.undo import UndoStack
    from pyvirt_util.uris import URI

#: Seconds a guest has to end after SIGTERM before it is killed: it writes its disks' caches out in that time.
TERMINATE_TIMEOUT = 15.0
#: The clock ticks of /proc/PID/stat, in nanoseconds.
_TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")


class QemuDriver(LocalFunctions, LocalChanges):
    """Guests of QEMU on this host, without a daemon."""

    driver_name = "qemu"

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        self.definitions = Definitions(self.directories.cache)

    @classmethod
    def open(cls, uri: URI, *, readonly: bool = False, auth: Authenticator | None = None) -> Self:
        """See the base class."""
        if uri.server:
            raise NoConnectError(
                f"'{uri}' names a host", hint="a remote host needs pyvirt-driver-remote and a transport (qemu+ssh://)"
            )
        if uri.path in (None, "", "/"):
            raise InvalidArgError(
                f"'{uri}' names no instance", hint="use qemu:///system, qemu:///session or qemu:///embed?root=DIR"
            )
        return cls(Instance.for_uri_path(uri.path, dict(uri.params)))

    @property
    def uri(self) -> str:
        """The URI that opens this instance."""
        from pyvirt_util.uris import URI

        if self.instance.root is None:
            return f"qemu:///{self.instance.name}"
        return URI("qemu", path="/embed", params=[("root", self.instance.root)]).format()

    # The hypervisor

    def connect_get_type(self) -> str:
        """See the base class."""
        return "QEMU"

    def connect_get_version(self) -> int:
        """Version of the host's default emulator, 7002022 for 7.2.22."""
        return self.definitions.default_capabilities().version

    def connect_get_max_vcpus(self, virttype: str | None) -> int:
        """The most vCPUs any machine type of the default emulator takes."""
        accelerator = "kvm" if virttype == "kvm" else "tcg"
        machines = self.definitions.default_capabilities().machines(accelerator)
        return max((machine.max_cpus for machine in machines), default=1)

    def connect_domain_xml_to_native(self, native_format: str, xml: str, flags: int) -> str:
        """The QEMU command line for domain XML (format ``qemu-argv``)."""
        if native_format != "qemu-argv":
            raise InvalidArgError(f"unsupported config type {native_format}")
        import shlex

        from pyvirt_driver_qemu.guest import command_line

        domain = self.parse_definition(xml)
        return shlex.join(command_line(self, domain)) + "\n"

    def connect_get_capabilities(self) -> str:
        """See the base class."""
        from pyvirt_driver_qemu.host_capabilities import capabilities_xml

        return capabilities_xml(self.definitions)

    def parse_definition(self, xml: str, *, validate_schema: bool = False) -> Domain:
        """See the base class."""
        return self.definitions.parse(xml)

    def parse_stored(self, xml: str) -> Domain:
        """See the base class."""
        return self.definitions.parse_stored(xml)

    def format_definition(self, domain: Domain, *, flags: int) -> str:
        """See the base class."""
        return self.definitions.format(domain, flags)

    def capabilities_of(self, domain: Domain) -> Capabilities:
        """What the domain's emulator can do."""
        return self.definitions.capabilities(emulator_of(domain))

    # Starting and stopping

    def start_guest(
        self, status: GuestStatus, domain: Domain, flags: DomainCreateFlags, undo: UndoStack
    ) -> GuestStatus:
        """See the base class."""
        from pyvirt_driver_qemu.guest import start

        return start(self, status, domain, flags, undo)

    def stop_guest(self, status: GuestStatus, *, graceful: bool) -> None:
        """See the base class: SIGTERM, which lets QEMU write its caches, then SIGKILL unless ``graceful``."""
        import signal

        process = ProcessId(status.pid, status.start_time)
        process.signal(signal.SIGTERM)
        if not process.wait(TERMINATE_TIMEOUT):
            if graceful:
                raise OperationFailedError(f"process {status.pid} of domain '{status.name}' did not end in time")
            process.kill()
            if not process.wait(TERMINATE_TIMEOUT):
                raise OperationFailedError(f"process {status.pid} of domain '{status.name}' cannot be killed")
        process.reap()

    def _settle(self, name: str) -> GuestStatus | None:
        status = super()._settle(name)
        if status is not None and "rebooting" in status.private:
            from pyvirt_driver_qemu.reboot import resume_if_abandoned

            return resume_if_abandoned(self, status)
        return status

    def clean_up_guest(self, status: GuestStatus) -> None:
        """See the base class."""
        plugged = status.private.get("plugged")
        if plugged:
            from pyvirt_driver_qemu.network import unplug_all

            unplug_all(plugged)

    def exit_reason(self, status: GuestStatus) -> DomainShutoffReason:
        """QEMU removes its pid file when it ends in good order, and only then."""
        if os.path.exists(f"{self.records.guest_folder(status.name)}/pid"):
            return DomainShutoffReason.CRASHED
        return DomainShutoffReason.SHUTDOWN

    def shutdown_detail(self, status: GuestStatus) -> DomainEventShutdownDetailType:
        """See the base class: QEMU logs the signal it ends on; otherwise the guest powered off."""
        from pyvirt_driver_qemu.launch.log import read_tail

        lines = read_tail(f"{self.directories.log}/{status.name}.log").splitlines()
        details = enums.DomainEventShutdownDetailType
        return details.HOST if lines and "terminating on signal" in lines[-1] else details.GUEST

    def watch_guests(self, stop: threading.Event) -> None:
        """See the base class."""
        from pyvirt_driver_qemu.watch import GuestWatch

        GuestWatch(self).run(stop)

    # A running guest

    def monitor(self, status: GuestStatus) -> Monitor:
        """A connection to a running guest's monitor; the caller holds the domain's lock and closes it soon."""
        from pyvirt_driver_qemu.monitor import Monitor

        pidfd = ProcessId(status.pid, status.start_time).open()
        if pidfd is None:
            raise OperationInvalidError("domain is not running")
        return Monitor.connect(status.private["monitor"], peer_fd=pidfd)

    def domain_suspend(self, domain: DomainRef) -> None:
        """See the base class."""
        with self.locked_running(domain) as status:
            if status.state == DomainState.PMSUSPENDED:
                raise OperationInvalidError("domain is pmsuspended")
            if status.state == DomainState.PAUSED:
                return
            with self.monitor(status) as monitor:
                monitor.execute("stop")
            self.set_state(status, DomainState.PAUSED, DomainPausedReason.USER)
        self.publish_lifecycle(domain, enums.DomainEventType.SUSPENDED, enums.DomainEventSuspendedDetailType.PAUSED)

    def domain_resume(self, domain: DomainRef) -> None:
        """See the base class."""
        with self.locked_running(domain) as status:
            if status.state == DomainState.PMSUSPENDED:
                raise OperationInvalidError("domain is pmsuspended")
            if status.state == DomainState.RUNNING:
                raise OperationInvalidError("domain is already running")
            with self.monitor(status) as monitor:
                monitor.execute("cont")
            self.set_state(status, DomainState.RUNNING, DomainRunningReason.UNPAUSED)
        self.publish_lifecycle(domain, enums.DomainEventType.RESUMED, enums.DomainEventResumedDetailType.UNPAUSED)

    def domain_shutdown_flags(self, domain: DomainRef, flags: DomainShutdownFlags) -> None:
        """By the guest agent when there is one, else by the ACPI power button; ``flags`` choose."""
        supported = enums.DomainShutdownFlags.ACPI_POWER_BTN | enums.DomainShutdownFlags.GUEST_AGENT
        if flags & ~supported:
            raise InvalidArgError(f"unsupported shutdown mode in flags {int(flags):#x}")
        with self.locked_running(domain) as status:
            if status.state == DomainState.PAUSED:
                raise OperationInvalidError("domain is paused")
            if not flags or flags & enums.DomainShutdownFlags.GUEST_AGENT:
                try:
                    self._agent_shutdown(status, "powerdown")
                except VirtError:
                    if flags == enums.DomainShutdownFlags.GUEST_AGENT:
                        raise
                else:
                    return
            with self.monitor(status) as monitor:
                monitor.execute("system_powerdown")

    def _agent_shutdown(self, status: GuestStatus, mode: str) -> None:
        from pyvirt_driver_qemu.agent import GuestAgent

        with GuestAgent(self._agent_path(status), timeout=2.0) as agent:
            agent.notify("guest-shutdown", {"mode": mode})

    def _agent_path(self, status: GuestStatus) -> str:
        path = status.private.get("agent")
        if path is None:
            raise OperationInvalidError("QEMU guest agent is not configured")
        return path

    def domain_reboot(self, domain: DomainRef, flags: DomainRebootFlags) -> None:
        """By the guest agent when there is one, else by power button and a new start; ``flags`` choose."""
        supported = enums.DomainRebootFlags.ACPI_POWER_BTN | enums.DomainRebootFlags.GUEST_AGENT
        if flags & ~supported:
            raise InvalidArgError(f"unsupported reboot mode in flags {int(flags):#x}")
        with self.locked_running(domain) as status:
            if status.state == DomainState.PAUSED:
                raise OperationInvalidError("domain is paused")
            if not flags or flags & enums.DomainRebootFlags.GUEST_AGENT:
                try:
                    self._agent_shutdown(status, "reboot")
                except VirtError:
                    if flags == enums.DomainRebootFlags.GUEST_AGENT:
                        raise
                else:
                    return
            from pyvirt_driver_qemu.reboot import begin

            begin(self, status)

    def domain_reset(self, domain: DomainRef, flags: int) -> None:
        """See the base class."""
        with self.locked_running(domain) as status, self.monitor(status) as monitor:
            monitor.execute("system_reset")

    def domain_open_console(self, domain: DomainRef, device: str | None, flags: DomainConsoleFlags) -> Stream:
        """See the base class."""
        from pyvirt_driver_qemu.console import open_console

        _name, status = self.find(domain)
        if status is None:
            raise OperationInvalidError("domain is not running")
        return open_console(
            self.live_definition(status),
            device,
            self.records.guest_folder(status.name),
            force=bool(flags & enums.DomainConsoleFlags.FORCE),
        )

    def domain_inject_nmi(self, domain: DomainRef, flags: int) -> None:
        """See the base class."""
        with self.locked_running(domain) as status, self.monitor(status) as monitor:
            monitor.execute("inject-nmi")

    def domain_pm_wakeup(self, domain: DomainRef, flags: int) -> None:
        """See the base class."""
        with self.locked_running(domain) as status:
            if status.state != DomainState.PMSUSPENDED:
                raise OperationInvalidError("domain is not pmsuspended")
            with self.monitor(status) as monitor:
                monitor.execute("system_wakeup")

    def domain_qemu_monitor_command(self, domain: DomainRef, command: str, flags: int) -> str:
        """Run a QMP command (JSON text), or a human monitor command with flag HMP; the reply as text."""
        from pyvirt_driver_qemu.raw import monitor_command

        with self.locked_running(domain) as status:
            with self.monitor(status) as monitor:
                reply = monitor_command(monitor, command, hmp=bool(int(flags) & 1))
            if status.private.get("tainted") != "yes":
                self.records.write(status.changed(private={**status.private, "tainted": "yes"}))
        return reply

    def domain_qemu_agent_command(self, domain: DomainRef, command: str, timeout: int, flags: int) -> str:
        """Run a guest agent command (JSON text); the reply as JSON text."""
        from pyvirt_driver_qemu.raw import agent_command

        with self.locked_running(domain) as status:
            return agent_command(self._agent_path(status), command, timeout)

    # What a domain is

    def set_live_memory(self, status: GuestStatus, memory: int) -> None:
        """See the base class: by the balloon."""
        with self.monitor(status) as monitor:
            monitor.execute("balloon", {"value": memory * 1024})

    def domain_get_info(self, domain: DomainRef) -> DomainInfo:
        """See the base class."""
        from pyvirt.types import DomainInfo

        name, status = self.find(domain)
        definition = self.stored(name) if status is None else self.live_definition(status)
        memory = definition.memory or 0
        return DomainInfo(
            DomainState.SHUTOFF if status is None else status.state,
            memory,
            memory if definition.current_memory is None else definition.current_memory,
            definition.vcpu.current or definition.vcpu.count,
            0 if status is None else _cpu_time(status.pid),
        )


def _cpu_time(pid: int) -> int:
    """CPU time of a process, user and system, in nanoseconds; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) * _TICK
