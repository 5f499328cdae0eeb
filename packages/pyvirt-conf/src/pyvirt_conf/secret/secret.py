"""The properties of a secret; its value is kept elsewhere."""

from __future__ import annotations

from typing import ClassVar

from pyvirt_conf.document import Document, new_uuid
from pyvirt_conf.xml import Element, Mode, Uuid, YesNo, attr, child, element, text


@element("usage", by="type")
class SecretUsage(Element):
    """What a secret is for: one of the classes below, told apart by ``type``. ``id`` says which object it unlocks."""

    type: ClassVar[str]
    id: str


@element(type="none")
class NoUsage(SecretUsage):
    """Nothing in particular."""

    id: str = ""


@element(type="volume")
class VolumeUsage(SecretUsage):
    """The passphrase of an encrypted volume; the id is its path."""

    id: str = text("volume", required=True)


@element(type="ceph")
class CephUsage(SecretUsage):
    """The key of a Ceph client; the id is any name."""

    id: str = text("name", required=True)


@element(type="iscsi")
class IscsiUsage(SecretUsage):
    """The CHAP password for an iSCSI target; the id is any name."""

    id: str = text("target", required=True)


@element(type="tls")
class TlsUsage(SecretUsage):
    """The password of a private TLS key; the id is any name."""

    id: str = text("name", required=True)


@element(type="vtpm")
class VtpmUsage(SecretUsage):
    """The passphrase of the state of an emulated TPM; the id is any name."""

    id: str = text("name", required=True)


def _is_usage(usage: SecretUsage, mode: Mode) -> bool:
    return not isinstance(usage, NoUsage)


@element("secret")
class Secret(Document):
    """What is known of a secret: whether it's kept on disk, whether its value may be read, and what it's for."""

    ephemeral: YesNo = attr(default=False)
    private: YesNo = attr(default=False)
    uuid: Uuid | None = text()
    description: str | None = text()
    usage: SecretUsage | None = child(when=_is_usage)

    def format(self) -> str:
        """The document as libvirt writes it."""
        return self._formatted(Mode())

    def complete(self) -> None:
        """Make up a UUID where there is none."""
        if self.uuid is None:
            self.uuid = new_uuid()


def parse_secret(text: str | bytes, *, file: str | None = None) -> Secret:
    """Parse and complete in one go, as a driver does with a definition it is given."""
    secret = Secret.parse(text, file=file)
    secret.complete()
    secret.validate()
    return secret
