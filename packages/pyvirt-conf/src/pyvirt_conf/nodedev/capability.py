"""What a device of the host can do: ``<capability type='pci'>`` and the capabilities inside it."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from pyvirt_conf.xml import Element, Mode, Node, children, element, fail

_N = TypeVar("_N", bound="NestedCapability")


@element("capability", by="type")
class NestedCapability(Element):
    """A capability within another, as ``virt_functions`` of a PCI device; classes by ``type``."""

    type: ClassVar[str] = ""

    @classmethod
    def _from_node(cls, node: Node, mode: Mode) -> NestedCapability:
        # Whether an unknown one is ignored or refused is for the capability around it to say.
        if cls is NestedCapability and node.get("type") not in cls._kinds:
            if node.get("type") is None:
                fail(node, mode, "missing attribute", "@type")
            return UnknownCapability()
        return cls._read(node, mode)


@element()
class UnknownCapability(NestedCapability):
    """One of a type that is not known; gone when the capability around it has been read."""


@element("capability", by="type")
class Capability(Element):
    """One thing a device is or can do (virNodeDevCapType); classes by ``type``."""

    _keep_open = True
    type: ClassVar[str] = ""


@element()
class CompoundCapability(Capability):
    """A capability with others inside, at most one of each class."""

    _takes: ClassVar[tuple[type[NestedCapability], ...]] = ()
    """The classes it may hold, in the order they are written."""
    _ignores_others: ClassVar[bool] = False
    """Others are skipped, as libvirt does in some; they are refused otherwise."""

    capabilities: list[NestedCapability] = children("capability", rank=50)

    def find(self, kind: type[_N]) -> _N | None:
        """The inner capability of a class."""
        return next((inner for inner in self.capabilities if isinstance(inner, kind)), None)

    def _parsed(self, node: Node, mode: Mode) -> None:
        found: dict[int, NestedCapability] = {}
        for place, inner in enumerate(self.capabilities):
            rank = next((at for at, kind in enumerate(self._takes) if isinstance(inner, kind)), None)
            if rank is not None:
                found[rank] = inner
            elif not self._ignores_others:
                kid = node.findall("capability")[place]
                fail(kid, mode, f"unknown {self.type} capability type '{kid.get('type')}'", "@type")
        self.capabilities = [found[rank] for rank in sorted(found)]
