"""Every declared operation: there, or declared unsupported and really not there."""

from __future__ import annotations

import inspect
import os
from typing import TYPE_CHECKING, Any

import pytest

from pyvirt.driver import HypervisorDriver, declared_operations, implements
from pyvirt_testing.conformance.base import Conformance
from pyvirt_testing.conformance.samples import NOT_CALLED, arguments, is_answer, parameters_of, wants_domain
from pyvirt_util.errors import InternalError, NoSupportError, VirtError

if TYPE_CHECKING:
    from pyvirt.refs import DomainRef
    from pyvirt_testing.conformance.bench import Bench
    from pyvirt_testing.conformance.driver import DriverUnderTest

OPERATIONS = sorted(declared_operations(HypervisorDriver))


class OperationConformance(Conformance):
    """Every operation that :class:`pyvirt.driver.HypervisorDriver` declares, one test each.

    What ``unsupported`` names must raise NoSupportError. Everything else must be overridden, take the declared
    parameters, and answer a call on a running domain: with a value of the declared type, or with an error of
    libvirt's other than NoSupportError and InternalError (the made-up arguments fit no driver in all cases).
    """

    def test_every_entry_of_unsupported_means_something(self, driver: DriverUnderTest) -> None:
        assert driver.idle_patterns() == []

    @pytest.mark.parametrize("operation", OPERATIONS)
    def test_operation(self, bench: Bench, operation: str) -> None:
        implemented = implements(bench.conn._hypervisor, operation)
        if bench.driver.lacks(operation):
            self._must_be_absent(bench, operation, implemented=implemented)
            return
        if not implemented:
            pytest.fail(f"{operation} is neither there nor declared unsupported")
        self._must_take_what_is_declared(bench, operation)
        if operation not in NOT_CALLED and operation not in bench.driver.not_called:
            self._must_answer(bench, operation)

    def _must_be_absent(self, bench: Bench, operation: str, *, implemented: bool) -> None:
        ref = _nobody(bench) if not implemented else _somebody(bench, operation)
        if implemented and (operation in NOT_CALLED or operation in bench.driver.not_called):
            pytest.fail(f"{operation} is declared unsupported, but the driver overrides it")
        try:
            answer = _call(bench, operation, ref)
        except NoSupportError:
            return
        except VirtError as error:
            pytest.fail(f"{operation} is declared unsupported, but fails with {type(error).__name__}: {error}")
        pytest.fail(f"{operation} is declared unsupported, but answers {answer!r}")

    def _must_take_what_is_declared(self, bench: Bench, operation: str) -> None:
        overriding = getattr(bench.conn._hypervisor, operation)
        declared = [parameter.name for parameter in parameters_of(operation)]
        taken = list(inspect.signature(overriding).parameters)
        assert taken[: len(declared)] == declared, f"{operation} must take ({', '.join(declared)})"

    def _must_answer(self, bench: Bench, operation: str) -> None:
        ref = _somebody(bench, operation)
        try:
            answer = _call(bench, operation, ref)
        except (NoSupportError, InternalError) as error:
            pytest.fail(f"{operation} fails with {type(error).__name__}: {error}")
        except VirtError:
            return
        _give_back(operation, answer)
        assert is_answer(operation, answer), f"{operation} answers {answer!r}"


def _nobody(bench: Bench) -> DomainRef:
    from pyvirt.refs import DomainRef

    return DomainRef(bench.new_name(), bench.new_uuid())


def _somebody(bench: Bench, operation: str) -> DomainRef:
    if not wants_domain(operation):
        return _nobody(bench)
    return bench.conn.lookup_domain(bench.start().name).ref


def _call(bench: Bench, operation: str, ref: DomainRef) -> Any:
    return getattr(bench.conn._hypervisor, operation)(*arguments(operation, bench, ref))


def _give_back(operation: str, answer: Any) -> None:
    """Close streams and descriptors that nobody wants."""
    close = getattr(answer, "close", None)
    if callable(close):
        close()
    elif operation == "domain_open_graphics_fd":
        os.close(answer)
    elif operation == "domain_lxc_open_namespace":
        for descriptor in answer:
            os.close(descriptor)
