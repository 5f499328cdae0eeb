"""Directories of the host shared with the guest: 9p, and virtiofs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.filesystem import (
    AccessMode,
    Filesystem,
    FilesystemDriver,
    FsDirSource,
    Multidevs,
    WritePolicy,
)
from pyvirt_driver_qemu.command.address import address_props, boot_props, virtio_driver, virtio_props
from pyvirt_driver_qemu.command.props import Props, escape
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.context import Context


def filesystems(context: Context) -> list[str]:
    """The arguments of all shared directories."""
    words: list[str] = []
    for filesystem in context.domain.devices.filesystems:
        if filesystem.driver is FilesystemDriver.VIRTIOFS:
            words += _virtiofs(context, filesystem)
        else:
            words += ["-fsdev", _fsdev(filesystem)]
            words += context.device(_ninep(context, filesystem))
    return words


def _fsdev(filesystem: Filesystem) -> str:
    kind = {FilesystemDriver.HANDLE: "handle"}.get(filesystem.driver or FilesystemDriver.PATH, "local")
    text = kind
    if kind == "local":
        model = {AccessMode.MAPPED: "mapped", AccessMode.SQUASH: "none"}.get(
            filesystem.access_mode or AccessMode.PASSTHROUGH, "passthrough"
        )
        text += f",security_model={model}"
        if filesystem.multidevs not in (None, Multidevs.DEFAULT):
            text += f",multidevs={filesystem.multidevs}"
        if filesystem.fmode:
            text += f",fmode={filesystem.fmode:04o}"
        if filesystem.dmode:
            text += f",dmode={filesystem.dmode:04o}"
    if filesystem.wrpolicy is WritePolicy.IMMEDIATE:
        text += ",writeout=immediate"
    source = filesystem.source
    if not isinstance(source, FsDirSource):
        raise ConfigUnsupportedError(f"filesystem type '{filesystem.type}' is not supported by QEMU")
    text += f",id=fsdev-{filesystem.alias},path={escape(source.dir or '')}"
    return text + (",readonly=on" if filesystem.readonly else "")


def _ninep(context: Context, filesystem: Filesystem) -> Props:
    model = str(filesystem.model) if filesystem.model else None
    props: Props = {"driver": virtio_driver(filesystem, "virtio-9p", model)}
    props |= virtio_props(filesystem)
    props |= {"id": filesystem.alias, "fsdev": f"fsdev-{filesystem.alias}", "mount_tag": filesystem.target}
    return props | address_props(context, filesystem)


def virtiofs_socket(context: Context, filesystem: Filesystem) -> str:
    """The socket of the virtiofsd behind a filesystem."""
    source = filesystem.source
    if isinstance(source, FsDirSource) and source.socket is not None:
        return source.socket
    return f"{context.private_dir}/{filesystem.alias}-fs.sock"


def _virtiofs(context: Context, filesystem: Filesystem) -> list[str]:
    name = f"chr-vu-{filesystem.alias}"
    words = ["-chardev", f"socket,id={name},path={escape(virtiofs_socket(context, filesystem))}"]
    props: Props = {"driver": virtio_driver(filesystem, "vhost-user-fs"), "id": filesystem.alias, "chardev": name}
    if filesystem.queue:
        props["queue-size"] = filesystem.queue
    props["tag"] = filesystem.target
    props |= virtio_props(filesystem) | boot_props(context, filesystem)
    return words + context.device(props | address_props(context, filesystem))
