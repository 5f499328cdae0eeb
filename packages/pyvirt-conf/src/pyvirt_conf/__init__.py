"""libvirt's XML documents as typed Python classes: parse, complete, validate and format.

The documents are modules of their own (``pyvirt_conf.domain``, ...), loaded when first asked for; so is lxml, by the
first document that is read.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_conf.domain import GENERIC, Domain, DomainStatus, ParserConfig, ParserFeature, XmlFlags, parse_domain

__all__ = ["GENERIC", "Domain", "DomainStatus", "ParserConfig", "ParserFeature", "XmlFlags", "parse_domain"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'pyvirt_conf' has no attribute '{name}'")
    from pyvirt_conf import domain

    value = getattr(domain, name)
    globals()[name] = value
    return value
