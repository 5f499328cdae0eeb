"""Smart cards."""

from __future__ import annotations

from typing import ClassVar

from pyvirt_conf.domain.address import Device
from pyvirt_conf.domain.chardev import CharSource
from pyvirt_conf.xml import BadValue, Mode, Node, element, inline, text, texts


@element("smartcard", by="mode")
class Smartcard(Device):
    """A smart card; one of the classes below by ``mode``."""

    mode: ClassVar[str]


@element(mode="host")
class HostSmartcard(Smartcard):
    """The host's card."""


@element(mode="host-certificates")
class CertificatesSmartcard(Smartcard):
    """A card made of three certificates of an NSS database."""

    certificates: list[str] = texts("certificate")
    database: str | None = text("database")

    def _parsed(self, node: Node, mode: Mode) -> None:
        if len(self.certificates) != 3:
            raise BadValue(f"host-certificates needs three certificates, found {len(self.certificates)}")
        if self.database is not None and not self.database.startswith("/"):
            raise BadValue(f"database '{self.database}' is not an absolute path")


@element(mode="passthrough")
class PassthroughSmartcard(Smartcard):
    """A card at the other end of a character device."""

    source: CharSource = inline()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if node.get("type") is None:
            raise BadValue("passthrough mode needs a character device type")
        self.source.forget_labels()
