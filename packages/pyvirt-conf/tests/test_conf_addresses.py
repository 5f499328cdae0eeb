"""Addresses of devices: what plugs into what, who gets which place, and how a driver's policy decides it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyvirt_conf.domain import Domain, ParserConfig, XmlFlags, complete_devices, parse_domain
from pyvirt_conf.domain.address import (
    CcwAddress,
    DimmAddress,
    DriveAddress,
    PciAddress,
    SpaprVioAddress,
    UsbAddress,
    UsbMaster,
    VirtioSerialAddress,
    ZpciAddress,
)
from pyvirt_conf.domain.addresses import (
    Connect,
    PciAddressSet,
    PciAllocation,
    PciBus,
    PciGrowth,
    PciPolicy,
    UsbPolicy,
    addressed,
    assign_ccw,
    assign_memory_slots,
    assign_pci,
    assign_spapr_vio,
    assign_usb,
    assign_virtio_serial,
    assign_zpci,
    attach_pci,
    number_pci_controllers,
)
from pyvirt_conf.domain.addresses.controller_index import assign_controller_indexes
from pyvirt_conf.domain.addresses.drive import drive_place
from pyvirt_conf.domain.addresses.pci import BUS_KINDS
from pyvirt_conf.domain.controller import Controller, ControllerType
from pyvirt_conf.domain.disk import Disk, DiskBus
from pyvirt_conf.domain.interface import Interface, NetType
from pyvirt_conf.domain.namespaces import BhyveNamespace
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, VirtError, XmlError

PLACE = os.environ.get("PYVIRT_CORPUS")
CORPUS = Path(PLACE) if PLACE else Path(__file__).resolve().parents[4] / "shared" / "corpus"
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus at {CORPUS}: set PYVIRT_CORPUS")

PCI = Connect.AUTO | Connect.PCI_DEVICE
PCIE = Connect.AUTO | Connect.PCIE_DEVICE
ROOT_PORT = Connect.ROOT_PORT | Connect.SHARED
NIC = "<interface type='user'><model type='virtio'/>{}</interface>"
SLOT = "<address type='pci' domain='0' bus='{}' slot='{}' function='{}'/>"


def guest(devices: str = "", head: str = "") -> Domain:
    """A definition as it is read, with nothing filled in."""
    return Domain.parse(
        f"<domain type='kvm'><name>a</name><memory>65536</memory>{head}"
        f"<os><type arch='x86_64'>hvm</type></os><devices>{devices}</devices></domain>"
    )


def at(device: Any) -> Any:
    """Where it is, of whatever kind."""
    return device.address


def places(domain: Domain) -> list[str]:
    """The PCI addresses of interfaces, then of disks."""
    return [str(device.address) for device in (*domain.devices.interfaces, *domain.devices.disks)]


# -- slots and buses -------------------------------------------------------------------------------


def test_slots_are_filled_in_order_and_the_board_has_slot_0() -> None:
    slots = PciAddressSet([PciBus("pci-root")])
    assert [slots.take(PCI) for _ in range(3)] == [(0, 1, 0), (0, 2, 0), (0, 3, 0)]
    slots.reserve((0, 5, 0), PCI)
    assert [slots.take(PCI)[1] for _ in range(2)] == [4, 6]


def test_a_full_bus_is_an_internal_error_that_names_the_device() -> None:
    slots = PciAddressSet([PciBus("pcie-root-port")])
    slots.take(PCIE)
    assert slots.full
    with pytest.raises(InternalError, match=r"no more PCI slots for interface with MAC address 52:54:00:00:00:01"):
        slots.take(PCIE, device=Interface(type=NetType.USER, mac="52:54:00:00:00:01"))


def test_root_ports_share_a_slot_by_function_others_do_not() -> None:
    slots = PciAddressSet([PciBus("pcie-root")])
    assert slots.take(Connect.PCIE_DEVICE) == (0, 1, 0)
    taken = [slots.take(ROOT_PORT) for _ in range(9)]
    assert taken == [(0, 2, function) for function in range(8)] + [(0, 3, 0)]
    assert slots.take(Connect.PCIE_DEVICE) == (0, 4, 0)
    assert slots.take(ROOT_PORT) == (0, 3, 1)


def test_a_place_has_the_function_that_is_asked_for() -> None:
    slots = PciAddressSet([PciBus("pci-root")])
    assert slots.take(PCI, function=7) == (0, 1, 7)
    assert slots.take(PCI) == (0, 2, 0)


@pytest.mark.parametrize(
    ("model", "connect", "why"),
    [
        ("pcie-root-port", ROOT_PORT, "not a controller that accepts a pcie-root-port"),
        ("pci-bridge", Connect.DMI_TO_PCI_BRIDGE, "not a controller that accepts a dmi-to-pci-bridge"),
        ("pcie-expander-bus", PCI, "not a controller that accepts a conventional PCI device"),
        ("pcie-switch-upstream-port", PCIE, "not a controller that accepts a PCI Express device"),
        ("pcie-root", Connect.PCIE_DEVICE | Connect.HOTPLUG, "pcie-root with index 1 does not support hotplug"),
        ("pcie-root-port", PCIE | Connect.INTEGRATED, "part of the board, it has to be on bus 0"),
        ("pcie-root-port", 0, "device of an unknown type"),
    ],
)
def test_what_does_not_fit_is_an_error_of_the_document(model: str, connect: int, why: str) -> None:
    slots = PciAddressSet([PciBus("pcie-root"), PciBus(model)])
    with pytest.raises(XmlError, match=rf"0000:01:00\.0 of watchdog.*{re.escape(why)}"):
        slots.reserve((1, 0, 0), connect, device=guest("<watchdog model='i6300esb'/>").devices.watchdog)


def test_users_may_mix_pci_and_pci_express_and_put_bridges_where_devices_go() -> None:
    slots = PciAddressSet([PciBus("pcie-root"), PciBus("pci-bridge"), PciBus("pcie-root-port")])
    slots.reserve((0, 1, 0), PCI)
    slots.reserve((1, 1, 0), PCIE)
    slots.reserve((2, 0, 0), Connect.PCI_BRIDGE)
    with pytest.raises(InternalError):
        slots.take(PCIE)


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ((0, 3, 0), "PCI address 0000:00:03.0 of disk with target 'vda' is in use already"),
        ((0, 0, 0), "0000:00:00.0 of disk with target 'vda', slots of a pci-root are 1 to 31"),
        ((0, 32, 0), "slots of a pci-root are 1 to 31"),
        ((4, 1, 0), "there are only PCI buses up to 0"),
    ],
)
def test_places_that_cannot_be_name_the_device_and_the_address(place: tuple[int, int, int], why: str) -> None:
    slots = PciAddressSet([PciBus("pci-root")])
    slots.reserve((0, 3, 0), PCI)
    with pytest.raises(XmlError, match=re.escape(why)):
        slots.reserve(place, PCI, device=guest("<disk><target dev='vda'/></disk>").devices.disks[0])
    slots.reserve((0, 3, 1), PCI)


def test_devices_of_the_board_are_on_bus_0_where_others_are_not_put() -> None:
    slots = PciAddressSet([PciBus("pcie-root"), PciBus("pcie-root-port")])
    assert slots.take(PCIE) == (1, 0, 0)
    assert slots.take(PCIE | Connect.INTEGRATED) == (0, 1, 0)


def test_isolation_groups_keep_buses_to_themselves() -> None:
    slots = PciAddressSet([PciBus("pci-root") for _ in range(3)], PciGrowth(pci="pci-root", bridge=None))
    slots.buses[0].group_locked = True
    assert slots.take(PCI) == (0, 1, 0)
    assert slots.take(PCI, 5) == (1, 1, 0)
    assert slots.take(PCI, 6) == (2, 1, 0)
    assert slots.take(PCI, 5) == (1, 2, 0)
    assert slots.take(PCI, 7) == (3, 1, 0)
    assert [bus.group for bus in slots.buses] == [0, 5, 6, 7]
    # Whoever puts a stranger there ends the isolation.
    slots.reserve((1, 3, 0), PCI, group=6)
    assert slots.buses[1].group == 0


@pytest.mark.parametrize(
    ("buses", "growth", "connect", "expected"),
    [
        (["pci-root"], PciGrowth(), PCI, ["pci-bridge"]),
        (["pci-root"], PciGrowth(pci="pci-root", bridge=None), PCI, ["pci-root"]),
        (["pcie-root"], PciGrowth(), PCIE, ["pcie-root-port"]),
        (["pcie-root"], PciGrowth(), Connect.SWITCH_UPSTREAM, ["pcie-root-port"]),
        (["pcie-root"], PciGrowth(), PCI, ["pcie-root-port", "pcie-to-pci-bridge"]),
        (
            ["pcie-root"],
            PciGrowth(bridge=("dmi-to-pci-bridge", "pci-bridge")),
            PCI,
            ["dmi-to-pci-bridge", "pci-bridge"],
        ),
    ],
)
def test_buses_are_added_for_what_is_wanted(
    buses: list[str], growth: PciGrowth, connect: int, expected: list[str]
) -> None:
    slots = PciAddressSet([PciBus(model) for model in buses], growth)
    for bus in slots.buses:
        bus.free = 0
    number, _, _ = slots.take(connect)
    assert [bus.model for bus in slots.buses] == buses + expected
    assert number == len(slots.buses) - 1


def test_the_port_of_a_new_bridge_is_for_nobody_else() -> None:
    slots = PciAddressSet([PciBus("pcie-root")], PciGrowth())
    assert slots.take(PCI) == (2, 1, 0)
    assert slots.take(PCIE) == (3, 0, 0)
    assert slots.take(Connect.PCIE_TO_PCI_BRIDGE) == (1, 0, 0)


def test_a_bus_somebody_named_is_added_with_all_before_it() -> None:
    slots = PciAddressSet([PciBus("pci-root")], PciGrowth())
    assert slots.reserve((3, 1, 0), PCI) == (3, 1, 0)
    assert [bus.model for bus in slots.buses] == ["pci-root", *["pci-bridge"] * 3]
    # The first bus of a guest that had PCI Express alone is the bridge's port.
    slots = PciAddressSet([PciBus("pcie-root")], PciGrowth())
    assert slots.reserve((1, 1, 0), PCI) == (2, 1, 0)


@pytest.mark.parametrize(
    ("connect", "growth"),
    [
        (ROOT_PORT, PciGrowth()),
        (Connect.PCI_BRIDGE, PciGrowth()),
        (Connect.SWITCH_DOWNSTREAM, PciGrowth()),
        (PCIE, PciGrowth(pcie=None)),
        (PCI, PciGrowth(pci=None, bridge=None)),
    ],
)
def test_what_cannot_be_added_is_said(connect: int, growth: PciGrowth) -> None:
    with pytest.raises(InternalError, match=r"there is no PCI slot for a .*, and none can be added"):
        PciAddressSet([PciBus("pci-root" if connect == PCIE else "pcie-root-port")], growth).take(connect)


@given(
    st.lists(st.sampled_from(sorted(BUS_KINDS)), min_size=1, max_size=6),
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from((PCI, PCIE, ROOT_PORT, Connect.PCI_BRIDGE, PCI | Connect.HOTPLUG)), st.none()),
            st.tuples(
                st.sampled_from((PCI, PCIE)),
                st.tuples(st.integers(0, 8), st.integers(0, 31), st.integers(0, 7)),
            ),
        ),
        max_size=60,
    ),
    st.booleans(),
)
def test_no_place_is_given_out_twice(
    models: list[str], wishes: list[tuple[int, tuple[int, int, int] | None]], grows: bool
) -> None:
    slots = PciAddressSet([PciBus(model) for model in models], PciGrowth() if grows else None)
    seen = set()
    for connect, place in wishes:
        try:
            got = slots.take(connect) if place is None else slots.reserve(place, connect)
        except VirtError:
            continue
        assert got not in seen
        seen.add(got)
        kind = BUS_KINDS[slots.buses[got[0]].model]
        assert kind.first <= got[1] <= kind.last
        assert 0 <= got[2] <= 7
        if place is None:
            assert connect & kind.accepts & ~(Connect.AUTO | Connect.HOTPLUG)


# -- a guest ---------------------------------------------------------------------------------------


def order(domain: Domain) -> Iterator[Any]:
    """Interfaces and disks."""
    yield from domain.devices.interfaces
    yield from domain.devices.disks


def policy(connect: int = PCI, **fields: Any) -> PciPolicy:
    """Everything but controllers is on PCI."""
    return PciPolicy(**{"connect": lambda device: connect, "order": order, **fields})


def test_devices_get_places_in_the_order_of_the_policy() -> None:
    domain = guest("<disk><target dev='vda' bus='virtio'/></disk>" + NIC.format("") * 2)
    assign_pci(domain, policy(root="pci-root"))
    assert places(domain) == ["0000:00:01.0", "0000:00:02.0", "0000:00:03.0"]
    assert domain.devices.controllers == []


def test_given_places_are_kept_and_stepped_over() -> None:
    domain = guest(NIC.format("") + NIC.format(SLOT.format(0, 1, 0)) + NIC.format("<address type='pci'/>"))
    assign_pci(domain, policy(root="pci-root"))
    assert places(domain) == ["0000:00:02.0", "0000:00:01.0", "0000:00:03.0"]


def test_a_place_that_two_devices_have_names_the_second() -> None:
    domain = guest(
        "<disk><target dev='vda' bus='virtio'/>" + SLOT.format(0, 4, 0) + "</disk>" + NIC.format(SLOT.format(0, 4, 0))
    )
    domain.devices.interfaces[0].mac = "52:54:00:00:00:09"
    with pytest.raises(XmlError, match=r"0000:00:04\.0 of interface with MAC address 52:54:00:00:00:09 is in use"):
        assign_pci(domain, policy(root="pci-root"))


def test_other_kinds_of_addresses_are_left_alone() -> None:
    domain = guest(NIC.format("<address type='virtio-mmio'/>") + NIC.format(""))
    assign_pci(domain, policy(root="pci-root"))
    assert [type(i.address).__name__ for i in domain.devices.interfaces] == ["VirtioMmioAddress", "PciAddress"]


def test_function_0_says_that_there_are_others_unless_it_says_something_itself() -> None:
    domain = guest(
        NIC.format(SLOT.format(0, 3, 0))
        + NIC.format(SLOT.format(0, 3, 1))
        + NIC.format(SLOT.format(0, 4, 0).replace("/>", " multifunction='off'/>"))
        + NIC.format(SLOT.format(0, 4, 2))
        + NIC.format(SLOT.format(0, 5, 0))
    )
    assign_pci(domain, policy(root="pci-root"))
    assert [at(i).multifunction for i in domain.devices.interfaces] == [True, None, False, None, None]


def test_bridges_are_added_with_places_of_their_own() -> None:
    domain = guest(NIC.format("") * 40)
    assign_pci(domain, policy(root="pci-root", growth=PciGrowth(), spare_slot=PCI))
    bridge = domain.devices.controllers[0]
    assert (bridge.type, bridge.index, bridge.model) == (ControllerType.PCI, 1, "pci-bridge")
    assert str(bridge.address) == "0000:00:01.0"
    assert places(domain)[:2] == ["0000:00:02.0", "0000:00:03.0"]
    assert places(domain)[30:32] == ["0000:01:01.0", "0000:01:02.0"]


def test_a_slot_is_kept_free_for_growing_until_it_is_needed() -> None:
    for count, bridges in ((30, 0), (31, 1)):
        domain = guest(NIC.format("") * count)
        assign_pci(domain, policy(root="pci-root", growth=PciGrowth(), spare_slot=PCI))
        assert len(domain.devices.controllers) == bridges
    given_all = guest("".join(NIC.format(SLOT.format(0, slot, 0)) for slot in range(1, 32)))
    assign_pci(given_all, policy(root="pci-root", growth=PciGrowth(), spare_slot=PCI))
    assert given_all.devices.controllers == []


def test_new_pci_express_guests_have_a_port_to_spare_others_do_not() -> None:
    root = "<controller type='pci' index='0' model='pcie-root'/>"
    ports = policy(PCIE, growth=PciGrowth(), spare_port=PCIE)
    domain = guest(root + NIC.format("") * 2)
    assign_pci(domain, ports)
    assert [c.model for c in domain.devices.controllers] == ["pcie-root", *["pcie-root-port"] * 3]
    assert [str(c.address) for c in domain.devices.controllers[1:]] == ["0000:00:01.0", "0000:00:01.1", "0000:00:01.2"]
    assert at(domain.devices.controllers[1]).multifunction is True
    assert places(domain) == ["0000:01:00.0", "0000:02:00.0"]
    domain.devices.interfaces += guest(NIC.format("") * 2).devices.interfaces
    assign_pci(domain, ports)
    assert len(domain.devices.controllers) == 5
    assert places(domain)[2:] == ["0000:03:00.0", "0000:04:00.0"]


def test_completing_again_changes_nothing() -> None:
    domain = guest("<controller type='pci' index='0' model='pcie-root'/>" + NIC.format("") * 12)
    mixed = policy(growth=PciGrowth(), spare_port=PCIE)._replace(
        connect=lambda device: PCI if device is domain.devices.interfaces[3] else PCIE
    )
    assign_pci(domain, mixed)
    before = domain.format()
    assign_pci(domain, mixed)
    assert domain.format() == before


def test_indexes_between_have_controllers_too() -> None:
    domain = guest(
        "<controller type='pci' index='0' model='pci-root'/><controller type='pci' index='3' model='pci-bridge'/>"
    )
    assign_pci(domain, policy(growth=PciGrowth()))
    assert [(c.index, c.model) for c in domain.devices.controllers] == [
        (0, "pci-root"),
        (3, "pci-bridge"),
        (1, "pci-bridge"),
        (2, "pci-bridge"),
    ]
    assert [str(c.address) for c in domain.devices.controllers[1:]] == ["0000:00:01.0", "0000:00:02.0", "0000:00:03.0"]


def test_an_expander_bus_is_a_bus_for_whoever_names_it() -> None:
    domain = guest(
        "<controller type='pci' index='0' model='pci-root'/><controller type='pci' index='1' model='pci-expander-bus'/>"
        + NIC.format(SLOT.format(1, 0, 0))
    )
    assign_pci(domain, policy(growth=PciGrowth()))
    number_pci_controllers(domain, lambda controller: None)
    assert str(domain.devices.controllers[1].address) == "0000:00:01.0"
    assert domain.devices.controllers[1].bus_nr == 254


def test_parts_of_a_whole_share_a_slot() -> None:
    parts = {"ich9-ehci1": 7, "ich9-uhci1": 0, "ich9-uhci2": 1}
    one = "".join(f"<controller type='usb' index='{{0}}' model='{model}'/>" for model in parts)
    domain = guest(one.format(0) + one.format(1) + NIC.format(""))
    assign_pci(
        domain, policy(root="pci-root", order=lambda domain: (*domain.devices.controllers, *order(domain)), parts=parts)
    )
    controllers = [c for c in domain.devices.controllers if c.type is ControllerType.USB]
    assert [str(c.address)[8:] for c in controllers] == ["01.7", "01.0", "01.1", "02.7", "02.0", "02.1"]
    assert [at(c).multifunction for c in controllers] == [None, True, None] * 2
    assert places(domain) == ["0000:00:03.0"]


@pytest.mark.parametrize(
    ("devices", "error", "why"),
    [
        (NIC.format(""), XmlError, "there are no PCI buses for interface"),
        (NIC.format(SLOT.format(0, 1, 0)), XmlError, "there are no PCI buses for interface"),
        (
            "<controller type='pci' index='256' model='pci-bridge'/>",
            XmlError,
            "PCI controller index 256 is too high, expected 0 to 255",
        ),
        (
            "<controller type='pci' index='0' model='pci-root'/>"
            + NIC.format(SLOT.format(0, 1, 0).replace("domain='0'", "domain='2'")),
            XmlError,
            "invalid PCI address 0002:00:01.0 of interface.*, guests have PCI domain 0 only",
        ),
        (
            "<controller type='pci' index='0' model='pcie-root'/>" + NIC.format(SLOT.format(1, 1, 0)),
            XmlError,
            "there are only PCI buses up to 0",
        ),
    ],
)
def test_guests_that_cannot_be(devices: str, error: type[VirtError], why: str) -> None:
    with pytest.raises(error, match=why):
        assign_pci(guest(devices), policy())


def test_unknown_controller_models_are_refused() -> None:
    domain = guest("<controller type='pci' index='0' model='pci-root'/>")
    domain.devices.controllers[0].model = "pci-x"
    with pytest.raises(ConfigUnsupportedError, match="'pci-x'"):
        assign_pci(domain, policy())


def test_guests_without_pci_devices_need_no_bus() -> None:
    domain = guest(NIC.format(""))
    assign_pci(domain, policy(Connect.NONE))
    assert domain.devices.interfaces[0].address is None


def test_isolation_groups_are_the_policys() -> None:
    domain = guest("<controller type='pci' index='0' model='pci-root'/>" + NIC.format("") * 4)
    groups = dict(zip(map(id, domain.devices.interfaces), (0, 1, 2, 1), strict=True))
    roots = PciGrowth(pci="pci-root", bridge=None)
    assign_pci(domain, policy(growth=roots, root_locked=True, group=lambda device: groups.get(id(device), 0)))
    assert places(domain) == ["0000:00:01.0", "0000:01:01.0", "0000:02:01.0", "0000:01:02.0"]
    assert [c.model for c in domain.devices.controllers] == ["pci-root"] * 3


# -- plugging --------------------------------------------------------------------------------------

PORTS = """<controller type='pci' index='0' model='pcie-root'/>
  <controller type='pci' index='1' model='pcie-root-port'><target chassis='1' port='0' hotplug='off'/>
    <address type='pci' bus='0' slot='1' function='0' domain='0'/></controller>
  <controller type='pci' index='2' model='pcie-root-port'>
    <address type='pci' bus='0' slot='2' function='0' domain='0'/></controller>"""


def plug(address: str = "") -> Interface:
    domain, device = guest(PORTS), guest(NIC.format(address)).devices.interfaces[0]
    attach_pci(domain, device, policy(PCIE, growth=PciGrowth(), spare_port=PCIE))
    assert len(domain.devices.controllers) == 3
    return device


def test_what_is_plugged_goes_where_something_can_be_plugged() -> None:
    assert str(plug().address) == "0000:02:00.0"
    assert str(plug(SLOT.format(2, 0, 0)).address) == "0000:02:00.0"


@pytest.mark.parametrize(
    ("address", "error", "why"),
    [
        (SLOT.format(1, 0, 0), XmlError, "pcie-root-port with index 1 does not support hotplug"),
        (SLOT.format(0, 5, 0), XmlError, "pcie-root with index 0 does not support hotplug"),
        (SLOT.format(2, 0, 1), InternalError, "only function 0 can be plugged"),
        (SLOT.format(3, 0, 0), XmlError, "only PCI buses up to 2"),
    ],
)
def test_what_cannot_be_plugged(address: str, error: type[VirtError], why: str) -> None:
    with pytest.raises(error, match=why):
        plug(address)


def test_nothing_is_added_for_what_is_plugged() -> None:
    domain = guest(PORTS + NIC.format(SLOT.format(2, 0, 0)))
    with pytest.raises(InternalError, match="no more PCI slots for interface"):
        attach_pci(domain, guest(NIC.format("")).devices.interfaces[0], policy(PCIE, growth=PciGrowth()))


# -- numbers of PCI controllers --------------------------------------------------------------------


def test_controllers_say_what_they_are() -> None:
    domain = guest(
        "<controller type='pci' index='0' model='pcie-root'/>"
        "<controller type='pci' index='1' model='pcie-root-port'/>"
        "<controller type='pci' index='2' model='pcie-switch-upstream-port'/>"
        "<controller type='pci' index='3' model='pcie-switch-downstream-port'/>"
        "<controller type='pci' index='4' model='pcie-to-pci-bridge'/>"
        "<controller type='pci' index='5' model='pci-bridge'/>"
        "<controller type='pci' index='6' model='pcie-expander-bus'/>"
        "<controller type='pci' index='7' model='pcie-expander-bus'><target busNr='100'/></controller>"
        "<controller type='pci' index='8' model='pcie-root-port'><model name='x'/><target chassis='40' port='0x3'/>"
        "</controller>".replace("<model name='x'/>", "<model name='ioh3420'/>")
    )
    assign_pci(domain, policy())
    number_pci_controllers(domain, lambda controller: controller.model)
    shown = [(c.model_name, c.chassis, c.port, c.chassis_nr, c.bus_nr) for c in domain.devices.controllers]
    assert shown == [
        ("pcie-root", None, None, None, None),
        ("pcie-root-port", 1, 8, None, None),
        ("pcie-switch-upstream-port", None, None, None, None),
        ("pcie-switch-downstream-port", 3, 0, None, None),
        ("pcie-to-pci-bridge", None, None, None, None),
        ("pci-bridge", None, None, 5, None),
        ("pcie-expander-bus", None, None, None, 98),
        ("pcie-expander-bus", None, None, None, 100),
        ("ioh3420", 40, 3, None, None),
    ]


def test_host_bridges_are_numbered_where_there_are_several() -> None:
    root = "<controller type='pci' index='{}' model='pci-root'>{}</controller>"
    domain = guest(root.format(0, "") + root.format(1, "") + root.format(2, "<target index='1'/>"))
    number_pci_controllers(domain, lambda controller: None, numbered_roots=True)
    assert [c.target_index for c in domain.devices.controllers] == [0, 2, 1]
    full = guest("".join(root.format(index, "") for index in range(33)))
    with pytest.raises(ConfigUnsupportedError, match="no target index is left for the pci-root with index 32"):
        number_pci_controllers(full, lambda controller: None, numbered_roots=True)


@pytest.mark.parametrize(
    ("controller", "why"),
    [
        ("<controller type='pci' index='1' model='pci-bridge'>" + SLOT.format(2, 1, 0) + "</controller>", "on bus 2"),
        (
            "<controller type='pci' index='1' model='pci-expander-bus'><target busNr='2'/></controller>"
            "<controller type='pci' index='2' model='pci-expander-bus'/>",
            "no bus number is left for the pci-expander-bus with index 2",
        ),
    ],
)
def test_controllers_that_cannot_be_numbered(controller: str, why: str) -> None:
    with pytest.raises(ConfigUnsupportedError, match=why):
        number_pci_controllers(guest(controller), lambda controller: None)


# -- bhyve: another driver's policy -----------------------------------------------------------------


def lpc(allocation: PciAllocation) -> None:
    """Slot 1 is for the bridge to ISA, whether there is one or not, unless the user has another device there."""
    if not allocation.in_use(1):
        waiting = (c for c in allocation.domain.devices.controllers if c.type is ControllerType.ISA and not c.address)
        bridge = next(waiting, None)
        if bridge is None:
            allocation.block(1, 0)
        else:
            allocation.fix(bridge, 1)


def bhyve_order(domain: Domain) -> Iterator[Any]:
    devices = domain.devices
    yield from devices.controllers
    yield from devices.interfaces
    yield from (disk for disk in devices.disks if disk.bus is DiskBus.VIRTIO)
    yield from devices.videos
    yield from devices.sounds
    yield from devices.filesystems


def bhyve_connect(device: Any) -> int:
    if isinstance(device, Controller):
        on_pci = device.type in (ControllerType.SATA, ControllerType.ISA) or device.model == "nec-xhci"
        return Connect.PCI_DEVICE if on_pci else Connect.NONE
    return Connect.PCI_DEVICE


#: One bus, nothing is added to it.
BHYVE = PciPolicy(connect=bhyve_connect, order=bhyve_order, fixed=lpc, root="pci-root")


def bhyve_config(sata_ports: int) -> ParserConfig:
    def early(domain: Domain, flags: XmlFlags) -> None:
        controllers = domain.devices.controllers
        if not any(c.type is ControllerType.PCI for c in controllers):
            controllers.append(Controller(type=ControllerType.PCI, index=0, model="pci-root"))
        loader = domain.os.loader
        wanted = domain.devices.serials or domain.devices.consoles or domain.devices.graphics or domain.devices.videos
        if wanted or (loader is not None and loader.path is not None):
            if not any(c.type is ControllerType.ISA for c in controllers):
                controllers.append(Controller(type=ControllerType.ISA, index=0))

    def device(item: Any, domain: Domain, flags: XmlFlags) -> None:
        if isinstance(item, Disk) and item.bus is DiskBus.SATA and item.address is None:
            number = ord(item.target[-1]) - ord("a") + (26 if len(item.target) == 4 else 0)
            item.address = drive_place(DiskBus.SATA, number, sata_ports=sata_ports)

    return ParserConfig(
        default_arch=lambda os_type, virt_type: "x86_64",
        namespaces={BhyveNamespace.uri: BhyveNamespace},
        domain_early=early,
        device_complete=device,
        assign_addresses=lambda domain, flags: assign_pci(domain, BHYVE),
        new_mac=lambda prefix: "52:54:00:00:00:00",
    )


def bhyve_cases(suite: str) -> list[Any]:
    path = CORPUS / suite / "cases.json"
    found = json.loads(path.read_text()) if path.exists() else []
    return [pytest.param(case, id=case["name"]) for case in found if case["expect"] == "ok"]


def bhyve_domain(suite: str, case: dict[str, Any]) -> Domain:
    ports = 32 if "ahci32slot" in case["bhyve_caps"] else 1
    flags = XmlFlags.INACTIVE | XmlFlags.SKIP_VALIDATE
    return parse_domain((CORPUS / suite / case["input"]).read_bytes(), bhyve_config(ports), flags=flags)


@needs_corpus
@pytest.mark.parametrize("case", bhyve_cases("bhyvexml2xml"))
def test_bhyve_has_the_addresses_libvirt_gives(case: dict[str, Any]) -> None:
    expected = Domain.parse((CORPUS / "bhyvexml2xml" / case["expected"]).read_bytes())
    got = bhyve_domain("bhyvexml2xml", case)

    def shown(domain: Domain) -> list[tuple[str, str]]:
        return sorted((d._tag + str(getattr(d, "type", "")), repr(d.address)) for d in addressed(domain))

    assert shown(got) == shown(expected)


@needs_corpus
@pytest.mark.parametrize("case", bhyve_cases("bhyvexml2argv"))
def test_bhyve_slots_are_those_of_its_command_line(case: dict[str, Any]) -> None:
    line = (CORPUS / "bhyvexml2argv" / case["expected"]).read_text()
    expected = set(re.findall(r"-s (\d+:\d+),(?!hostbridge)(?:ahci|lpc|virtio-|e1000|fbuf|xhci|hda)", line))
    domain = bhyve_domain("bhyvexml2argv", case)
    got = {
        f"{device.address.slot}:{device.address.function}"
        for device in addressed(domain)
        if isinstance(device.address, PciAddress)
        # A disk controller nobody uses is not on the command line.
        and (
            not isinstance(device, Controller)
            or device.type is not ControllerType.SATA
            or any(d.bus is DiskBus.SATA and at(d).controller == device.index for d in domain.devices.disks)
        )
    }
    assert got == expected


def test_bhyve_has_one_bus() -> None:
    domain = guest(NIC.format("") * 30)
    assign_pci(domain, BHYVE)
    assert places(domain)[0] == "0000:00:02.0"
    with pytest.raises(InternalError, match="no more PCI slots"):
        assign_pci(guest(NIC.format("") * 31), BHYVE)


# -- USB -------------------------------------------------------------------------------------------

TABLET = "<input type='tablet' bus='usb'>{}</input>"
USB_PORT = "<address type='usb' bus='{}' port='{}'/>"
HUB = "<hub type='usb'>{}</hub>"
UHCI = "<controller type='usb' index='0' model='piix3-uhci'/>"


def ports(domain: Domain) -> list[tuple[int, str | None]]:
    return [(at(d).bus, at(d).port) for d in (*domain.devices.inputs, *domain.devices.hubs)]


def test_usb_devices_get_ports_of_their_kinds_in_order() -> None:
    domain = guest(
        "<controller type='usb' index='0' model='qemu-xhci' ports='8'/>"
        + TABLET.format("")
        + "<hostdev mode='subsystem' type='usb'><source><vendor id='1'/><product id='2'/></source></hostdev>"
        + "<disk><target dev='sda' bus='usb'/></disk>"
    )
    assign_usb(domain)
    devices = domain.devices
    assert [at(d).port for d in (devices.hostdevs[0], devices.disks[0], devices.inputs[0])] == ["1", "2", "3"]


def test_given_usb_ports_are_kept_and_a_bus_without_port_is_a_wish() -> None:
    domain = guest(
        UHCI
        + "<controller type='usb' index='1' model='ehci'/>"
        + TABLET.format(USB_PORT.format(0, 1))
        + TABLET.format("<address type='usb' bus='1'/>")
        + TABLET.format("")
    )
    assign_usb(domain)
    assert ports(domain) == [(0, "1"), (1, "1"), (0, "2")]


def test_hubs_are_added_when_the_ports_run_out() -> None:
    domain = guest(UHCI + TABLET.format("") * 8)
    assign_usb(domain)
    assert [at(hub).port for hub in domain.devices.hubs] == ["1"]
    assert ports(domain)[:-1] == [(0, "2"), *[(0, f"1.{number}") for number in range(1, 8)]]
    # One port always stays free.
    domain = guest(UHCI + TABLET.format("") * 9)
    assign_usb(domain)
    assert len(domain.devices.hubs) == 2
    assert len(set(ports(domain))) == 11


def test_hubs_on_hubs() -> None:
    chain = [HUB.format(USB_PORT.format(0, ".".join("1" * depth))) for depth in (1, 2, 3)]
    domain = guest(UHCI + "".join(chain) + TABLET.format(USB_PORT.format(0, "1.1.1.8")) + TABLET.format("") * 2)
    assign_usb(domain)
    assert ports(domain)[:3] == [(0, "1.1.1.8"), (0, "2"), (0, "1.2")]


@pytest.mark.parametrize(
    ("devices", "error", "why"),
    [
        (UHCI + TABLET.format(USB_PORT.format(3, 1)), XmlError, "missing USB bus 3 of input"),
        (UHCI + TABLET.format("<address type='usb' bus='3'/>"), XmlError, "no controller with that index"),
        (UHCI + TABLET.format(USB_PORT.format(0, 3)), XmlError, "USB port 3 of input.* is not present on USB bus 0"),
        (
            UHCI + TABLET.format(USB_PORT.format(0, 1)) * 2,
            XmlError,
            "USB address bus 0 port 1 of input.* is in use already",
        ),
        (UHCI + TABLET.format(USB_PORT.format(0, "1.1")), XmlError, "port 1 has no hub in USB address bus 0 port 1.1"),
        (UHCI + TABLET.format(USB_PORT.format(0, "9.1")), XmlError, "port 9 is out of range"),
        (UHCI * 2 + TABLET.format(""), XmlError, "duplicate USB controllers with index 0"),
        (UHCI + HUB.format(USB_PORT.format(0, 1)) * 2, XmlError, "in use already"),
        (TABLET.format(""), ConfigUnsupportedError, "USB is disabled for this domain, but it has input"),
        (
            "<controller type='usb' index='0' model='none'/>" + HUB.format(""),
            ConfigUnsupportedError,
            "USB is disabled for this domain, but it has hub",
        ),
    ],
)
def test_usb_that_cannot_be(devices: str, error: type[VirtError], why: str) -> None:
    with pytest.raises(error, match=why):
        assign_usb(guest(devices))


def test_old_definitions_keep_what_they_have() -> None:
    domain = guest(UHCI + TABLET.format("") + TABLET.format(USB_PORT.format(0, 7)))
    assign_usb(domain, new=False)
    assert domain.devices.inputs[0].address is None
    # With all ports given they are checked as those of new ones.
    with pytest.raises(XmlError, match="USB port 7"):
        assign_usb(guest(UHCI + TABLET.format(USB_PORT.format(0, 7))), new=False)


def test_a_hypervisor_without_hubs_runs_out_of_ports() -> None:
    single = UsbPolicy(root_ports=lambda controller: 1, hub_ports=0)
    domain = guest(UHCI + TABLET.format(""))
    assign_usb(domain, single)
    assert ports(domain) == [(0, "1")]
    with pytest.raises(InternalError, match="no free USB port for input"):
        assign_usb(guest(UHCI + TABLET.format("") * 2), single)


def test_companions_have_the_ports_of_their_master() -> None:
    models = ("ich9-ehci1", "ich9-uhci1", "ich9-uhci2", "ich9-uhci3")
    domain = guest("".join(f"<controller type='usb' index='0' model='{m}'/>" for m in models) + TABLET.format("") * 6)
    assign_usb(domain)
    assert ports(domain) == [(0, str(number)) for number in range(1, 7)]


# -- virtio-serial ---------------------------------------------------------------------------------

CHANNEL = "<channel type='unix'><target type='virtio' name='org.a'/>{}</channel>"
CONSOLE = "<console type='pty'><target type='virtio'/></console>"
SERIAL = "<controller type='virtio-serial' index='{}'{}/>"
SERIAL_PORT = "<address type='virtio-serial' controller='{}' bus='0' port='{}'/>"


def serial_ports(domain: Domain) -> list[tuple[int, int]]:
    return [(at(c).controller, at(c).port) for c in domain.devices.channels]


def test_channels_get_ports_behind_the_one_for_consoles() -> None:
    domain = guest(SERIAL.format(0, "") + CHANNEL.format("") + CHANNEL.format(SERIAL_PORT.format(0, 1)))
    assign_virtio_serial(domain)
    assert serial_ports(domain) == [(0, 2), (0, 1)]


def test_consoles_are_counted_but_not_told() -> None:
    domain = guest(SERIAL.format(0, " ports='4'") + CONSOLE * 2 + CHANNEL.format("") * 2)
    assign_virtio_serial(domain)
    assert [c.address for c in domain.devices.consoles] == [None, None]
    assert serial_ports(domain) == [(0, 2), (0, 3)]


def test_controllers_are_added_when_the_ports_run_out() -> None:
    domain = guest(SERIAL.format(0, " ports='2'") + SERIAL.format(2, " ports='1'") + CHANNEL.format("") * 3)
    assign_virtio_serial(domain)
    assert serial_ports(domain) == [(0, 1), (1, 1), (1, 2)]
    assert [c.index for c in domain.devices.controllers] == [0, 2, 1]


@pytest.mark.parametrize(
    ("devices", "error", "why"),
    [
        (CHANNEL.format(SERIAL_PORT.format(0, 1)) * 2, XmlError, "port 1 on controller 0 of channel 'org.a' is in use"),
        (CHANNEL.format(SERIAL_PORT.format(4, 1)), XmlError, "controller 4 of channel 'org.a' is missing"),
        (CHANNEL.format(SERIAL_PORT.format(4, 0)), InternalError, "controller 4 of channel 'org.a' is missing"),
        (CHANNEL.format(SERIAL_PORT.format(0, 31)), XmlError, "controller 0 does not have port 31 of channel 'org.a'"),
        (CHANNEL.format(SERIAL_PORT.format(1, 0)), XmlError, "no free port on virtio serial controller 1"),
    ],
)
def test_virtio_serial_that_cannot_be(devices: str, error: type[VirtError], why: str) -> None:
    with pytest.raises(error, match=why):
        assign_virtio_serial(guest(SERIAL.format(0, "") + SERIAL.format(1, " ports='1'") + devices))


# -- other buses -----------------------------------------------------------------------------------


def ccw(devno: int | None) -> Any:
    cssid, ssid = (None, None) if devno is None else (0xFE, 0)
    return Disk(target="vda", address=CcwAddress(cssid=cssid, ssid=ssid, devno=devno), source=None)


def test_channel_devices_are_numbered_around_those_given() -> None:
    disks = [ccw(None), ccw(1), ccw(None), ccw(0), Disk(target="hda", source=None)]
    assign_ccw(disks)
    assert [disk.address.devno for disk in disks[:4]] == [2, 1, 3, 0]
    assert (disks[0].address.cssid, disks[0].address.ssid) == (0xFE, 0)
    assert disks[4].address is None


def test_channel_devices_that_cannot_be() -> None:
    with pytest.raises(XmlError, match=r"CCW address fe\.0\.0003 of disk with target 'vda' is in use already"):
        assign_ccw([ccw(3), ccw(3)])
    with pytest.raises(InternalError, match="no CCW device number is left for disk with target 'vda'"):
        assign_ccw([*(ccw(number) for number in range(0x10000)), ccw(None)])


def test_other_subsystems_are_other_numbers() -> None:
    other = Disk(target="vdb", address=CcwAddress(cssid=0xFE, ssid=1, devno=0), source=None)
    mine = ccw(None)
    assign_ccw([other, mine])
    assert mine.address.devno == 0


def vio(reg: int | None) -> Any:
    return Disk(target="sda", address=SpaprVioAddress(reg=reg), source=None)


def test_registers_count_on_from_the_base_of_a_kind() -> None:
    devices = [(vio(None), 0x1000), (vio(0x1000), 0x1000), (vio(None), 0x1000), (vio(None), 0x30000000)]
    assign_spapr_vio([*devices, (Disk(target="hda", source=None), 0x1000)])
    assert [device.address.reg for device, _ in devices] == [0x2000, 0x1000, 0x3000, 0x30000000]
    with pytest.raises(XmlError, match="spapr-vio address 0x3000 of disk with target 'sda' is in use already"):
        assign_spapr_vio([(vio(0x3000), 0), (vio(0x3000), 0)])


def zpci(uid: int | None = None, fid: int | None = None) -> Any:
    ids = None if uid is None and fid is None else ZpciAddress(uid=uid, fid=fid)
    return Disk(target="vda", address=PciAddress(slot=1, zpci=ids), source=None)


def test_ids_of_ibm_z_are_unique_and_those_with_one_come_first() -> None:
    disks = [zpci(), zpci(fid=7), zpci(uid=1), zpci(uid=9, fid=0)]
    assign_zpci([*disks, Disk(target="hda", source=None)])
    assert [(d.address.zpci.uid, d.address.zpci.fid) for d in disks] == [(3, 2), (2, 7), (1, 1), (9, 0)]


@pytest.mark.parametrize("name", ["uid", "fid"])
def test_ids_of_ibm_z_that_are_there_twice(name: str) -> None:
    with pytest.raises(InternalError, match=f"zPCI {name} 0x5 of disk with target 'vda' is in use already"):
        assign_zpci([zpci(**{name: 5}), zpci(**{name: 5})])


DIMM = "<memory model='{}'><target><size unit='KiB'>1024</size></target>{}</memory>"
SLOTS = "<maxMemory slots='{}' unit='KiB'>99999999</maxMemory>"


def test_memory_modules_get_the_first_free_slots() -> None:
    modules = DIMM.format("dimm", "") + DIMM.format("nvdimm", "<address type='dimm' slot='0'/>")
    domain = guest((modules + DIMM.format("dimm", "")).replace("nvdimm", "dimm"), SLOTS.format(4))
    assign_memory_slots(domain)
    assert [m.address for m in domain.devices.memories] == [DimmAddress(slot=n) for n in (1, 0, 2)]
    full = guest(DIMM.format("dimm", "") * 3, SLOTS.format(2))
    with pytest.raises(InternalError, match="no memory slot is left for a dimm of 1024 KiB, there are 2"):
        assign_memory_slots(full)
    unplugged = guest(DIMM.format("dimm", ""))
    assign_memory_slots(unplugged)
    assert unplugged.devices.memories[0].address is None


@pytest.mark.parametrize(
    ("bus", "index", "options", "expected"),
    [
        (DiskBus.IDE, 7, {}, DriveAddress(controller=1, bus=1, unit=1)),
        (DiskBus.SATA, 7, {}, DriveAddress(controller=1, unit=1)),
        (DiskBus.SATA, 33, {"sata_ports": 32}, DriveAddress(controller=1, unit=1)),
        (DiskBus.SCSI, 7, {}, DriveAddress(controller=1, unit=0)),
        (DiskBus.SCSI, 7, {"wide_scsi": True}, DriveAddress(controller=0, unit=8)),
        (DiskBus.FDC, 3, {}, DriveAddress(controller=1, unit=1)),
        (DiskBus.VIRTIO, 3, {}, None),
    ],
)
def test_drives_sit_where_their_names_say(bus: DiskBus, index: int, options: Any, expected: Any) -> None:
    assert drive_place(bus, index, **options) == expected


def test_controllers_get_the_lowest_index_of_their_type() -> None:
    domain = guest(
        "<controller type='scsi' index='1'/><controller type='scsi'/><controller type='scsi'/>"
        "<controller type='usb' model='ich9-ehci1'/><controller type='usb' model='ich9-uhci1'/>"
        "<controller type='usb' model='ich9-uhci1'/><controller type='usb' model='nec-xhci'/>"
        "<controller type='usb' model='ich9-uhci2'/>"
    )
    assign_controller_indexes(domain)
    assert [c.index for c in domain.devices.controllers] == [1, 0, 2, 0, 0, 1, 2, 3]


# -- all devices -----------------------------------------------------------------------------------


def test_devices_are_walked_over_as_libvirt_does_and_a_seen_again_serial_port_is_none() -> None:
    domain = guest(
        "<memballoon model='virtio'/><video><model type='vga'/></video><serial type='pty'/>"
        "<console type='pty'><target type='serial'/></console><console type='pty'><target type='virtio'/></console>"
        "<graphics type='vnc'/>" + NIC.format("") + "<disk><target dev='vda'/></disk>"
    )
    assert [d._tag for d in addressed(domain)] == ["disk", "interface", "video", "serial", "console", "memballoon"]


def test_ports_of_addresses_are_written_as_they_were_chosen() -> None:
    domain = guest(UHCI + SERIAL.format(0, "") + TABLET.format("") + CHANNEL.format(""))
    assign_usb(domain)
    assign_virtio_serial(domain)
    assert domain.devices.inputs[0].address == UsbAddress(bus=0, port="1")
    assert domain.devices.channels[0].address == VirtioSerialAddress(controller=0, bus=0, port=1)


# -- order -----------------------------------------------------------------------------------------

COMPANION = "ich9-uhci1"


@given(
    st.lists(st.sampled_from(("vda", "vdb", "vdb1", "sda", "hdc", "sdb", "x")), max_size=12),
    st.lists(
        st.tuples(
            st.sampled_from((ControllerType.USB, ControllerType.SCSI)),
            st.one_of(st.none(), st.integers(0, 3)),
            st.booleans(),
        ),
        max_size=12,
    ),
)
def test_a_document_is_sorted_as_if_its_devices_were_added_one_by_one(
    targets: list[str], controllers: list[tuple[ControllerType, int | None, bool]]
) -> None:
    domain, expected = guest(), guest()
    for target in targets:
        for one in (domain, expected):
            bus = DiskBus.VIRTIO if target.startswith("v") else DiskBus.SCSI
            disk: Any = Disk(target=target, bus=bus, source=None)
            if one is domain:
                one.devices.disks.append(disk)
            else:
                complete_devices.insert_disk(one, disk)
    for kind, index, companion in controllers:
        for one in (domain, expected):
            master = UsbMaster(startport=0) if companion and kind is ControllerType.USB else None
            controller = Controller(type=kind, index=index, model=COMPANION if master else None, master=master)
            if one is domain:
                one.devices.controllers.append(controller)
            else:
                complete_devices.insert_controller(one, controller)
    complete_devices.sort(domain)
    assert [d.target for d in domain.devices.disks] == [d.target for d in expected.devices.disks]
    assert domain.devices.controllers == expected.devices.controllers


def test_a_drive_on_a_far_controller_is_no_reason_to_wait() -> None:
    far = "<disk device='floppy'><target dev='fda' bus='fdc'/><address type='drive' controller='65535'/></disk>"
    domain = parse_domain(
        "<domain type='kvm'><name>a</name><memory>65536</memory><os><type arch='x86_64'>hvm</type></os>"
        f"<devices>{far}</devices></domain>",
        flags=XmlFlags.SKIP_VALIDATE,
    )
    assert len(domain.devices.controllers) == 65536
    again = parse_domain(domain.format(), flags=XmlFlags.SKIP_VALIDATE)
    assert again.devices.controllers[-1].index == 65535
