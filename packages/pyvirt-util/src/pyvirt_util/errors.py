"""libvirt's error codes, domains and levels, and one exception class for every code.

Catch :class:`VirtError` for all of them, or the class of one cause::

    try:
        conn.lookup_by_name("web")
    except NoDomainError:
        ...

``str(error)`` is one line: what kind of failure it is, what happened, and, where the input came from a document,
the place it stood at. The parts are attributes: ``code``, ``domain``, ``level``, ``message``, ``location``.
Numbers and names are those of libvirt 9.0 (virErrorNumber, virErrorDomain, virErrorLevel).
"""

from __future__ import annotations

# Every process imports this module, and most need no error: typing would cost them some milliseconds, and so would the
# enumerations of the codes. They are loaded when somebody looks at an error's code.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

    from pyvirt_util.error_codes import ErrorCode, ErrorDomain, ErrorLevel
else:

    class _Member:
        """An attribute of a class that becomes a member of an enumeration when it is read."""

        __slots__ = ("enumeration", "name")

        def __init__(self, enumeration: str, name: str) -> None:
            self.enumeration = enumeration
            self.name = name

        def __get__(self, instance: object, owner: type) -> Any:
            from pyvirt_util import error_codes

            return getattr(getattr(error_codes, self.enumeration), self.name)

    class _Enumeration:
        """Stands for an enumeration of error_codes in the classes below."""

        __slots__ = ("name",)

        def __init__(self, name: str) -> None:
            self.name = name

        def __getattr__(self, member: str) -> _Member:
            return _Member(self.name, member)

    ErrorCode = _Enumeration("ErrorCode")
    ErrorDomain = _Enumeration("ErrorDomain")
    ErrorLevel = _Enumeration("ErrorLevel")


class Location:
    """Where in a document a bad value stood. Immutable, compared by value.

    ``file`` is the path it was read from, ``line`` counts from 1, ``path`` names the element
    (``/domain/devices/disk[2]/source/@file``). Each may be ``None`` when it is not known.
    """

    __slots__ = ("file", "line", "path")
    __match_args__ = ("file", "line", "path")
    file: str | None
    line: int | None
    path: str | None

    def __init__(self, file: str | None = None, line: int | None = None, path: str | None = None) -> None:
        set_once = object.__setattr__
        set_once(self, "file", file)
        set_once(self, "line", line)
        set_once(self, "path", path)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"cannot assign to '{name}' of a location")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"cannot delete '{name}' of a location")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Location):
            return NotImplemented
        return (self.file, self.line, self.path) == (other.file, other.line, other.path)

    def __hash__(self) -> int:
        return hash((self.file, self.line, self.path))

    def __repr__(self) -> str:
        return f"Location(file={self.file!r}, line={self.line!r}, path={self.path!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return (Location, (self.file, self.line, self.path))

    def __str__(self) -> str:
        place = self.file or ""
        if self.line is not None:
            place = f"{place}:{self.line}" if place else f"line {self.line}"
        return ", ".join(part for part in (place, self.path) if part)


class VirtError(Exception):
    """The root of all failures pyvirt reports.

    :param message: what happened, lower case, with the offending value.
    :param domain: the part of the system that reports it, ``ErrorDomain.NONE`` by default.
    :param location: the place in a document the value came from.
    :param hint: what the user can do about it, shown by the command line tool.
    """

    code: ErrorCode = ErrorCode.INTERNAL_ERROR
    level: ErrorLevel = ErrorLevel.ERROR
    domain: ErrorDomain = ErrorDomain.NONE
    summary: ClassVar[str] = "error"

    def __init__(
        self,
        message: str = "",
        *,
        domain: ErrorDomain | None = None,
        location: Location | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        if domain is not None:
            self.domain = domain
        self.location = location
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.summary}: {self.message}" if self.message else self.summary
        place = str(self.location) if self.location is not None else ""
        return f"{text} ({place})" if place else text

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.args, self.__dict__))


