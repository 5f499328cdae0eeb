"""Images as QEMU's block graph: properties for ``-blockdev`` and ``blockdev-add``.

Every image has two nodes: ``libvirt-N-storage`` reads bytes from a file or server, ``libvirt-N-format`` understands the
image's format; a slice of a storage sits between them (libvirt's naming, so that tools find what they know).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from pyvirt_conf.domain.disk import DetectZeroes, Discard, Disk, DiskCache, DiskDevice
from pyvirt_conf.domain.storage import (
    Auth,
    BlockSource,
    DirSource,
    Encryption,
    FileSource,
    ImageFormat,
    NetworkSource,
    NvmeSource,
    StorageHost,
    StorageProtocol,
    StorageSource,
    Transport,
)
from pyvirt_driver_qemu.command.props import Props, present
from pyvirt_util.errors import ConfigUnsupportedError, InternalError

if TYPE_CHECKING:
    from pyvirt_conf.domain.disk import BackingStore

#: Formats that know of an image below them.
_WITH_BACKING = frozenset(
    (ImageFormat.COW, ImageFormat.QCOW, ImageFormat.QCOW2, ImageFormat.QED, ImageFormat.VMDK, ImageFormat.VHD)
)
_DRIVERS = {ImageFormat.VHD: "vhdx", ImageFormat.VPC: "vpc", ImageFormat.ISO: "raw", ImageFormat.DIR: "raw"}
_NO_DRIVER = frozenset((ImageFormat.PLOOP, ImageFormat.COW))

#: Default ports of storage servers.
_PORTS = {
    StorageProtocol.NBD: 10809,
    StorageProtocol.GLUSTER: 24007,
    StorageProtocol.ISCSI: 3260,
    StorageProtocol.SSH: 22,
    StorageProtocol.SHEEPDOG: 7000,
    StorageProtocol.VXHS: 9999,
    StorageProtocol.HTTP: 80,
    StorageProtocol.HTTPS: 443,
    StorageProtocol.FTP: 21,
    StorageProtocol.FTPS: 990,
    StorageProtocol.TFTP: 69,
    StorageProtocol.NFS: 2049,
}


class CacheFlags:
    """What a cache mode means for the three switches QEMU has."""

    _MODES: ClassVar[dict[DiskCache, tuple[bool, bool, bool]]] = {
        DiskCache.NONE: (True, False, True),
        DiskCache.WRITETHROUGH: (False, False, False),
        DiskCache.WRITEBACK: (False, False, True),
        DiskCache.DIRECTSYNC: (True, False, False),
        DiskCache.UNSAFE: (False, True, True),
    }

    def __init__(self, mode: DiskCache) -> None:
        self.direct, self.no_flush, self.writeback = self._MODES[mode]


@dataclass
class Image:
    """One image of a chain, with the names it has in QEMU.

    :param secrets: aliases of ``-object secret`` for ``auth`` (storage server), ``encryption`` (image) and ``cookies``.
    """

    source: StorageSource
    format: ImageFormat
    number: int
    readonly: bool = False
    cache_size: int | None = None
    terminated: bool = False
    backing: Image | None = None
    name: str = ""
    secrets: dict[str, str] = field(default_factory=dict)
    auth: Auth | None = None
    encryption: Encryption | None = None
    tls_alias: str | None = None
    reservations_alias: str | None = None
    fdset: int | None = None
    cdrom: bool = False
    floppy: bool = False

    def __post_init__(self) -> None:
        self.name = self.name or f"libvirt-{self.number}"

    @property
    def storage_node(self) -> str:
        """The node that reads bytes."""
        return f"{self.name}-storage"

    @property
    def format_node(self) -> str:
        """The node the guest's device or the overlay uses."""
        return f"{self.name}-format"

    @property
    def slice_node(self) -> str | None:
        """The node of a part of the storage, where one is needed: raw images take the part themselves."""
        if self.source.slice is None or (self.format is ImageFormat.RAW and self.source.encryption is None):
            return None
        return f"{self.name}-slice-sto"

    def chain(self) -> Iterator[Image]:
        """This image and those below it, the top first."""
        image: Image | None = self
        while image is not None:
            yield image
            image = image.backing


