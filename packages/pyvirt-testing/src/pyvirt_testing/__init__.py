"""Conformance suites that any pyvirt driver, ours or a third party's, subclasses.

::

    from pyvirt_testing import DomainConformance, DriverUnderTest

    class TestDomains(DomainConformance):
        @pytest.fixture
        def driver(self) -> DriverUnderTest:
            return DriverUnderTest("mine:///system", domain_xml=XML, unsupported={"domain_migrate_*"})

:mod:`pyvirt_testing.rule` is another tool: it checks whom a driver's package imports and depends on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyvirt_testing.conformance import ConnectionConformance as ConnectionConformance
    from pyvirt_testing.conformance import DomainConformance as DomainConformance
    from pyvirt_testing.conformance import DriverUnderTest as DriverUnderTest
    from pyvirt_testing.conformance import EventConformance as EventConformance
    from pyvirt_testing.conformance import OperationConformance as OperationConformance

__all__ = [
    "ConnectionConformance",
    "DomainConformance",
    "DriverUnderTest",
    "EventConformance",
    "OperationConformance",
]


def __getattr__(name: str) -> Any:
    # pytest is needed by the suites alone.
    if name not in __all__:
        raise AttributeError(f"module 'pyvirt_testing' has no attribute '{name}'")
    from pyvirt_testing import conformance

    return getattr(conformance, name)