def _rebuild(cls: type[VirtError], args: tuple[str, ...], state: dict[str, object]) -> VirtError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class InternalError(VirtError):
    """VIR_ERR_INTERNAL_ERROR (1), since libvirt 0.1.0."""

    code = ErrorCode.INTERNAL_ERROR
    summary = "internal error"


class NoMemoryError(VirtError):
    """VIR_ERR_NO_MEMORY (2), since libvirt 0.1.0."""

    code = ErrorCode.NO_MEMORY
    summary = "out of memory"


class NoSupportError(VirtError):
    """VIR_ERR_NO_SUPPORT (3), since libvirt 0.1.0."""

    code = ErrorCode.NO_SUPPORT
    summary = "this function is not supported by the connection driver"


class UnknownHostError(VirtError):
    """VIR_ERR_UNKNOWN_HOST (4), since libvirt 0.1.0."""

    code = ErrorCode.UNKNOWN_HOST
    summary = "unknown host"


class NoConnectError(VirtError):
    """VIR_ERR_NO_CONNECT (5), since libvirt 0.1.0."""

    code = ErrorCode.NO_CONNECT
    summary = "no connection driver available"


class InvalidConnError(VirtError):
    """VIR_ERR_INVALID_CONN (6), since libvirt 0.1.0."""

    code = ErrorCode.INVALID_CONN
    summary = "invalid connection pointer in"


class InvalidDomainError(VirtError):
    """VIR_ERR_INVALID_DOMAIN (7), since libvirt 0.1.0."""

    code = ErrorCode.INVALID_DOMAIN
    summary = "invalid domain pointer in"


class InvalidArgError(VirtError):
    """VIR_ERR_INVALID_ARG (8), since libvirt 0.1.0."""

    code = ErrorCode.INVALID_ARG
    summary = "invalid argument"


class OperationFailedError(VirtError):
    """VIR_ERR_OPERATION_FAILED (9), since libvirt 0.1.0."""

    code = ErrorCode.OPERATION_FAILED
    summary = "operation failed"


class GetFailedError(VirtError):
    """VIR_ERR_GET_FAILED (10), since libvirt 0.1.0."""

    code = ErrorCode.GET_FAILED
    summary = "get failed"


class PostFailedError(VirtError):
    """VIR_ERR_POST_FAILED (11), since libvirt 0.1.0."""

    code = ErrorCode.POST_FAILED
    summary = "post failed"


class HttpError(VirtError):
    """VIR_ERR_HTTP_ERROR (12), since libvirt 0.1.0."""

    code = ErrorCode.HTTP_ERROR
    summary = "http error"


class SexprSerialError(VirtError):
    """VIR_ERR_SEXPR_SERIAL (13), since libvirt 0.1.0."""

    code = ErrorCode.SEXPR_SERIAL
    summary = "sexpr serial"


class NoXenError(VirtError):
    """VIR_ERR_NO_XEN (14), since libvirt 0.1.0."""

    code = ErrorCode.NO_XEN
    summary = "no xen"


class XenCallError(VirtError):
    """VIR_ERR_XEN_CALL (15), since libvirt 0.1.0."""

    code = ErrorCode.XEN_CALL
    summary = "xen call"


class OsTypeError(VirtError):
    """VIR_ERR_OS_TYPE (16), since libvirt 0.1.0."""

    code = ErrorCode.OS_TYPE
    summary = "os type"


class NoKernelError(VirtError):
    """VIR_ERR_NO_KERNEL (17), since libvirt 0.1.0."""

    code = ErrorCode.NO_KERNEL
    summary = "no kernel"


class NoRootError(VirtError):
    """VIR_ERR_NO_ROOT (18), since libvirt 0.1.0."""

    code = ErrorCode.NO_ROOT
    summary = "no root"


class NoSourceError(VirtError):
    """VIR_ERR_NO_SOURCE (19), since libvirt 0.1.0."""

    code = ErrorCode.NO_SOURCE
    summary = "no source"


