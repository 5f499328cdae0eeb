"""Counters of disks and interfaces, which follow from the definition alone, and other facts of running guests."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.driver.flags import allow_flags
from pyvirt_driver_test.base import HostedDriver
from pyvirt_util.errors import InvalidArgError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.domain_block import DomainDiskErrorCode
    from pyvirt.refs import DomainRef
    from pyvirt.types import BlockInfo, InterfaceStats, Screenshot, SecurityLabel, TypedParameters
    from pyvirt_conf.domain.domain import Domain

# Of every disk, in bytes; figures of libvirt's test driver.
DISK_CAPACITY = 1099506450432
DISK_ALLOCATION = 1099511627776
SCREEN = (320, 200)


def disk_counters(number: int) -> dict[str, int]:
    """I/O counters of the disk that stands at ``number`` in the definition."""
    scale = number + 1
    return {
        "rd_bytes": 4194304 * scale,
        "rd_operations": 1024 * scale,
        "wr_bytes": 2097152 * scale,
        "wr_operations": 512 * scale,
        "errs": 0,
    }


def interface_counters(number: int) -> dict[str, int]:
    """Traffic counters of the interface that stands at ``number`` in the definition."""
    scale = number + 1
    return {
        "rx_bytes": 1048576 * scale,
        "rx_packets": 1024 * scale,
        "rx_errs": 0,
        "rx_drop": 0,
        "tx_bytes": 524288 * scale,
        "tx_packets": 512 * scale,
        "tx_errs": 0,
        "tx_drop": 0,
    }


class Devices(HostedDriver):
    """Counters of disks and interfaces, and other facts of running guests."""

    def domain_block_stats_flags(self, domain: DomainRef, disk: str, flags: int) -> TypedParameters:
        """See the base class. An empty name means the sum of all disks."""
        from pyvirt_driver_test.definition import find_disk

        allow_flags(flags, 0x4, "virDomainBlockStatsFlags")
        with self.host.lock:
            live = self._live(domain)
            disks = live.devices.disks
            chosen = range(len(disks)) if not disk else [disks.index(find_disk(live, disk))]
            counters = [disk_counters(number) for number in chosen]
        return {name: sum(each[name] for each in counters) for name in disk_counters(0)}

    def domain_get_block_info(self, domain: DomainRef, disk: str, flags: int) -> BlockInfo:
        """See the base class."""
        from pyvirt.types import BlockInfo
        from pyvirt_driver_test.definition import find_disk

        allow_flags(flags, 0, "virDomainGetBlockInfo")
        with self.host.lock:
            find_disk(self._live(domain), disk)
        return BlockInfo(DISK_CAPACITY, DISK_ALLOCATION, DISK_ALLOCATION)

    def domain_get_disk_errors(self, domain: DomainRef, flags: int) -> dict[str, DomainDiskErrorCode]:
        """See the base class. As with libvirt, every disk of these guests has met one, of either kind in turn."""
        allow_flags(flags, 0, "virDomainGetDiskErrors")
        with self.host.lock:
            names = [disk.target for disk in self._live(domain).devices.disks]
        return {name: enums.DomainDiskErrorCode(number % 2 + 1) for number, name in enumerate(names)}

    def domain_interface_stats(self, domain: DomainRef, device: str) -> InterfaceStats:
        """See the base class. The interface is named by its host device or its MAC address."""
        from pyvirt.types import InterfaceStats
        from pyvirt_driver_test.definition import find_interface

        with self.host.lock:
            live = self._live(domain)
            number = live.devices.interfaces.index(find_interface(live, device))
        return InterfaceStats(**interface_counters(number))

    def domain_get_cpu_stats(self, domain: DomainRef, start_cpu: int, count: int, flags: int) -> list[TypedParameters]:
        """See the base class. The guest's time is spread evenly over the CPUs of the host."""
        allow_flags(flags, 0x4, "virDomainGetCPUStats")
        with self.host.lock:
            guest = self.host.guest(domain)
            guest.require_active()
            used, cpus = guest.cpu_time, self.host.node.cpus
        if start_cpu == -1:
            return [{"cpu_time": used, "user_time": used * 3 // 4, "system_time": used // 4}]
        if not 0 <= start_cpu < cpus:
            raise InvalidArgError(f"start_cpu {start_cpu} larger than maximum of {cpus - 1}")
        each = used // cpus
        return [{"cpu_time": each, "vcpu_time": each} for _ in range(start_cpu, min(start_cpu + count, cpus))]

    def domain_get_security_label(self, domain: DomainRef) -> SecurityLabel:
        """See the base class."""
        from pyvirt.types import SecurityLabel

        with self.host.lock:
            self.host.guest(domain).require_active()
        return SecurityLabel("libvirt-test", True)

    def domain_screenshot(self, domain: DomainRef, screen: int, flags: int) -> Screenshot:
        """See the base class. A grey picture, as PNG."""
        from pyvirt.types import Screenshot

        allow_flags(flags, 0, "virDomainScreenshot")
        if screen != 0:
            raise InvalidArgError(f"screen {screen} is not there: there is only one, 0")
        with self.host.lock:
            self.host.guest(domain).require_active()
        return Screenshot("image/png", _grey_png(*SCREEN))

    def _live(self, domain: DomainRef) -> Domain:
        guest = self.host.guest(domain)
        guest.require_active()
        return guest.current


def _grey_png(width: int, height: int) -> bytes:
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\0" + b"\x80" * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
