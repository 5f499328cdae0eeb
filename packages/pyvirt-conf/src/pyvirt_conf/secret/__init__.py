"""``<secret>``."""

from pyvirt_conf.secret.secret import (
    CephUsage,
    IscsiUsage,
    Secret,
    SecretUsage,
    TlsUsage,
    VolumeUsage,
    VtpmUsage,
    parse_secret,
)

__all__ = [
    "CephUsage",
    "IscsiUsage",
    "Secret",
    "SecretUsage",
    "TlsUsage",
    "VolumeUsage",
    "VtpmUsage",
    "parse_secret",
]
