"""The network filter: ``<filter>`` with its rules and references to other filters."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Self

from pyvirt_conf.document import Document, new_uuid
from pyvirt_conf.nwfilter.match import PROTOCOLS, Match, check_ports
from pyvirt_conf.nwfilter.reference import FilterReference
from pyvirt_conf.xml import (
    BadValue,
    Element,
    Mode,
    Node,
    Scalar,
    Uuid,
    attr,
    by_hand,
    element,
    escape,
    fail,
    integer,
    is_element,
    text,
)
from pyvirt_util.errors import InvalidArgError, XmlError, XmlInvalidSchemaError


class RuleAction(StrEnum):
    """What becomes of a packet a rule matches."""

    DROP = "drop"
    ACCEPT = "accept"
    REJECT = "reject"
    RETURN = "return"
    CONTINUE = "continue"


class RuleDirection(StrEnum):
    """As the guest sees it."""

    IN = "in"
    OUT = "out"
    INOUT = "inout"


def _statematch(text: str) -> bool:
    if text.lower() in ("false", "0"):
        return False
    if text.lower() in ("true", "1"):
        return True
    raise BadValue(f"'{text}' is neither true nor false")


Priority = Annotated[int, integer(-1000, 1000)]
StateMatch = Annotated[bool, Scalar(_statematch, lambda value: "true" if value else "false")]
DEFAULT_RULE_PRIORITY = 500


@element("rule")
class Rule(Element):
    """One rule. Without a match it concerns every packet; lower priorities come first.

    ``statematch``: the rule looks at the state of connections too, which it does unless told otherwise.
    """

    _more = by_hand(kinds=PROTOCOLS)

    action: RuleAction = attr(required=True)
    direction: RuleDirection = attr(required=True)
    priority: Priority = attr(default=DEFAULT_RULE_PRIORITY)
    statematch: StateMatch = attr(default=True, omit=True)

    @classmethod
    def _strict(cls, node: Node, mode: Mode) -> None:
        for kid in node.findall("*")[1:]:
            fail(kid, mode, "only a single match is supported", "", XmlInvalidSchemaError)

    match: Match | None = None

    # The first element that is a protocol tells which; others of the same name add to it.
    def _parsed(self, node: Node, mode: Mode) -> None:
        nodes = [kid for kid in node if is_element(kid) and kid.tag in PROTOCOLS]
        if nodes:
            name = str(nodes[0].tag)
            self.match = PROTOCOLS[name]._from_nodes([kid for kid in nodes if kid.tag == name], mode)

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        head = f"{pad}<rule{self._write_attrs(mode)}"
        if self.match is None:
            out.append(head + "/>\n")
            return
        out.append(head + ">\n")
        self.match._to_xml(out, pad + "  ", mode)
        out.append(f"{pad}</rule>\n")

    def copy(self) -> Self:
        """A copy that shares nothing that can change."""
        new = super().copy()
        new.match = self.match.copy() if self.match is not None else None
        return new

    __copy__ = copy


CHAINS = {
    "root": 0,
    "mac": -800,
    "vlan": -750,
    "stp": 0,
    "arp": -500,
    "rarp": -400,
    "ipv4": -700,
    "ipv6": -600,
}
"""What names of chains start with, and the priority such a chain has unless it is given one."""

MAX_CHAIN_NAME = 12
_CHAIN = re.compile(r"[a-zA-Z0-9_.:-]*").fullmatch


def chain_kind(chain: str) -> str:
    """Which of :data:`CHAINS` a chain is.

    :raises InvalidArgError: none, too long, or characters that can't be in the name of a chain.
    """
    if len(chain) > MAX_CHAIN_NAME:
        raise InvalidArgError(f"name of chain '{chain}' is longer than {MAX_CHAIN_NAME} characters")
    if not _CHAIN(chain):
        raise InvalidArgError(f"name of chain '{chain}' has other characters than letters, digits and _.:-")
    for kind in CHAINS:
        if chain == kind or (kind != "root" and chain.startswith(kind)):
            return kind
    prefixes = ", ".join(kind for kind in CHAINS if kind != "root")
    raise InvalidArgError(f"name of chain '{chain}' is not root and has none of the prefixes {prefixes}")


@element("filter")
class NetworkFilter(Document):
    """A filter: rules and references to other filters, in order, in one chain of ebtables or iptables."""

    _more = by_hand(kinds={"rule*": Rule, "filterref*": FilterReference})

    name: str = attr(required=True)
    chain: str | None = attr()
    priority: Priority | None = attr()
    uuid: Uuid | None = text()
    entries: tuple[Rule | FilterReference, ...] = ()

    def format(self) -> str:
        """The document as libvirt writes it (virNWFilterDefFormat)."""
        return self._formatted(Mode())

    def complete(self, make_uuid: Callable[[], str] = new_uuid) -> None:
        """Fill in chain, priority and UUID.

        :raises InvalidArgError: the chain's name tells no kind.
        """
        if self.chain is None:
            # A priority is the chain's: without a name there is none.
            self.chain, self.priority = "root", 0
        elif self.priority is None:
            self.priority = CHAINS[chain_kind(self.chain)]
        if self.uuid is None:
            self.uuid = make_uuid()

    def validate(self) -> None:
        """Refuse what the types can't tell.

        :raises InvalidArgError: a chain that can't be. :raises XmlError: a rule that could never be applied.
        """
        chain_kind(self.chain or "root")
        for number, rule in enumerate(self.rules, 1):
            if rule.match is not None:
                try:
                    check_ports(rule.match)
                except BadValue as error:
                    raise XmlError(f"filter '{self.name}', rule {number}: {error}") from None

    @property
    def rules(self) -> list[Rule]:
        """The rules without the references."""
        return [entry for entry in self.entries if isinstance(entry, Rule)]

    @property
    def references(self) -> list[FilterReference]:
        """The references without the rules."""
        return [entry for entry in self.entries if isinstance(entry, FilterReference)]

    def _parsed(self, node: Node, mode: Mode) -> None:
        super()._parsed(node, mode)
        if not self.name:
            fail(node, mode, "a filter's name can't be empty", "@name")
        kinds: dict[object, type[Rule | FilterReference]] = {"rule": Rule, "filterref": FilterReference}
        self.entries = tuple(kinds[kid.tag]._from_node(kid, mode) for kid in node if kid.tag in kinds)

    # By hand: rules and references are written as they come, and a priority of zero isn't written.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        attrs = f" name='{escape(self.name)}'"
        attrs += f" chain='{escape(self.chain)}'" if self.chain is not None else ""
        attrs += f" priority='{self.priority}'" if self.priority else ""
        out.append(f"{pad}<filter{attrs}>\n")
        self._write_kids(out, pad + "  ", mode)
        for entry in self.entries:
            entry._to_xml(out, pad + "  ", mode)
        out.append(f"{pad}</filter>\n")

    def copy(self) -> Self:
        """A copy that shares nothing that can change."""
        new = super().copy()
        new.entries = tuple(entry.copy() for entry in self.entries)
        return new

    __copy__ = copy


def parse_filter(text: str | bytes, *, file: str | None = None) -> NetworkFilter:
    """Parse, complete and validate in one go, as a driver does with a filter it is given."""
    found = NetworkFilter.parse(text, file=file)
    found.complete()
    found.validate()
    return found
