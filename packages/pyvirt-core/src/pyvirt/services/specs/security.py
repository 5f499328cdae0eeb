"""Security labels of guests and of what they use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt.services.base import Service, hookspec

if TYPE_CHECKING:
    from pyvirt_util.undo import UndoStack


class SecuritySpecification:
    """Hooks of the security service. All installed models take part; each ignores what is not its own."""

    @hookspec
    def security_label_generate(self, domain_xml: str, undo: UndoStack) -> str | None:
        """The ``<seclabel>`` a model gives to a starting guest."""

    @hookspec
    def security_label_set(self, domain_xml: str, path: str, writable: bool, undo: UndoStack) -> None:
        """Label one file or device for a guest."""

    @hookspec
    def security_label_restore(self, domain_xml: str, path: str) -> None:
        """Bring the label back that a file had."""


class SecurityService(Service):
    """``pyvirt.services.security``. Without an installed model nothing is labelled."""

    kind = "security"
    specification = SecuritySpecification
    provider = "pyvirt-driver-security"

    def generate(self, domain_xml: str, undo: UndoStack) -> list[str]:
        """``<seclabel>`` elements of all models for a starting guest."""
        return [str(label) for label in self._hook.security_label_generate(domain_xml=domain_xml, undo=undo)]

    def label(self, domain_xml: str, path: str, *, writable: bool, undo: UndoStack) -> None:
        """Label a file or device for a guest."""
        self._hook.security_label_set(domain_xml=domain_xml, path=path, writable=writable, undo=undo)

    def restore(self, domain_xml: str, path: str) -> None:
        """Bring a file's label back."""
        self._hook.security_label_restore(domain_xml=domain_xml, path=path)
