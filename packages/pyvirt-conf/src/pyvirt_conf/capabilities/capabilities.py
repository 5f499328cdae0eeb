"""The capabilities document: ``<capabilities>``."""

from __future__ import annotations

from pyvirt_conf.capabilities.guest import Guest
from pyvirt_conf.capabilities.host import Host
from pyvirt_conf.document import Document
from pyvirt_conf.xml import Mode, child, children, element


@element("capabilities")
class Capabilities(Document):
    """What the host can do, and what guests the hypervisor can run on it."""

    host: Host | None = child()
    guests: list[Guest] = children("guest")

    def format(self) -> str:
        """The document as libvirt writes it (virCapabilitiesFormatXML)."""
        return self._formatted(Mode())

    # By hand: there are empty lines in it.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        out.append(f"{pad}<capabilities>\n\n")
        for part in (self.host, *self.guests):
            if part is not None:
                part._to_xml(out, pad + "  ", mode)
                out.append("\n")
        out.append(f"{pad}</capabilities>\n")