class NoTargetError(VirtError):
    """VIR_ERR_NO_TARGET (20), since libvirt 0.1.0."""

    code = ErrorCode.NO_TARGET
    summary = "no target"


class NoNameError(VirtError):
    """VIR_ERR_NO_NAME (21), since libvirt 0.1.0."""

    code = ErrorCode.NO_NAME
    summary = "no name"


class NoOsError(VirtError):
    """VIR_ERR_NO_OS (22), since libvirt 0.1.0."""

    code = ErrorCode.NO_OS
    summary = "no os"


class NoDeviceError(VirtError):
    """VIR_ERR_NO_DEVICE (23), since libvirt 0.1.0."""

    code = ErrorCode.NO_DEVICE
    summary = "no device"


class NoXenstoreError(VirtError):
    """VIR_ERR_NO_XENSTORE (24), since libvirt 0.1.0."""

    code = ErrorCode.NO_XENSTORE
    summary = "no xenstore"


class DriverFullError(VirtError):
    """VIR_ERR_DRIVER_FULL (25), since libvirt 0.1.0."""

    code = ErrorCode.DRIVER_FULL
    summary = "driver full"


class CallFailedError(VirtError):
    """VIR_ERR_CALL_FAILED (26), since libvirt 0.1.0."""

    code = ErrorCode.CALL_FAILED
    summary = "call failed"


class XmlError(VirtError):
    """VIR_ERR_XML_ERROR (27), since libvirt 0.1.1."""

    code = ErrorCode.XML_ERROR
    summary = "XML error"


class DomExistError(VirtError):
    """VIR_ERR_DOM_EXIST (28), since libvirt 0.1.1."""

    code = ErrorCode.DOM_EXIST
    summary = "domain exists already"


class OperationDeniedError(VirtError):
    """VIR_ERR_OPERATION_DENIED (29), since libvirt 0.1.4."""

    code = ErrorCode.OPERATION_DENIED
    summary = "operation forbidden for read only access"


class OpenFailedError(VirtError):
    """VIR_ERR_OPEN_FAILED (30), since libvirt 0.1.6."""

    code = ErrorCode.OPEN_FAILED
    summary = "failed to open file"


class ReadFailedError(VirtError):
    """VIR_ERR_READ_FAILED (31), since libvirt 0.1.6."""

    code = ErrorCode.READ_FAILED
    summary = "failed to read file"


class ParseFailedError(VirtError):
    """VIR_ERR_PARSE_FAILED (32), since libvirt 0.1.6."""

    code = ErrorCode.PARSE_FAILED
    summary = "failed to parse"


class ConfSyntaxError(VirtError):
    """VIR_ERR_CONF_SYNTAX (33), since libvirt 0.1.6."""

    code = ErrorCode.CONF_SYNTAX
    summary = "configuration file syntax error"


class WriteFailedError(VirtError):
    """VIR_ERR_WRITE_FAILED (34), since libvirt 0.1.6."""

    code = ErrorCode.WRITE_FAILED
    summary = "failed to write file"


class XmlDetailError(VirtError):
    """VIR_ERR_XML_DETAIL (35), since libvirt 0.1.9."""

    code = ErrorCode.XML_DETAIL
    summary = "XML document is not well formed"


class InvalidNetworkError(VirtError):
    """VIR_ERR_INVALID_NETWORK (36), since libvirt 0.2.0."""

    code = ErrorCode.INVALID_NETWORK
    summary = "invalid network"


class NetworkExistError(VirtError):
    """VIR_ERR_NETWORK_EXIST (37), since libvirt 0.2.0."""

    code = ErrorCode.NETWORK_EXIST
    summary = "network exists already"


class SystemCallError(VirtError):
    """VIR_ERR_SYSTEM_ERROR (38), since libvirt 0.2.1."""

    code = ErrorCode.SYSTEM_ERROR
    summary = "system call failed"
    errno: int | None = None


class RpcError(VirtError):
    """VIR_ERR_RPC (39), since libvirt 0.2.3."""

    code = ErrorCode.RPC
    summary = "RPC error"


