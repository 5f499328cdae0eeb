"""Secrets."""

from __future__ import annotations

from pyvirt.driver.operation import Operations, operation
from pyvirt_util.errors import NoSupportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.secret import ConnectListAllSecretsFlags, SecretDefineFlags, SecretEventID, SecretUsageType
    from pyvirt.events import EventCallback
    from pyvirt.types import SecretRef


class SecretDriver(Operations):
    """Secrets."""

    kind = "secret"

    @operation("virConnectListAllSecrets", 287, also={"virConnectListSecrets": 140, "virConnectNumOfSecrets": 139})
    def connect_list_all_secrets(self, flags: ConnectListAllSecretsFlags) -> list[SecretRef]:
        """Handles of all secrets that pass a filter."""
        raise NoSupportError

    @operation("virConnectSecretEventRegisterAny", 380)
    def connect_secret_event_register_any(
        self, secret: SecretRef | None, event_id: SecretEventID, callback: EventCallback
    ) -> int:
        """Add a callback for one kind of secret event."""
        raise NoSupportError

    @operation("virConnectSecretEventDeregisterAny", 381)
    def connect_secret_event_deregister_any(self, callback_id: int) -> None:
        """Remove a secret event callback."""
        raise NoSupportError

    @operation("virSecretLookupByUUID", 141)
    def secret_lookup_by_uuid(self, uuid: str) -> SecretRef:
        """Find a secret by UUID."""
        raise NoSupportError

    @operation("virSecretLookupByUsage", 147)
    def secret_lookup_by_usage(self, usage_type: SecretUsageType, usage_id: str) -> SecretRef:
        """Find a secret by what it is for."""
        raise NoSupportError

    @operation("virSecretDefineXML", 142, write=True)
    def secret_define_xml(self, xml: str, flags: SecretDefineFlags) -> SecretRef:
        """Store a secret's description."""
        raise NoSupportError

    @operation("virSecretUndefine", 146, write=True)
    def secret_undefine(self, secret: SecretRef) -> None:
        """Remove a secret."""
        raise NoSupportError

    @operation("virSecretGetXMLDesc", 143)
    def secret_get_xml_desc(self, secret: SecretRef, flags: int) -> str:
        """XML description of the secret."""
        raise NoSupportError

    @operation("virSecretGetValue", 145, write=True)
    def secret_get_value(self, secret: SecretRef, flags: int) -> bytes:
        """Read a secret's bytes."""
        raise NoSupportError

    @operation("virSecretSetValue", 144, write=True)
    def secret_set_value(self, secret: SecretRef, value: bytes, flags: int) -> None:
        """Write a secret's bytes."""
        raise NoSupportError
