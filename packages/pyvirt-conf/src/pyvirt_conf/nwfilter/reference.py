"""A reference to a filter, with values of its variables."""

from __future__ import annotations

import re

from pyvirt_conf.xml import Element, Mode, Node, attr, children, element

_NAME = re.compile(r"[a-zA-Z0-9_]*").fullmatch
_VALUE = re.compile(r"[a-zA-Z0-9_.:]+").fullmatch


@element("parameter")
class FilterParameter(Element):
    """One value of a variable; a variable that is given several times is a list."""

    name: str | None = attr()
    value: str | None = attr()


@element("filterref")
class FilterReference(Element):
    """``<filterref filter='clean-traffic'>``: the rules of another filter."""

    filter: str = attr(required=True)
    parameters: list[FilterParameter] = children()

    def _parsed(self, node: Node, mode: Mode) -> None:
        # What could never be a variable is skipped, as libvirt does (virNWFilterParseParamAttributes).
        self.parameters = [
            parameter
            for parameter in self.parameters
            if parameter.name is not None
            and _NAME(parameter.name)
            and parameter.value is not None
            and _VALUE(parameter.value)
        ]

    def values(self) -> dict[str, tuple[str, ...]]:
        """The values of each variable, by its name."""
        found: dict[str, tuple[str, ...]] = {}
        for parameter in self.parameters:
            if parameter.name is not None and parameter.value is not None:
                found[parameter.name] = (*found.get(parameter.name, ()), parameter.value)
        return found

    # By hand: parameters come in the order of their names, values of one name as given.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        shown = self
        if len(self.parameters) > 1:
            shown = FilterReference(
                filter=self.filter, parameters=sorted(self.parameters, key=lambda parameter: parameter.name or "")
            )
        shown._write(out, pad, mode, tag or self._tag)
