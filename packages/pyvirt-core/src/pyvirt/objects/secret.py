"""Secrets."""

from __future__ import annotations

from pyvirt.objects.handle import Handle
from pyvirt.refs import SecretRef


class Secret(Handle[SecretRef]):
    """A secret."""

    @property
    def uuid(self) -> str:
        """The UUID, canonical text."""
        return self._ref.uuid

    @property
    def usage_id(self) -> str:
        """What the secret is for: a volume path, a target name ..."""
        return self._ref.usage_id

    def undefine(self) -> None:
        """Remove a secret."""
        self._connection._secret.secret_undefine(self._ref)

    def xml(self, flags: int = 0) -> str:
        """XML description of the secret."""
        return self._connection._secret.secret_get_xml_desc(self._ref, flags)

    def value(self, flags: int = 0) -> bytes:
        """Read a secret's bytes."""
        return self._connection._secret.secret_get_value(self._ref, flags)

    def set_value(self, value: bytes, flags: int = 0) -> None:
        """Write a secret's bytes."""
        self._connection._secret.secret_set_value(self._ref, value, flags)
