"""The life of domains."""

from __future__ import annotations

from pyvirt_testing.conformance.concurrency import Concurrency
from pyvirt_testing.conformance.definitions import Definitions
from pyvirt_testing.conformance.lifecycle import Lifecycle
from pyvirt_testing.conformance.listing import Listing
from pyvirt_testing.conformance.metadata import Metadata
from pyvirt_testing.conformance.resources import Resources
from pyvirt_testing.conformance.saving import Saving


class DomainConformance(Lifecycle, Definitions, Listing, Metadata, Resources, Saving, Concurrency):
    """The life of domains: definitions, states with their reasons, error codes, filters, names, concurrency.

    What needs an operation that the driver declares unsupported is skipped, and says so;
    :class:`~pyvirt_testing.OperationConformance` checks the declaration.
    """
