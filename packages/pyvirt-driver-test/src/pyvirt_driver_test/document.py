"""``test:///PATH/FILE.xml``: a host described by a file."""

from __future__ import annotations

import logging
import os
from typing import Self

from pyvirt_conf.domain.config import XmlFlags, mode_of
from pyvirt_conf.domain.domain import Domain
from pyvirt_conf.xml import U32, Element, Mode, Node, attr, child, children, element, fail, read, text
from pyvirt_driver_test.definition import finish, format_xml, identity, parser_config
from pyvirt_driver_test.guest import RUNNING, SHUTOFF, Guest, SavedImage
from pyvirt_driver_test.host import Host
from pyvirt_driver_test.namespace import TestNamespace
from pyvirt_util.errors import XmlError, system_error

_log = logging.getLogger("pyvirt.driver.test")

_PMSUSPENDED = 7  # the last of virDomainState
# What libvirt's test driver also reads there, and this one does not have.
_LEFT_OUT = ("network", "pool", "interface", "device")


@element("domain")
class NodeDomain(Element):
    """A domain of the host: ``file`` with its definition, or the definition itself."""

    file: str | None = attr()
    definition: Domain | None = None

    @classmethod
    def _from_node(cls, node: Node, mode: Mode) -> Self:
        # Which of the two it is decides what is required of it.
        file = node.get("file")
        return cls(file=file) if file is not None else cls(definition=Domain._from_node(node, mode))


@element("user")
class NodeUser(Element):
    """Who may connect; without a password the name is enough."""

    password: str | None = attr()
    name: str = text(".", required=True)


@element("cpu")
class NodeCpu(Element):
    """The host's CPUs: ``active`` is their number."""

    mhz: U32 | None = text()
    model: str | None = text()
    active: U32 | None = text()
    nodes: U32 | None = text()
    sockets: U32 | None = text()
    cores: U32 | None = text()
    threads: U32 | None = text()


@element("node")
class NodeDocument(Element):
    """The whole file; memory in KiB."""

    users: list[NodeUser] = children("auth/user")
    cpu: NodeCpu | None = child()
    memory: U32 | None = text()
    domains: list[NodeDomain] = children("domain")


def host_from_file(path: str) -> tuple[Host, dict[str, str | None]]:
    """The host a file describes, and the passwords of those who may connect to it (none: everybody may).

    Raises SystemCallError when the file cannot be read, XmlError or XmlDetailError with file and line when it is wrong.
    """
    mode = mode_of(XmlFlags.INACTIVE, parser_config(), path)
    root = read(_read_file(path), path)
    if root.tag != "node":
        fail(root, mode, f"root element is not <node> but <{root.tag}>")
    document = NodeDocument._from_node(root, mode)
    left_out = sorted({tag for tag in _LEFT_OUT if root.find(tag) is not None})
    if left_out:
        _log.warning("%s: the test driver leaves out <%s>", path, ">, <".join(left_out))
    host = Host()
    _set_node(host, document)
    folder = os.path.dirname(path)
    for entry in document.domains:
        if entry.file is not None:
            file = os.path.join(folder, entry.file)
            definition = Domain.parse(_read_file(file), file=file, config=parser_config(), flags=XmlFlags.INACTIVE)
        else:
            assert entry.definition is not None
            definition = entry.definition
        _add_domain(host, definition)
    return host, {user.name: user.password for user in document.users}


def _read_file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise system_error(f"read '{path}'", error) from error


def _set_node(host: Host, document: NodeDocument) -> None:
    node, cpu = host.node, document.cpu
    if cpu is not None:
        node.model = cpu.model or node.model
        node.mhz = cpu.mhz or node.mhz
        node.cpus = cpu.active or node.cpus
        node.nodes = cpu.nodes or node.nodes
        node.sockets = cpu.sockets or node.sockets
        node.cores = cpu.cores or node.cores
        node.threads = cpu.threads or node.threads
    node.memory = document.memory or node.memory


def _add_domain(host: Host, definition: Domain) -> None:
    extra = definition.namespace
    wanted = extra if isinstance(extra, TestNamespace) else TestNamespace()
    definition.namespace = None
    finish(definition)
    name, uuid = identity(definition)
    state = RUNNING if wanted.runstate is None else wanted.runstate
    if not 0 < state <= _PMSUSPENDED:
        raise XmlError(f"runstate '{state}' of domain '{name}' out of range")
    if state == SHUTOFF and wanted.transient:
        raise XmlError(f"transient domain '{name}' cannot have runstate 'shutoff'")
    if state != SHUTOFF and wanted.has_managed_save:
        raise XmlError(f"domain '{name}' with managedsave data can only have runstate 'shutoff'")
    if host.match(name, uuid) is not None:
        raise XmlError(f"domain '{name}' with uuid {uuid} is there twice")
    guest = Guest(name, uuid)
    host.add(guest)
    if not wanted.transient:
        guest.config = definition
    if state != SHUTOFF:
        guest.live = definition.copy()
        guest.id = host.next_id()
    if wanted.has_managed_save:
        guest.saved = SavedImage(format_xml(definition, -1, 1), running=True)
    guest.set_state(state, 0)