def is_empty(source: StorageSource) -> bool:
    """A drive without a medium."""
    if isinstance(source, FileSource):
        return source.file is None and source.fdgroup is None
    if isinstance(source, BlockSource):
        return source.dev is None
    if isinstance(source, DirSource):
        return source.dir is None
    if isinstance(source, NetworkSource):
        return source.protocol is None
    return False


def image_of(disk: Disk, number: int) -> Image:
    """A disk's chain, its images numbered from ``number`` on, the top first."""
    readonly = disk.readonly or disk.device is DiskDevice.CDROM
    top = Image(
        disk.source,
        disk.driver_type or ImageFormat.RAW,
        disk.source.index or number,
        readonly=readonly,
        cache_size=disk.metadata_cache_size,
        auth=disk.auth,
        encryption=disk.encryption,
        cdrom=disk.device is DiskDevice.CDROM,
        floppy=disk.device is DiskDevice.FLOPPY,
    )
    above, below = top, disk.backing
    while below is not None:
        if below.source is None or is_empty(below.source):
            above.terminated = True
            break
        number += 1
        above.backing = _backing_image(below, number)
        above, below = above.backing, below.backing
    return top


def _backing_image(store: BackingStore, number: int) -> Image:
    assert store.source is not None
    return Image(
        store.source,
        store.format or ImageFormat.RAW,
        store.index or number,
        readonly=True,
        cache_size=store.metadata_cache_size,
    )


def storage_props(
    image: Image,
    disk: Disk | None = None,
    *,
    gluster_debug: int = 4,
    is_cdrom: Callable[[str], bool] | None = None,
) -> Props:
    """The storage node's properties.

    :param disk: gives cache and AIO modes; ``None`` for firmware.
    :param is_cdrom: tells optical drives of the host from other block devices.
    """
    source = image.source
    if isinstance(source, FileSource):
        filename = source.file if image.fdset is None else f"/dev/fdset/{image.fdset}"
        props = _file("file", filename, image, disk)
    elif isinstance(source, BlockSource):
        optical = image.cdrom and (is_cdrom or is_optical_drive)(source.dev or "")
        props = _file("host_cdrom" if optical else "host_device", source.dev, image, disk)
    elif isinstance(source, DirSource):
        props = {"driver": "vvfat", "dir": source.dir, "floppy": image.floppy, "rw": not image.readonly}
        if image.format is ImageFormat.FAT:
            props["rw"] = False
    elif isinstance(source, NvmeSource):
        if source.address is None or source.namespace is None:
            raise InternalError("NVMe source without address or namespace")
        props = {"driver": "nvme", "device": str(source.address), "namespace": source.namespace}
    elif isinstance(source, NetworkSource):
        props = _network(source, image, gluster_debug)
    else:
        raise ConfigUnsupportedError(f"storage type '{source.type}' is not supported with blockdev")
    props["node-name"] = image.storage_node
    props.update(_cache(disk))
    props["auto-read-only"] = True
    props["discard"] = "unmap"
    return props


def _file(driver: str, filename: str | None, image: Image, disk: Disk | None) -> Props:
    return present(
        {
            "driver": driver,
            "filename": filename,
            "aio": str(disk.io) if disk is not None and disk.io is not None else None,
            "pr-manager": image.reservations_alias,
        }
    )


def is_optical_drive(path: str) -> bool:
    """Is the block device an optical drive (does it know CDROM_DRIVE_STATUS)?"""
    import fcntl
    import os

    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.ioctl(fd, 0x5326, 0)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


def _cache(disk: Disk | None) -> Props:
    if disk is None or disk.cache in (None, DiskCache.DEFAULT):
        return {}
    assert disk.cache is not None
    flags = CacheFlags(disk.cache)
    return {"cache": {"direct": flags.direct, "no-flush": flags.no_flush}}


def slice_props(image: Image, disk: Disk | None = None) -> Props | None:
    """The properties of the node for a part of the storage; ``None`` where there is none."""
    node, part = image.slice_node, image.source.slice
    if node is None or part is None:
        return None
    props: Props = {"driver": "raw", "node-name": node, "offset": part.offset, "size": part.size}
    props |= {"file": image.storage_node, "auto-read-only": True, "discard": "unmap"}
    return props | _cache(disk)