class GnutlsError(VirtError):
    """VIR_ERR_GNUTLS_ERROR (40), since libvirt 0.2.3."""

    code = ErrorCode.GNUTLS_ERROR
    summary = "gnutls error"


class NoDomainError(VirtError):
    """VIR_ERR_NO_DOMAIN (42), since libvirt 0.3.0."""

    code = ErrorCode.NO_DOMAIN
    summary = "domain not found"


class NoNetworkError(VirtError):
    """VIR_ERR_NO_NETWORK (43), since libvirt 0.3.0."""

    code = ErrorCode.NO_NETWORK
    summary = "network not found"


class InvalidMacError(VirtError):
    """VIR_ERR_INVALID_MAC (44), since libvirt 0.3.1."""

    code = ErrorCode.INVALID_MAC
    summary = "invalid MAC address"


class AuthFailedError(VirtError):
    """VIR_ERR_AUTH_FAILED (45), since libvirt 0.4.1."""

    code = ErrorCode.AUTH_FAILED
    summary = "authentication failed"


class InvalidStoragePoolError(VirtError):
    """VIR_ERR_INVALID_STORAGE_POOL (46), since libvirt 0.4.1."""

    code = ErrorCode.INVALID_STORAGE_POOL
    summary = "invalid storage pool"


class InvalidStorageVolError(VirtError):
    """VIR_ERR_INVALID_STORAGE_VOL (47), since libvirt 0.4.1."""

    code = ErrorCode.INVALID_STORAGE_VOL
    summary = "invalid storage vol"


class NoStoragePoolError(VirtError):
    """VIR_ERR_NO_STORAGE_POOL (49), since libvirt 0.4.1."""

    code = ErrorCode.NO_STORAGE_POOL
    summary = "storage pool not found"


class NoStorageVolError(VirtError):
    """VIR_ERR_NO_STORAGE_VOL (50), since libvirt 0.4.1."""

    code = ErrorCode.NO_STORAGE_VOL
    summary = "storage volume not found"


class InvalidNodeDeviceError(VirtError):
    """VIR_ERR_INVALID_NODE_DEVICE (52), since libvirt 0.5.0."""

    code = ErrorCode.INVALID_NODE_DEVICE
    summary = "invalid node device"


class NoNodeDeviceError(VirtError):
    """VIR_ERR_NO_NODE_DEVICE (53), since libvirt 0.5.0."""

    code = ErrorCode.NO_NODE_DEVICE
    summary = "node device not found"


class NoSecurityModelError(VirtError):
    """VIR_ERR_NO_SECURITY_MODEL (54), since libvirt 0.6.1."""

    code = ErrorCode.NO_SECURITY_MODEL
    summary = "security model not found"


class OperationInvalidError(VirtError):
    """VIR_ERR_OPERATION_INVALID (55), since libvirt 0.6.4."""

    code = ErrorCode.OPERATION_INVALID
    summary = "requested operation is not valid"


class NoInterfaceError(VirtError):
    """VIR_ERR_NO_INTERFACE (57), since libvirt 0.6.4."""

    code = ErrorCode.NO_INTERFACE
    summary = "interface not found"


class InvalidInterfaceError(VirtError):
    """VIR_ERR_INVALID_INTERFACE (58), since libvirt 0.6.4."""

    code = ErrorCode.INVALID_INTERFACE
    summary = "invalid interface"


class MultipleInterfacesError(VirtError):
    """VIR_ERR_MULTIPLE_INTERFACES (59), since libvirt 0.7.0."""

    code = ErrorCode.MULTIPLE_INTERFACES
    summary = "several matching interfaces"


class InvalidNwfilterError(VirtError):
    """VIR_ERR_INVALID_NWFILTER (61), since libvirt 0.8.0."""

    code = ErrorCode.INVALID_NWFILTER
    summary = "invalid nwfilter"


class NoNwfilterError(VirtError):
    """VIR_ERR_NO_NWFILTER (62), since libvirt 0.8.0."""

    code = ErrorCode.NO_NWFILTER
    summary = "network filter not found"


