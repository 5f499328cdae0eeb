"""Network filters: rules on packets of a guest's interface, and the binding of a filter to a port."""

from pyvirt_conf.nwfilter.binding import FilterBinding, parse_filter_binding
from pyvirt_conf.nwfilter.filter import NetworkFilter, Rule, RuleAction, RuleDirection, parse_filter
from pyvirt_conf.nwfilter.match import PROTOCOLS, Match
from pyvirt_conf.nwfilter.reference import FilterParameter, FilterReference
from pyvirt_conf.nwfilter.values import ConnectionState, Hex, TcpFlag, TcpFlags, Variable

__all__ = [
    "PROTOCOLS",
    "ConnectionState",
    "FilterBinding",
    "FilterParameter",
    "FilterReference",
    "Hex",
    "Match",
    "NetworkFilter",
    "Rule",
    "RuleAction",
    "RuleDirection",
    "TcpFlag",
    "TcpFlags",
    "Variable",
    "parse_filter",
    "parse_filter_binding",
]
