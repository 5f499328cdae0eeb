"""What ``mdevctl list --dumpjson`` prints, as node devices.

It is an array with one object, whose keys are the addresses of parents and whose values are arrays of objects with one
key each, the UUID: ``[{"0000:00:02.0": [{"UUID": {"mdev_type": ..., "start": ..., "attrs": [{"name": "value"}]}}]}]``.
Without devices it is an empty array, or nothing at all in old versions.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pyvirt_conf.nodedev import MdevAttribute, MdevCapability, NodeDevice
from pyvirt_driver_nodedev.mdev.identity import mdev_name
from pyvirt_util import uuids
from pyvirt_util.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import Callable

ORPHANS_PARENT = "computer"
"""The parent of a device whose own parent is not on this host (not now): the host itself."""


class MdevDefinition(NamedTuple):
    """A device as mdevctl lists it, and whether it starts with its parent."""

    device: NodeDevice
    autostart: bool

    @property
    def mdev(self) -> MdevCapability:
        """The device's type, UUID, parent and attributes."""
        (capability,) = self.device.capabilities
        assert isinstance(capability, MdevCapability)
        return capability


def parse_listing(text: str, parent_name: Callable[[str], str | None]) -> list[MdevDefinition]:
    """The devices of a listing, in its order.

    :param parent_name: the node device that has an address; ``None`` when this host has none such.
    :raises InternalError: the listing is not one.
    """
    if not text.strip():
        return []
    try:
        listing = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InternalError(f"what mdevctl lists is no JSON: {error}") from error
    if listing == []:
        return []
    if not isinstance(listing, list) or len(listing) != 1:
        raise InternalError(f"what mdevctl lists is no array of one object: {_shown(listing)}")
    found = []
    for address, children in _checked(listing[0], dict, "a list of devices").items():
        name = parent_name(address) or ORPHANS_PARENT
        for child in _checked(children, list, f"the devices below '{address}'"):
            found.append(_definition(name, address, child))
    return found


def _definition(parent: str, address: str, child: Any) -> MdevDefinition:
    uuid, properties = _single(child, f"a device below '{address}'")
    canonical = uuids.try_parse(uuid)
    if canonical is None:
        raise InternalError(f"mdevctl lists a device below '{address}' whose name '{uuid}' is no uuid")
    place = f"device '{uuid}' below '{address}'"
    properties = _checked(properties, dict, place)
    mdev = MdevCapability(
        type_id=_text(properties.get("mdev_type"), f"the type of {place}"),
        uuid=canonical,
        parent_addr=address,
        attributes=[_attribute(item, place) for item in _checked(properties.get("attrs") or [], list, place)],
    )
    device = NodeDevice(name=mdev_name(canonical, address), parent=parent, capabilities=[mdev])
    return MdevDefinition(device, properties.get("start") == "auto")


def _attribute(item: Any, place: str) -> MdevAttribute:
    name, value = _single(item, f"an attribute of {place}")
    return MdevAttribute(name=name, value=_text(value, f"attribute '{name}' of {place}"))


def _single(value: Any, what: str) -> tuple[str, Any]:
    """Key and value of an object that must have exactly one."""
    pairs = _checked(value, dict, what)
    if len(pairs) != 1:
        raise InternalError(f"mdevctl lists {what} with {len(pairs)} keys instead of one: {_shown(value)}")
    ((key, inner),) = pairs.items()
    return key, inner


def _checked(value: Any, kind: type, what: str) -> Any:
    if not isinstance(value, kind):
        expected = "an object" if kind is dict else "an array"
        raise InternalError(f"mdevctl lists {what} as {_shown(value)} instead of {expected}")
    return value


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise InternalError(f"mdevctl lists {what} as {_shown(value)} instead of a string")
    return value


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."