class BuildFirewallError(VirtError):
    """VIR_ERR_BUILD_FIREWALL (63), since libvirt 0.8.0."""

    code = ErrorCode.BUILD_FIREWALL
    summary = "build firewall"


class InvalidSecretError(VirtError):
    """VIR_ERR_INVALID_SECRET (65), since libvirt 0.7.1."""

    code = ErrorCode.INVALID_SECRET
    summary = "invalid secret"


class NoSecretError(VirtError):
    """VIR_ERR_NO_SECRET (66), since libvirt 0.7.1."""

    code = ErrorCode.NO_SECRET
    summary = "secret not found"


class ConfigUnsupportedError(VirtError):
    """VIR_ERR_CONFIG_UNSUPPORTED (67), since libvirt 0.7.3."""

    code = ErrorCode.CONFIG_UNSUPPORTED
    summary = "unsupported configuration"


class OperationTimeoutError(VirtError):
    """VIR_ERR_OPERATION_TIMEOUT (68), since libvirt 0.7.3."""

    code = ErrorCode.OPERATION_TIMEOUT
    summary = "timed out"


class MigratePersistFailedError(VirtError):
    """VIR_ERR_MIGRATE_PERSIST_FAILED (69), since libvirt 0.7.3."""

    code = ErrorCode.MIGRATE_PERSIST_FAILED
    summary = "migrate persist failed"


class HookScriptFailedError(VirtError):
    """VIR_ERR_HOOK_SCRIPT_FAILED (70), since libvirt 0.8.0."""

    code = ErrorCode.HOOK_SCRIPT_FAILED
    summary = "hook script failed"


class InvalidDomainSnapshotError(VirtError):
    """VIR_ERR_INVALID_DOMAIN_SNAPSHOT (71), since libvirt 0.8.0."""

    code = ErrorCode.INVALID_DOMAIN_SNAPSHOT
    summary = "invalid domain snapshot"


class NoDomainSnapshotError(VirtError):
    """VIR_ERR_NO_DOMAIN_SNAPSHOT (72), since libvirt 0.8.0."""

    code = ErrorCode.NO_DOMAIN_SNAPSHOT
    summary = "domain snapshot not found"


class InvalidStreamError(VirtError):
    """VIR_ERR_INVALID_STREAM (73), since libvirt 0.9.0."""

    code = ErrorCode.INVALID_STREAM
    summary = "invalid stream"


class ArgumentUnsupportedError(VirtError):
    """VIR_ERR_ARGUMENT_UNSUPPORTED (74), since libvirt 0.9.4."""

    code = ErrorCode.ARGUMENT_UNSUPPORTED
    summary = "argument unsupported"


class StorageProbeFailedError(VirtError):
    """VIR_ERR_STORAGE_PROBE_FAILED (75), since libvirt 0.9.5."""

    code = ErrorCode.STORAGE_PROBE_FAILED
    summary = "storage probe failed"


class StoragePoolBuiltError(VirtError):
    """VIR_ERR_STORAGE_POOL_BUILT (76), since libvirt 0.9.5."""

    code = ErrorCode.STORAGE_POOL_BUILT
    summary = "storage pool built"


class SnapshotRevertRiskyError(VirtError):
    """VIR_ERR_SNAPSHOT_REVERT_RISKY (77), since libvirt 0.9.7."""

    code = ErrorCode.SNAPSHOT_REVERT_RISKY
    summary = "snapshot revert risky"


class OperationAbortedError(VirtError):
    """VIR_ERR_OPERATION_ABORTED (78), since libvirt 0.9.9."""

    code = ErrorCode.OPERATION_ABORTED
    summary = "operation aborted"


class AuthCancelledError(VirtError):
    """VIR_ERR_AUTH_CANCELLED (79), since libvirt 0.9.10."""

    code = ErrorCode.AUTH_CANCELLED
    summary = "auth cancelled"


