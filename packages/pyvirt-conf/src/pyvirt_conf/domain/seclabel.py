"""Security labels: of the guest as a whole, and of one disk or character device."""

from __future__ import annotations

from enum import StrEnum

from pyvirt_conf.xml import BadValue, Element, Mode, Node, YesNo, attr, element, escape, text


class SeclabelType(StrEnum):
    """Who chooses the label (virDomainSeclabelType)."""

    NONE = "none"
    DYNAMIC = "dynamic"
    STATIC = "static"


@element("seclabel")
class Seclabel(Element):
    """How one security driver labels the guest: ``<seclabel type='dynamic' model='dac' relabel='yes'>``.

    Without a type the driver's configuration decides; such a label is not written.
    """

    type: SeclabelType | None = attr()
    model: str | None = attr()
    relabel: YesNo | None = attr()
    label: str | None = text("label")
    image_label: str | None = text("imagelabel", live=True)
    base_label: str | None = text("baselabel")

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.relabel is None:
            self.relabel = self.type in (None, SeclabelType.DYNAMIC)
        elif self.type is SeclabelType.DYNAMIC and not self.relabel:
            raise BadValue("dynamic labels need relabel='yes'")
        elif self.type is SeclabelType.NONE and self.relabel:
            raise BadValue("type 'none' can't have relabel='yes'")
        if self.model == "none":
            if mode.inactive:
                self.type, self.relabel = SeclabelType.NONE, False
            self.label = self.image_label = self.base_label = None
            return
        if self.type is SeclabelType.STATIC:
            if self.label is None:
                raise BadValue("missing label of a static seclabel")
        elif self.type is not SeclabelType.DYNAMIC or mode.inactive:
            # The label of a dynamic one belongs to the running guest.
            self.label = None
        if not self.relabel:
            self.image_label = None
        if self.type is not SeclabelType.DYNAMIC:
            self.base_label = None

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self.type is None:
            return
        if self.type is SeclabelType.NONE:
            # There is nothing to relabel, and nothing more to say.
            head = "" if self.model is None else f" model='{escape(self.model)}'"
            out.append(f"{pad}<seclabel type='none'{head}/>\n")
        else:
            self._write(out, pad, mode, "seclabel")


@element("seclabel")
class DeviceSeclabel(Element):
    """Another label for one image or socket, or none at all."""

    model: str | None = attr()
    labelskip: YesNo | None = attr(live=True)
    relabel: YesNo | None = attr()
    label: str | None = text("label")

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.labelskip:
            self.relabel = None
            return
        if self.relabel is None:
            self.relabel = True
        if self.label is not None and not self.relabel:
            raise BadValue("a label needs relabel='yes'")

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        # Labels of a definition that say nothing: what was skipped belongs to the running guest.
        if mode.inactive and self.label is None and self.relabel is not False:
            return
        self._write(out, pad, mode, "seclabel")
