"""Values of secrets, for disks, networks and consoles that need them."""

from __future__ import annotations

from pyvirt.services.base import Service, hookspec


class SecretSpecification:
    """Hooks of the secret service."""

    @hookspec(firstresult=True)
    def secret_lookup(self, usage_type: str | None, usage: str | None, uuid: str | None) -> bytes | None:
        """The value of a secret, by UUID or by what it is for."""


class SecretService(Service):
    """``pyvirt.services.secret``."""

    kind = "secret"
    specification = SecretSpecification
    provider = "pyvirt-driver-secret"

    def lookup(self, *, uuid: str | None = None, usage_type: str | None = None, usage: str | None = None) -> bytes:
        """The value of a secret."""
        answer = self._first(
            "secret_lookup", f"look up the secret '{uuid or usage}'", usage_type=usage_type, usage=usage, uuid=uuid
        )
        assert isinstance(answer, bytes)
        return answer
