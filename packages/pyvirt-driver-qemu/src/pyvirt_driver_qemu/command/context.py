"""What a command line is made from beside the domain: QEMU's abilities, folders, settings, what was opened for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from pyvirt_driver_qemu.command.props import Props, as_json, as_options
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain
    from pyvirt_driver_qemu.capabilities import Capabilities


class Opener(Protocol):
    """Opens what QEMU inherits and gives the number it has there; :class:`.launch.Launcher` is one."""

    def listen(self, path: str, *, mode: int = ...) -> int:
        """A listening UNIX socket."""

    def pass_fd(self, fd: int, *, owned: bool = False) -> int:
        """A descriptor that is open already."""

    def open_file(self, path: str, *, append: bool = False) -> int:
        """A file that is written to."""

    def open_device(self, path: str) -> int:
        """A device of the host, for reading and writing."""


class Helpers(Protocol):
    """Processes and devices of the host that some guests need; who starts the guest provides them."""

    def scsi_generic(self, source: Any) -> str:
        """See :meth:`Context.scsi_generic`."""

    def vhost_user_fd(self, alias: str) -> int:
        """See :meth:`Context.vhost_user_fd`."""

    def vsock_fd(self) -> int:
        """See :meth:`Context.vsock_fd`."""

    def tpm_fds(self, tpm: Any) -> tuple[int, int]:
        """See :meth:`Context.tpm_fds`."""

    def tpm_socket(self, tpm: Any) -> str:
        """See :meth:`Context.tpm_socket`."""


@dataclass(frozen=True)
class Plugged:
    """An interface the core's interface service has plugged: numbers of descriptors in QEMU.

    :param tap_fds: one per queue. :param vhost_fds: the same number, or none without vhost.
    :param vdpa_fd: an opened vDPA device.
    """

    tap_fds: tuple[int, ...] = ()
    vhost_fds: tuple[int, ...] = ()
    vdpa_fd: int | None = None


@dataclass(frozen=True)
class HugePageMount:
    """A mounted hugetlbfs: its page size in KiB."""

    path: str
    size: int
    default: bool = False


@dataclass(frozen=True)
class Settings:
    """The driver's settings, libvirt's qemu.conf under the same names in snake case."""

    vnc_listen: str = "127.0.0.1"
    vnc_auto_unix_socket: bool = False
    vnc_tls: bool = False
    vnc_tls_x509_verify: bool = False
    vnc_tls_x509_cert_dir: str = "/etc/pki/libvirt-vnc"
    vnc_tls_x509_secret_uuid: str | None = None
    vnc_sasl: bool = False
    vnc_sasl_dir: str | None = None
    vnc_password: str | None = None
    vnc_allow_host_audio: bool = False
    spice_listen: str = "127.0.0.1"
    spice_tls: bool = False
    spice_tls_x509_cert_dir: str = "/etc/pki/libvirt-spice"
    spice_auto_unix_socket: bool = False
    spice_sasl: bool = False
    spice_sasl_dir: str | None = None
    spice_password: str | None = None
    chardev_tls: bool = False
    chardev_tls_x509_cert_dir: str = "/etc/pki/libvirt-chardev"
    chardev_tls_x509_verify: bool = True
    chardev_tls_x509_secret_uuid: str | None = None
    nbd_tls: bool = False
    nbd_tls_x509_cert_dir: str = "/etc/pki/libvirt-nbd"
    nbd_tls_x509_secret_uuid: str | None = None
    hugetlbfs: tuple[HugePageMount, ...] = ()
    memory_backing_dir: str = "/var/lib/libvirt/qemu/ram"
    nvram_dir: str = "/var/lib/libvirt/qemu/nvram"
    dump_guest_core: bool = False
    seccomp_sandbox: bool = True
    set_process_name: bool = False
    log_timestamp: bool = True
    gluster_debug_level: int = 4
    relaxed_acs: bool = False
    deprecation_behavior: str = "none"


@dataclass
class Context:
    """All that a builder looks at. One per command line.

    :param private_dir: the guest's own folder: secrets, sockets.
    :param channel_dir: where the sockets of channels without a path go.
    :param opener: opens sockets and files for QEMU.
    :param plugged: by an interface's alias.
    :param secret: the value of a secret by its reference in the document (uuid or usage).
    :param master_key: 32 bytes, also in ``master-key.aes`` of ``private_dir``; secrets are encrypted with it.
    :param random: gives initialisation vectors; the kernel's random bytes by default.
    :param attended: somebody watches the guest all its life and acts on its power-off; else QEMU does so by itself.
    :param incoming: where a guest that is moved or restored comes from, QEMU's URI (``fd:7``).
    :param render_node: the graphics card of the host for displays that name none; the first there is by default.
    :param is_cdrom: tells optical drives of the host from other block devices; asks the kernel by default.
    """

    domain: Domain
    capabilities: Capabilities
    private_dir: str
    opener: Opener
    settings: Settings = field(default_factory=Settings)
    channel_dir: str = "/run/pyvirt/qemu/channel"
    plugged: Mapping[str, Plugged] = field(default_factory=dict)
    secret: Callable[[Any], bytes] | None = None
    master_key: bytes | None = None
    random: Callable[[int], bytes] | None = None
    virt: str = "qemu"
    sandbox: bool = True
    freeze: bool = True
    attended: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)
    now: Callable[[], float] | None = None
    incoming: str | None = None
    render_node: Callable[[], str | None] | None = None
    is_cdrom: Callable[[str], bool] | None = None
    helpers: Helpers | None = None
    auto_nodes: frozenset[int] | None = None
    _boot_order: dict[int, int] | None = None
    _fdsets: int = 0
    _backends: int = 0

    def has(self, flag: str) -> bool:
        """Has this QEMU libvirt's capability flag?"""
        return flag in self.capabilities.flags

    @property
    def short_name(self) -> str:
        """``ID-NAME``, what libvirt calls folders of a running guest; the name is cut at 20 characters."""
        number = self.domain.id if self.domain.id is not None else -1
        return f"{number}-{(self.domain.name or '')[:20]}"

    def binds(self, system: bool) -> bool:
        """Is memory bound to NUMA nodes by QEMU? The board's own memory is left to the cgroup."""
        return not system

    @property
    def arch(self) -> str:
        """The guest's architecture."""
        return self.domain.os.arch or ""

    @property
    def machine(self) -> str:
        """The guest's machine type."""
        return self.domain.os.machine or ""

    def fdset(self, fd: int, words: list[str], *, opaque: str | None = None) -> int:
        """Put a descriptor QEMU inherits into a set of its own (``/dev/fdset/N``); the set's number.

        :param fd: the number in QEMU. :param words: ``-add-fd`` is added here.
        """
        number = self._fdsets
        self._fdsets += 1
        text = f"set={number},fd={fd}"
        words += ["-add-fd", text + (f",opaque={opaque}" if opaque else "")]
        return number

    def file_fdset(self, path: str, opaque: str, *, append: bool, words: list[str]) -> int:
        """Open a file for writing and put it into a descriptor set; ``opaque`` says what for."""
        return self.fdset(self.opener.open_file(path, append=append), words, opaque=opaque)

    def boot_index(self, device: Any) -> tuple[int, str | None] | None:
        """A device's place in the boot order and its loader parameter; ``None`` when it has none.

        The order is each device's own, or follows from the kinds of devices listed in ``<os>``: the first of a kind
        gets the kind's place.
        """
        boot = getattr(device, "boot", None)
        if boot is not None:
            return boot.order, boot.loadparm
        if self._boot_order is None:
            self._boot_order = boot_order(self.domain)
        place = self._boot_order.get(id(device))
        return None if place is None else (place, None)

    def default_render_node(self) -> str | None:
        """The graphics card of the host that draws where none is named."""
        return (self.render_node or first_render_node)()

    def next_backend(self) -> int:
        """A number for the node of a SCSI device of the host."""
        self._backends += 1
        return self._backends

    def skip_backends(self, number: int) -> None:
        """Nodes up to this number are taken by disks."""
        self._backends = max(self._backends, number)

    def scsi_generic(self, source: Any) -> str:
        """The generic device (``/dev/sg0``) of a SCSI device of the host.

        :raises ConfigUnsupportedError: nothing finds it here.
        """
        if self.helpers is None:
            raise ConfigUnsupportedError("SCSI devices of the host are not supported here")
        return self.helpers.scsi_generic(source)

    def vhost_user_fd(self, alias: str) -> int:
        """The connected socket of the vhost-user process behind a video card; its number in QEMU."""
        if self.helpers is None:
            raise ConfigUnsupportedError("vhost-user video is not supported here")
        return self.helpers.vhost_user_fd(alias)

    def vhost_scsi_fd(self) -> int:
        """``/dev/vhost-scsi``, opened; its number in QEMU."""
        return self.opener.open_device("/dev/vhost-scsi")

    def vsock_fd(self) -> int:
        """``/dev/vhost-vsock``, opened and given the guest's number; its number in QEMU."""
        if self.helpers is None:
            raise ConfigUnsupportedError("vsock devices are not supported here")
        return self.helpers.vsock_fd()

    def tpm_fds(self, tpm: Any) -> tuple[int, int]:
        """The host's TPM and the file that cancels its commands, opened; their numbers in QEMU."""
        if self.helpers is None:
            raise ConfigUnsupportedError("TPM passthrough is not supported here")
        return self.helpers.tpm_fds(tpm)

    def tpm_socket(self, tpm: Any) -> str:
        """The control socket of the emulator behind a TPM."""
        if self.helpers is None:
            raise ConfigUnsupportedError("TPM emulators are not supported here")
        return self.helpers.tpm_socket(tpm)

    def device(self, props: Props) -> list[str]:
        """``-device`` with these properties, JSON where QEMU can take it for devices that may be unplugged."""
        if self.has("device.json+hotplug"):
            return ["-device", as_json(props)]
        return ["-device", as_options(props, "driver")]

    def object(self, props: Props) -> list[str]:
        """``-object`` with these properties, the first two being ``qom-type`` and ``id``."""
        if self.has("object.qapified"):
            return ["-object", as_json(props)]
        return ["-object", as_options(props, "qom-type")]

    def netdev(self, props: Props) -> list[str]:
        """``-netdev`` with these properties."""
        if self.has("netdev.json"):
            return ["-netdev", as_json(props)]
        return ["-netdev", as_options(props, "type")]


def first_render_node() -> str | None:
    """The first ``/dev/dri/renderD*`` of the host."""
    import os

    try:
        names = sorted(name for name in os.listdir("/dev/dri") if name.startswith("renderD"))
    except OSError:
        return None
    return f"/dev/dri/{names[0]}" if names else None


def boot_order(domain: Domain) -> dict[int, int]:
    """Places by ``id()`` of the device, from the list of kinds in ``<os>``."""
    from pyvirt_conf.domain.disk import DiskDevice

    devices = domain.devices
    drives = {"disk": "hd", "lun": "hd", "cdrom": "cdrom", "floppy": "fd"}
    places: dict[int, int] = {}
    for place, entry in enumerate(domain.os.boot, 1):
        found: Any = None
        if str(entry.dev) == "network":
            found = next(iter(devices.interfaces), None)
        else:
            for disk in devices.disks:
                if drives[str(disk.device or DiskDevice.DISK)] == str(entry.dev):
                    found = disk
                    break
        if found is not None:
            places[id(found)] = place
    return places
