"""Enumerations and flags of the public API, with libvirt's names and values, loaded on first use."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pyvirt.enums.common import (
        ClientTransport as ClientTransport,
    )
    from pyvirt.enums.common import (
        ConnectCloseReason as ConnectCloseReason,
    )
    from pyvirt.enums.common import (
        EventHandleType as EventHandleType,
    )
    from pyvirt.enums.common import (
        TypedParameterFlags as TypedParameterFlags,
    )
    from pyvirt.enums.common import (
        TypedParameterType as TypedParameterType,
    )
    from pyvirt.enums.domain import (
        ConnectListAllDomainsFlags as ConnectListAllDomainsFlags,
    )
    from pyvirt.enums.domain import (
        DomainChannelFlags as DomainChannelFlags,
    )
    from pyvirt.enums.domain import (
        DomainConsoleFlags as DomainConsoleFlags,
    )
    from pyvirt.enums.domain import (
        DomainCreateFlags as DomainCreateFlags,
    )
    from pyvirt.enums.domain import (
        DomainDefineFlags as DomainDefineFlags,
    )
    from pyvirt.enums.domain import (
        DomainDestroyFlags as DomainDestroyFlags,
    )
    from pyvirt.enums.domain import (
        DomainDeviceModifyFlags as DomainDeviceModifyFlags,
    )
    from pyvirt.enums.domain import (
        DomainFDAssociateFlags as DomainFDAssociateFlags,
    )
    from pyvirt.enums.domain import (
        DomainLifecycle as DomainLifecycle,
    )
    from pyvirt.enums.domain import (
        DomainLifecycleAction as DomainLifecycleAction,
    )
    from pyvirt.enums.domain import (
        DomainMemoryFlags as DomainMemoryFlags,
    )
    from pyvirt.enums.domain import (
        DomainMemoryModFlags as DomainMemoryModFlags,
    )
    from pyvirt.enums.domain import (
        DomainMetadataType as DomainMetadataType,
    )
    from pyvirt.enums.domain import (
        DomainModificationImpact as DomainModificationImpact,
    )
    from pyvirt.enums.domain import (
        DomainOpenGraphicsFlags as DomainOpenGraphicsFlags,
    )
    from pyvirt.enums.domain import (
        DomainRebootFlags as DomainRebootFlags,
    )
    from pyvirt.enums.domain import (
        DomainShutdownFlags as DomainShutdownFlags,
    )
    from pyvirt.enums.domain import (
        DomainUndefineFlags as DomainUndefineFlags,
    )
    from pyvirt.enums.domain import (
        DomainVcpuFlags as DomainVcpuFlags,
    )
    from pyvirt.enums.domain import (
        DomainXMLFlags as DomainXMLFlags,
    )
    from pyvirt.enums.domain_block import (
        DomainBlockCommitFlags as DomainBlockCommitFlags,
    )
    from pyvirt.enums.domain_block import (
        DomainBlockCopyFlags as DomainBlockCopyFlags,
    )
    from pyvirt.enums.domain_block import (
        DomainBlockJobAbortFlags as DomainBlockJobAbortFlags,
    )
    from pyvirt.enums.domain_block import (
        DomainBlockJobInfoFlags as DomainBlockJobInfoFlags,
    )
    from pyvirt.enums.domain_block import (
        DomainBlockJobSetSpeedFlags as DomainBlockJobSetSpeedFlags,
    )
    from pyvirt.enums.domain_block import (
        DomainBlockJobType as DomainBlockJobType,
    )
    from pyvirt.enums.domain_block import (
        DomainBlockPullFlags as DomainBlockPullFlags,
    )
    from pyvirt.enums.domain_block import (
        DomainBlockRebaseFlags as DomainBlockRebaseFlags,
    )
    from pyvirt.enums.domain_block import (
        DomainBlockResizeFlags as DomainBlockResizeFlags,
    )
    from pyvirt.enums.domain_block import (
        DomainDiskErrorCode as DomainDiskErrorCode,
    )
    from pyvirt.enums.domain_checkpoint import (
        DomainBackupBeginFlags as DomainBackupBeginFlags,
    )
    from pyvirt.enums.domain_checkpoint import (
        DomainCheckpointCreateFlags as DomainCheckpointCreateFlags,
    )
    from pyvirt.enums.domain_checkpoint import (
        DomainCheckpointDeleteFlags as DomainCheckpointDeleteFlags,
    )
    from pyvirt.enums.domain_checkpoint import (
        DomainCheckpointListFlags as DomainCheckpointListFlags,
    )
    from pyvirt.enums.domain_checkpoint import (
        DomainCheckpointXMLFlags as DomainCheckpointXMLFlags,
    )
    from pyvirt.enums.domain_events import (
        ConnectDomainEventAgentLifecycleReason as ConnectDomainEventAgentLifecycleReason,
    )
    from pyvirt.enums.domain_events import (
        ConnectDomainEventAgentLifecycleState as ConnectDomainEventAgentLifecycleState,
    )
    from pyvirt.enums.domain_events import (
        ConnectDomainEventBlockJobStatus as ConnectDomainEventBlockJobStatus,
    )
    from pyvirt.enums.domain_events import (
        ConnectDomainEventDiskChangeReason as ConnectDomainEventDiskChangeReason,
    )
    from pyvirt.enums.domain_events import (
        DomainEventCrashedDetailType as DomainEventCrashedDetailType,
    )
    from pyvirt.enums.domain_events import (
        DomainEventDefinedDetailType as DomainEventDefinedDetailType,
    )
    from pyvirt.enums.domain_events import (
        DomainEventGraphicsAddressType as DomainEventGraphicsAddressType,
    )
    from pyvirt.enums.domain_events import (
        DomainEventGraphicsPhase as DomainEventGraphicsPhase,
    )
    from pyvirt.enums.domain_events import (
        DomainEventID as DomainEventID,
    )
    from pyvirt.enums.domain_events import (
        DomainEventIOErrorAction as DomainEventIOErrorAction,
    )
    from pyvirt.enums.domain_events import (
        DomainEventPMSuspendedDetailType as DomainEventPMSuspendedDetailType,
    )
    from pyvirt.enums.domain_events import (
        DomainEventResumedDetailType as DomainEventResumedDetailType,
    )
    from pyvirt.enums.domain_events import (
        DomainEventShutdownDetailType as DomainEventShutdownDetailType,
    )
    from pyvirt.enums.domain_events import (
        DomainEventStartedDetailType as DomainEventStartedDetailType,
    )
    from pyvirt.enums.domain_events import (
        DomainEventStoppedDetailType as DomainEventStoppedDetailType,
    )
    from pyvirt.enums.domain_events import (
        DomainEventSuspendedDetailType as DomainEventSuspendedDetailType,
    )
    from pyvirt.enums.domain_events import (
        DomainEventTrayChangeReason as DomainEventTrayChangeReason,
    )
    from pyvirt.enums.domain_events import (
        DomainEventType as DomainEventType,
    )
    from pyvirt.enums.domain_events import (
        DomainEventUndefinedDetailType as DomainEventUndefinedDetailType,
    )
    from pyvirt.enums.domain_events import (
        DomainEventWatchdogAction as DomainEventWatchdogAction,
    )
    from pyvirt.enums.domain_events import (
        DomainMemoryFailureActionType as DomainMemoryFailureActionType,
    )
    from pyvirt.enums.domain_events import (
        DomainMemoryFailureFlags as DomainMemoryFailureFlags,
    )
    from pyvirt.enums.domain_events import (
        DomainMemoryFailureRecipientType as DomainMemoryFailureRecipientType,
    )
    from pyvirt.enums.domain_guest import (
        DomainAgentResponseTimeout as DomainAgentResponseTimeout,
    )
    from pyvirt.enums.domain_guest import (
        DomainAuthorizedSSHKeysSetFlags as DomainAuthorizedSSHKeysSetFlags,
    )
    from pyvirt.enums.domain_guest import (
        DomainGetHostnameFlags as DomainGetHostnameFlags,
    )
    from pyvirt.enums.domain_guest import (
        DomainGuestInfoTypes as DomainGuestInfoTypes,
    )
    from pyvirt.enums.domain_guest import (
        DomainInterfaceAddressesSource as DomainInterfaceAddressesSource,
    )
    from pyvirt.enums.domain_guest import (
        DomainProcessSignal as DomainProcessSignal,
    )
    from pyvirt.enums.domain_guest import (
        DomainSetTimeFlags as DomainSetTimeFlags,
    )
    from pyvirt.enums.domain_guest import (
        DomainSetUserPasswordFlags as DomainSetUserPasswordFlags,
    )
    from pyvirt.enums.domain_guest import (
        KeycodeSet as KeycodeSet,
    )
    from pyvirt.enums.domain_jobs import (
        DomainAbortJobFlags as DomainAbortJobFlags,
    )
    from pyvirt.enums.domain_jobs import (
        DomainCoreDumpFlags as DomainCoreDumpFlags,
    )
    from pyvirt.enums.domain_jobs import (
        DomainCoreDumpFormat as DomainCoreDumpFormat,
    )
    from pyvirt.enums.domain_jobs import (
        DomainDirtyRateCalcFlags as DomainDirtyRateCalcFlags,
    )
    from pyvirt.enums.domain_jobs import (
        DomainDirtyRateStatus as DomainDirtyRateStatus,
    )
    from pyvirt.enums.domain_jobs import (
        DomainGetJobStatsFlags as DomainGetJobStatsFlags,
    )
    from pyvirt.enums.domain_jobs import (
        DomainJobOperation as DomainJobOperation,
    )
    from pyvirt.enums.domain_jobs import (
        DomainJobType as DomainJobType,
    )
    from pyvirt.enums.domain_jobs import (
        DomainMigrateFlags as DomainMigrateFlags,
    )
    from pyvirt.enums.domain_jobs import (
        DomainMigrateMaxSpeedFlags as DomainMigrateMaxSpeedFlags,
    )
    from pyvirt.enums.domain_jobs import (
        DomainSaveImageXMLFlags as DomainSaveImageXMLFlags,
    )
    from pyvirt.enums.domain_jobs import (
        DomainSaveRestoreFlags as DomainSaveRestoreFlags,
    )
    from pyvirt.enums.domain_snapshot import (
        DomainSnapshotCreateFlags as DomainSnapshotCreateFlags,
    )
    from pyvirt.enums.domain_snapshot import (
        DomainSnapshotDeleteFlags as DomainSnapshotDeleteFlags,
    )
    from pyvirt.enums.domain_snapshot import (
        DomainSnapshotListFlags as DomainSnapshotListFlags,
    )
    from pyvirt.enums.domain_snapshot import (
        DomainSnapshotRevertFlags as DomainSnapshotRevertFlags,
    )
    from pyvirt.enums.domain_snapshot import (
        DomainSnapshotXMLFlags as DomainSnapshotXMLFlags,
    )
    from pyvirt.enums.domain_state import (
        DomainBlockedReason as DomainBlockedReason,
    )
    from pyvirt.enums.domain_state import (
        DomainControlErrorReason as DomainControlErrorReason,
    )
    from pyvirt.enums.domain_state import (
        DomainControlState as DomainControlState,
    )
    from pyvirt.enums.domain_state import (
        DomainCrashedReason as DomainCrashedReason,
    )
    from pyvirt.enums.domain_state import (
        DomainNostateReason as DomainNostateReason,
    )
    from pyvirt.enums.domain_state import (
        DomainPausedReason as DomainPausedReason,
    )
    from pyvirt.enums.domain_state import (
        DomainPMSuspendedDiskReason as DomainPMSuspendedDiskReason,
    )
    from pyvirt.enums.domain_state import (
        DomainPMSuspendedReason as DomainPMSuspendedReason,
    )
    from pyvirt.enums.domain_state import (
        DomainRunningReason as DomainRunningReason,
    )
    from pyvirt.enums.domain_state import (
        DomainShutdownReason as DomainShutdownReason,
    )
    from pyvirt.enums.domain_state import (
        DomainShutoffReason as DomainShutoffReason,
    )
    from pyvirt.enums.domain_state import (
        DomainState as DomainState,
    )
    from pyvirt.enums.domain_state import (
        VcpuHostCpuState as VcpuHostCpuState,
    )
    from pyvirt.enums.domain_state import (
        VcpuState as VcpuState,
    )
    from pyvirt.enums.domain_stats import (
        BlkioParameterType as BlkioParameterType,
    )
    from pyvirt.enums.domain_stats import (
        ConnectGetAllDomainStatsFlags as ConnectGetAllDomainStatsFlags,
    )
    from pyvirt.enums.domain_stats import (
        DomainMemoryStatTags as DomainMemoryStatTags,
    )
    from pyvirt.enums.domain_stats import (
        DomainMessageType as DomainMessageType,
    )
    from pyvirt.enums.domain_stats import (
        DomainNumatuneMemMode as DomainNumatuneMemMode,
    )
    from pyvirt.enums.domain_stats import (
        DomainStatsTypes as DomainStatsTypes,
    )
    from pyvirt.enums.domain_stats import (
        MemoryParameterType as MemoryParameterType,
    )
    from pyvirt.enums.domain_stats import (
        SchedParameterType as SchedParameterType,
    )
    from pyvirt.enums.host import (
        ConnectBaselineCPUFlags as ConnectBaselineCPUFlags,
    )
    from pyvirt.enums.host import (
        ConnectCompareCPUFlags as ConnectCompareCPUFlags,
    )
    from pyvirt.enums.host import (
        ConnectCredentialType as ConnectCredentialType,
    )
    from pyvirt.enums.host import (
        ConnectFlags as ConnectFlags,
    )
    from pyvirt.enums.host import (
        CPUCompareResult as CPUCompareResult,
    )
    from pyvirt.enums.host import (
        NodeAllocPagesFlags as NodeAllocPagesFlags,
    )
    from pyvirt.enums.host import (
        NodeGetCPUStatsAllCPUs as NodeGetCPUStatsAllCPUs,
    )
    from pyvirt.enums.host import (
        NodeGetMemoryStatsAllCells as NodeGetMemoryStatsAllCells,
    )
    from pyvirt.enums.host import (
        NodeSuspendTarget as NodeSuspendTarget,
    )
    from pyvirt.enums.interface import (
        ConnectListAllInterfacesFlags as ConnectListAllInterfacesFlags,
    )
    from pyvirt.enums.interface import (
        InterfaceDefineFlags as InterfaceDefineFlags,
    )
    from pyvirt.enums.interface import (
        InterfaceXMLFlags as InterfaceXMLFlags,
    )
    from pyvirt.enums.network import (
        ConnectListAllNetworksFlags as ConnectListAllNetworksFlags,
    )
    from pyvirt.enums.network import (
        IPAddrType as IPAddrType,
    )
    from pyvirt.enums.network import (
        NetworkCreateFlags as NetworkCreateFlags,
    )
    from pyvirt.enums.network import (
        NetworkDefineFlags as NetworkDefineFlags,
    )
    from pyvirt.enums.network import (
        NetworkEventID as NetworkEventID,
    )
    from pyvirt.enums.network import (
        NetworkEventLifecycleType as NetworkEventLifecycleType,
    )
    from pyvirt.enums.network import (
        NetworkPortCreateFlags as NetworkPortCreateFlags,
    )
    from pyvirt.enums.network import (
        NetworkUpdateCommand as NetworkUpdateCommand,
    )
    from pyvirt.enums.network import (
        NetworkUpdateFlags as NetworkUpdateFlags,
    )
    from pyvirt.enums.network import (
        NetworkUpdateSection as NetworkUpdateSection,
    )
    from pyvirt.enums.network import (
        NetworkXMLFlags as NetworkXMLFlags,
    )
    from pyvirt.enums.nodedev import (
        ConnectListAllNodeDeviceFlags as ConnectListAllNodeDeviceFlags,
    )
    from pyvirt.enums.nodedev import (
        NodeDeviceCreateXMLFlags as NodeDeviceCreateXMLFlags,
    )
    from pyvirt.enums.nodedev import (
        NodeDeviceDefineXMLFlags as NodeDeviceDefineXMLFlags,
    )
    from pyvirt.enums.nodedev import (
        NodeDeviceEventID as NodeDeviceEventID,
    )
    from pyvirt.enums.nodedev import (
        NodeDeviceEventLifecycleType as NodeDeviceEventLifecycleType,
    )
    from pyvirt.enums.nwfilter import (
        NWFilterBindingCreateFlags as NWFilterBindingCreateFlags,
    )
    from pyvirt.enums.nwfilter import (
        NWFilterDefineFlags as NWFilterDefineFlags,
    )
    from pyvirt.enums.qemu import (
        ConnectDomainQemuMonitorEventRegisterFlags as ConnectDomainQemuMonitorEventRegisterFlags,
    )
    from pyvirt.enums.qemu import (
        DomainQemuAgentCommandTimeout as DomainQemuAgentCommandTimeout,
    )
    from pyvirt.enums.qemu import (
        DomainQemuMonitorCommandFlags as DomainQemuMonitorCommandFlags,
    )
    from pyvirt.enums.secret import (
        ConnectListAllSecretsFlags as ConnectListAllSecretsFlags,
    )
    from pyvirt.enums.secret import (
        SecretDefineFlags as SecretDefineFlags,
    )
    from pyvirt.enums.secret import (
        SecretEventID as SecretEventID,
    )
    from pyvirt.enums.secret import (
        SecretEventLifecycleType as SecretEventLifecycleType,
    )
    from pyvirt.enums.secret import (
        SecretUsageType as SecretUsageType,
    )
    from pyvirt.enums.storage import (
        ConnectListAllStoragePoolsFlags as ConnectListAllStoragePoolsFlags,
    )
    from pyvirt.enums.storage import (
        StoragePoolBuildFlags as StoragePoolBuildFlags,
    )
    from pyvirt.enums.storage import (
        StoragePoolCreateFlags as StoragePoolCreateFlags,
    )
    from pyvirt.enums.storage import (
        StoragePoolDefineFlags as StoragePoolDefineFlags,
    )
    from pyvirt.enums.storage import (
        StoragePoolDeleteFlags as StoragePoolDeleteFlags,
    )
    from pyvirt.enums.storage import (
        StoragePoolEventID as StoragePoolEventID,
    )
    from pyvirt.enums.storage import (
        StoragePoolEventLifecycleType as StoragePoolEventLifecycleType,
    )
    from pyvirt.enums.storage import (
        StoragePoolState as StoragePoolState,
    )
    from pyvirt.enums.storage import (
        StorageVolCreateFlags as StorageVolCreateFlags,
    )
    from pyvirt.enums.storage import (
        StorageVolDeleteFlags as StorageVolDeleteFlags,
    )
    from pyvirt.enums.storage import (
        StorageVolDownloadFlags as StorageVolDownloadFlags,
    )
    from pyvirt.enums.storage import (
        StorageVolInfoFlags as StorageVolInfoFlags,
    )
    from pyvirt.enums.storage import (
        StorageVolResizeFlags as StorageVolResizeFlags,
    )
    from pyvirt.enums.storage import (
        StorageVolType as StorageVolType,
    )
    from pyvirt.enums.storage import (
        StorageVolUploadFlags as StorageVolUploadFlags,
    )
    from pyvirt.enums.storage import (
        StorageVolWipeAlgorithm as StorageVolWipeAlgorithm,
    )
    from pyvirt.enums.storage import (
        StorageXMLFlags as StorageXMLFlags,
    )
    from pyvirt.enums.stream import (
        StreamEventType as StreamEventType,
    )
    from pyvirt.enums.stream import (
        StreamFlags as StreamFlags,
    )
    from pyvirt.enums.stream import (
        StreamRecvFlags as StreamRecvFlags,
    )

_MODULES = {
    "BlkioParameterType": "domain_stats",
    "CPUCompareResult": "host",
    "ClientTransport": "common",
    "ConnectBaselineCPUFlags": "host",
    "ConnectCloseReason": "common",
    "ConnectCompareCPUFlags": "host",
    "ConnectCredentialType": "host",
    "ConnectDomainEventAgentLifecycleReason": "domain_events",
    "ConnectDomainEventAgentLifecycleState": "domain_events",
    "ConnectDomainEventBlockJobStatus": "domain_events",
    "ConnectDomainEventDiskChangeReason": "domain_events",
    "ConnectDomainQemuMonitorEventRegisterFlags": "qemu",
    "ConnectFlags": "host",
    "ConnectGetAllDomainStatsFlags": "domain_stats",
    "ConnectListAllDomainsFlags": "domain",
    "ConnectListAllInterfacesFlags": "interface",
    "ConnectListAllNetworksFlags": "network",
    "ConnectListAllNodeDeviceFlags": "nodedev",
    "ConnectListAllSecretsFlags": "secret",
    "ConnectListAllStoragePoolsFlags": "storage",
    "DomainAbortJobFlags": "domain_jobs",
    "DomainAgentResponseTimeout": "domain_guest",
    "DomainAuthorizedSSHKeysSetFlags": "domain_guest",
    "DomainBackupBeginFlags": "domain_checkpoint",
    "DomainBlockCommitFlags": "domain_block",
    "DomainBlockCopyFlags": "domain_block",
    "DomainBlockJobAbortFlags": "domain_block",
    "DomainBlockJobInfoFlags": "domain_block",
    "DomainBlockJobSetSpeedFlags": "domain_block",
    "DomainBlockJobType": "domain_block",
    "DomainBlockPullFlags": "domain_block",
    "DomainBlockRebaseFlags": "domain_block",
    "DomainBlockResizeFlags": "domain_block",
    "DomainBlockedReason": "domain_state",
    "DomainChannelFlags": "domain",
    "DomainCheckpointCreateFlags": "domain_checkpoint",
    "DomainCheckpointDeleteFlags": "domain_checkpoint",
    "DomainCheckpointListFlags": "domain_checkpoint",
    "DomainCheckpointXMLFlags": "domain_checkpoint",
    "DomainConsoleFlags": "domain",
    "DomainControlErrorReason": "domain_state",
    "DomainControlState": "domain_state",
    "DomainCoreDumpFlags": "domain_jobs",
    "DomainCoreDumpFormat": "domain_jobs",
    "DomainCrashedReason": "domain_state",
    "DomainCreateFlags": "domain",
    "DomainDefineFlags": "domain",
    "DomainDestroyFlags": "domain",
    "DomainDeviceModifyFlags": "domain",
    "DomainDirtyRateCalcFlags": "domain_jobs",
    "DomainDirtyRateStatus": "domain_jobs",
    "DomainDiskErrorCode": "domain_block",
    "DomainEventCrashedDetailType": "domain_events",
    "DomainEventDefinedDetailType": "domain_events",
    "DomainEventGraphicsAddressType": "domain_events",
    "DomainEventGraphicsPhase": "domain_events",
    "DomainEventID": "domain_events",
    "DomainEventIOErrorAction": "domain_events",
    "DomainEventPMSuspendedDetailType": "domain_events",
    "DomainEventResumedDetailType": "domain_events",
    "DomainEventShutdownDetailType": "domain_events",
    "DomainEventStartedDetailType": "domain_events",
    "DomainEventStoppedDetailType": "domain_events",
    "DomainEventSuspendedDetailType": "domain_events",
    "DomainEventTrayChangeReason": "domain_events",
    "DomainEventType": "domain_events",
    "DomainEventUndefinedDetailType": "domain_events",
    "DomainEventWatchdogAction": "domain_events",
    "DomainFDAssociateFlags": "domain",
    "DomainGetHostnameFlags": "domain_guest",
    "DomainGetJobStatsFlags": "domain_jobs",
    "DomainGuestInfoTypes": "domain_guest",
    "DomainInterfaceAddressesSource": "domain_guest",
    "DomainJobOperation": "domain_jobs",
    "DomainJobType": "domain_jobs",
    "DomainLifecycle": "domain",
    "DomainLifecycleAction": "domain",
    "DomainMemoryFailureActionType": "domain_events",
    "DomainMemoryFailureFlags": "domain_events",
    "DomainMemoryFailureRecipientType": "domain_events",
    "DomainMemoryFlags": "domain",
    "DomainMemoryModFlags": "domain",
    "DomainMemoryStatTags": "domain_stats",
    "DomainMessageType": "domain_stats",
    "DomainMetadataType": "domain",
    "DomainMigrateFlags": "domain_jobs",
    "DomainMigrateMaxSpeedFlags": "domain_jobs",
    "DomainModificationImpact": "domain",
    "DomainNostateReason": "domain_state",
    "DomainNumatuneMemMode": "domain_stats",
    "DomainOpenGraphicsFlags": "domain",
    "DomainPMSuspendedDiskReason": "domain_state",
    "DomainPMSuspendedReason": "domain_state",
    "DomainPausedReason": "domain_state",
    "DomainProcessSignal": "domain_guest",
    "DomainQemuAgentCommandTimeout": "qemu",
    "DomainQemuMonitorCommandFlags": "qemu",
    "DomainRebootFlags": "domain",
    "DomainRunningReason": "domain_state",
    "DomainSaveImageXMLFlags": "domain_jobs",
    "DomainSaveRestoreFlags": "domain_jobs",
    "DomainSetTimeFlags": "domain_guest",
    "DomainSetUserPasswordFlags": "domain_guest",
    "DomainShutdownFlags": "domain",
    "DomainShutdownReason": "domain_state",
    "DomainShutoffReason": "domain_state",
    "DomainSnapshotCreateFlags": "domain_snapshot",
    "DomainSnapshotDeleteFlags": "domain_snapshot",
    "DomainSnapshotListFlags": "domain_snapshot",
    "DomainSnapshotRevertFlags": "domain_snapshot",
    "DomainSnapshotXMLFlags": "domain_snapshot",
    "DomainState": "domain_state",
    "DomainStatsTypes": "domain_stats",
    "DomainUndefineFlags": "domain",
    "DomainVcpuFlags": "domain",
    "DomainXMLFlags": "domain",
    "EventHandleType": "common",
    "IPAddrType": "network",
    "InterfaceDefineFlags": "interface",
    "InterfaceXMLFlags": "interface",
    "KeycodeSet": "domain_guest",
    "MemoryParameterType": "domain_stats",
    "NWFilterBindingCreateFlags": "nwfilter",
    "NWFilterDefineFlags": "nwfilter",
    "NetworkCreateFlags": "network",
    "NetworkDefineFlags": "network",
    "NetworkEventID": "network",
    "NetworkEventLifecycleType": "network",
    "NetworkPortCreateFlags": "network",
    "NetworkUpdateCommand": "network",
    "NetworkUpdateFlags": "network",
    "NetworkUpdateSection": "network",
    "NetworkXMLFlags": "network",
    "NodeAllocPagesFlags": "host",
    "NodeDeviceCreateXMLFlags": "nodedev",
    "NodeDeviceDefineXMLFlags": "nodedev",
    "NodeDeviceEventID": "nodedev",
    "NodeDeviceEventLifecycleType": "nodedev",
    "NodeGetCPUStatsAllCPUs": "host",
    "NodeGetMemoryStatsAllCells": "host",
    "NodeSuspendTarget": "host",
    "SchedParameterType": "domain_stats",
    "SecretDefineFlags": "secret",
    "SecretEventID": "secret",
    "SecretEventLifecycleType": "secret",
    "SecretUsageType": "secret",
    "StoragePoolBuildFlags": "storage",
    "StoragePoolCreateFlags": "storage",
    "StoragePoolDefineFlags": "storage",
    "StoragePoolDeleteFlags": "storage",
    "StoragePoolEventID": "storage",
    "StoragePoolEventLifecycleType": "storage",
    "StoragePoolState": "storage",
    "StorageVolCreateFlags": "storage",
    "StorageVolDeleteFlags": "storage",
    "StorageVolDownloadFlags": "storage",
    "StorageVolInfoFlags": "storage",
    "StorageVolResizeFlags": "storage",
    "StorageVolType": "storage",
    "StorageVolUploadFlags": "storage",
    "StorageVolWipeAlgorithm": "storage",
    "StorageXMLFlags": "storage",
    "StreamEventType": "stream",
    "StreamFlags": "stream",
    "StreamRecvFlags": "stream",
    "TypedParameterFlags": "common",
    "TypedParameterType": "common",
    "VcpuHostCpuState": "domain_state",
    "VcpuState": "domain_state",
}

__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'pyvirt.enums' has no attribute '{name}'")
    from pyvirt.loader import import_by_name

    value = getattr(import_by_name(f"pyvirt.enums.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
