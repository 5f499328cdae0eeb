"""The driver: all its parts, and how a URI opens it."""

from __future__ import annotations

import threading

from pyvirt_driver_test.agent import Agent
from pyvirt_driver_test.connect import Connect
from pyvirt_driver_test.devices import Devices
from pyvirt_driver_test.lookup import Lookup
from pyvirt_driver_test.metadata import MetadataOperations
from pyvirt_driver_test.node import Node
from pyvirt_driver_test.resources import Resources
from pyvirt_driver_test.saving import Saving
from pyvirt_driver_test.stats import Statistics
from pyvirt_driver_test.tuning import Tuning
from pyvirt_util.errors import AuthFailedError, InvalidArgError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar, Self

    from pyvirt.auth import Authenticator
    from pyvirt_driver_test.host import Host
    from pyvirt_util.uris import URI


class TestDriver(Connect, Node, Lookup, Saving, Resources, Tuning, Devices, Agent, MetadataOperations, Statistics):
    """The driver of ``test`` URIs."""

    __test__ = False  # no test case, whatever pytest may think of the name

    _default_lock: ClassVar[threading.RLock] = threading.RLock()  # re-entered by __del__
    _default: ClassVar[Host | None] = None
    _default_users: ClassVar[int] = 0

    @classmethod
    def open(cls, uri: URI, *, readonly: bool = False, auth: Authenticator | None = None) -> Self:
        """See the base class. ``/default`` is one host per process while a connection to it is open."""
        if uri.server is not None:
            raise InvalidArgError(f"the test driver has no server to connect to: '{uri}'")
        path = uri.path or ""
        if path in ("", "/"):
            raise InvalidArgError(f"'{uri}' has no path: supply the path of a file, or use test:///default")
        if path == "/default":
            return cls(cls._default_host(), path)
        from pyvirt_driver_test.document import host_from_file

        host, users = host_from_file(path)
        if users:
            _authenticate(users, auth)
        return cls(host, path)

    @classmethod
    def _default_host(cls) -> Host:
        from pyvirt_driver_test.default import default_host

        with TestDriver._default_lock:
            if TestDriver._default is None:
                TestDriver._default = default_host()
            TestDriver._default_users += 1
            return TestDriver._default

    def close(self) -> None:
        """See the base class. The default host is gone when its last connection is closed."""
        was_open = self._host is not None
        super().close()
        if was_open:
            self._leave_default_host()

    def __del__(self) -> None:
        # A connection that nobody closed must not keep the default host for ever. This may run at any moment, also
        # while this thread changes the host, so it does no more than that.
        if self._host is not None:
            self._host = None
            self._leave_default_host()

    def _leave_default_host(self) -> None:
        if self.path == "/default":
            with TestDriver._default_lock:
                TestDriver._default_users -= 1
                if not TestDriver._default_users:
                    TestDriver._default = None


def _authenticate(users: dict[str, str | None], auth: Authenticator | None) -> None:
    from pyvirt.enums.host import ConnectCredentialType

    if auth is None:
        raise AuthFailedError("the host wants to know who connects, and there is nobody to ask")
    name = auth(ConnectCredentialType.AUTHNAME, "enter username", None)
    if name is None or name not in users:
        raise AuthFailedError(f"authentication of user '{name}' failed")
    wanted = users[name]
    if wanted is not None:
        import hmac

        given = auth(ConnectCredentialType.PASSPHRASE, f"enter the password of {name}", None)
        if given is None or not hmac.compare_digest(given.encode(), wanted.encode()):
            raise AuthFailedError(f"authentication of user '{name}' failed")
