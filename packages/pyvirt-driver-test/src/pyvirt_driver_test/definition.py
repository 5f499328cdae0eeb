"""Domain definitions as this driver wants them, and the few values it reads and changes in them.

Whatever reads or changes a definition's fields is here, so that the rest of the driver opens no XML.
"""

from __future__ import annotations

from functools import lru_cache

from pyvirt_conf.domain.config import ParserConfig, XmlFlags
from pyvirt_conf.domain.domain import Domain
from pyvirt_util.errors import ArgumentUnsupportedError, InvalidArgError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_conf.domain.disk import Disk
    from pyvirt_conf.domain.interface import Interface

MAX_VCPUS = 32
ARCH = "i686"
_SHOWN = 0xF  # the flags of virDomainXMLFlags


@lru_cache(maxsize=1)
def parser_config() -> ParserConfig:
    """What this driver contributes to parsing: its architecture, names of interfaces, and what FILE.xml may add."""
    from pyvirt_conf.domain.config import ParserFeature
    from pyvirt_driver_test.namespace import TestNamespace

    return ParserConfig(
        features=ParserFeature.USER_ALIAS
        | ParserFeature.INDIVIDUAL_VCPUS
        | ParserFeature.NET_MODEL_STRING
        | ParserFeature.FW_AUTOSELECT,
        default_arch=lambda os_type, virt_type: ARCH,
        namespaces={TestNamespace.uri: TestNamespace},
        device_complete=_complete_device,
    )


def _complete_device(device: object, domain: Domain, flags: XmlFlags) -> None:
    """A video card without a model is of one that the architecture has, whatever the domain's type."""
    from pyvirt_conf.domain.video import Video, VideoModel, VideoType

    if not isinstance(device, Video):
        return
    if device.model is None:
        device.model = VideoModel(heads=1)
    if device.model.type is VideoType.DEFAULT:
        if domain.os.type in ("xen", "linux"):
            device.model.type = VideoType.XEN
        elif (domain.os.arch or "").startswith("ppc64"):
            device.model.type = VideoType.VGA
        else:
            device.model.type = VideoType.CIRRUS


def parse(xml: str, *, schema: bool = False, file: str | None = None) -> Domain:
    """A definition from a user: parsed, completed, validated, its interfaces named.

    Raises XmlDetailError, XmlError and whatever pyvirt_conf says of it; ArgumentUnsupportedError when ``schema`` asks
    for validation against the schema, which pyvirt does not have.
    """
    if schema:
        raise ArgumentUnsupportedError("validation against the XML schema is not available in the test driver")
    definition = Domain.parse(xml, file=file, config=parser_config(), flags=XmlFlags.INACTIVE)
    return finish(definition)


def finish(definition: Domain) -> Domain:
    """Complete and validate what was parsed."""
    config = parser_config()
    definition.complete(config, XmlFlags.INACTIVE)
    definition.validate(config)
    _name_interfaces(definition)
    return definition


def parse_complete(xml: str) -> Domain:
    """A definition that this driver wrote."""
    return Domain.parse(xml, config=parser_config())


def identity(definition: Domain) -> tuple[str, str]:
    """Name and UUID of a complete definition."""
    name, uuid = definition.name, definition.uuid
    assert name is not None
    assert uuid is not None
    return name, uuid


def format_xml(definition: Domain, id: int, flags: int) -> str:
    """The XML that users see; ``id`` is -1 for a domain that does not run."""
    definition.id = id if id >= 0 else None
    definition.namespace = None
    return definition.format(XmlFlags(int(flags) & _SHOWN))


def _name_interfaces(definition: Domain) -> None:
    """Name host devices of interfaces ``testnet0`` and so on, each once in a domain."""
    taken = {interface.target for interface in definition.devices.interfaces}
    number = 0
    for interface in definition.devices.interfaces:
        if interface.target is None:
            while f"testnet{number}" in taken:
                number += 1
            interface.target = f"testnet{number}"
            taken.add(interface.target)


# Facts


def os_type(definition: Domain) -> str:
    """``hvm``, ``xen`` or whatever else it runs."""
    return definition.os.type or "hvm"


def restarts(definition: Domain, action: str) -> bool:
    """Whether ``on_poweroff`` or ``on_reboot`` of the definition lets the guest begin anew."""
    return str(getattr(definition, action)) in ("restart", "rename-restart")


def find_disk(definition: Domain, name: str) -> Disk:
    """The disk with a target or a source path; raises InvalidArgError."""
    for disk in definition.devices.disks:
        if name and name in (disk.target, disk_path(disk)):
            return disk
    raise InvalidArgError(f"invalid path '{name}' not assigned to domain '{definition.name}'")


def disk_path(disk: Disk) -> str | None:
    """The source file or block device of a disk."""
    source = disk.source
    path = getattr(source, "file", None) or getattr(source, "dev", None)
    return path if isinstance(path, str) else None


def find_interface(definition: Domain, name: str) -> Interface:
    """The interface with a host device name or a MAC address; raises InvalidArgError."""
    for interface in definition.devices.interfaces:
        if name and name.lower() in (interface.target, interface.mac):
            return interface
    raise InvalidArgError(f"'{name}' is not a known interface of domain '{definition.name}'")


# Memory, in KiB


def max_memory(definition: Domain) -> int:
    """The most memory the guest can have."""
    return definition.memory or 0


def memory(definition: Domain) -> int:
    """How much memory it has."""
    current = definition.current_memory
    return max_memory(definition) if current is None else current


def set_memory(definition: Domain, amount: int) -> None:
    """Change how much memory it has."""
    definition.current_memory = amount


def set_max_memory(definition: Domain, amount: int) -> None:
    """Change the most it can have; it has no more than that."""
    current = memory(definition)
    definition.memory = amount
    definition.current_memory = min(current, amount)


# Virtual CPUs


def max_vcpus(definition: Domain) -> int:
    """The most virtual CPUs the guest can have."""
    return definition.vcpu.count


def vcpus(definition: Domain) -> int:
    """How many it has."""
    current = definition.vcpu.current
    return max_vcpus(definition) if current is None else current


def set_vcpus(definition: Domain, count: int) -> None:
    """Change how many it has."""
    definition.vcpu.current = None if count == max_vcpus(definition) else count
    for vcpu in definition.vcpus:
        vcpu.enabled = vcpu.id < count


def set_max_vcpus(definition: Domain, count: int) -> None:
    """Change the most it can have; it has no more than that."""
    current = min(vcpus(definition), count)
    definition.vcpu.count = count
    definition.vcpus = []
    set_vcpus(definition, current)
