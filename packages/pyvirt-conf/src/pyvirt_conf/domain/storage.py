"""Where an image is: the ``<source>`` of a disk, of a backing store, a mirror or the NVRAM."""

from __future__ import annotations

import string
from enum import StrEnum
from typing import ClassVar

from pyvirt_conf.domain.address import PciLocation, Reconnect
from pyvirt_conf.domain.seclabel import DeviceSeclabel
from pyvirt_conf.xml import (
    U32,
    U64,
    BadValue,
    Element,
    Mode,
    Node,
    Uuid,
    YesNo,
    attr,
    child,
    children,
    element,
    text,
)
from pyvirt_conf.xml.opaque import Opaque, in_status


class ImageFormat(StrEnum):
    """Formats of disk images (virStorageFileFormat)."""

    RAW = "raw"
    DIR = "dir"
    BOCHS = "bochs"
    CLOOP = "cloop"
    DMG = "dmg"
    ISO = "iso"
    VPC = "vpc"
    VDI = "vdi"
    FAT = "fat"
    VHD = "vhd"
    PLOOP = "ploop"
    LUKS = "luks"
    COW = "cow"
    QCOW = "qcow"
    QCOW2 = "qcow2"
    QED = "qed"
    VMDK = "vmdk"


class StorageProtocol(StrEnum):
    """Network protocols of images (virStorageNetProtocol)."""

    NBD = "nbd"
    RBD = "rbd"
    SHEEPDOG = "sheepdog"
    GLUSTER = "gluster"
    ISCSI = "iscsi"
    HTTP = "http"
    HTTPS = "https"
    FTP = "ftp"
    FTPS = "ftps"
    TFTP = "tftp"
    SSH = "ssh"
    VXHS = "vxhs"
    NFS = "nfs"


DEFAULT_PORTS = {
    StorageProtocol.NBD: 10809,
    StorageProtocol.SHEEPDOG: 7000,
    StorageProtocol.GLUSTER: 24007,
    StorageProtocol.ISCSI: 3260,
    StorageProtocol.HTTP: 80,
    StorageProtocol.HTTPS: 443,
    StorageProtocol.FTP: 21,
    StorageProtocol.FTPS: 990,
    StorageProtocol.TFTP: 69,
    StorageProtocol.SSH: 22,
    StorageProtocol.VXHS: 9999,
}
"""Ports of protocols that have one."""


class Transport(StrEnum):
    """How a storage server is reached (virStorageNetHostTransport)."""

    TCP = "tcp"
    UNIX = "unix"
    RDMA = "rdma"


class StartupPolicy(StrEnum):
    """What happens when the source is missing at start."""

    MANDATORY = "mandatory"
    REQUISITE = "requisite"
    OPTIONAL = "optional"


class VolumeMode(StrEnum):
    """How an iSCSI volume is used: through the host's device, or by the hypervisor itself."""

    HOST = "host"
    DIRECT = "direct"


class SecretUsage(StrEnum):
    """What a secret is for (virSecretUsageType)."""

    NONE = "none"
    VOLUME = "volume"
    CEPH = "ceph"
    ISCSI = "iscsi"
    TLS = "tls"
    VTPM = "vtpm"


@element("secret")
class SecretLookup(Element):
    """A secret by UUID or by usage."""

    type: str | None = attr()
    uuid: Uuid | None = attr()
    usage: str | None = attr()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if (self.uuid is None) == (self.usage is None):
            raise BadValue("a secret is named by either uuid or usage")


@element("auth")
class Auth(Element):
    """Credentials for a storage server."""

    _always = ("secret/@type",)

    username: str = attr(required=True)
    secret: SecretLookup = child(required=True)

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.secret.type not in (None, *SecretUsage):
            raise BadValue(f"unknown secret type '{self.secret.type}'")


class EncryptionFormat(StrEnum):
    """How an image is encrypted."""

    DEFAULT = "default"
    QCOW = "qcow"
    LUKS = "luks"
    LUKS2 = "luks2"


class EncryptionEngine(StrEnum):
    """Who decrypts."""

    QEMU = "qemu"
    LIBRBD = "librbd"


@element("secret")
class EncryptionSecret(Element):
    """The passphrase of an encrypted image, as a reference."""

    type: str = attr(required=True)
    uuid: Uuid | None = attr()
    usage: str | None = attr()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.type != "passphrase":
            raise BadValue(f"unknown secret type '{self.type}', expected passphrase")
        if (self.uuid is None) == (self.usage is None):
            raise BadValue("a secret is named by either uuid or usage")


