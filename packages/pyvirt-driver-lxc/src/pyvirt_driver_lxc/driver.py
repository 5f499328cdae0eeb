"""The LXC driver: ``lxc:///system``."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from pyvirt.driver import HypervisorDriver
from pyvirt.local.host import LocalHost
from pyvirt_util.errors import InternalError, InvalidArgError

if TYPE_CHECKING:
    from typing import Self

    from pyvirt.auth import Authenticator
    from pyvirt_util.uris import URI


class LxcDriver(LocalHost, HypervisorDriver):
    """Containers of this host."""

    driver_name = "lxc"

    @classmethod
    def open(cls, uri: URI, *, readonly: bool = False, auth: Authenticator | None = None) -> Self:
        """See the base class; the path is ``/`` or ``/system``."""
        if uri.server or uri.path not in (None, "", "/", "/system"):
            raise InvalidArgError(f"unexpected LXC URI '{uri}'", hint="use lxc:///system")
        return cls()

    def connect_get_type(self) -> str:
        """See the base class."""
        return "LXC"

    def connect_get_version(self) -> int:
        """Version of the kernel, 6001002 for 6.1.2."""
        release = os.uname().release
        found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", release)
        if found is None:
            raise InternalError(f"cannot parse the kernel's version '{release}'")
        major, minor, patch = (int(part or 0) for part in found.groups())
        return major * 1_000_000 + minor * 1000 + patch

    def connect_is_alive(self) -> bool:
        """See the base class."""
        return True

    def connect_is_encrypted(self) -> bool:
        """See the base class."""
        return False

    def connect_is_secure(self) -> bool:
        """See the base class."""
        return True
