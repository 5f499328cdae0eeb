"""Credentials for connections that ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pyvirt.enums.host import ConnectCredentialType


class Authenticator(Protocol):
    """Called by a driver for each credential that the other side wants."""

    def __call__(self, kind: ConnectCredentialType, prompt: str, challenge: str | None) -> str | None:
        """The answer, or ``None`` to give up (then the driver raises AuthCancelledError)."""
        ...
