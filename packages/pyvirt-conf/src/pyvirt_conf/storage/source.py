"""Where the volumes of a pool come from."""

from __future__ import annotations

from enum import StrEnum

from pyvirt_conf.domain.storage import SecretLookup
from pyvirt_conf.storage.adapter import Adapter
from pyvirt_conf.storage.paths import sanitized
from pyvirt_conf.storage.types import DEFAULT_SOURCE_FORMAT, SOURCE_FORMATS, SOURCE_PARTS, Part, PoolType
from pyvirt_conf.xml import I32, Element, Mode, Node, YesNo, attr, by_hand, child, children, element, text
from pyvirt_util.errors import ConfigUnsupportedError, XmlError


@element("host")
class PoolHost(Element):
    """A server of the storage."""

    name: str = attr(required=True)
    port: I32 | None = attr(omit=0)


@element("device")
class PoolDevice(Element):
    """A device of the host, or the name of an iSCSI target. What is free on a disk is the driver's to say."""

    _more = by_hand("freeExtent*/@start", "freeExtent*/@end")

    path: str = attr(required=True)
    part_separator: YesNo | None = attr()


class AuthType(StrEnum):
    """How we prove to the server who we are."""

    CHAP = "chap"
    CEPH = "ceph"


@element("auth")
class PoolAuth(Element):
    """Credentials for the server of a pool."""

    type: AuthType = attr(required=True)
    username: str = attr(required=True)
    secret: SecretLookup = child(required=True)


@element("source")
class PoolSource(Element):
    """What a pool is made of; which fields count depends on its type."""

    _keep_open = True
    hosts: list[PoolHost] = children()
    devices: list[PoolDevice] = children()
    dir: str | None = attr("dir/@path")
    adapter: Adapter | None = child()
    name: str | None = text()
    initiator: str | None = attr("initiator/iqn/@name")
    format: str | None = attr("format/@type")
    auth: PoolAuth | None = child()
    protocol_version: str | None = attr("protocol/@ver")
    vendor: str | None = attr("vendor/@name")
    product: str | None = attr("product/@name")

    def complete(self, kind: PoolType, pool_name: str | None) -> None:
        """Drop what the type has no use for, and fill in its defaults."""
        parts = SOURCE_PARTS[kind]
        for part in Part:
            if part not in parts:
                setattr(self, part.value, [] if part in (Part.HOST, Part.DEVICE) else None)
        if Part.DIR in parts:
            if not self.dir and kind is PoolType.GLUSTER:
                self.dir = "/"
            elif self.dir is not None:
                self.dir = sanitized(self.dir)
        if Part.NAME in parts and self.name is None and kind is not PoolType.RBD:
            self.name = pool_name
        if Part.FORMAT in parts and self.format is None:
            self.format = DEFAULT_SOURCE_FORMAT[kind]

    def check(self, kind: PoolType) -> None:
        """Whether all that the type needs is there.

        :raises XmlError: something is missing. :raises ConfigUnsupportedError: an unknown format, or no initiator.
        """
        parts = SOURCE_PARTS[kind]
        if Part.FORMAT in parts and self.format is not None and self.format not in SOURCE_FORMATS[kind]:
            known = ", ".join(SOURCE_FORMATS[kind])
            raise ConfigUnsupportedError(f"unknown source format '{self.format}' of a {kind} pool, expected {known}")
        if Part.HOST in parts and not self.hosts:
            raise XmlError(f"missing source host of a {kind} pool")
        if Part.DIR in parts and not self.dir:
            raise XmlError(f"missing source dir of a {kind} pool")
        if Part.NAME in parts and not self.name:
            raise XmlError(f"missing source name of a {kind} pool")
        if Part.ADAPTER in parts:
            if self.adapter is None:
                raise XmlError(f"missing source adapter of a {kind} pool")
            self.adapter.check()
        # Volume groups and ZFS pools are made of the devices, or exist already; iSCSI's may be found on the host.
        if Part.DEVICE in parts and not parts & {Part.NAME, Part.HOST} and not self.devices:
            raise XmlError(f"missing source device of a {kind} pool")
        if kind is PoolType.ISCSI_DIRECT and self.initiator is None:
            raise ConfigUnsupportedError(f"missing source initiator of a {kind} pool")

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.name == "":
            self.name = None
