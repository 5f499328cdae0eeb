"""Memory and virtual CPUs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyvirt import enums
from pyvirt_testing.conformance.base import Conformance
from pyvirt_util.errors import InvalidArgError, OperationInvalidError

if TYPE_CHECKING:
    from pyvirt_testing.conformance.bench import Bench

Memory, Vcpu = enums.DomainMemoryModFlags, enums.DomainVcpuFlags
INACTIVE = enums.DomainXMLFlags.INACTIVE


class Resources(Conformance):
    """Memory and virtual CPUs."""

    def test_info_agrees_with_the_definition(self, bench: Bench) -> None:
        domain = bench.start()
        info, definition = domain.info(), domain.definition()
        assert info.max_memory == definition.memory
        assert 0 < info.memory <= info.max_memory
        assert info.vcpus >= 1
        assert info.cpu_time >= 0

    def test_cpu_time_does_not_go_back(self, bench: Bench) -> None:
        domain = bench.start()
        times = [domain.info().cpu_time for _ in range(5)]
        assert times == sorted(times)

    def test_max_memory(self, bench: Bench) -> None:
        bench.need("domain_get_max_memory")
        domain = bench.define()
        assert domain.max_memory() == domain.info().max_memory

    def test_memory_of_the_stored_domain(self, bench: Bench) -> None:
        bench.need("domain_set_memory_flags")
        domain = bench.define()
        most = domain.info().max_memory
        domain.set_memory(most * 2, Memory.CONFIG | Memory.MAXIMUM)
        assert domain.info().max_memory == most * 2
        domain.set_memory(most, Memory.CONFIG)
        assert domain.info().memory == most
        with pytest.raises(InvalidArgError):
            domain.set_memory(most * 4, Memory.CONFIG)
        with pytest.raises(InvalidArgError):
            domain.set_memory(0, Memory.CONFIG)

    def test_memory_of_a_domain_that_is_off(self, bench: Bench) -> None:
        bench.need("domain_set_memory_flags")
        domain = bench.define()
        with pytest.raises(OperationInvalidError):
            domain.set_memory(domain.info().max_memory, Memory.LIVE)

    def test_memory_of_the_stored_domain_leaves_the_running_one(self, bench: Bench) -> None:
        bench.need("domain_set_memory_flags")
        domain = bench.start()
        before = domain.info().max_memory
        domain.set_memory(before * 2, Memory.CONFIG | Memory.MAXIMUM)
        assert domain.info().max_memory == before
        assert domain.definition(INACTIVE).memory == before * 2

    def test_memory_of_a_transient_domain_is_not_stored(self, bench: Bench) -> None:
        bench.need("domain_set_memory_flags")
        domain = bench.create()
        with pytest.raises(OperationInvalidError):
            domain.set_memory(domain.info().max_memory, Memory.CONFIG)

    def test_vcpus_of_the_stored_domain(self, bench: Bench) -> None:
        bench.need("domain_set_vcpus_flags", "domain_get_vcpus_flags")
        domain = bench.define()
        domain.set_vcpus(4, Vcpu.CONFIG | Vcpu.MAXIMUM)
        domain.set_vcpus(3, Vcpu.CONFIG)
        assert domain.vcpus(Vcpu.CONFIG | Vcpu.MAXIMUM) == 4
        assert domain.vcpus(Vcpu.CONFIG) == 3
        with pytest.raises(InvalidArgError):
            domain.set_vcpus(5, Vcpu.CONFIG)
        with pytest.raises(InvalidArgError):
            domain.set_vcpus(0, Vcpu.CONFIG)
        with pytest.raises(OperationInvalidError):
            domain.vcpus(Vcpu.LIVE)
        assert domain.vcpus() == 3

    def test_vcpus_of_a_running_domain(self, bench: Bench) -> None:
        bench.need("domain_get_vcpus_flags")
        domain = bench.start()
        assert domain.vcpus(Vcpu.LIVE) == domain.info().vcpus
        assert domain.vcpus(Vcpu.LIVE | Vcpu.MAXIMUM) >= domain.vcpus()
