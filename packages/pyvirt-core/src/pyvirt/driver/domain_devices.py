"""Devices of domains: hotplug, block devices and jobs, interfaces."""

from __future__ import annotations

from pyvirt.driver.operation import Operations, operation
from pyvirt_util.errors import NoSupportError

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
    from pyvirt.types import BlockInfo, BlockJobInfo, DomainRef, InterfaceStats, TypedParameters


class DomainDeviceOperations(Operations):
    """Devices of domains: hotplug, block devices and jobs, interfaces."""

    @operation("virDomainAttachDeviceFlags", 160, write=True, also={"virDomainAttachDevice": 8})
    def domain_attach_device_flags(self, domain: DomainRef, xml: str, flags: DomainDeviceModifyFlags) -> None:
        """Plug a device into the running domain, its stored configuration, or both."""
        raise NoSupportError

    @operation("virDomainDetachDeviceFlags", 161, write=True, also={"virDomainDetachDevice": 13})
    def domain_detach_device_flags(self, domain: DomainRef, xml: str, flags: DomainDeviceModifyFlags) -> None:
        """Unplug a device from the running domain, its stored configuration, or both."""
        raise NoSupportError

    @operation("virDomainDetachDeviceAlias", 392, write=True)
    def domain_detach_device_alias(self, domain: DomainRef, alias: str, flags: DomainDeviceModifyFlags) -> None:
        """Unplug a device named by its alias."""
        raise NoSupportError

    @operation("virDomainUpdateDeviceFlags", 174, write=True)
    def domain_update_device_flags(self, domain: DomainRef, xml: str, flags: DomainDeviceModifyFlags) -> None:
        """Change a device in place, running or stored."""
        raise NoSupportError

    @operation("virDomainBlockStatsFlags", 243, also={"virDomainBlockStats": 64})
    def domain_block_stats_flags(self, domain: DomainRef, disk: str, flags: int) -> TypedParameters:
        """Named I/O counters of a disk."""
        raise NoSupportError

    @operation("virDomainGetBlockInfo", 194)
    def domain_get_block_info(self, domain: DomainRef, disk: str, flags: int) -> BlockInfo:
        """Capacity, allocation and physical size of a disk."""
        raise NoSupportError

    @operation("virDomainBlockPeek", 103, write=True)
    def domain_block_peek(self, domain: DomainRef, disk: str, offset: int, size: int, flags: int) -> bytes:
        """Read bytes from a guest disk."""
        raise NoSupportError

    @operation("virDomainBlockResize", 251, write=True)
    def domain_block_resize(self, domain: DomainRef, disk: str, size: int, flags: DomainBlockResizeFlags) -> None:
        """Change a guest disk's size while it runs."""
        raise NoSupportError

    @operation("virDomainGetBlockIoTune", 253)
    def domain_get_block_io_tune(
        self, domain: DomainRef, disk: str | None, flags: DomainModificationImpact
    ) -> TypedParameters:
        """Throttling values of a disk."""
        raise NoSupportError

    @operation("virDomainSetBlockIoTune", 252, write=True)
    def domain_set_block_io_tune(
        self, domain: DomainRef, disk: str, parameters: TypedParameters, flags: DomainModificationImpact
    ) -> None:
        """Change throttling of a disk."""
        raise NoSupportError

    @operation("virDomainSetBlockThreshold", 386, write=True)
    def domain_set_block_threshold(self, domain: DomainRef, device: str, threshold: int, flags: int) -> None:
        """Ask for an event when a disk grows past a size."""
        raise NoSupportError

    @operation("virDomainGetDiskErrors", 263)
    def domain_get_disk_errors(self, domain: DomainRef, flags: int) -> dict[str, DomainDiskErrorCode]:
        """Disks that have met I/O errors."""
        raise NoSupportError

    @operation("virDomainBlockPull", 240, write=True)
    def domain_block_pull(self, domain: DomainRef, disk: str, bandwidth: int, flags: DomainBlockPullFlags) -> None:
        """Copy backing data up into a disk's top layer."""
        raise NoSupportError

    @operation("virDomainBlockRebase", 266, write=True)
    def domain_block_rebase(
        self, domain: DomainRef, disk: str, base: str | None, bandwidth: int, flags: DomainBlockRebaseFlags
    ) -> None:
        """Pull or copy a disk with a choice of base (older form)."""
        raise NoSupportError

    @operation("virDomainBlockCopy", 345, write=True)
    def domain_block_copy(
        self,
        domain: DomainRef,
        disk: str,
        destination_xml: str,
        parameters: TypedParameters,
        flags: DomainBlockCopyFlags,
    ) -> None:
        """Mirror a disk to a new destination given as XML."""
        raise NoSupportError

    @operation("virDomainBlockCommit", 290, write=True)
    def domain_block_commit(
        self,
        domain: DomainRef,
        disk: str,
        base: str | None,
        top: str | None,
        bandwidth: int,
        flags: DomainBlockCommitFlags,
    ) -> None:
        """Merge a disk's upper layers down into a lower one."""
        raise NoSupportError

    @operation("virDomainBlockJobAbort", 237, write=True)
    def domain_block_job_abort(self, domain: DomainRef, disk: str, flags: DomainBlockJobAbortFlags) -> None:
        """Stop a disk job, or pivot to its result."""
        raise NoSupportError

    @operation("virDomainBlockJobSetSpeed", 239, write=True)
    def domain_block_job_set_speed(
        self, domain: DomainRef, disk: str, bandwidth: int, flags: DomainBlockJobSetSpeedFlags
    ) -> None:
        """Limit the bandwidth of a disk job."""
        raise NoSupportError

    @operation("virDomainGetBlockJobInfo", 238)
    def domain_get_block_job_info(
        self, domain: DomainRef, disk: str, flags: DomainBlockJobInfoFlags
    ) -> BlockJobInfo | None:
        """Progress of a disk job."""
        raise NoSupportError

    @operation("virDomainInterfaceStats", 65)
    def domain_interface_stats(self, domain: DomainRef, device: str) -> InterfaceStats:
        """Traffic counters of a guest network card."""
        raise NoSupportError

    @operation("virDomainGetInterfaceParameters", 257)
    def domain_get_interface_parameters(
        self, domain: DomainRef, device: str, flags: DomainModificationImpact
    ) -> TypedParameters:
        """Bandwidth values of a guest network card."""
        raise NoSupportError

    @operation("virDomainSetInterfaceParameters", 256, write=True)
    def domain_set_interface_parameters(
        self, domain: DomainRef, device: str, parameters: TypedParameters, flags: DomainModificationImpact
    ) -> None:
        """Change bandwidth values of a guest network card."""
        raise NoSupportError
