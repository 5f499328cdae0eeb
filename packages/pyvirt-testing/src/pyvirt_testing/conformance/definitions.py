"""Defining, redefining, undefining and renaming."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyvirt import enums
from pyvirt_testing.conformance.base import Conformance
from pyvirt_testing.conformance.connection import root_tag
from pyvirt_util.errors import (
    InvalidArgError,
    NoDomainError,
    OperationFailedError,
    OperationInvalidError,
    VirtError,
    XmlDetailError,
    XmlError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvirt.objects import Domain
    from pyvirt_testing.conformance.bench import Bench

UNKNOWN_FLAG = 1 << 20
INACTIVE = enums.DomainXMLFlags.INACTIVE


class Definitions(Conformance):
    """Defining, redefining, undefining and renaming."""

    def test_define_makes_it_persistent(self, bench: Bench) -> None:
        uuid = bench.new_uuid()
        domain = bench.define("conformance-defined", uuid=uuid)
        assert domain.name == "conformance-defined"
        assert domain.uuid == uuid
        assert domain.is_persistent()
        assert not domain.is_updated()

    def test_a_uuid_is_made_up_when_there_is_none(self, bench: Bench) -> None:
        domain = bench.conn.define_domain(bench.driver.xml(bench.new_name()))
        try:
            assert bench.conn.lookup_domain_by_uuid(domain.uuid) == domain
        finally:
            domain.undefine()

    def test_xml_is_what_was_defined(self, bench: Bench) -> None:
        domain = bench.define(description="a < b & 'c'")
        xml = domain.xml()
        assert root_tag(xml) == "domain"
        assert f"<name>{domain.name}</name>" in xml
        assert f"<uuid>{domain.uuid}</uuid>" in xml
        definition = domain.definition()
        assert definition.name == domain.name
        assert definition.uuid == domain.uuid
        assert definition.description == "a < b & 'c'"

    def test_its_own_xml_defines_the_same_again(self, bench: Bench) -> None:
        domain = bench.define(description="twice")
        before = domain.xml(INACTIVE)
        bench.conn.define_domain(before)
        assert domain.xml(INACTIVE) == before

    def test_a_typed_definition_can_be_given(self, bench: Bench) -> None:
        domain = bench.define()
        definition = domain.definition(INACTIVE)
        definition.description = "changed as an object"
        assert bench.conn.define_domain(definition) == domain
        assert domain.definition(INACTIVE).description == "changed as an object"

    def test_live_xml_has_the_number_and_inactive_xml_has_not(self, bench: Bench) -> None:
        domain = bench.start()
        assert f"id='{domain.id}'" in domain.xml().partition(">")[0]
        assert " id=" not in domain.xml(INACTIVE).partition(">")[0]

    # Redefining

    def test_redefine_changes_what_is_stored(self, bench: Bench) -> None:
        domain = bench.define(description="before")
        again = bench.define(domain.name, uuid=domain.uuid, description="after")
        assert again == domain
        assert domain.definition(INACTIVE).description == "after"
        assert domain.state().state == enums.DomainState.SHUTOFF

    def test_redefine_leaves_the_running_guest_alone(self, bench: Bench) -> None:
        domain = bench.define(description="before")
        domain.start()
        number = domain.id
        bench.define(domain.name, uuid=domain.uuid, description="after")
        assert domain.id == number
        assert domain.state().state == enums.DomainState.RUNNING
        assert domain.definition().description == "before"
        assert domain.definition(INACTIVE).description == "after"
        domain.destroy()
        domain.start()
        assert domain.definition().description == "after"

    def test_redefine_keeps_autostart(self, bench: Bench) -> None:
        bench.need("domain_set_autostart")
        domain = bench.define()
        domain.set_autostart(True)
        bench.define(domain.name, uuid=domain.uuid, description="after")
        assert domain.autostart()

    def test_a_name_belongs_to_one_uuid(self, bench: Bench) -> None:
        domain = bench.define(description="the first")
        with pytest.raises(OperationFailedError, match=domain.uuid):
            bench.define(domain.name)
        with pytest.raises(OperationFailedError):
            bench.create(domain.name)
        assert domain.definition().description == "the first"

    def test_a_uuid_belongs_to_one_name(self, bench: Bench) -> None:
        domain = bench.define()
        other = bench.new_name()
        with pytest.raises(OperationFailedError, match=domain.uuid):
            bench.define(other, uuid=domain.uuid)
        with pytest.raises(OperationFailedError):
            bench.create(other, uuid=domain.uuid)
        with pytest.raises(NoDomainError):
            bench.conn.lookup_domain(other)

    def test_a_running_transient_domain_keeps_its_name_and_uuid_too(self, bench: Bench) -> None:
        domain = bench.create()
        with pytest.raises(OperationFailedError):
            bench.define(domain.name)
        with pytest.raises(OperationFailedError):
            bench.define(uuid=domain.uuid)

    def test_define_makes_a_transient_domain_persistent(self, bench: Bench) -> None:
        domain = bench.create()
        bench.define(domain.name, uuid=domain.uuid)
        assert domain.is_persistent()
        assert domain.is_active()
        domain.destroy()
        assert domain.state().state == enums.DomainState.SHUTOFF

    def test_create_of_a_defined_domain_runs_other_xml_once(self, bench: Bench) -> None:
        domain = bench.define(description="stored")
        started = bench.conn.create_domain(bench.xml(domain.name, uuid=domain.uuid, description="for once"))
        assert started == domain
        assert domain.is_persistent()
        assert domain.definition().description == "for once"
        assert domain.definition(INACTIVE).description == "stored"
        domain.destroy()
        assert domain.definition().description == "stored"

    # Undefining

    def test_undefine_removes_it(self, bench: Bench) -> None:
        domain = bench.define()
        domain.undefine()
        with pytest.raises(NoDomainError):
            bench.conn.lookup_domain(domain.name)
        with pytest.raises(NoDomainError):
            bench.conn.lookup_domain_by_uuid(domain.uuid)
        assert domain not in bench.conn.list_domains()

    def test_undefine_of_a_running_domain_makes_it_transient(self, bench: Bench) -> None:
        domain = bench.start()
        number = domain.id
        domain.undefine()
        assert domain.is_active()
        assert domain.id == number
        assert not domain.is_persistent()
        domain.destroy()
        with pytest.raises(NoDomainError):
            domain.state()

    def test_undefine_forgets_autostart(self, bench: Bench) -> None:
        bench.need("domain_set_autostart")
        domain = bench.define()
        domain.set_autostart(True)
        domain.undefine()
        again = bench.define(domain.name, uuid=domain.uuid)
        assert not again.autostart()

    @pytest.mark.parametrize(
        "call",
        [
            lambda domain: domain.state(),
            lambda domain: domain.info(),
            lambda domain: domain.xml(),
            lambda domain: domain.id,
            lambda domain: domain.is_active(),
            lambda domain: domain.is_persistent(),
            lambda domain: domain.autostart(),
            lambda domain: domain.start(),
            lambda domain: domain.destroy(),
            lambda domain: domain.undefine(),
        ],
        ids=["state", "info", "xml", "id", "is_active", "is_persistent", "autostart", "start", "destroy", "undefine"],
    )
    def test_a_handle_of_what_is_gone_says_so(self, bench: Bench, call: Callable[[Domain], object]) -> None:
        domain = bench.define()
        domain.undefine()
        with pytest.raises(NoDomainError):
            call(domain)

    # What is refused

    def test_xml_that_is_not_well_formed(self, bench: Bench) -> None:
        for text in ("", "<domain", "no xml", "<domain></wrong>"):
            with pytest.raises((XmlDetailError, XmlError)):
                bench.conn.define_domain(text)
            with pytest.raises((XmlDetailError, XmlError)):
                bench.conn.create_domain(text)

    def test_xml_that_is_no_domain(self, bench: Bench) -> None:
        with pytest.raises(VirtError):
            bench.conn.define_domain("<network><name>n</name></network>")

    def test_entities_are_not_expanded(self, bench: Bench) -> None:
        xml = '<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + bench.xml().replace(
            "</uuid>", "</uuid><title>&e;</title>"
        )
        with pytest.raises(VirtError):
            bench.conn.define_domain(xml)

    @pytest.mark.parametrize("name", ["", "with/slash", "/etc/passwd", "../up", "two\nlines"])
    def test_a_name_that_no_domain_can_have(self, bench: Bench, name: str) -> None:
        before = bench.conn.list_domains()
        with pytest.raises(VirtError):
            bench.conn.define_domain(bench.driver.xml(name, uuid=bench.new_uuid()))
        assert bench.conn.list_domains() == before

    def test_bad_uuids(self, bench: Bench) -> None:
        with pytest.raises(VirtError):
            bench.conn.define_domain(bench.driver.xml(bench.new_name(), uuid="not-a-uuid"))
        with pytest.raises(InvalidArgError):
            bench.conn.lookup_domain_by_uuid("not-a-uuid")

    def test_flags_that_nobody_knows(self, bench: Bench) -> None:
        domain = bench.define()
        with pytest.raises(InvalidArgError):
            bench.conn.define_domain(bench.xml(), UNKNOWN_FLAG)
        with pytest.raises(InvalidArgError):
            bench.conn.create_domain(bench.xml(), UNKNOWN_FLAG)
        with pytest.raises(InvalidArgError):
            domain.start(UNKNOWN_FLAG)
        with pytest.raises(InvalidArgError):
            domain.undefine(UNKNOWN_FLAG)
        assert domain.state().state == enums.DomainState.SHUTOFF

    # Names

    def test_odd_names_live_a_whole_life(self, bench: Bench) -> None:
        domains = {name: bench.define(name) for name in bench.driver.names}
        for name, domain in domains.items():
            found = bench.conn.lookup_domain(name)
            assert found == domain
            assert found.name == name
            assert found.definition().name == name
            found.start()
            assert found.is_active()
        listed = {domain.name for domain in bench.conn.list_domains(enums.ConnectListAllDomainsFlags.ACTIVE)}
        assert listed.issuperset(domains)
        for domain in domains.values():
            domain.destroy()
            domain.undefine()
        assert not {domain.name for domain in bench.conn.list_domains()}.intersection(domains)

    def test_names_differ_in_case(self, bench: Bench) -> None:
        name = bench.new_name()
        lower, upper = bench.define(name), bench.define(name.upper())
        assert lower != upper
        assert bench.conn.lookup_domain(name.upper()) == upper

    # Renaming

    def test_rename(self, bench: Bench) -> None:
        bench.need("domain_rename")
        domain, new = bench.define(description="kept"), bench.new_name()
        old = domain.name
        domain.rename(new)
        assert domain.name == new
        assert bench.conn.lookup_domain(new).uuid == domain.uuid
        assert domain.definition().name == new
        assert domain.definition().description == "kept"
        with pytest.raises(NoDomainError):
            bench.conn.lookup_domain(old)

    def test_rename_to_a_name_that_is_taken(self, bench: Bench) -> None:
        bench.need("domain_rename")
        domain, other = bench.define(), bench.define()
        for taken in (domain.name, other.name):
            with pytest.raises(OperationInvalidError):
                domain.rename(taken)
        assert bench.conn.lookup_domain(other.name) == other

    def test_rename_of_a_running_domain_is_refused(self, bench: Bench) -> None:
        bench.need("domain_rename")
        domain = bench.start()
        with pytest.raises(OperationInvalidError):
            domain.rename(bench.new_name())

    # Autostart

    def test_autostart(self, bench: Bench) -> None:
        bench.need("domain_set_autostart", "domain_get_autostart")
        domain = bench.define()
        assert not domain.autostart()
        domain.set_autostart(True)
        domain.set_autostart(True)
        assert domain.autostart()
        domain.set_autostart(False)
        assert not domain.autostart()
