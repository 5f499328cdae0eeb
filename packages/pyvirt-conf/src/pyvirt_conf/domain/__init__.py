"""The domain document: a guest's whole definition.

Networks and storage share some of its parts, so the rest is loaded when first asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_conf.domain.config import GENERIC, ParserConfig, ParserFeature, XmlFlags
    from pyvirt_conf.domain.domain import Domain, parse_domain
    from pyvirt_conf.domain.stability import check_abi_stability
    from pyvirt_conf.domain.status import DomainStatus

__all__ = [
    "GENERIC",
    "Domain",
    "DomainStatus",
    "ParserConfig",
    "ParserFeature",
    "XmlFlags",
    "check_abi_stability",
    "parse_domain",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'pyvirt_conf.domain' has no attribute '{name}'")
    if name == "check_abi_stability":
        from pyvirt_conf.domain.stability import check_abi_stability

        return check_abi_stability
    from pyvirt_conf.domain import config, domain, status

    home = next(module for module in (config, domain, status) if name in module.__dict__)
    value = getattr(home, name)
    globals()[name] = value
    return value
