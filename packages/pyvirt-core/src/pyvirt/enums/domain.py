"""Enumerations and flags of the life of a domain: create, define, list, shut down, devices, with libvirt's values."""

from enum import IntEnum, IntFlag


class DomainModificationImpact(IntFlag):
    """virDomainModificationImpact."""

    CURRENT = 0
    LIVE = 1
    CONFIG = 2


class DomainCreateFlags(IntFlag):
    """virDomainCreateFlags."""

    NONE = 0
    START_PAUSED = 1
    START_AUTODESTROY = 2
    START_BYPASS_CACHE = 4
    START_FORCE_BOOT = 8
    START_VALIDATE = 16
    START_RESET_NVRAM = 32


class DomainShutdownFlags(IntFlag):
    """virDomainShutdownFlagValues."""

    DEFAULT = 0
    ACPI_POWER_BTN = 1
    GUEST_AGENT = 2
    INITCTL = 4
    SIGNAL = 8
    PARAVIRT = 16


class DomainRebootFlags(IntFlag):
    """virDomainRebootFlagValues."""

    DEFAULT = 0
    ACPI_POWER_BTN = 1
    GUEST_AGENT = 2
    INITCTL = 4
    SIGNAL = 8
    PARAVIRT = 16


class DomainDestroyFlags(IntFlag):
    """virDomainDestroyFlagsValues."""

    DEFAULT = 0
    GRACEFUL = 1
    REMOVE_LOGS = 2


class DomainMemoryModFlags(IntFlag):
    """virDomainMemoryModFlags."""

    CURRENT = 0
    LIVE = 1
    CONFIG = 2
    MAXIMUM = 4


class DomainMetadataType(IntEnum):
    """virDomainMetadataType."""

    DESCRIPTION = 0
    TITLE = 1
    ELEMENT = 2


class DomainXMLFlags(IntFlag):
    """virDomainXMLFlags."""

    NONE = 0
    SECURE = 1
    INACTIVE = 2
    UPDATE_CPU = 4
    MIGRATABLE = 8


class DomainMemoryFlags(IntFlag):
    """virDomainMemoryFlags."""

    NONE = 0
    VIRTUAL = 1
    PHYSICAL = 2


class DomainDefineFlags(IntFlag):
    """virDomainDefineFlags."""

    NONE = 0
    VALIDATE = 1


class DomainUndefineFlags(IntFlag):
    """virDomainUndefineFlagsValues."""

    NONE = 0
    MANAGED_SAVE = 1
    SNAPSHOTS_METADATA = 2
    NVRAM = 4
    KEEP_NVRAM = 8
    CHECKPOINTS_METADATA = 16
    TPM = 32
    KEEP_TPM = 64


class ConnectListAllDomainsFlags(IntFlag):
    """virConnectListAllDomainsFlags."""

    NONE = 0
    ACTIVE = 1
    INACTIVE = 2
    PERSISTENT = 4
    TRANSIENT = 8
    RUNNING = 16
    PAUSED = 32
    SHUTOFF = 64
    OTHER = 128
    MANAGEDSAVE = 256
    NO_MANAGEDSAVE = 512
    AUTOSTART = 1024
    NO_AUTOSTART = 2048
    HAS_SNAPSHOT = 4096
    NO_SNAPSHOT = 8192
    HAS_CHECKPOINT = 16384
    NO_CHECKPOINT = 32768


class DomainVcpuFlags(IntFlag):
    """virDomainVcpuFlags."""

    CURRENT = 0
    LIVE = 1
    CONFIG = 2
    MAXIMUM = 4
    GUEST = 8
    HOTPLUGGABLE = 16


class DomainDeviceModifyFlags(IntFlag):
    """virDomainDeviceModifyFlags."""

    CURRENT = 0
    LIVE = 1
    CONFIG = 2
    FORCE = 4


class DomainConsoleFlags(IntFlag):
    """virDomainConsoleFlags."""

    NONE = 0
    FORCE = 1
    SAFE = 2


class DomainChannelFlags(IntFlag):
    """virDomainChannelFlags."""

    NONE = 0
    FORCE = 1


class DomainOpenGraphicsFlags(IntFlag):
    """virDomainOpenGraphicsFlags."""

    NONE = 0
    SKIPAUTH = 1


class DomainLifecycle(IntEnum):
    """virDomainLifecycle."""

    POWEROFF = 0
    REBOOT = 1
    CRASH = 2


class DomainLifecycleAction(IntEnum):
    """virDomainLifecycleAction."""

    DESTROY = 0
    RESTART = 1
    RESTART_RENAME = 2
    PRESERVE = 3
    COREDUMP_DESTROY = 4
    COREDUMP_RESTART = 5


class DomainFDAssociateFlags(IntFlag):
    """virDomainFDAssociateFlags."""

    NONE = 0
    RESTORE = 1
    WRITABLE = 2
