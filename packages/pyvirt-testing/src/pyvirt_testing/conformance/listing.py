"""Finding domains: lookups, lists and their filters, handles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyvirt import enums
from pyvirt_testing.conformance.base import Conformance
from pyvirt_util.errors import NoDomainError

if TYPE_CHECKING:
    from pyvirt.objects import Domain
    from pyvirt_testing.conformance.bench import Bench

Flags = enums.ConnectListAllDomainsFlags


class Listing(Conformance):
    """Finding domains."""

    def test_what_is_not_there(self, bench: Bench) -> None:
        name = bench.new_name()
        with pytest.raises(NoDomainError, match=name):
            bench.conn.lookup_domain(name)
        with pytest.raises(NoDomainError):
            bench.conn.lookup_domain_by_uuid(bench.new_uuid())
        with pytest.raises(NoDomainError):
            bench.conn.lookup_domain_by_id(2**31 - 1)

    def test_uuids_may_be_written_in_any_way(self, bench: Bench) -> None:
        domain = bench.define()
        assert bench.conn.lookup_domain_by_uuid(domain.uuid.upper()) == domain
        assert bench.conn.lookup_domain_by_uuid(domain.uuid.replace("-", "")) == domain

    def test_filters(self, bench: Bench) -> None:
        off, running, paused = bench.define(), bench.start(), bench.start(paused=True)
        transient = bench.create()
        everything = [off, running, paused, transient]

        def listed(flags: Flags | int) -> list[Domain]:
            found = bench.conn.list_domains(flags)
            return [domain for domain in everything if domain in found]

        assert listed(0) == everything
        assert listed(Flags.ACTIVE) == [running, paused, transient]
        assert listed(Flags.INACTIVE) == [off]
        assert listed(Flags.ACTIVE | Flags.INACTIVE) == everything
        assert listed(Flags.PERSISTENT) == [off, running, paused]
        assert listed(Flags.TRANSIENT) == [transient]
        assert listed(Flags.RUNNING) == [running, transient]
        assert listed(Flags.PAUSED) == [paused]
        assert listed(Flags.SHUTOFF) == [off]
        assert listed(Flags.OTHER) == []
        assert listed(Flags.PAUSED | Flags.SHUTOFF) == [off, paused]
        assert listed(Flags.ACTIVE | Flags.TRANSIENT) == [transient]
        assert listed(Flags.INACTIVE | Flags.RUNNING) == []

    def test_filter_of_autostart(self, bench: Bench) -> None:
        bench.need("domain_set_autostart")
        wanted, other = bench.define(), bench.define()
        wanted.set_autostart(True)
        with_autostart = bench.conn.list_domains(Flags.AUTOSTART)
        without = bench.conn.list_domains(Flags.NO_AUTOSTART)
        assert wanted in with_autostart
        assert other not in with_autostart
        assert other in without
        assert wanted not in without

    def test_a_list_names_nothing_twice(self, bench: Bench) -> None:
        domain = bench.start()
        bench.define(domain.name, uuid=domain.uuid)
        found = [listed.uuid for listed in bench.conn.list_domains()]
        assert len(found) == len(set(found))
        assert domain.uuid in found

    def test_listed_handles_know_the_number(self, bench: Bench) -> None:
        domain = bench.start()
        (listed,) = [found for found in bench.conn.list_domains() if found == domain]
        assert listed.ref.id == domain.id
        assert listed.ref.name == domain.name

    def test_handles_are_equal_when_they_mean_the_same(self, bench: Bench) -> None:
        domain, other = bench.define(), bench.define()
        handles = [
            domain,
            bench.conn.lookup_domain(domain.name),
            bench.conn.lookup_domain_by_uuid(domain.uuid),
        ]
        domain.start()
        handles.append(bench.conn.lookup_domain(domain.name))
        assert len(set(handles)) == 1
        assert domain != other
        assert domain != domain.uuid
