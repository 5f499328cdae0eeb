"""Encrypted guests and wrapped keys."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pyvirt_conf.xml import (
    U32,
    Element,
    Mode,
    Node,
    OnOff,
    YesNo,
    attr,
    by_hand,
    children,
    element,
    fail,
    integer,
    text,
)
from pyvirt_util.errors import InternalError


@element("launchSecurity", by="type")
class LaunchSecurity(Element):
    """How the guest is protected from the host; one of the classes below by ``type``."""

    type: ClassVar[str]


@element(type="sev")
class SevLaunchSecurity(LaunchSecurity):
    """AMD SEV."""

    _more = by_hand("handle")

    kernel_hashes: YesNo | None = attr("@kernelHashes")
    cbitpos: U32 | None = text()
    reduced_phys_bits: U32 | None = text("reducedPhysBits")
    policy: Annotated[int, integer(0, 2**32 - 1, base=16, form="0x{:04x}")] = text("policy", required=True)
    dh_cert: str | None = text("dhCert")
    session: str | None = text()


@element(type="s390-pv")
class S390ProtectedVirtualization(LaunchSecurity):
    """Protected virtualization of s390."""


class KeyCipher(StrEnum):
    """virDomainKeyWrapCipherName."""

    AES = "aes"
    DEA = "dea"


@element("cipher")
class KeyWrapCipher(Element):
    """Whether keys of one cipher can be wrapped."""

    name: KeyCipher = attr(required=True)
    state: OnOff = attr(required=True)


@element("keywrap")
class KeyWrap(Element):
    """Wrapped keys of s390."""

    _skip_empty = True
    ciphers: list[KeyWrapCipher] = children()

    def _parsed(self, node: Node, mode: Mode) -> None:
        names = [cipher.name for cipher in self.ciphers]
        for cipher in KeyCipher:
            if names.count(cipher) > 1:
                fail(node, mode, f"cipher '{cipher}' is there more than once", "cipher", InternalError)
        self.ciphers.sort(key=lambda cipher: cipher.name)
