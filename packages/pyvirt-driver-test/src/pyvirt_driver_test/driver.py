"""The driver: all its parts, and how a URI opens it."""

from __future__ import annotations

import threading
import weakref

from pyvirt_driver_test.connect import Connect
from pyvirt_driver_test.lifecycle import Lifecycle
from pyvirt_driver_test.lookup import Lookup
from pyvirt_driver_test.node import Node
from pyvirt_util.errors import InvalidArgError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar, Self

    from pyvirt.auth import Authenticator
    from pyvirt_driver_test.host import Host
    from pyvirt_util.uris import URI


class TestDriver(Connect, Node, Lookup, Lifecycle):
    """The driver of ``test`` URIs."""

    __test__ = False  # no test case, whatever pytest may think of the name

    _default_lock: ClassVar[threading.Lock] = threading.Lock()
    _default: ClassVar[weakref.ref[Host] | None] = None

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

        return cls(host_from_file(path), path)

    @classmethod
    def _default_host(cls) -> Host:
        from pyvirt_driver_test.default import default_host

        with TestDriver._default_lock:
            host = TestDriver._default() if TestDriver._default is not None else None
            if host is None:
                host = default_host()
                TestDriver._default = weakref.ref(host)
            return host
