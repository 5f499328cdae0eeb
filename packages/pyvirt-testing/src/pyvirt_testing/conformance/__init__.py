"""What every driver must do, as classes of tests to subclass.

=======================================  ============================================================================
:class:`ConnectionConformance`           the connection: what it says of itself, closing it, read-only connections
:class:`DomainConformance`               the life of domains: states, reasons, errors, filters, names, concurrency
:class:`EventConformance`                lifecycle events: their order, to whom they go, callbacks that fail
:class:`OperationConformance`            every declared operation is there, or is declared unsupported and really is
=======================================  ============================================================================

A driver's tests subclass them and define one fixture, ``driver``, which returns a :class:`DriverUnderTest`.
"""

import pytest

# pytest explains failed assertions of these modules as it does for tests.
pytest.register_assert_rewrite(
    *(
        f"{__name__}.{module}"
        for module in (
            "bench",
            "concurrency",
            "connection",
            "definitions",
            "events",
            "lifecycle",
            "listing",
            "metadata",
            "operations",
            "resources",
            "saving",
        )
    )
)

from pyvirt_testing.conformance.connection import ConnectionConformance  # noqa: E402
from pyvirt_testing.conformance.domain import DomainConformance  # noqa: E402
from pyvirt_testing.conformance.driver import DriverUnderTest  # noqa: E402
from pyvirt_testing.conformance.events import EventConformance  # noqa: E402
from pyvirt_testing.conformance.operations import OperationConformance  # noqa: E402

__all__ = [
    "ConnectionConformance",
    "DomainConformance",
    "DriverUnderTest",
    "EventConformance",
    "OperationConformance",
]
