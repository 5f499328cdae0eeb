"""Settings of the host's devices that a guest's replaced, kept on disk until they are brought back.

A process that is killed while a guest has a device must not turn the guest's settings into the host's: what is saved
first stays saved until it has been restored.
"""

from __future__ import annotations

import os

from pyvirt_util import files
from pyvirt_util.errors import OperationInvalidError, VirtError
from pyvirt_util.locks import FileLock
from pyvirt_util.statedirs import Instance, ensure_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from pyvirt.services.specs.interface import InterfaceRequest

    Settings: TypeAlias = dict[str, str | int | bool | None]


class SavedSettings:
    """One JSON file per device in a folder, by default the runtime folder: a reboot resets the devices too."""

    __slots__ = ("_folder",)

    def __init__(self, folder: str | None = None) -> None:
        self._folder = folder

    @property
    def folder(self) -> str:
        """The folder, made when it is first asked for."""
        if self._folder is None:
            self._folder = Instance.for_uri_path(None).directories("netdev").runtime
        else:
            ensure_directory(self._folder)
        return self._folder

    def save(self, device: str, read: Callable[[], Settings]) -> bool:
        """Keep what ``read`` tells of the device; ``False`` when older settings are kept already, and stay."""
        import json

        path = self.path(device)
        with FileLock(path + ".lock", timeout=30, remove=True):
            if os.path.exists(path):
                return False
            files.write_atomic(path, json.dumps(read(), sort_keys=True) + "\n", durable=False)
        return True

    def claim(self, device: str, request: InterfaceRequest, read: Callable[[], Settings], what: str) -> bool:
        """:meth:`save` for a domain that wants the device for itself; ``False`` when it has it already.

        :raises OperationInvalidError: another domain has ``what``.
        """
        saved = self.save(device, lambda: {**read(), "domain": request.domain_uuid, "name": request.domain})
        if not self.owned(device, request):
            owner = (self.kept(device) or {}).get("name")
            raise OperationInvalidError(
                f"{what} is in use by domain '{owner}'",
                hint=f"if there is no such domain any more, remove {self.path(device)}",
            )
        return saved

    def owned(self, device: str, request: InterfaceRequest) -> bool:
        """Whether what is kept of a device is this domain's, or nobody's."""
        return (self.kept(device) or {}).get("domain") in (None, request.domain_uuid)

    def kept(self, device: str) -> Settings | None:
        """What is kept of the device; ``None`` for nothing, or nothing that can be understood."""
        import json

        try:
            settings = json.loads(files.read_text(self.path(device)))
        except (VirtError, ValueError):
            return None
        return settings if isinstance(settings, dict) else None

    def restore(self, device: str, write: Callable[[Settings], object]) -> bool:
        """Hand the kept settings to ``write`` and forget them once it succeeded; ``False`` when there are none.

        A file that can't be understood is set aside.
        """
        import json

        path = self.path(device)
        with FileLock(path + ".lock", timeout=30, remove=True):
            try:
                settings = json.loads(files.read_text(path)) if os.path.exists(path) else None
            except ValueError as error:
                files.set_aside(path, str(error))
                return False
            if settings is None:
                return False
            if not isinstance(settings, dict):
                files.set_aside(path, "not a JSON object")
                return False
            write(settings)
            files.remove(path, durable=False)
        return True

    def path(self, device: str) -> str:
        """The device's file; it is there while something is kept."""
        return f"{self.folder}/{device}.json"