def format_props(image: Image, disk: Disk | None = None, *, top: bool = True) -> Props:
    """The format node's properties.

    :param top: discard and zero detection concern the image the guest writes to alone.
    :raises ConfigUnsupportedError: QEMU has no driver for the format.
    """
    props: Props = {"node-name": image.format_node, "read-only": image.readonly}
    props.update(_cache(disk))
    if top and disk is not None:
        if disk.discard is not None:
            props["discard"] = str(disk.discard)
        zeroes = disk.detect_zeroes
        if zeroes is not None:
            # Turning zeroes into holes takes discard.
            usable = zeroes is not DetectZeroes.UNMAP or disk.discard is Discard.UNMAP
            props["detect-zeroes"] = str(zeroes if usable else DetectZeroes.ON)
    props.update(_format(image))
    part = image.source.slice
    if part is not None and image.slice_node is None:
        props["offset"] = part.offset
        props["size"] = part.size
    if image.cache_size is not None:
        props["cache-size"] = image.cache_size
    props["file"] = image.slice_node or image.storage_node
    if image.format in _WITH_BACKING:
        if image.backing is not None:
            props["backing"] = image.backing.format_node
        elif image.terminated:
            props["backing"] = None
    return props


def _format(image: Image) -> Props:
    if image.format in _NO_DRIVER:
        raise ConfigUnsupportedError(f"QEMU has no driver for the image format '{image.format}'")
    encryption = image.source.encryption or image.encryption
    secret = image.secrets.get("encryption")
    if image.format is ImageFormat.RAW and encryption is not None and str(encryption.format) == "luks":
        if encryption.engine is None or str(encryption.engine) == "qemu":
            return {"driver": "luks", "key-secret": secret}
    driver = _DRIVERS.get(image.format, str(image.format))
    if image.format is ImageFormat.FAT:
        driver = "raw"
    props: Props = {"driver": driver}
    if image.format is ImageFormat.QCOW2 and encryption is not None:
        kind = "aes" if str(encryption.format) in ("default", "qcow") else "luks"
        props["encrypt"] = {"format": kind, "key-secret": secret}
    elif image.format is ImageFormat.LUKS:
        props["key-secret"] = secret
    return props


def copy_on_read_props(disk: Disk, image: Image) -> Props:
    """The filter that copies what is read from below into the top image."""
    return {
        "driver": "copy-on-read",
        "node-name": f"libvirt-CoR-{disk.target}",
        "file": image.format_node,
        "discard": "unmap",
    }


def _user(source: NetworkSource, image: Image) -> str | None:
    auth = source.auth or image.auth
    return auth.username if auth is not None else None


def _host(source: NetworkSource) -> StorageHost:
    if len(source.hosts) != 1:
        raise InternalError(f"protocol '{source.protocol}' accepts only one host")
    return source.hosts[0]


def _port(source: NetworkSource, host: StorageHost) -> int:
    return host.port or (_PORTS.get(source.protocol, 0) if source.protocol is not None else 0)


def _address(source: NetworkSource, host: StorageHost) -> Props:
    """A socket address: ``SocketAddress`` of the QAPI schema."""
    if host.transport is Transport.UNIX:
        return {"type": "unix", "path": host.socket}
    return {"type": "inet", "host": host.name, "port": str(_port(source, host))}