class NoDomainMetadataError(VirtError):
    """VIR_ERR_NO_DOMAIN_METADATA (80), since libvirt 0.9.10."""

    code = ErrorCode.NO_DOMAIN_METADATA
    summary = "metadata not found"


class MigrateUnsafeError(VirtError):
    """VIR_ERR_MIGRATE_UNSAFE (81), since libvirt 0.9.11."""

    code = ErrorCode.MIGRATE_UNSAFE
    summary = "migrate unsafe"


class NumberOverflowError(VirtError):
    """VIR_ERR_OVERFLOW (82), since libvirt 0.9.11."""

    code = ErrorCode.OVERFLOW
    summary = "overflow"


class BlockCopyActiveError(VirtError):
    """VIR_ERR_BLOCK_COPY_ACTIVE (83), since libvirt 0.9.12."""

    code = ErrorCode.BLOCK_COPY_ACTIVE
    summary = "block copy active"


class OperationUnsupportedError(VirtError):
    """VIR_ERR_OPERATION_UNSUPPORTED (84), since libvirt 0.10.0."""

    code = ErrorCode.OPERATION_UNSUPPORTED
    summary = "operation not supported"


class SshError(VirtError):
    """VIR_ERR_SSH (85), since libvirt 0.10.0."""

    code = ErrorCode.SSH
    summary = "ssh"


class AgentUnresponsiveError(VirtError):
    """VIR_ERR_AGENT_UNRESPONSIVE (86), since libvirt 0.10.0."""

    code = ErrorCode.AGENT_UNRESPONSIVE
    summary = "guest agent is not responding"


class ResourceBusyError(VirtError):
    """VIR_ERR_RESOURCE_BUSY (87), since libvirt 1.0.0."""

    code = ErrorCode.RESOURCE_BUSY
    summary = "resource busy"


class AccessDeniedError(VirtError):
    """VIR_ERR_ACCESS_DENIED (88), since libvirt 1.1.0."""

    code = ErrorCode.ACCESS_DENIED
    summary = "access denied"


class DbusServiceError(VirtError):
    """VIR_ERR_DBUS_SERVICE (89), since libvirt 1.1.1."""

    code = ErrorCode.DBUS_SERVICE
    summary = "dbus service"


class StorageVolExistError(VirtError):
    """VIR_ERR_STORAGE_VOL_EXIST (90), since libvirt 1.1.4."""

    code = ErrorCode.STORAGE_VOL_EXIST
    summary = "storage volume exists already"


class CpuIncompatibleError(VirtError):
    """VIR_ERR_CPU_INCOMPATIBLE (91), since libvirt 1.2.6."""

    code = ErrorCode.CPU_INCOMPATIBLE
    summary = "the CPU is incompatible with host CPU"


class XmlInvalidSchemaError(VirtError):
    """VIR_ERR_XML_INVALID_SCHEMA (92), since libvirt 1.2.12."""

    code = ErrorCode.XML_INVALID_SCHEMA
    summary = "XML document failed to validate against schema"


class AuthUnavailableError(VirtError):
    """VIR_ERR_AUTH_UNAVAILABLE (94), since libvirt 1.3.3."""

    code = ErrorCode.AUTH_UNAVAILABLE
    summary = "auth unavailable"


class NoServerError(VirtError):
    """VIR_ERR_NO_SERVER (95), since libvirt 1.3.3."""

    code = ErrorCode.NO_SERVER
    summary = "no server"


class NoClientError(VirtError):
    """VIR_ERR_NO_CLIENT (96), since libvirt 1.3.5."""

    code = ErrorCode.NO_CLIENT
    summary = "no client"


class AgentUnsyncedError(VirtError):
    """VIR_ERR_AGENT_UNSYNCED (97), since libvirt 2.3.0."""

    code = ErrorCode.AGENT_UNSYNCED
    summary = "agent unsynced"


class LibsshError(VirtError):
    """VIR_ERR_LIBSSH (98), since libvirt 2.5.0."""

    code = ErrorCode.LIBSSH
    summary = "libssh"