@element("cipher")
class Cipher(Element):
    """The cipher of an encrypted volume."""

    name: str = attr(required=True)
    size: U32 = attr(required=True)
    mode: str | None = attr()
    hash: str | None = attr()


@element("ivgen")
class IvGenerator(Element):
    """The generator of initialisation vectors of an encrypted volume."""

    name: str = attr(required=True)
    hash: str | None = attr()


@element("encryption")
class Encryption(Element):
    """How an image or a volume is encrypted."""

    _keep_open = True
    format: EncryptionFormat = attr(required=True)
    engine: EncryptionEngine | None = attr()
    secrets: list[EncryptionSecret] = children()
    cipher: Cipher | None = child()
    ivgen: IvGenerator | None = child()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.format is not EncryptionFormat.LUKS:
            self.cipher, self.ivgen = None, None  # only LUKS lets them be chosen
        if self.ivgen is not None and self.cipher is None:
            raise BadValue("ivgen needs a cipher")


@element("source")
class SocketSource(Element):
    """A UNIX socket to connect to."""

    type: str | None = attr()
    path: str | None = attr()
    mode: str | None = attr()
    reconnect: Reconnect | None = child()


@element("reservations")
class Reservations(Element):
    """SCSI persistent reservations, through the helper libvirt starts or one on a socket."""

    managed: YesNo = attr(required=True)
    source: SocketSource | None = child()

    def _parsed(self, node: Node, mode: Mode) -> None:
        source = self.source
        if self.managed:
            if mode.inactive:
                self.source = None
            return
        if source is None or source.path is None:
            raise BadValue("reservations that are not managed need the path of a socket")
        if source.type != "unix":
            raise BadValue(f"unsupported reservations socket type '{source.type}'")
        if source.mode != "client":
            raise BadValue(f"unsupported reservations socket mode '{source.mode}'")


@element("slice")
class Slice(Element):
    """The part of the file that holds the image."""

    type: str = attr(default="storage")
    offset: U64 = attr(required=True)
    size: U64 = attr(required=True)


@element("host")
class StorageHost(Element):
    """One server of a network image."""

    name: str | None = attr()
    port: U32 | None = attr(omit=0)
    transport: Transport | None = attr(omit=Transport.TCP)
    socket: str | None = attr()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.transport is Transport.UNIX:
            if self.socket is None:
                raise BadValue("missing socket of a host with transport 'unix'")
        elif self.socket is not None:
            raise BadValue("a socket needs transport='unix'")
        if self.transport is not Transport.UNIX and self.name is None:
            raise BadValue("missing name of a storage host")


_TOKENS = string.ascii_letters + string.digits
_COOKIE_NAME = frozenset(_TOKENS + "!#$%&'*+-.^_`|~")
_COOKIE_VALUE = frozenset(_TOKENS + "!#$%&'()*+-./:<=>?@[]^_`{|}~")


@element("cookie")
class Cookie(Element):
    """One HTTP cookie."""

    name: str = attr(required=True)
    value: str = text(".", default="")

    def _parsed(self, node: Node, mode: Mode) -> None:
        if not self.name or not set(self.name) <= _COOKIE_NAME:
            raise BadValue(f"'{self.name}' is not the name of a cookie")
        quoted = len(self.value) > 1 and self.value[0] == self.value[-1] == '"'
        if not set(self.value[1:-1] if quoted else self.value) <= _COOKIE_VALUE:
            raise BadValue(f"the value of cookie '{self.name}' has characters that can't be in one")


@element("initiator")
class Initiator(Element):
    """Who we say we are to an iSCSI target."""

    iqn: str = attr("iqn/@name", required=True)


@element("source", by="type", default_kind="file")
class StorageSource(Element):
    """An image; one of the classes below by ``type``, an attribute of the element that holds it."""

    type: ClassVar[str]
    slice: Slice | None = child("source/slices/slice", rank=50)
    seclabels: list[DeviceSeclabel] = children("source/seclabel", rank=51)
    auth: Auth | None = child("source/auth", rank=52)
    encryption: Encryption | None = child("source/encryption", rank=53)
    reservations: Reservations | None = child("source/reservations", rank=54)
    private: Opaque | None = child("source/privateData", when=in_status, rank=58)
    startup_policy: StartupPolicy | None = attr("source/@startupPolicy", rank=60)
    index: U32 | None = attr("source/@index", live=True, omit=0, rank=61)

    def _parsed(self, node: Node, mode: Mode) -> None:
        if mode.inactive and self.seclabels:
            self.seclabels = [label for label in self.seclabels if label.label is not None or label.relabel is False]


