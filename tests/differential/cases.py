"""Documents to compare on: random ones that the schemas allow, and mutations of others."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from lxml import etree
from tests.differential.grammar import RNG, Grammar, Sampler
from tests.differential.oracle_data import DISKS

if TYPE_CHECKING:
    Node = etree._Element
else:
    Node = Any

SCHEMAS = {
    "domain": "domain",
    "any-domain": "domain",
    "guest-device": "domain",
    "network": "network",
    "pool": "storagepool",
    "volume": "storagevol",
    "interface": "interface",
    "device": "nodedev",
    "snapshot": "domainsnapshot",
    "checkpoint": "domaincheckpoint",
}
UUID = "00000000-0000-4000-8000-000000000001"


_CHANCES = {
    "domain": (0.04, 0.05, 0.3, 0.4),
    "any-domain": (0.04, 0.05, 0.3, 0.4),
    "snapshot": (0.5, 0.7, 0.3),
    "checkpoint": (0.5, 0.7, 0.3),
    "network": (0.2, 0.2, 0.3),
}
"""How likely what is optional is there, by depth, where documents with much in them are refused for something."""


def sampled(kind: str, schemas: Path, random: Random, count: int) -> Iterator[str]:
    """Documents made from the schema of a kind."""
    grammar = Grammar(schemas / f"{SCHEMAS[kind]}.rng")
    if kind == "guest-device":
        yield from _with_one_device(grammar, random, count)
        return
    sampler = Sampler(grammar, random, _CHANCES.get(kind, (0.4,)))
    for _ in range(count):
        root = sampler.document()
        settle(kind, root)
        yield text_of(root)


def _with_one_device(grammar: Grammar, random: Random, count: int) -> Iterator[str]:
    """Domains with one device, each kind of device as often."""
    sampler = Sampler(grammar, random, (0.4,))
    kinds = [str(node.get("name")) for node in grammar.defines["devices"][0].iter(RNG + "ref")]
    kinds.remove("emulator")
    for number in range(count):
        root = etree.fromstring("<domain type='test'><devices/></domain>")
        settle("domain", root)
        root[0].append(sampler.element(kinds[number % len(kinds)]))
        yield text_of(root)


def text_of(root: Node) -> str:
    """The document, indented."""
    etree.indent(root)
    return etree.tostring(root, encoding="unicode")


def child(node: Node, tag: str, value: str | None = None) -> Node:
    """The child of a name, made where it's absent; with this text, if any."""
    found = node.find(tag)
    if found is None:
        found = etree.SubElement(node, tag)
    if value is not None:
        found.text = value
    return found


def settle(kind: str, root: Node) -> None:
    """Give a document what both sides ask for before they look at anything else."""
    if kind in ("domain", "any-domain", "network", "pool"):
        child(root, "name", "guest")
        child(root, "uuid", UUID)
    if kind == "volume":
        child(root, "name", "some.img")
        for name in ("capacity", "allocation"):
            if root.find(name) is not None or name == "capacity":
                child(root, name, "1048576").attrib.pop("unit", None)
    if kind == "domain":
        settle_domain(root)
    elif kind == "any-domain":
        child(child(root, "os"), "type", None if root.find("os/type") is not None else "hvm")
        child(root, "memory")
    elif kind in ("snapshot", "checkpoint"):
        child(root, "name", "moment")
        child(root, "creationTime", "1234567890")
        for parent in root.findall("parent"):
            root.remove(parent)
        if kind == "snapshot":
            state = root.find("state")
            if state is None or state.text not in ("running", "shutoff", "paused", "disk-snapshot"):
                child(root, "state", "running")
        settle_moment(root)


def settle_moment(root: Node) -> None:
    """A moment of the guest that the oracle makes, with requests for its disks."""
    for tag in ("domain", "inactiveDomain", "cookie"):
        for old in root.findall(tag):
            root.remove(old)
    guest = etree.SubElement(root, "domain")
    child(guest, "name", "guest")
    child(guest, "uuid", UUID)
    settle_domain(guest)
    guest.append(etree.fromstring(DISKS))
    requests = root.findall("disks/disk")
    for request, target in zip(requests, ("vda", "vdb"), strict=False):
        request.set("name", target)
    for request in requests[2:]:
        child(root, "disks").remove(request)


def settle_domain(root: Node) -> None:
    """A domain that the test driver's capabilities have room for."""
    root.set("type", "test")
    for old in root.findall("os/type"):
        for name in ("arch", "machine"):
            old.attrib.pop(name, None)
    kind = child(child(root, "os"), "type")
    if kind.text not in ("hvm", "xen"):
        kind.text = "hvm"
    memory = child(root, "memory")
    memory.text = "4194304"
    memory.attrib.pop("unit", None)


class Values:
    """What the attributes and elements of a schema may hold, by name, for mutations."""

    def __init__(self, schemas: Path, kind: str) -> None:
        grammar = Grammar(schemas / f"{SCHEMAS[kind]}.rng")
        self.values: dict[str, list[str]] = {}
        for found in grammar.defines.values():
            for define in found:
                for node in define.iter(RNG + "attribute", RNG + "element"):
                    name = str(node.get("name"))
                    words = [str(value.text) for value in node.iter(RNG + "value")]
                    for ref in node.iter(RNG + "ref"):
                        for inner in grammar.defines.get(str(ref.get("name")), []):
                            if inner.find(f".//{RNG}element") is None:
                                words += [str(value.text) for value in inner.iter(RNG + "value")]
                    self.values.setdefault(name, []).extend(words)


_WORDS = (
    "",
    "0",
    "1",
    "-1",
    "7",
    "abc",
    "/x",
    "99999999999999999999",
    "yes",
    "no",
    "on",
    "off",
    " 3 ",
    "0x10",
    "4294967296",
)


def mutated(text: str, random: Random, values: Values) -> str:
    """A document with one to three changes: something dropped, doubled, moved or given another value."""
    root = etree.fromstring(text)
    for _ in range(random.randint(1, 3)):
        nodes = list(root.iter(etree.Element))
        node = random.choice(nodes)
        how = random.randrange(6)
        if how == 0 and node is not root:
            parent = node.getparent()
            assert parent is not None
            parent.remove(node)
        elif how == 1 and node.attrib:
            del node.attrib[random.choice(list(node.attrib))]
        elif how in (2, 3) and node.attrib:
            name = random.choice(list(node.attrib))
            node.set(name, random.choice([*values.values.get(str(name), []), *_WORDS]))
        elif how == 4 and node is not root:
            parent = node.getparent()
            assert parent is not None
            parent.insert(random.randrange(len(parent) + 1), copy.deepcopy(node))
        elif node.text and node.text.strip():
            node.text = random.choice([*values.values.get(str(node.tag), []), *_WORDS])
    return text_of(root)
