"""The domain document: a guest's whole definition."""

from pyvirt_conf.domain.config import GENERIC, ParserConfig, ParserFeature, XmlFlags
from pyvirt_conf.domain.domain import Domain, parse_domain

__all__ = ["GENERIC", "Domain", "ParserConfig", "ParserFeature", "XmlFlags", "parse_domain"]