@element(type="file")
class FileSource(StorageSource):
    """A file of the host. No ``file``: an empty drive."""

    file: str | None = attr("source/@file")
    fdgroup: str | None = attr("source/@fdgroup")

    def _parsed(self, node: Node, mode: Mode) -> None:
        super()._parsed(node, mode)
        self.file = self.file or None


@element(type="block")
class BlockSource(StorageSource):
    """A block device of the host."""

    dev: str | None = attr("source/@dev")


@element(type="dir")
class DirSource(StorageSource):
    """A directory shown as a FAT file system."""

    dir: str | None = attr("source/@dir")


@element(type="volume")
class VolumeSource(StorageSource):
    """A volume of a storage pool."""

    pool: str | None = attr("source/@pool")
    volume: str | None = attr("source/@volume")
    mode: VolumeMode | None = attr("source/@mode")


@element(type="nvme")
class NvmeSource(StorageSource):
    """A namespace of an NVMe controller given to the guest."""

    bus_type: str | None = attr("source/@type", with_element=True)
    managed: YesNo | None = attr("source/@managed")
    namespace: U32 | None = attr("source/@namespace", with_element=True)
    address: PciLocation | None = child("source/address")


@element(type="vhostuser")
class VhostUserSource(StorageSource):
    """A vhost-user-blk server on a UNIX socket."""

    _never = ("source/@startupPolicy",)

    socket_type: str | None = attr("source/@type", with_element=True)
    path: str | None = attr("source/@path", with_element=True)
    reconnect: Reconnect | None = child("source/reconnect")


_WEB = (StorageProtocol.HTTP, StorageProtocol.HTTPS)
_FILES = (*_WEB, StorageProtocol.FTP, StorageProtocol.FTPS)
_ONLY_FOR: dict[str, tuple[StorageProtocol, ...]] = {
    "query": _WEB,
    "cookies": _WEB,
    "ssl_verify": (StorageProtocol.HTTPS, StorageProtocol.FTPS),
    "readahead": _FILES,
    "timeout": _FILES,
    "nfs_user": (StorageProtocol.NFS,),
    "nfs_group": (StorageProtocol.NFS,),
}
"""What other protocols have no use for is ignored."""


@element(type="network")
class NetworkSource(StorageSource):
    """An image on a server."""

    _never = ("source/@startupPolicy",)

    protocol: StorageProtocol | None = attr("source/@protocol", with_element=True)
    name: str | None = attr("source/@name")
    query: str | None = attr("source/@query")
    tls: YesNo | None = attr("source/@tls")
    tls_hostname: str | None = attr("source/@tlsHostname")
    hosts: list[StorageHost] = children("source/host")
    snapshot: str | None = attr("source/snapshot/@name")
    config_file: str | None = attr("source/config/@file")
    initiator: Initiator | None = child("source/initiator")
    ssl_verify: YesNo | None = attr("source/ssl/@verify")
    cookies: list[Cookie] = children("source/cookies/cookie", secure=True)
    readahead: U64 | None = attr("source/readahead/@size", omit=0)
    timeout: U64 | None = attr("source/timeout/@seconds", omit=0)
    nfs_user: str | None = attr("source/identity/@user")
    nfs_group: str | None = attr("source/identity/@group")

    def _parsed(self, node: Node, mode: Mode) -> None:
        super()._parsed(node, mode)
        name = self.name
        if self.protocol not in (StorageProtocol.NBD, None) and name is None:
            raise BadValue(f"missing name of a {self.protocol} source")
        if self.protocol is StorageProtocol.GLUSTER and "/" not in (name or "").lstrip("/"):
            raise BadValue(f"missing path in gluster source name '{name}', expected VOLUME/PATH")
        if self.protocol is StorageProtocol.RBD and ("/" not in (name or "") or (name or "").startswith("/")):
            raise BadValue(f"rbd source name '{name}' is not POOL/IMAGE")
        if not name:
            self.name = None
        for field, protocols in _ONLY_FOR.items():
            if self.protocol not in protocols:
                self.__dict__.pop(field, None)
