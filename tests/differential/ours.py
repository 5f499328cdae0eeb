"""What pyvirt makes of a document: the counterpart of each of the oracle's functions."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.differential.cases import UUID
from tests.differential.peer import Answer

from pyvirt_conf.domain.disk import DiskSnapshot
from pyvirt_conf.interface import HostInterface
from pyvirt_conf.moment import SnapshotState, parse_domain_checkpoint, parse_domain_snapshot
from pyvirt_conf.network import NetworkXmlFlags, parse_network
from pyvirt_conf.nodedev import parse_node_device
from pyvirt_conf.storage import PoolType, Volume, parse_pool
from pyvirt_driver_test import definition
from pyvirt_util.errors import VirtError

SECURE_INACTIVE = 3


def domain(text: str) -> str:
    return definition.format_xml(definition.parse(text), -1, SECURE_INACTIVE)


def network(text: str) -> str:
    return parse_network(text).format(NetworkXmlFlags.INACTIVE)


def pool(text: str) -> str:
    return parse_pool(text).format()


def volume(text: str) -> str:
    found = Volume.parse(text, pool=PoolType.DIR)
    found.validate()
    # As in the driver in memory.
    found.key = found.target.path = f"/default-pool/{found.name}"
    return found.format()


def interface(text: str) -> str:
    return HostInterface.parse(text).format()


def device(text: str) -> str:
    return parse_node_device(text).format()


def snapshot(text: str) -> str:
    found = parse_domain_snapshot(text, definition.parser_config(), redefine=True)
    # As a driver does with a snapshot that was before.
    disks_only = found.state is SnapshotState.DISK_SNAPSHOT
    default = DiskSnapshot.EXTERNAL if disks_only or found.is_external else DiskSnapshot.INTERNAL
    found.align_disks(default=default, uniform=True)
    found.validate_redefinition(UUID)
    return found.format(secure=True)


def checkpoint(text: str) -> str:
    found = parse_domain_checkpoint(text, definition.parser_config(), redefine=True)
    found.align_disks()
    return found.format(secure=True)


KINDS: dict[str, Callable[[str], str]] = {
    f.__name__: f for f in (domain, network, pool, volume, interface, device, snapshot, checkpoint)
}


def ask(kind: str, text: str) -> Answer:
    """As :meth:`Libvirt.ask`; what isn't one of our errors gets out."""
    try:
        return Answer(KINDS[kind](text))
    except VirtError as error:
        return Answer(None, int(error.code), str(error))


_MADE_UP = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|52:54:00:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}"
)


_STATE = re.compile(r"  <(capacity|allocation|available) unit='bytes'>\d+</\1>\n")


def comparable(kind: str, text: str, source: str) -> str:
    """A document without what each side makes up at random, and what the test driver says of a pool it made."""
    known = source.lower()
    if kind == "pool":
        text = _STATE.sub("", text)
    return _MADE_UP.sub(lambda match: match[0] if match[0] in known else "(made up)", text)
