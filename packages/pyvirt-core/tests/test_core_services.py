"""Services between plug-ins."""

from __future__ import annotations

import logging
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from pyvirt import loader, services
from pyvirt.refs import DomainRef
from pyvirt.services import hookimpl
from pyvirt.services.base import Service
from pyvirt.services.specs.interface import InterfaceRequest, PluggedInterface
from pyvirt.services.specs.netdev import PhysPortId, VfConfig
from pyvirt_util.errors import NoSupportError, OperationFailedError
from pyvirt_util.undo import UndoStack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REF = DomainRef("d", "c7a5fdbd-edaf-9455-926a-d65c16db1809", 1)
REQUEST = InterfaceRequest("bridge", "52:54:00:00:00:01", "d", REF.uuid, source="br0")


class Knows:
    def __init__(self, *known: str) -> None:
        self.known = known
        self.asked: list[str] = []

    @hookimpl
    def phys_port_id(self, ifname: str) -> PhysPortId | None:
        self.asked.append(ifname)
        return PhysPortId(f"id of {ifname}") if ifname in self.known else None


def test_the_first_answer_counts() -> None:
    first, second = Knows("eth0"), Knows("eth0", "eth1")
    # pluggy asks those first that were registered last.
    with services.netdev.replaced(second, first):
        assert services.netdev.phys_port_id("eth0") == "id of eth0"
        assert second.asked == []
        assert services.netdev.phys_port_id("eth1") == "id of eth1"
    assert first.asked == ["eth0", "eth1"]
    assert second.asked == ["eth1"]


def test_no_id_is_an_answer_too() -> None:
    class HasNone:
        @hookimpl
        def phys_port_id(self, ifname: str) -> PhysPortId:
            return PhysPortId(None)

    with services.netdev.replaced(Knows("lo"), HasNone()):
        assert services.netdev.phys_port_id("lo") is None


def test_where_nobody_has_an_answer_the_distribution_is_named() -> None:
    with services.netdev.replaced(Knows()), pytest.raises(NoSupportError, match="no installed plug-in") as raised:
        services.netdev.phys_port_id("eth0")
    assert raised.value.hint == "pip install pyvirt-netdev"
    with services.netdev.replaced(), pytest.raises(NoSupportError):
        services.netdev.vf_configure("eth0", 0, VfConfig(), UndoStack())


def test_a_hook_registers_its_undo_as_it_goes() -> None:
    done: list[str] = []

    class HalfWay:
        @hookimpl
        def interface_plug(self, request: InterfaceRequest, undo: UndoStack) -> PluggedInterface | None:
            done.append("tap")
            undo.push(lambda: done.append("no tap"))
            raise OperationFailedError("the bridge is gone")

    with services.interface.replaced(HalfWay()):
        with pytest.raises(OperationFailedError, match="the bridge is gone"), UndoStack() as undo:
            services.interface.plug(REQUEST, undo)
        assert done == ["tap", "no tap"]


def test_what_was_acquired_is_kept_on_success() -> None:
    done: list[str] = []

    class Plugs:
        @hookimpl
        def interface_plug(self, request: InterfaceRequest, undo: UndoStack) -> PluggedInterface | None:
            undo.push(lambda: done.append("undone"))
            return PluggedInterface("vnet0", (3,))

    with services.interface.replaced(Plugs()):
        with UndoStack() as undo:
            assert services.interface.plug(REQUEST, undo).target == "vnet0"
            undo.commit()
        assert done == []


def test_replaced_serves_from_the_given_plugins_alone_and_ends() -> None:
    outer, inner = Knows("a"), Knows("b")
    before = services.netdev.manager
    with services.netdev.replaced(outer):
        with services.netdev.replaced(inner):
            assert services.netdev.phys_port_id("b") == "id of b"
            with pytest.raises(NoSupportError):
                services.netdev.phys_port_id("a")
        assert services.netdev.phys_port_id("a") == "id of a"
    assert services.netdev.manager is before
    with pytest.raises(RuntimeError), services.netdev.replaced(outer):
        raise RuntimeError
    assert services.netdev.manager is before


def test_notifications_reach_everybody_though_one_fails(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[tuple[str, str]] = []

    class Hears:
        def __init__(self, name: str) -> None:
            self.name = name

        @hookimpl
        def domain_lifecycle(self, stage: str) -> None:  # a hook may leave out what it does not look at
            heard.append((self.name, stage))

    class Fails:
        @hookimpl
        def domain_lifecycle(self, driver: str, domain: DomainRef, stage: str, xml: str | None) -> None:
            raise RuntimeError("this plug-in is broken")

    with services.lifecycle.replaced(Hears("one"), Fails(), Hears("two")):
        services.lifecycle.notify("fake", REF, "started")
    assert sorted(heard) == [("one", "started"), ("two", "started")]
    assert "this plug-in is broken" in caplog.text
    assert "Fails" in caplog.text or "started of d" in caplog.text


def test_every_kind_has_its_facade() -> None:
    for kind in services.KINDS:
        facade = getattr(services, kind)
        assert isinstance(facade, Service)
        assert facade.kind == kind
        assert facade.provider
        assert getattr(services, kind) is facade
    with pytest.raises(AttributeError):
        _ = services.nothing_of_the_kind  # type: ignore[attr-defined]


PLUGINS = {
    "sound": "from pyvirt.services import hookimpl\n@hookimpl\ndef phys_port_id(ifname):\n    return None\n",
    "broken": "raise RuntimeError('not today')\n",
    "odd": "from pyvirt.services import hookimpl\n@hookimpl\ndef phys_port_id(ifname, nothing_such): pass\n",
}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(tmp_path))
    entries = []
    for name, text in PLUGINS.items():
        (tmp_path / f"core_services_{name}.py").write_text(text)
        entries.append(
            loader.EntryPoint("pyvirt.services.netdev", name, f"core_services_{name}", f"pyvirt-{name}", "3.4")
        )
    monkeypatch.setattr("pyvirt.services.base.entry_points", lambda group: entries)
    yield
    for name in PLUGINS:
        sys.modules.pop(f"core_services_{name}", None)


@pytest.mark.usefixtures("installed")
def test_a_plugin_that_fails_is_logged_and_the_others_serve(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    facade = type(services.netdev)()
    names = [name for name, plugin in facade.manager.list_name_plugin() if plugin is not None]
    assert names == ["pyvirt-sound:sound"]
    assert "pyvirt-broken 3.4" in caplog.text
    assert "not today" in caplog.text
    assert "pyvirt-odd:odd" in caplog.text


@pytest.mark.usefixtures("installed")
def test_the_manager_is_built_once_though_many_ask() -> None:
    facade = type(services.netdev)()
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(facade.manager)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1
