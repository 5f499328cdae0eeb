"""Memory and virtual CPUs of domains."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.driver.flags import allow_flags
from pyvirt_driver_test.base import HostedDriver
from pyvirt_driver_test.guest import RUNNING
from pyvirt_util.errors import InvalidArgError, OperationInvalidError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from pyvirt.enums.domain import DomainMemoryFlags, DomainMemoryModFlags, DomainModificationImpact, DomainVcpuFlags
    from pyvirt.enums.domain_stats import DomainMemoryStatTags
    from pyvirt.refs import DomainRef
    from pyvirt.types import VcpuInfo
    from pyvirt_driver_test.guest import Guest

# The guest's clock when memory statistics were gathered last, and when nobody set it: seconds since the epoch.
GUEST_TIME = 627319920
PEEK_LIMIT = 1 << 20


class Resources(HostedDriver):
    """Memory and virtual CPUs of domains."""

    # Memory, in KiB

    def domain_get_max_memory(self, domain: DomainRef) -> int:
        """See the base class."""
        from pyvirt_driver_test.definition import max_memory

        with self.host.lock:
            return max_memory(self.host.guest(domain).current)

    def domain_set_memory_flags(self, domain: DomainRef, memory: int, flags: DomainMemoryModFlags) -> None:
        """See the base class. The maximum of a running guest stays."""
        from pyvirt_driver_test import definition

        allow_flags(flags, 0x7, "virDomainSetMemoryFlags")
        if memory < 1:
            raise InvalidArgError(f"memory in virDomainSetMemoryFlags must not be {memory}")
        maximum = bool(flags & enums.DomainMemoryModFlags.MAXIMUM)
        with self.host.lock:
            guest = self.host.guest(domain)
            affected = guest.affected(flags)
            for found in affected:
                if maximum and found is guest.live:
                    raise OperationInvalidError(
                        f"cannot resize the maximum memory of domain '{guest.name}' while it is active"
                    )
                if not maximum and memory > definition.max_memory(found):
                    raise InvalidArgError(
                        f"cannot set memory to {memory} KiB, higher than max memory {definition.max_memory(found)} KiB"
                    )
            for found in affected:
                if maximum:
                    definition.set_max_memory(found, memory)
                else:
                    definition.set_memory(found, memory)
            if affected[0] is guest.live and self.host.heard:
                from pyvirt.events.kinds import BalloonChangeEvent

                self.host.emit(BalloonChangeEvent(guest.ref, memory))

    def domain_set_memory_stats_period(self, domain: DomainRef, period: int, flags: DomainMemoryModFlags) -> None:
        """See the base class. In seconds; 0 turns it off."""
        allow_flags(flags, 0x3, "virDomainSetMemoryStatsPeriod")
        if period < 0:
            raise InvalidArgError(f"period {period} of memory statistics must not be negative")
        with self.host.lock:
            guest = self.host.guest(domain)
            balloons = [found.devices.memballoon for found in guest.affected(flags)]
            for balloon in balloons:
                if balloon is None:
                    raise OperationInvalidError(f"domain '{guest.name}' has no memory balloon to set the period of")
            for balloon in balloons:
                if balloon is not None:
                    balloon.period = period or None

    def domain_memory_stats(self, domain: DomainRef, flags: int) -> dict[DomainMemoryStatTags, int]:
        """See the base class."""
        from pyvirt_driver_test.definition import memory

        allow_flags(flags, 0, "virDomainMemoryStats")
        with self.host.lock:
            guest = self.host.guest(domain)
            guest.require_active()
            actual = memory(guest.current)
        unused = actual // 2
        tags = enums.DomainMemoryStatTags
        return {
            tags.ACTUAL_BALLOON: actual,
            tags.SWAP_IN: 0,
            tags.SWAP_OUT: 0,
            tags.MAJOR_FAULT: 0,
            tags.MINOR_FAULT: 0,
            tags.UNUSED: unused,
            tags.AVAILABLE: actual,
            tags.USABLE: unused,
            tags.LAST_UPDATE: GUEST_TIME,
            tags.DISK_CACHES: actual // 8,
            tags.HUGETLB_PGALLOC: 0,
            tags.HUGETLB_PGFAIL: 0,
            tags.RSS: unused,
        }

    def domain_memory_peek(self, domain: DomainRef, start: int, size: int, flags: DomainMemoryFlags) -> bytes:
        """See the base class. Each byte of guest memory is the low byte of its address."""
        kinds = enums.DomainMemoryFlags
        allow_flags(flags, 0x3, "virDomainMemoryPeek")
        if flags not in (kinds.VIRTUAL, kinds.PHYSICAL):
            raise InvalidArgError(f"flags {int(flags):#x} must say either VIRTUAL or PHYSICAL")
        if start < 0 or not 0 <= size <= PEEK_LIMIT:
            raise InvalidArgError(f"cannot read {size} bytes of memory from {start}")
        with self.host.lock:
            self.host.guest(domain).require_active()
        return bytes((start + offset) & 0xFF for offset in range(size))

    # Virtual CPUs

    def domain_get_max_vcpus(self, domain: DomainRef) -> int:
        """See the base class."""
        flags = enums.DomainVcpuFlags
        return self.domain_get_vcpus_flags(domain, flags.LIVE | flags.MAXIMUM)

    def domain_get_vcpus_flags(self, domain: DomainRef, flags: DomainVcpuFlags) -> int:
        """See the base class."""
        from pyvirt_driver_test import definition

        allow_flags(flags, 0x7, "virDomainGetVcpusFlags")
        if flags & 3 == 3:
            raise InvalidArgError("virDomainGetVcpusFlags reads either the running or the stored domain, not both")
        with self.host.lock:
            (found,) = self.host.guest(domain).affected(flags)
            maximum = bool(flags & enums.DomainVcpuFlags.MAXIMUM)
            return definition.max_vcpus(found) if maximum else definition.vcpus(found)

    def domain_set_vcpus_flags(self, domain: DomainRef, count: int, flags: DomainVcpuFlags) -> None:
        """See the base class. The maximum can be changed in the stored domain only."""
        from pyvirt_driver_test import definition

        kinds = enums.DomainVcpuFlags
        allow_flags(flags, 0x7, "virDomainSetVcpusFlags")
        if count < 1:
            raise InvalidArgError(f"nvcpus in virDomainSetVcpusFlags must not be {count}")
        if count > definition.MAX_VCPUS:
            raise InvalidArgError(
                f"requested cpu amount exceeds maximum supported amount ({count} > {definition.MAX_VCPUS})"
            )
        maximum = bool(flags & kinds.MAXIMUM)
        if maximum and flags & (kinds.LIVE | kinds.CONFIG) != kinds.CONFIG:
            raise InvalidArgError("flag 'VIR_DOMAIN_VCPU_MAXIMUM' is for the stored domain alone: it requires CONFIG")
        with self.host.lock:
            affected = self.host.guest(domain).affected(flags)
            for found in affected:
                most = definition.max_vcpus(found)
                if not maximum and count > most:
                    raise InvalidArgError(f"requested cpu amount exceeds maximum ({count} > {most})")
            for found in affected:
                if maximum:
                    definition.set_max_vcpus(found, count)
                else:
                    definition.set_vcpus(found, count)

    def domain_get_vcpus(self, domain: DomainRef) -> list[VcpuInfo]:
        """See the base class. Virtual CPU N is on host CPU N, as far as there are so many and its pinning allows it."""
        from pyvirt.types import VcpuInfo
        from pyvirt_driver_test import definition, pinning

        with self.host.lock:
            guest = self.host.guest(domain)
            if not guest.active:
                raise OperationInvalidError(f"cannot list vcpus of domain '{guest.name}', which is inactive")
            pins = pinning.vcpu_pins(guest.current, self.host.node.cpus)
            return [
                VcpuInfo(
                    number,
                    enums.VcpuState.RUNNING if guest.state == RUNNING else enums.VcpuState.BLOCKED,
                    guest.cpu_time,
                    sorted(pins[number])[number % len(pins[number])],
                    pins[number],
                )
                for number in range(definition.vcpus(guest.current))
            ]

    # Pinning

    def domain_pin_vcpu_flags(
        self, domain: DomainRef, vcpu: int, cpus: Collection[int], flags: DomainModificationImpact
    ) -> None:
        """See the base class."""
        from pyvirt_driver_test import definition, pinning

        allow_flags(flags, 0x3, "virDomainPinVcpuFlags")
        wanted = self._host_cpus(cpus)
        with self.host.lock:
            affected = self._guest(domain).affected(flags)
            for found in affected:
                if not 0 <= vcpu < definition.max_vcpus(found):
                    raise InvalidArgError(f"requested vcpu '{vcpu}' is not present in the domain")
            for found in affected:
                pinning.pin_vcpu(found, vcpu, wanted)

    def domain_get_vcpu_pin_info(self, domain: DomainRef, flags: DomainModificationImpact) -> list[frozenset[int]]:
        """See the base class."""
        from pyvirt_driver_test import pinning

        allow_flags(flags, 0x3, "virDomainGetVcpuPinInfo")
        with self.host.lock:
            found = self._guest(domain).affected(flags)[0]
            return pinning.vcpu_pins(found, self.host.node.cpus)

    def domain_pin_emulator(self, domain: DomainRef, cpus: Collection[int], flags: DomainModificationImpact) -> None:
        """See the base class."""
        from pyvirt_driver_test import pinning

        allow_flags(flags, 0x3, "virDomainPinEmulator")
        wanted = self._host_cpus(cpus)
        with self.host.lock:
            for found in self._guest(domain).affected(flags):
                pinning.pin_emulator(found, wanted)

    def domain_get_emulator_pin_info(self, domain: DomainRef, flags: DomainModificationImpact) -> frozenset[int]:
        """See the base class."""
        from pyvirt_driver_test import pinning

        allow_flags(flags, 0x3, "virDomainGetEmulatorPinInfo")
        with self.host.lock:
            return pinning.emulator_pin(self._guest(domain).affected(flags)[0], self.host.node.cpus)

    # I/O threads

    def domain_get_iothread_info(
        self, domain: DomainRef, flags: DomainModificationImpact
    ) -> list[tuple[int, frozenset[int]]]:
        """See the base class."""
        from pyvirt_driver_test import pinning

        allow_flags(flags, 0x3, "virDomainGetIOThreadInfo")
        with self.host.lock:
            return pinning.iothreads(self._guest(domain).affected(flags)[0], self.host.node.cpus)

    def domain_pin_iothread(
        self, domain: DomainRef, iothread_id: int, cpus: Collection[int], flags: DomainModificationImpact
    ) -> None:
        """See the base class."""
        from pyvirt_driver_test import pinning

        allow_flags(flags, 0x3, "virDomainPinIOThread")
        wanted = self._host_cpus(cpus)
        with self.host.lock:
            affected = self._guest(domain).affected(flags)
            for found in affected:
                pinning.require_iothread(found, iothread_id)
            for found in affected:
                pinning.pin_iothread(found, iothread_id, wanted)

    def domain_add_iothread(self, domain: DomainRef, iothread_id: int, flags: DomainModificationImpact) -> None:
        """See the base class."""
        from pyvirt_driver_test import pinning

        allow_flags(flags, 0x3, "virDomainAddIOThread")
        with self.host.lock:
            affected = self._guest(domain).affected(flags)
            for found in affected:
                pinning.require_no_iothread(found, iothread_id)
            for found in affected:
                pinning.add_iothread(found, iothread_id)

    def domain_del_iothread(self, domain: DomainRef, iothread_id: int, flags: DomainModificationImpact) -> None:
        """See the base class."""
        from pyvirt_driver_test import pinning

        allow_flags(flags, 0x3, "virDomainDelIOThread")
        with self.host.lock:
            affected = self._guest(domain).affected(flags)
            for found in affected:
                pinning.require_iothread(found, iothread_id)
            for found in affected:
                pinning.delete_iothread(found, iothread_id)

    def _guest(self, domain: DomainRef) -> Guest:
        return self.host.guest(domain)

    def _host_cpus(self, cpus: Collection[int]) -> frozenset[int]:
        wanted = frozenset(cpus)
        present = range(self.host.node.cpus)
        if not wanted or not wanted.issubset(present):
            raise InvalidArgError(f"host CPUs {sorted(wanted)} must be some of 0 to {present[-1]}")
        return wanted
