"""Titles, descriptions, and XML of applications."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from pyvirt import enums
from pyvirt_testing.conformance.base import Conformance
from pyvirt_util.errors import InvalidArgError, NoDomainMetadataError, OperationInvalidError, VirtError

if TYPE_CHECKING:
    from pyvirt_testing.conformance.bench import Bench

Type = enums.DomainMetadataType
LIVE, CONFIG = enums.DomainModificationImpact.LIVE, enums.DomainModificationImpact.CONFIG
INACTIVE = enums.DomainXMLFlags.INACTIVE
URI = "http://example.org/conformance/1.0"


class Metadata(Conformance):
    """Titles, descriptions, and XML of applications."""

    @pytest.fixture(autouse=True)
    def _has_metadata(self, request: pytest.FixtureRequest) -> None:
        if "metadata" in request.function.__name__:
            request.getfixturevalue("bench").need("domain_get_metadata", "domain_set_metadata")

    @pytest.mark.parametrize("kind", [Type.TITLE, Type.DESCRIPTION])
    def test_metadata_text(self, bench: Bench, kind: Type) -> None:
        domain = bench.define()
        with pytest.raises(NoDomainMetadataError):
            domain.metadata(kind)
        domain.set_metadata(kind, "one & <two>")
        assert domain.metadata(kind) == "one & <two>"
        domain.set_metadata(kind, None)
        with pytest.raises(NoDomainMetadataError):
            domain.metadata(kind)

    def test_metadata_stands_in_the_xml(self, bench: Bench) -> None:
        domain = bench.define()
        domain.set_metadata(Type.TITLE, "the title")
        assert domain.definition().title == "the title"

    def test_metadata_title_has_one_line(self, bench: Bench) -> None:
        domain = bench.define()
        with pytest.raises(InvalidArgError):
            domain.set_metadata(Type.TITLE, "two\nlines")

    def test_metadata_element(self, bench: Bench) -> None:
        domain = bench.define()
        with pytest.raises(NoDomainMetadataError):
            domain.metadata(Type.ELEMENT, URI)
        domain.set_metadata(Type.ELEMENT, "<owner since='2020'><name>x</name></owner>", "app", URI)
        found = ElementTree.fromstring(domain.metadata(Type.ELEMENT, URI))  # noqa: S314 - from the driver under test
        assert found.tag == "owner"
        assert found.get("since") == "2020"
        assert [child.text for child in found] == ["x"]
        domain.set_metadata(Type.ELEMENT, "<owner/>", "app", URI)
        assert ElementTree.fromstring(domain.metadata(Type.ELEMENT, URI)).get("since") is None  # noqa: S314
        domain.set_metadata(Type.ELEMENT, None, "app", URI)
        with pytest.raises(NoDomainMetadataError):
            domain.metadata(Type.ELEMENT, URI)

    def test_metadata_elements_of_others_stay(self, bench: Bench) -> None:
        domain = bench.define()
        domain.set_metadata(Type.ELEMENT, "<a/>", "a", URI)
        domain.set_metadata(Type.ELEMENT, "<b/>", "b", f"{URI}/other")
        domain.set_metadata(Type.ELEMENT, None, "a", URI)
        assert "<b" in domain.metadata(Type.ELEMENT, f"{URI}/other")

    def test_metadata_that_is_refused(self, bench: Bench) -> None:
        domain = bench.define()
        with pytest.raises(VirtError):
            domain.set_metadata(Type.ELEMENT, "<broken", "app", URI)
        with pytest.raises(InvalidArgError):
            domain.set_metadata(Type.ELEMENT, "<a/>", "app", None)
        with pytest.raises(InvalidArgError):
            domain.set_metadata(Type.ELEMENT, "<a/>", None, URI)
        with pytest.raises(NoDomainMetadataError):
            domain.metadata(Type.ELEMENT, URI)

    def test_metadata_live_and_stored(self, bench: Bench) -> None:
        domain = bench.start()
        domain.set_metadata(Type.DESCRIPTION, "live", flags=LIVE)
        domain.set_metadata(Type.DESCRIPTION, "stored", flags=CONFIG)
        assert domain.metadata(Type.DESCRIPTION) == "live"
        assert domain.metadata(Type.DESCRIPTION, flags=CONFIG) == "stored"
        assert domain.definition(INACTIVE).description == "stored"
        domain.set_metadata(Type.DESCRIPTION, "both", flags=LIVE | CONFIG)
        assert (
            domain.metadata(Type.DESCRIPTION, flags=LIVE) == domain.metadata(Type.DESCRIPTION, flags=CONFIG) == "both"
        )

    def test_metadata_of_what_is_not_there(self, bench: Bench) -> None:
        off, transient = bench.define(), bench.create()
        with pytest.raises(OperationInvalidError):
            off.set_metadata(Type.TITLE, "x", flags=LIVE)
        with pytest.raises(OperationInvalidError):
            off.set_metadata(Type.TITLE, "x", flags=LIVE | CONFIG)
        with pytest.raises(OperationInvalidError):
            transient.set_metadata(Type.TITLE, "x", flags=CONFIG)
        with pytest.raises(NoDomainMetadataError):
            off.metadata(Type.TITLE)

    def test_metadata_stays_when_it_is_restarted(self, bench: Bench) -> None:
        domain = bench.define()
        domain.set_metadata(Type.TITLE, "kept")
        domain.start()
        assert domain.metadata(Type.TITLE) == "kept"
        domain.destroy()
        assert domain.metadata(Type.TITLE) == "kept"
