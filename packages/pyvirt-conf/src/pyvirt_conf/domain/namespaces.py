"""What drivers add to a domain in namespaces of their own. A driver registers its class in its ``ParserConfig``."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pyvirt_conf.xml import BadValue, Element, Mode, Node, attr, children, element, text

QEMU_URI = "http://libvirt.org/schemas/domain/qemu/1.0"
LXC_URI = "http://libvirt.org/schemas/domain/lxc/1.0"
BHYVE_URI = "http://libvirt.org/schemas/domain/bhyve/1.0"
XEN_URI = "http://libvirt.org/schemas/domain/xen/1.0"
VMWARE_URI = "http://libvirt.org/schemas/domain/vmware/1.0"


@element()
class DomainNamespace(Element):
    """Base of what stands in a domain under another namespace; its fields are written as the last children."""

    prefix: ClassVar[str]
    uri: ClassVar[str]

    @property
    def is_empty(self) -> bool:
        """Whether there's nothing to write; then the namespace isn't declared either."""
        return self == type(self)()


@element("arg")
class CommandArg(Element):
    """One argument."""

    value: str = attr(required=True)


@element("env")
class CommandEnv(Element):
    """One variable."""

    name: str = attr(required=True)
    value: str | None = attr()

    def _parsed(self, node: Node, mode: Mode) -> None:
        first = self.name[:1]
        if not first.isascii() or not (first.isalpha() or first == "_"):
            raise BadValue(f"environment variable '{self.name}' must begin with a letter or underscore")
        if not all(c.isascii() and (c.isalnum() or c == "_") for c in self.name):
            raise BadValue(f"environment variable '{self.name}' may hold only letters, digits and underscores")


@element("add")
class CapabilityName(Element):
    """A capability of QEMU by name."""

    capability: str = attr(required=True)


class DeprecationBehavior(StrEnum):
    """What QEMU does with deprecated commands."""

    NONE = "none"
    OMIT = "omit"
    REJECT = "reject"
    CRASH = "crash"


class OverrideType(StrEnum):
    """The type of a property that is overridden."""

    STRING = "string"
    SIGNED = "signed"
    UNSIGNED = "unsigned"
    BOOL = "bool"
    REMOVE = "remove"


@element("qemu:property", namespaces={"qemu": QEMU_URI})
class OverrideProperty(Element):
    """One property of a device."""

    name: str = attr(required=True)
    type: OverrideType = attr(required=True)
    value: str | None = attr()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.type is OverrideType.REMOVE:
            if self.value is not None:
                raise BadValue("a property that's removed has no value")
        elif self.value is None:
            raise BadValue(f"missing value of property '{self.name}'")
        elif self.type is OverrideType.BOOL and self.value not in ("true", "false"):
            raise BadValue(f"'{self.value}' is neither 'true' nor 'false'")
        elif self.type in (OverrideType.SIGNED, OverrideType.UNSIGNED):
            from pyvirt_conf.xml.scalars import to_int

            if to_int(self.value) < 0 and self.type is OverrideType.UNSIGNED:
                raise BadValue(f"'{self.value}' is negative")


@element("qemu:device", namespaces={"qemu": QEMU_URI})
class OverrideDevice(Element):
    """Properties of the device with an alias."""

    alias: str = attr(required=True)
    properties: list[OverrideProperty] = children("qemu:frontend/qemu:property")

    def _parsed(self, node: Node, mode: Mode) -> None:
        if not self.properties:
            raise BadValue(f"no property of device '{self.alias}' is overridden")


@element("qemu", namespaces={"qemu": QEMU_URI})
class QemuNamespace(DomainNamespace):
    """Arguments, variables, capabilities and properties passed through to QEMU."""

    prefix = "qemu"
    uri = QEMU_URI
    args: list[CommandArg] = children("qemu:commandline/qemu:arg")
    env: list[CommandEnv] = children("qemu:commandline/qemu:env")
    capabilities_add: list[CapabilityName] = children("qemu:capabilities/qemu:add")
    capabilities_del: list[CapabilityName] = children("qemu:capabilities/qemu:del")
    deprecation: DeprecationBehavior | None = attr("qemu:deprecation/@behavior")
    devices: list[OverrideDevice] = children("qemu:override/qemu:device")


class LxcShareType(StrEnum):
    """Whose namespace a container shares."""

    NONE = "none"
    NAME = "name"
    PID = "pid"
    NETNS = "netns"


@element("lxc", namespaces={"lxc": LXC_URI})
class LxcNamespace(DomainNamespace):
    """Kernel namespaces shared with another container or process."""

    prefix = "lxc"
    uri = LXC_URI
    net_type: LxcShareType | None = attr("lxc:namespace/lxc:sharenet/@type")
    net: str | None = attr("lxc:namespace/lxc:sharenet/@value")
    ipc_type: LxcShareType | None = attr("lxc:namespace/lxc:shareipc/@type")
    ipc: str | None = attr("lxc:namespace/lxc:shareipc/@value")
    uts_type: LxcShareType | None = attr("lxc:namespace/lxc:shareuts/@type")
    uts: str | None = attr("lxc:namespace/lxc:shareuts/@value")

    def _parsed(self, node: Node, mode: Mode) -> None:
        for kind, value, name in (
            (self.net_type, self.net, "sharenet"),
            (self.ipc_type, self.ipc, "shareipc"),
            (self.uts_type, self.uts, "shareuts"),
        ):
            if (kind is None) != (value is None):
                raise BadValue(f"{name} needs both type and value")
            if kind is LxcShareType.NETNS and name != "sharenet":
                raise BadValue(f"'netns' is for sharenet, not for {name}")


@element("bhyve", namespaces={"bhyve": BHYVE_URI})
class BhyveNamespace(DomainNamespace):
    """Arguments passed through to bhyve."""

    prefix = "bhyve"
    uri = BHYVE_URI
    args: list[CommandArg] = children("bhyve:commandline/bhyve:arg")


@element("xen", namespaces={"xen": XEN_URI})
class XenNamespace(DomainNamespace):
    """Arguments passed through to Xen's device model."""

    prefix = "xen"
    uri = XEN_URI
    args: list[CommandArg] = children("xen:commandline/xen:arg")


@element("vmware", namespaces={"vmware": VMWARE_URI})
class VmwareNamespace(DomainNamespace):
    """The datacenter a guest of VMware lives in."""

    prefix = "vmware"
    uri = VMWARE_URI
    datacenter_path: str | None = text("vmware:datacenterpath")
