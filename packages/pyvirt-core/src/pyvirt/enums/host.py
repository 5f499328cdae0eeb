"""Enumerations and flags of the host: CPU comparison, memory pages, suspend, with libvirt's values."""

from enum import IntEnum, IntFlag


class NodeSuspendTarget(IntEnum):
    """virNodeSuspendTarget."""

    MEM = 0
    DISK = 1
    HYBRID = 2


class NodeGetCPUStatsAllCPUs(IntEnum):
    """virNodeGetCPUStatsAllCPUs."""

    CPUS = -1


class NodeGetMemoryStatsAllCells(IntEnum):
    """virNodeGetMemoryStatsAllCells."""

    CELLS = -1


class ConnectFlags(IntFlag):
    """virConnectFlags."""

    NONE = 0
    RO = 1
    NO_ALIASES = 2


class ConnectCredentialType(IntEnum):
    """virConnectCredentialType."""

    USERNAME = 1
    AUTHNAME = 2
    LANGUAGE = 3
    CNONCE = 4
    PASSPHRASE = 5
    ECHOPROMPT = 6
    NOECHOPROMPT = 7
    REALM = 8
    EXTERNAL = 9


class CPUCompareResult(IntEnum):
    """virCPUCompareResult."""

    ERROR = -1
    INCOMPATIBLE = 0
    IDENTICAL = 1
    SUPERSET = 2


class ConnectCompareCPUFlags(IntFlag):
    """virConnectCompareCPUFlags."""

    NONE = 0
    FAIL_INCOMPATIBLE = 1
    VALIDATE_XML = 2


class ConnectBaselineCPUFlags(IntFlag):
    """virConnectBaselineCPUFlags."""

    NONE = 0
    EXPAND_FEATURES = 1
    MIGRATABLE = 2


class NodeAllocPagesFlags(IntFlag):
    """virNodeAllocPagesFlags."""

    ADD = 0
    SET = 1
