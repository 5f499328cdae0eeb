"""pyvirt: virtual machines and containers from Python, with libvirt's XML and without a daemon.

::

    import pyvirt

    with pyvirt.open("qemu:///session") as conn:
        domain = conn.define_domain(open("web.xml").read())
        domain.start()
        print(domain.state())

Everything that fails raises a subclass of :class:`VirtError`. Names below load what they need on first use: importing
pyvirt itself costs a few milliseconds.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pyvirt import enums as enums
    from pyvirt import errors as errors
    from pyvirt import services as services
    from pyvirt.auth import Authenticator
    from pyvirt.objects import Checkpoint as Checkpoint
    from pyvirt.objects import Connection as Connection
    from pyvirt.objects import Domain as Domain
    from pyvirt.objects import Interface as Interface
    from pyvirt.objects import Network as Network
    from pyvirt.objects import NetworkPort as NetworkPort
    from pyvirt.objects import NodeDevice as NodeDevice
    from pyvirt.objects import Nwfilter as Nwfilter
    from pyvirt.objects import NwfilterBinding as NwfilterBinding
    from pyvirt.objects import Secret as Secret
    from pyvirt.objects import Snapshot as Snapshot
    from pyvirt.objects import StoragePool as StoragePool
    from pyvirt.objects import Volume as Volume
    from pyvirt_util.errors import VirtError as VirtError

__version__ = "0.1.0"

_OBJECTS = frozenset(
    {
        "Checkpoint",
        "Connection",
        "Domain",
        "Interface",
        "Network",
        "NetworkPort",
        "NodeDevice",
        "Nwfilter",
        "NwfilterBinding",
        "Secret",
        "Snapshot",
        "StoragePool",
        "Volume",
    }
)

__all__ = ["VirtError", "enums", "errors", "open", "services", *sorted(_OBJECTS)]


def open(uri: str | None = None, *, readonly: bool = False, auth: Authenticator | None = None) -> Connection:
    """Connect to a hypervisor (virConnectOpen, virConnectOpenReadOnly, virConnectOpenAuth).

    :param uri: libvirt's URI: ``qemu:///system``, ``qemu:///embed?root=DIR``, ``test:///default`` ...
        ``None`` takes the environment variable ``PYVIRT_DEFAULT_URI``, then ``LIBVIRT_DEFAULT_URI``, then
        ``qemu:///system`` for root and ``qemu:///session`` for everybody else.
    :param readonly: refuse everything that changes something.
    :param auth: answers a driver's questions for credentials.
    :raises NoConnectError: nobody serves the scheme; the message names the distribution to install.
    :raises InvalidArgError: the URI cannot be understood.
    """
    from pyvirt.loader import driver_for
    from pyvirt.objects.connection import Connection as ConnectionClass
    from pyvirt_util.uris import URI

    if uri is None:
        uri = default_uri()
    parsed = URI.parse(uri)
    driver = driver_for("remote" if parsed.transport else parsed.driver)
    return ConnectionClass(driver.open(parsed, readonly=readonly, auth=auth), parsed, readonly=readonly)


def default_uri() -> str:
    """The URI that :func:`open` takes when none is given."""
    import os

    for variable in ("PYVIRT_DEFAULT_URI", "LIBVIRT_DEFAULT_URI"):
        value = os.environ.get(variable)
        if value:
            return value
    return "qemu:///system" if os.geteuid() == 0 else "qemu:///session"


def __getattr__(name: str) -> Any:
    if name in _OBJECTS:
        from pyvirt import objects

        return getattr(objects, name)
    if name == "VirtError":
        from pyvirt_util.errors import VirtError as root

        return root
    if name in ("errors", "enums", "services"):
        from pyvirt.loader import import_by_name

        return import_by_name(f"pyvirt.{name}")
    raise AttributeError(f"module 'pyvirt' has no attribute '{name}'")
