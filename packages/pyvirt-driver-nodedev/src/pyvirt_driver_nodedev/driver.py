"""The host's driver for node devices."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple, Self

from pyvirt.driver import NodeDeviceDriver
from pyvirt.driver.flags import allow_flags
from pyvirt.enums.nodedev import ConnectListAllNodeDeviceFlags, NodeDeviceCreateXMLFlags, NodeDeviceDefineXMLFlags
from pyvirt.refs import NodeDeviceRef
from pyvirt_driver_nodedev.device import Host
from pyvirt_driver_nodedev.inventory import Inventory
from pyvirt_driver_nodedev.kinds import COMPUTER, FLAGS
from pyvirt_driver_nodedev.mdev import CONFIG
from pyvirt_util.errors import ConfigUnsupportedError, NoNodeDeviceError, OperationInvalidError, XmlError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyvirt.enums.nodedev import NodeDeviceEventID
    from pyvirt.events import Dispatcher, EventCallback
    from pyvirt_conf.nodedev import NodeDevice
    from pyvirt_driver_nodedev.inventory import Found
    from pyvirt_driver_nodedev.mdev.devices import MediatedDevices
    from pyvirt_driver_nodedev.mdev.listing import MdevDefinition
    from pyvirt_driver_nodedev.vports import ScsiHosts
    from pyvirt_util.uris import URI

_CAPABILITIES = sum(FLAGS.values())
_MDEV, _SCSI_HOST = "mdev", "scsi_host"
_ACTIVE, _INACTIVE = ConnectListAllNodeDeviceFlags.ACTIVE, ConnectListAllNodeDeviceFlags.INACTIVE


class _Known(NamedTuple):
    """A device by its name: as it runs, as it is defined (mediated devices only), or both."""

    name: str
    found: Found | None
    definition: MdevDefinition | None


class HostNodedevDriver(NodeDeviceDriver):
    """The devices of the host: all connections see and change the same ones.

    :param host: where the devices are described; this host by default.
    :param mdevs: its mediated devices.
    :param scheme: the scheme of the connection's URI: virtual adapters get names of its range.
    """

    driver_name = "nodedev"

    def __init__(
        self, host: Host | None = None, *, mdevs: MediatedDevices | None = None, scheme: str | None = None
    ) -> None:
        self._host = Host(features=_features) if host is None else host
        self._inventory = Inventory(self._host)
        self._given_mdevs = mdevs
        self._scheme = scheme
        self._dispatcher: Dispatcher | None = None

    @classmethod
    def open(cls, uri: URI) -> Self:
        """The devices that connections of ``uri`` see: those of this host."""
        return cls(scheme=uri.scheme.partition("+")[0])

    # What lists do without is made, and its modules are loaded, when it is first asked for.

    @property
    def _mdevs(self) -> MediatedDevices:
        if self._given_mdevs is None:
            from pyvirt_driver_nodedev.mdev.devices import MediatedDevices

            host = self._host
            self._given_mdevs = MediatedDevices(sysfs=host.sysfs, dev=host.dev, kernel=host.kernel)
        return self._given_mdevs

    @property
    def _scsi_hosts(self) -> ScsiHosts:
        from pyvirt_driver_nodedev.vports import ScsiHosts

        return ScsiHosts(self._host.sysfs, kernel=self._host.kernel)

    def close(self) -> None:
        """Forget all callbacks, and end the thread that watches devices for them."""
        if self._dispatcher is not None:
            self._dispatcher.clear()

    # Finding

    def connect_list_all_node_devices(self, flags: ConnectListAllNodeDeviceFlags) -> list[NodeDeviceRef]:
        """See the base class."""
        allow_flags(flags, _CAPABILITIES | _ACTIVE | _INACTIVE, "virConnectListAllNodeDevices")
        capabilities, activity = int(flags) & _CAPABILITIES, int(flags) & (_ACTIVE | _INACTIVE)
        names: list[str] = []
        if activity != _INACTIVE:
            names += [found.name for found in self._inventory.devices(capabilities)]
        if activity != _ACTIVE and (not capabilities or capabilities & FLAGS["mdev"]):
            defined = self._definitions()
            if defined:
                running = {found.name for found in self._inventory.devices(FLAGS["mdev"])}
                names += [name for name in defined if name not in running]
        return [NodeDeviceRef(name) for name in names]

    def node_device_lookup_by_name(self, name: str) -> NodeDeviceRef:
        """See the base class."""
        return NodeDeviceRef(self._known(name).name)

    def node_device_lookup_scsi_host_by_wwn(self, wwnn: str, wwpn: str, flags: int) -> NodeDeviceRef:
        """See the base class."""
        allow_flags(flags, 0, "virNodeDeviceLookupSCSIHostByWWN")
        number = self._scsi_hosts.by_wwn(wwnn, wwpn)
        if number is None:
            raise NoNodeDeviceError(f"no SCSI host with matching wwnn '{wwnn}' and wwpn '{wwpn}'")
        return NodeDeviceRef(f"scsi_host{number}")

    def _known(self, name: str) -> _Known:
        found = self._inventory.find(name)
        is_mdev = name.startswith("mdev_")
        definition = self._definitions().get(name) if is_mdev else None
        if found is None and definition is None:
            raise NoNodeDeviceError(f"no node device with matching name '{name}'")
        return _Known(name, found, definition)

    def _definitions(self) -> dict[str, MdevDefinition]:
        if self._given_mdevs is None and not (self._host.is_real and os.path.isdir(CONFIG)):
            return {}
        return self._mdevs.definitions(self._inventory.name_of_address)

    # Describing

    def node_device_get_xml_desc(self, device: NodeDeviceRef, flags: int) -> str:
        """See the base class."""
        allow_flags(flags, 0, "virNodeDeviceGetXMLDesc")
        return self._document(self._known(device.name)).format()

    def _document(self, known: _Known) -> NodeDevice:
        if known.found is None:
            assert known.definition is not None
            return known.definition.device
        document = self._inventory.document(known.found)
        if known.found.capabilities == [_MDEV]:
            self._mdevs.complete(document, known.definition, self._inventory.name_of_address)
        return document

    def _document_of(self, name: str) -> NodeDevice | None:
        found = self._inventory.find(name)
        return None if found is None else self._inventory.document(found)

    def node_device_get_parent(self, device: NodeDeviceRef) -> str | None:
        """See the base class; the host has none."""
        known = self._known(device.name)
        if known.found is not None:
            return self._inventory.parent(known.found)
        assert known.definition is not None
        return known.definition.device.parent

    def node_device_list_caps(self, device: NodeDeviceRef) -> list[str]:
        """See the base class; those inside others too, as ``vpd`` of PCI functions."""
        found = self._known(device.name).found
        return [_MDEV] if found is None else found.capabilities

    def node_device_is_persistent(self, device: NodeDeviceRef) -> bool:
        """See the base class. Mediated devices may be; the host is, and nothing else."""
        return device.name == COMPUTER or self._known(device.name).definition is not None

    def node_device_is_active(self, device: NodeDeviceRef) -> bool:
        """See the base class."""
        return self._known(device.name).found is not None

    def node_device_get_autostart(self, device: NodeDeviceRef) -> bool:
        """See the base class; whether a mediated device starts as soon as its parent is there."""
        definition = self._known(device.name).definition
        return device.name == COMPUTER or (definition is not None and definition.autostart)

    # Changing

    def node_device_create_xml(self, xml: str, flags: NodeDeviceCreateXMLFlags) -> NodeDeviceRef:
        """See the base class: a mediated device, or a virtual Fibre Channel adapter."""
        allow_flags(flags, NodeDeviceCreateXMLFlags.VALIDATE, "virNodeDeviceCreateXML")
        device = _parse(xml, strict=bool(flags))
        capabilities = [capability.type for capability in device.capabilities]
        if _MDEV in capabilities:
            return NodeDeviceRef(self._mdevs.create(device, self._document_of))
        if _SCSI_HOST in capabilities:
            from pyvirt_driver_nodedev.vports import new_wwn

            device.complete(lambda: new_wwn(self._scheme))
            return NodeDeviceRef(self._scsi_hosts.create_vport(device))
        raise _unsupported(device.name or "new device", capabilities)

    def node_device_destroy(self, device: NodeDeviceRef) -> None:
        """See the base class: a mediated device, or a virtual Fibre Channel adapter."""
        known = self._known(device.name)
        if known.found is None:
            raise OperationInvalidError(f"device '{known.name}' is not active")
        capabilities = known.found.capabilities
        if capabilities == [_MDEV]:
            self._mdevs.stop(self._inventory.document(known.found))
        elif _SCSI_HOST in capabilities:
            from pyvirt_driver_nodedev.vports import host_number

            self._scsi_hosts.delete_vport(host_number(known.name))
        else:
            raise _unsupported(known.name, capabilities)

    def node_device_define_xml(self, xml: str, flags: NodeDeviceDefineXMLFlags) -> NodeDeviceRef:
        """See the base class: mediated devices only."""
        allow_flags(flags, NodeDeviceDefineXMLFlags.VALIDATE, "virNodeDeviceDefineXML")
        device = _parse(xml, strict=bool(flags))
        capabilities = [capability.type for capability in device.capabilities]
        if _MDEV not in capabilities:
            raise _unsupported(device.name or "new device", capabilities)
        if device.parent is None:
            raise XmlError("cannot define a mediated device without a parent")
        return NodeDeviceRef(self._mdevs.define(device, self._document_of))

    def node_device_undefine(self, device: NodeDeviceRef, flags: int) -> None:
        """See the base class: mediated devices only. One that runs goes on."""
        allow_flags(flags, 0, "virNodeDeviceUndefine")
        self._mdevs.undefine(self._definition(device, f"device '{device.name}' is not defined").device)

    def node_device_create(self, device: NodeDeviceRef, flags: int) -> None:
        """See the base class: mediated devices only."""
        allow_flags(flags, 0, "virNodeDeviceCreate")
        known = self._known(device.name)
        if known.found is not None:
            raise OperationInvalidError(f"device '{device.name}' is already active")
        assert known.definition is not None
        self._mdevs.start(known.definition.device)

    def node_device_set_autostart(self, device: NodeDeviceRef, autostart: bool) -> None:
        """See the base class: mediated devices only."""
        refusal = f"cannot set autostart for transient device '{device.name}'"
        definition = self._definition(device, refusal)
        if definition.autostart != autostart:
            self._mdevs.set_autostart(definition.device, autostart)

    def _definition(self, device: NodeDeviceRef, refusal: str) -> MdevDefinition:
        """A mediated device's definition.

        :raises OperationInvalidError: with ``refusal``, when it has none.
        :raises ConfigUnsupportedError: it is no mediated device.
        """
        known = self._known(device.name)
        if known.definition is not None:
            return known.definition
        if known.found is not None and known.found.capabilities != [_MDEV]:
            raise _unsupported(device.name, known.found.capabilities)
        raise OperationInvalidError(refusal)

    # Events

    def connect_node_device_event_register_any(
        self, device: NodeDeviceRef | None, event_id: NodeDeviceEventID, callback: EventCallback
    ) -> int:
        """See the base class. The first callback starts a thread that watches the devices, the last one ends it."""
        return self._callbacks.register(device, event_id, callback)

    def connect_node_device_event_deregister_any(self, callback_id: int) -> None:
        """See the base class."""
        self._callbacks.deregister(callback_id)

    @property
    def _callbacks(self) -> Dispatcher:
        if self._dispatcher is None:
            from pyvirt.events import Dispatcher
            from pyvirt_driver_nodedev.monitor import Monitor

            monitor = Monitor(self._inventory, self._mdevs, lambda event: self._callbacks.emit(event))
            self._dispatcher = Dispatcher(on_first=monitor.start, on_last=monitor.stop)
        return self._dispatcher


def _parse(xml: str, *, strict: bool) -> NodeDevice:
    """The document of a device that is yet to be made."""
    from pyvirt_conf.nodedev import NodeDevice

    if strict:
        from pyvirt_conf.strict import refuse_unknown

        refuse_unknown(xml, NodeDevice)
    device = NodeDevice.parse(xml)
    device.validate(new=True)
    return device


def _unsupported(name: str, capabilities: Iterable[str]) -> ConfigUnsupportedError:
    return ConfigUnsupportedError(f"unsupported device type {', '.join(capabilities)} of '{name}'")


def _features(ifname: str) -> Iterable[str]:
    """What a network device does by itself; whoever knows about network devices knows that."""
    from pyvirt import services

    return services.netdev.link_facts(ifname).features
