"""Secrets for QEMU: encrypted with the guest's master key, so that a command line or a log gives nothing away."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pyvirt_conf.domain.storage import NetworkSource, StorageProtocol
from pyvirt_driver_qemu.command.props import Props
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.blockdev import Image
    from pyvirt_driver_qemu.command.context import Context

MASTER_KEY = "masterKey0"
KEY_SIZE = 32
_BLOCK = 16


def master_key_props(context: Context) -> Props:
    """The master key, read by QEMU from a file in the guest's folder."""
    path = f"{context.private_dir}/master-key.aes"
    return {"qom-type": "secret", "id": MASTER_KEY, "format": "raw", "file": path}


def encrypt(key: bytes, vector: bytes, data: bytes) -> bytes:
    """AES-256-CBC with PKCS#7 padding, as ``-object secret`` decrypts with ``keyid`` and ``iv``."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    room = _BLOCK - len(data) % _BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return encryptor.update(data + bytes([room]) * room) + encryptor.finalize()


def secret_props(context: Context, alias: str, reference: Any) -> Props:
    """An object with the value of a secret.

    :param reference: what names the secret in the document, or the value itself as bytes.
    :raises ConfigUnsupportedError: nobody looks secrets up here.
    """
    from base64 import b64encode

    if context.master_key is None or (context.secret is None and not isinstance(reference, bytes)):
        raise ConfigUnsupportedError(f"secret '{alias}' can't be looked up: there is no secret driver")
    value = reference if isinstance(reference, bytes) else context.secret(reference) if context.secret else b""
    vector = (context.random or os.urandom)(_BLOCK)
    data = b64encode(encrypt(context.master_key, vector, value)).decode()
    props: Props = {"qom-type": "secret", "id": alias, "data": data, "keyid": MASTER_KEY}
    return props | {"iv": b64encode(vector).decode(), "format": "base64"}


def tls_props(
    context: Context, alias: str, folder: str, *, server: bool, verify: bool, secret: str | None
) -> list[Props]:
    """Credentials for TLS, and the secret of their key where it has one.

    :param alias: the credentials' name. :param secret: the UUID of the key's passphrase.
    :param verify: whether a server asks its clients for certificates.
    """
    props: Props = {"qom-type": "tls-creds-x509", "id": alias, "dir": folder}
    props |= {"endpoint": "server" if server else "client", "verify-peer": verify if server else True}
    if secret is None:
        return [props]
    name = passphrase_alias(alias)
    return [secret_props(context, name, Uuid(secret)), props | {"passwordid": name}]


def passphrase_alias(alias: str) -> str:
    """The secret of TLS credentials: a character device's is named for the device."""
    if alias.startswith("objchar"):
        return f"{alias.removeprefix('obj').removesuffix('_tls0')}-secret0"
    return f"{alias}-secret0"


class Uuid(str):
    """A secret named by its UUID alone."""

    __slots__ = ()


def image_objects(context: Context, image: Image) -> list[Props]:
    """The objects an image refers to, which have to be there before its nodes; the image learns their names."""
    objects: list[Props] = []
    source = image.source
    auth = source.auth or image.auth
    if auth is not None:
        objects.append(_remember(context, image, "auth", f"{image.storage_node}-auth-secret0", auth.secret))
    encryption = source.encryption or image.encryption
    if encryption is not None and encryption.secrets:
        alias = f"{image.format_node}-encryption-secret0"
        objects.append(_remember(context, image, "encryption", alias, encryption.secrets[0]))
    if isinstance(source, NetworkSource):
        if source.cookies:
            text = "; ".join(f"{cookie.name}={cookie.value}" for cookie in source.cookies).encode()
            objects.append(_remember(context, image, "cookies", f"{image.storage_node}-httpcookie-secret0", text))
        secure = source.protocol is StorageProtocol.NBD and (
            source.tls or (source.tls is None and context.settings.nbd_tls)
        )
        if secure:
            image.tls_alias = f"obj{image.storage_node}_tls0"
            settings = context.settings
            objects += tls_props(
                context,
                image.tls_alias,
                settings.nbd_tls_x509_cert_dir,
                server=False,
                verify=True,
                secret=settings.nbd_tls_x509_secret_uuid,
            )
    reservations = source.reservations
    if reservations is not None:
        if reservations.managed:
            image.reservations_alias = "pr-helper0"
        else:
            image.reservations_alias = f"pr-helper-{image.storage_node}"
            path = reservations.source.path if reservations.source is not None else None
            objects.append({"qom-type": "pr-manager-helper", "id": image.reservations_alias, "path": path})
    return objects


def _remember(context: Context, image: Image, what: str, alias: str, reference: Any) -> Props:
    image.secrets[what] = alias
    return secret_props(context, alias, reference)


def managed_reservations(context: Context) -> list[str]:
    """The helper for persistent reservations that the driver starts, one for all disks."""
    for disk in context.domain.devices.disks:
        reservations = disk.source.reservations
        if reservations is not None and reservations.managed:
            path = f"{context.private_dir}/pr-helper0.sock"
            return context.object({"qom-type": "pr-manager-helper", "id": "pr-helper0", "path": path})
    return []
