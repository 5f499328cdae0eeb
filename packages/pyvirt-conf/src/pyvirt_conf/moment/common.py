"""What snapshots and checkpoints have in common."""

from __future__ import annotations

import time
from typing import Self

from pyvirt_conf.domain.config import ParserConfig, XmlFlags, mode_of
from pyvirt_conf.domain.domain import Domain
from pyvirt_conf.xml import I64, Element, Node, by_hand, element, fail, text
from pyvirt_util.errors import InternalError


@element()
class Moment(Element):
    """A moment of a guest, with a parent it came after and the guest's definition at that time.

    ``creation_time``: seconds since 1970.
    """

    _keep_open = True
    _more = by_hand(kinds={"domain": Domain})

    name: str | None = text()
    description: str | None = text()
    parent: str | None = text("parent/name", rank=2)
    creation_time: I64 | None = text("creationTime", rank=2)
    domain: Domain | None = None

    def _redefined(self, node: Node, config: ParserConfig, file: str | None) -> None:
        """Check and read what only the document of a moment that was before has."""
        mode = mode_of(XmlFlags.INACTIVE, config, file)
        if self.name is None:
            fail(node, mode, f"missing name of a redefined {node.tag}", "name")
        if self.creation_time is None:
            fail(node, mode, f"missing creation time of a redefined {node.tag}", "creationTime", InternalError)
        kid = node.find("domain")
        if kid is not None and kid.get("type") is not None:
            self.domain = Domain._from_node(kid, mode)

    def _forget(self) -> None:
        """Drop what the document of a moment yet to come can't say."""
        self.parent = self.creation_time = self.domain = None

    def complete(self, config: ParserConfig, *, now: int | None = None) -> None:
        """Fill in the time, a name made of it, and what the domain's definition left out.

        :param now: the time of creation; the present when left out.
        """
        if self.creation_time is None:
            self.creation_time = int(time.time()) if now is None else now
        if self.name is None:
            self.name = str(self.creation_time)
        if self.domain is not None:
            self.domain.complete(config, XmlFlags.INACTIVE)

    def copy(self) -> Self:
        """A copy that shares nothing that can change."""
        new = super().copy()
        new.domain = self.domain.copy() if self.domain is not None else None
        return new

    __copy__ = copy
