"""Devices, disks and interfaces of a domain."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.objects.documents import xml_text
from pyvirt.objects.handle import Handle
from pyvirt.refs import DomainRef

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.domain import DomainDeviceModifyFlags, DomainModificationImpact
    from pyvirt.enums.domain_block import (
        DomainBlockCommitFlags,
        DomainBlockCopyFlags,
        DomainBlockJobAbortFlags,
        DomainBlockJobInfoFlags,
        DomainBlockJobSetSpeedFlags,
        DomainBlockPullFlags,
        DomainBlockRebaseFlags,
        DomainBlockResizeFlags,
        DomainDiskErrorCode,
    )
    from pyvirt.objects.documents import XmlSource
    from pyvirt.types import BlockInfo, BlockJobInfo, InterfaceStats, TypedParameters


class DomainDevices(Handle[DomainRef]):
    """Devices, disks and interfaces of a domain."""

    def attach_device(self, xml: XmlSource, flags: DomainDeviceModifyFlags | int = 0) -> None:
        """Plug a device into the running domain, its stored configuration, or both."""
        self._connection._driver.domain_attach_device_flags(
            self._ref, xml_text(xml), enums.DomainDeviceModifyFlags(flags)
        )

    def detach_device(self, xml: XmlSource, flags: DomainDeviceModifyFlags | int = 0) -> None:
        """Unplug a device from the running domain, its stored configuration, or both."""
        self._connection._driver.domain_detach_device_flags(
            self._ref, xml_text(xml), enums.DomainDeviceModifyFlags(flags)
        )

    def detach_device_alias(self, alias: str, flags: DomainDeviceModifyFlags | int = 0) -> None:
        """Unplug a device named by its alias."""
        self._connection._driver.domain_detach_device_alias(self._ref, alias, enums.DomainDeviceModifyFlags(flags))

    def update_device(self, xml: XmlSource, flags: DomainDeviceModifyFlags | int = 0) -> None:
        """Change a device in place, running or stored."""
        self._connection._driver.domain_update_device_flags(
            self._ref, xml_text(xml), enums.DomainDeviceModifyFlags(flags)
        )

    def block_stats(self, disk: str, flags: int = 0) -> TypedParameters:
        """Named I/O counters of a disk."""
        return self._connection._driver.domain_block_stats_flags(self._ref, disk, flags)

    def block_info(self, disk: str, flags: int = 0) -> BlockInfo:
        """Capacity, allocation and physical size of a disk."""
        return self._connection._driver.domain_get_block_info(self._ref, disk, flags)

    def block_peek(self, disk: str, offset: int, size: int, flags: int = 0) -> bytes:
        """Read bytes from a guest disk."""
        return self._connection._driver.domain_block_peek(self._ref, disk, offset, size, flags)

    def block_resize(self, disk: str, size: int, flags: DomainBlockResizeFlags | int = 0) -> None:
        """Change a guest disk's size while it runs."""
        self._connection._driver.domain_block_resize(self._ref, disk, size, enums.DomainBlockResizeFlags(flags))

    def block_io_tune(self, disk: str | None = None, flags: DomainModificationImpact | int = 0) -> TypedParameters:
        """Throttling values of a disk."""
        return self._connection._driver.domain_get_block_io_tune(self._ref, disk, enums.DomainModificationImpact(flags))

    def set_block_io_tune(
        self, disk: str, parameters: TypedParameters, flags: DomainModificationImpact | int = 0
    ) -> None:
        """Change throttling of a disk."""
        self._connection._driver.domain_set_block_io_tune(
            self._ref, disk, parameters, enums.DomainModificationImpact(flags)
        )

    def set_block_threshold(self, device: str, threshold: int, flags: int = 0) -> None:
        """Ask for an event when a disk grows past a size."""
        self._connection._driver.domain_set_block_threshold(self._ref, device, threshold, flags)

    def disk_errors(self, flags: int = 0) -> dict[str, DomainDiskErrorCode]:
        """Disks that have met I/O errors."""
        return self._connection._driver.domain_get_disk_errors(self._ref, flags)

    def block_pull(self, disk: str, bandwidth: int, flags: DomainBlockPullFlags | int = 0) -> None:
        """Copy backing data up into a disk's top layer."""
        self._connection._driver.domain_block_pull(self._ref, disk, bandwidth, enums.DomainBlockPullFlags(flags))

    def block_rebase(
        self, disk: str, base: str | None, bandwidth: int, flags: DomainBlockRebaseFlags | int = 0
    ) -> None:
        """Pull or copy a disk with a choice of base (older form)."""
        self._connection._driver.domain_block_rebase(
            self._ref, disk, base, bandwidth, enums.DomainBlockRebaseFlags(flags)
        )

    def block_copy(
        self, disk: str, destination_xml: XmlSource, parameters: TypedParameters, flags: DomainBlockCopyFlags | int = 0
    ) -> None:
        """Mirror a disk to a new destination given as XML."""
        self._connection._driver.domain_block_copy(
            self._ref, disk, xml_text(destination_xml), parameters, enums.DomainBlockCopyFlags(flags)
        )

    def block_commit(
        self, disk: str, base: str | None, top: str | None, bandwidth: int, flags: DomainBlockCommitFlags | int = 0
    ) -> None:
        """Merge a disk's upper layers down into a lower one."""
        self._connection._driver.domain_block_commit(
            self._ref, disk, base, top, bandwidth, enums.DomainBlockCommitFlags(flags)
        )

    def block_job_abort(self, disk: str, flags: DomainBlockJobAbortFlags | int = 0) -> None:
        """Stop a disk job, or pivot to its result."""
        self._connection._driver.domain_block_job_abort(self._ref, disk, enums.DomainBlockJobAbortFlags(flags))

    def block_job_set_speed(self, disk: str, bandwidth: int, flags: DomainBlockJobSetSpeedFlags | int = 0) -> None:
        """Limit the bandwidth of a disk job."""
        self._connection._driver.domain_block_job_set_speed(
            self._ref, disk, bandwidth, enums.DomainBlockJobSetSpeedFlags(flags)
        )

    def block_job_info(self, disk: str, flags: DomainBlockJobInfoFlags | int = 0) -> BlockJobInfo | None:
        """Progress of a disk job."""
        return self._connection._driver.domain_get_block_job_info(self._ref, disk, enums.DomainBlockJobInfoFlags(flags))

    def interface_stats(self, device: str) -> InterfaceStats:
        """Traffic counters of a guest network card."""
        return self._connection._driver.domain_interface_stats(self._ref, device)

    def interface_parameters(self, device: str, flags: DomainModificationImpact | int = 0) -> TypedParameters:
        """Bandwidth values of a guest network card."""
        return self._connection._driver.domain_get_interface_parameters(
            self._ref, device, enums.DomainModificationImpact(flags)
        )

    def set_interface_parameters(
        self, device: str, parameters: TypedParameters, flags: DomainModificationImpact | int = 0
    ) -> None:
        """Change bandwidth values of a guest network card."""
        self._connection._driver.domain_set_interface_parameters(
            self._ref, device, parameters, enums.DomainModificationImpact(flags)
        )