def _network(source: NetworkSource, image: Image, gluster_debug: int) -> Props:
    protocol = source.protocol
    if protocol is StorageProtocol.NBD:
        return _nbd(source, image)
    if protocol is StorageProtocol.RBD:
        return _rbd(source, image)
    if protocol is StorageProtocol.ISCSI:
        return _iscsi(source, image)
    if protocol is StorageProtocol.GLUSTER:
        return _gluster(source, gluster_debug)
    if protocol in (StorageProtocol.HTTP, StorageProtocol.HTTPS, StorageProtocol.FTP, StorageProtocol.FTPS):
        return _curl(source, image)
    if protocol is StorageProtocol.SSH:
        return _ssh(source, image)
    if protocol is StorageProtocol.SHEEPDOG:
        return {"driver": "sheepdog", "server": _address(source, _host(source)), "vdi": source.name}
    if protocol is StorageProtocol.VXHS:
        host = _host(source)
        server = {"host": host.name, "port": str(_port(source, host))}
        return present({"driver": "vxhs", "tls-creds": image.tls_alias, "vdisk-id": source.name, "server": server})
    if protocol is StorageProtocol.NFS:
        return _nfs(source)
    if protocol is StorageProtocol.TFTP:
        raise ConfigUnsupportedError("'tftp' protocol is not supported with this QEMU binary")
    raise ConfigUnsupportedError(f"storage protocol '{protocol}' is not supported")


def _nbd(source: NetworkSource, image: Image) -> Props:
    return present(
        {
            "driver": "nbd",
            "server": _address(source, _host(source)),
            "export": source.name,
            "tls-creds": image.tls_alias,
            "tls-hostname": source.tls_hostname,
        }
    )


def _rbd(source: NetworkSource, image: Image) -> Props:
    pool, _slash, rest = (source.name or "").partition("/")
    namespace, slash, name = rest.partition("/")
    if not slash:
        namespace, name = "", rest
    servers = [{"host": host.name, "port": str(host.port or 6789)} for host in source.hosts]
    auth = image.secrets.get("auth")
    encrypt = None
    encryption = source.encryption or image.encryption
    if encryption is not None and str(encryption.engine or "") == "librbd":
        kind = str(encryption.format)
        encrypt = {"format": kind, "key-secret": image.secrets.get("encryption")}
    return present(
        {
            "driver": "rbd",
            "pool": pool,
            "namespace": namespace or None,
            "image": name,
            "snapshot": source.snapshot,
            "conf": source.config_file,
            "server": servers or None,
            "user": _user(source, image),
            "auth-client-required": ["cephx", "none"] if auth else None,
            "key-secret": auth,
            "encrypt": encrypt,
        }
    )


def _iscsi(source: NetworkSource, image: Image) -> Props:
    host = _host(source)
    target, _slash, lun = (source.name or "").partition("/")
    name = f"[{host.name}]" if ":" in (host.name or "") else host.name
    return present(
        {
            "driver": "iscsi",
            "portal": f"{name}:{_port(source, host)}",
            "target": target,
            "lun": int(lun or 0),
            "transport": "tcp",
            "user": _user(source, image),
            "password-secret": image.secrets.get("auth"),
            "initiator-name": source.initiator.iqn if source.initiator is not None else None,
        }
    )


def _gluster(source: NetworkSource, debug: int) -> Props:
    volume, _slash, path = (source.name or "").partition("/")
    servers = [_address(source, host) for host in source.hosts]
    return {"driver": "gluster", "volume": volume, "path": path, "server": servers, "debug": debug}


def _curl(source: NetworkSource, image: Image) -> Props:
    host = _host(source)
    name = f"[{host.name}]" if ":" in (host.name or "") else host.name
    url = f"{source.protocol}://{name}:{_port(source, host)}/{source.name or ''}"
    if source.query:
        url += f"?{source.query}"
    return present(
        {
            "driver": str(source.protocol),
            "url": url,
            "username": _user(source, image),
            "password-secret": image.secrets.get("auth"),
            "sslverify": source.ssl_verify,
            "cookie-secret": image.secrets.get("cookies"),
            "timeout": source.timeout or None,
            "readahead": source.readahead or None,
        }
    )


def _ssh(source: NetworkSource, image: Image) -> Props:
    host = _host(source)
    return present(
        {
            "driver": "ssh",
            "path": source.name,
            "server": {"host": host.name, "port": str(_port(source, host))},
            "user": _user(source, image),
        }
    )


def _nfs(source: NetworkSource) -> Props:
    host = _host(source)
    props: Props = {"driver": "nfs", "server": {"host": host.name, "type": "inet"}, "path": source.name}
    for key, text in (("user", source.nfs_user), ("group", source.nfs_group)):
        if text is not None:
            props[key] = int(text.lstrip("+"))
    return props
