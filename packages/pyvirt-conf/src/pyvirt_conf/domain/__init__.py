"""The domain document: a guest's whole definition."""

from pyvirt_conf.domain.config import GENERIC, ParserConfig, ParserFeature, XmlFlags
from pyvirt_conf.domain.domain import Domain, parse_domain
from pyvirt_conf.domain.status import DomainStatus

__all__ = ["GENERIC", "Domain", "DomainStatus", "ParserConfig", "ParserFeature", "XmlFlags", "parse_domain"]
