"""Documents at random from a RELAX NG schema, so that what no test document uses is tried too."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from lxml import etree
from tests.differential.patterns import word

if TYPE_CHECKING:
    Node = etree._Element
else:
    Node = Any

RNG = "{http://relaxng.org/ns/structure/1.0}"
_SPACE = re.compile(r"\s+")


class Grammar:
    """The definitions of a schema by name, those of what it includes too."""

    def __init__(self, path: Path) -> None:
        self.defines: dict[str, list[Node]] = {}
        self.start: list[Node] = []
        self._load(path, {})

    def _load(self, path: Path, overrides: dict[str, Node]) -> None:
        root = etree.parse(path, etree.XMLParser(remove_comments=True, remove_blank_text=True)).getroot()
        self._take(root, path, overrides)

    def _take(self, root: Node, path: Path, overrides: dict[str, Node]) -> None:
        for node in root:
            tag = str(node.tag).removeprefix(RNG)
            if tag == "include":
                own = {str(kid.get("name")): kid for kid in node if kid.tag == RNG + "define"}
                self._load(path.parent / str(node.get("href")), {**own, **overrides})
                for name, kid in own.items():
                    if name not in overrides:
                        self.defines[name] = [kid]
            elif tag == "define":
                name = str(node.get("name"))
                if name in overrides:
                    continue
                self.defines.setdefault(name, []).append(node)
            elif tag == "start":
                if "start" not in overrides:
                    self.start = list(node)
            elif tag == "div":
                self._take(node, path, overrides)


class Sampler:
    """Makes documents: at each choice it prefers what it has taken least often.

    :param chance: how likely an optional part is there, by the depth of elements.
    """

    def __init__(self, grammar: Grammar, random: Random, chance: tuple[float, ...] = (0.5,)) -> None:
        self.grammar = grammar
        self.random = random
        self.chance = chance
        self.taken: Counter[Node] = Counter()
        self._depth = 0

    def document(self) -> Node:
        """A root element that the schema allows."""
        holder = etree.Element("holder")
        for node in self.grammar.start:
            self._fill(node, holder)
        root = holder[0]
        holder.remove(root)
        return root

    def element(self, define: str) -> Node:
        """An element of a named definition."""
        holder = etree.Element("holder")
        for node in self.grammar.defines[define]:
            for kid in node:
                self._fill(kid, holder)
        root = holder[0]
        holder.remove(root)
        return root

    def _likely(self) -> bool:
        return self.random.random() < self.chance[min(self._depth, len(self.chance) - 1)]

    def _fill(self, node: Node, into: Node) -> None:
        tag = str(node.tag).removeprefix(RNG)
        getattr(self, f"_{tag}", self._group)(node, into)

    def _group(self, node: Node, into: Node) -> None:
        for kid in node:
            self._fill(kid, into)

    def _interleave(self, node: Node, into: Node) -> None:
        kids = list(node)
        self.random.shuffle(kids)
        for kid in kids:
            self._fill(kid, into)

    def _optional(self, node: Node, into: Node) -> None:
        if self._likely():
            self._group(node, into)

    def _zeroOrMore(self, node: Node, into: Node) -> None:
        if self._likely():
            self._oneOrMore(node, into)

    def _oneOrMore(self, node: Node, into: Node) -> None:
        self._group(node, into)
        if self.random.random() < 0.25:
            self._group(node, into)

    def _ref(self, node: Node, into: Node) -> None:
        if self._depth > 24:
            return
        found = self.grammar.defines[str(node.get("name"))]
        for one in self._alternatives(found):
            self._group(one, into)

    def _alternatives(self, found: list[Node]) -> list[Node]:
        if any(one.get("combine") == "choice" for one in found):
            return [self._pick(found)]
        return found

    def _pick(self, nodes: list[Node]) -> Node:
        if self.random.random() < 0.6:
            least = min(self.taken[node] for node in nodes)
            nodes = [node for node in nodes if self.taken[node] == least]
        picked = self.random.choice(nodes)
        self.taken[picked] += 1
        return picked

    def _choice(self, node: Node, into: Node) -> None:
        self._fill(self._pick([kid for kid in node if kid.tag != RNG + "notAllowed"]), into)

    def _element(self, node: Node, into: Node) -> None:
        name = node.get("name")
        kids = list(node)
        if name is None:
            first = kids.pop(0)
            name = first.text if first.tag == RNG + "name" else "any"
        space = self._namespace(node)
        made = etree.SubElement(into, f"{{{space}}}{name}" if space else str(name))
        self._depth += 1
        for kid in kids:
            self._fill(kid, made)
        self._depth -= 1

    @staticmethod
    def _namespace(node: Node) -> str:
        at: Node | None = node
        while at is not None:
            space = at.get("ns")
            if space is not None:
                return str(space)
            at = at.getparent()
        return ""

    def _attribute(self, node: Node, into: Node) -> None:
        name = node.get("name")
        if name is None or name in into.attrib:
            return
        value = etree.Element("value")
        if len(node):
            for kid in node:
                self._fill(kid, value)
        else:
            value.text = self._any_word()
        into.set(str(name), value.text or "")

    def _say(self, into: Node, text: str) -> None:
        into.text = f"{into.text} {text}" if into.text else text

    def _any_word(self) -> str:
        return self.random.choice(["some text", "a", "/a/path", "7"])

    def _text(self, node: Node, into: Node) -> None:
        self._say(into, self._any_word())

    def _value(self, node: Node, into: Node) -> None:
        self._say(into, _SPACE.sub(" ", node.text or "").strip())

    def _list(self, node: Node, into: Node) -> None:
        self._group(node, into)

    def _empty(self, node: Node, into: Node) -> None:
        pass

    _notAllowed = _empty
    _param = _empty

    def _data(self, node: Node, into: Node) -> None:
        limits = {str(kid.get("name")): kid.text or "" for kid in node if kid.tag == RNG + "param"}
        kind = str(node.get("type"))
        if "pattern" in limits:
            self._say(into, word(limits["pattern"], self.random))
        elif kind == "string":
            self._say(into, self._any_word())
        elif kind == "NCName":
            self._say(into, "some-name")
        elif kind == "anyURI":
            self._say(into, "http://example.org/x")
        elif kind == "dateTime":
            self._say(into, "2020-01-02T03:04:05")
        elif kind == "double":
            self._say(into, "1.5")
        else:
            self._say(into, str(self._number(kind, limits)))

    def _number(self, kind: str, limits: dict[str, str]) -> int:
        bounds = {
            "unsignedInt": (0, 2**32 - 1),
            "unsignedLong": (0, 2**63 - 1),
            "unsignedShort": (0, 65535),
            "positiveInteger": (1, 2**31 - 1),
            "short": (-32768, 32767),
            "long": (-(2**63), 2**63 - 1),
        }
        low, high = bounds.get(kind, (-(2**31), 2**31 - 1))
        low = int(limits.get("minInclusive", low))
        high = int(limits.get("maxInclusive", high))
        if self.random.random() < 0.2:
            return self.random.choice([low, high])
        return self.random.randint(max(low, 0) if high >= 0 else low, min(high, max(low, 0) + 64))
