"""Trusted platform modules."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pyvirt_conf.document import only_one
from pyvirt_conf.domain.address import Device
from pyvirt_conf.xml import BadValue, Element, Mode, Node, Uuid, YesNo, attr, by_hand, child, element, flag


class TpmModel(StrEnum):
    """virDomainTPMModel."""

    TIS = "tpm-tis"
    CRB = "tpm-crb"
    SPAPR = "tpm-spapr"
    SPAPR_PROXY = "spapr-tpm-proxy"


class TpmVersion(StrEnum):
    """The standard it follows."""

    V1_2 = "1.2"
    V2_0 = "2.0"


@element("backend", by="type")
class TpmBackend(Element):
    """What stands behind the device; one of the classes below by ``type``."""

    type: ClassVar[str]


@element(type="passthrough")
class PassthroughTpm(TpmBackend):
    """The host's TPM. Its version isn't asked for."""

    _more = by_hand("@version")

    device: str | None = attr("device/@path")

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.device is None:
            self.device = "/dev/tpm0"


@element("active_pcr_banks")
class PcrBanks(Element):
    """Which banks are active."""

    _skip_empty = True
    sha1: bool = flag()
    sha256: bool = flag()
    sha384: bool = flag()
    sha512: bool = flag()


@element(type="emulator")
class EmulatorTpm(TpmBackend):
    """swtpm."""

    version: TpmVersion | None = attr()
    persistent_state: YesNo | None = attr(omit=False)
    encryption_secret: Uuid | None = attr("encryption/@secret")
    active_pcr_banks: PcrBanks | None = child()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.active_pcr_banks not in (None, PcrBanks()) and self.version is not TpmVersion.V2_0:
            raise BadValue("active_pcr_banks needs TPM version '2.0'")


@element(type="external")
class ExternalTpm(TpmBackend):
    """An emulator that runs already, on a UNIX socket."""

    socket_type: str | None = attr("source/@type")
    mode: str | None = attr("source/@mode")
    path: str | None = attr("source/@path")

    def _parsed(self, node: Node, mode: Mode) -> None:
        only_one(node, mode, "source")
        if self.socket_type != "unix":
            raise BadValue(f"unsupported source type '{self.socket_type}' of an external TPM, expected unix")
        if self.path is None:
            raise BadValue("missing socket path of an external TPM")
        if self.mode is None:
            self.mode = "connect"
        elif self.mode != "connect":
            raise BadValue(f"unsupported mode '{self.mode}' of an external TPM, expected connect")


@element("tpm")
class Tpm(Device):
    """A TPM."""

    model: TpmModel | None = attr()
    backend: TpmBackend = child(required=True, single=True)