class DeviceMissingError(VirtError):
    """VIR_ERR_DEVICE_MISSING (99), since libvirt 4.1.0."""

    code = ErrorCode.DEVICE_MISSING
    summary = "device not found"


class InvalidNwfilterBindingError(VirtError):
    """VIR_ERR_INVALID_NWFILTER_BINDING (100), since libvirt 4.5.0."""

    code = ErrorCode.INVALID_NWFILTER_BINDING
    summary = "invalid nwfilter binding"


class NoNwfilterBindingError(VirtError):
    """VIR_ERR_NO_NWFILTER_BINDING (101), since libvirt 4.5.0."""

    code = ErrorCode.NO_NWFILTER_BINDING
    summary = "network filter binding not found"


class InvalidDomainCheckpointError(VirtError):
    """VIR_ERR_INVALID_DOMAIN_CHECKPOINT (102), since libvirt 5.2.0."""

    code = ErrorCode.INVALID_DOMAIN_CHECKPOINT
    summary = "invalid domain checkpoint"


class NoDomainCheckpointError(VirtError):
    """VIR_ERR_NO_DOMAIN_CHECKPOINT (103), since libvirt 5.2.0."""

    code = ErrorCode.NO_DOMAIN_CHECKPOINT
    summary = "domain checkpoint not found"


class NoDomainBackupError(VirtError):
    """VIR_ERR_NO_DOMAIN_BACKUP (104), since libvirt 5.2.0."""

    code = ErrorCode.NO_DOMAIN_BACKUP
    summary = "domain backup not found"


class InvalidNetworkPortError(VirtError):
    """VIR_ERR_INVALID_NETWORK_PORT (105), since libvirt 5.5.0."""

    code = ErrorCode.INVALID_NETWORK_PORT
    summary = "invalid network port"


class NetworkPortExistError(VirtError):
    """VIR_ERR_NETWORK_PORT_EXIST (106), since libvirt 5.5.0."""

    code = ErrorCode.NETWORK_PORT_EXIST
    summary = "network port exists already"


class NoNetworkPortError(VirtError):
    """VIR_ERR_NO_NETWORK_PORT (107), since libvirt 5.5.0."""

    code = ErrorCode.NO_NETWORK_PORT
    summary = "network port not found"


class NoHostnameError(VirtError):
    """VIR_ERR_NO_HOSTNAME (108), since libvirt 6.1.0."""

    code = ErrorCode.NO_HOSTNAME
    summary = "no hostname found"


class CheckpointInconsistentError(VirtError):
    """VIR_ERR_CHECKPOINT_INCONSISTENT (109), since libvirt 6.10.0."""

    code = ErrorCode.CHECKPOINT_INCONSISTENT
    summary = "checkpoint inconsistent"


class MultipleDomainsError(VirtError):
    """VIR_ERR_MULTIPLE_DOMAINS (110), since libvirt 7.1.0."""

    code = ErrorCode.MULTIPLE_DOMAINS
    summary = "several matching domains"


_by_code: dict[int, type[VirtError]] = {}


def error_class(code: int) -> type[VirtError]:
    """The exception class of a libvirt error number; :class:`VirtError` itself for a number without one."""
    if not _by_code:
        _by_code.update({cls.code: cls for cls in VirtError.__subclasses__() if cls.__module__ == __name__})
    return _by_code.get(code, VirtError)


def system_error(action: str, error: OSError, *, hint: str | None = None) -> SystemCallError:
    """A failed system call as an error of ours: ``cannot write '/x': no space left on device``."""
    reason = (error.strerror or str(error)).lower()
    place = f" '{error.filename}'" if error.filename is not None and str(error.filename) not in action else ""
    failure = SystemCallError(f"cannot {action}{place}: {reason}", hint=hint)
    failure.errno = error.errno
    return failure


if not TYPE_CHECKING:
    del ErrorCode, ErrorDomain, ErrorLevel  # their names are those of pyvirt_util.error_codes
