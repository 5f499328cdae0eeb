"""What the guest boots: ``<os>``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pyvirt_conf.domain.storage import StorageSource
from pyvirt_conf.xml import (
    I32,
    U32,
    BadValue,
    Element,
    Mode,
    Node,
    Scalar,
    YesNo,
    attr,
    child,
    children,
    element,
    fail,
    inline,
    text,
    texts,
)
from pyvirt_util.errors import ConfigUnsupportedError


class BootDev(StrEnum):
    """virDomainBootType."""

    FD = "fd"
    CDROM = "cdrom"
    HD = "hd"
    NETWORK = "network"


class Firmware(StrEnum):
    """The kind of firmware the driver is to choose."""

    BIOS = "bios"
    EFI = "efi"


class LoaderType(StrEnum):
    """How firmware is mapped."""

    ROM = "rom"
    PFLASH = "pflash"


class SmbiosMode(StrEnum):
    """Where SMBIOS tables come from."""

    EMULATE = "emulate"
    HOST = "host"
    SYSINFO = "sysinfo"


class FirmwareFeatureName(StrEnum):
    """virDomainOsDefFirmwareFeature."""

    ENROLLED_KEYS = "enrolled-keys"
    SECURE_BOOT = "secure-boot"


@element("feature")
class FirmwareFeature(Element):
    """What the chosen firmware must or must not have."""

    enabled: YesNo = attr(required=True)
    name: FirmwareFeatureName = attr(required=True)


@element("initenv")
class InitEnv(Element):
    """A variable of a container's init."""

    name: str = attr(required=True)
    value: str | None = text(".")


@element("nvram")
class Nvram(Element):
    """The guest's copy of the firmware's variables: a path, or a source of any type."""

    template: str | None = attr()
    source: StorageSource | None = inline(required=False)
    path: str | None = text(".")

    @property
    def is_somewhere(self) -> bool:
        """Whether it says where the variables are kept."""
        return self.path is not None or self.source is not None

    # By hand: with a type there's a <source> inside, without one the text is the path.
    @classmethod
    def _from_node(cls, node: Node, mode: Mode) -> Nvram:
        new = cls(template=node.get("template"))
        if node.get("type") is not None:
            if node.find("source") is None:
                fail(node, mode, "missing element", "source")
            new.source = StorageSource._from_node(node, mode)
            new.source.startup_policy = new.source.index = None  # they are of disks
        else:
            new.path = (node.text or "").strip() or None
        return new

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        from pyvirt_conf.xml import escape, escape_text

        head = f"{pad}<nvram"
        if self.template is not None:
            head += f" template='{escape(self.template)}'"
        if self.source is not None:
            kids: list[str] = []
            head += self.source._write_attrs(mode)
            self.source._write_kids(kids, pad + "  ", mode)
            if not kids:
                out.append(head + "/>\n")
                return
            out.append(head + ">\n")
            out.extend(kids)
            out.append(f"{pad}</nvram>\n")
        elif self.path is not None:
            out.append(f"{head}>{escape_text(self.path)}</nvram>\n")
        elif self.template is not None:
            out.append(head + "/>\n")


@element("loader")
class Loader(Element):
    """Firmware, or the program that loads a paravirtual guest."""

    readonly: YesNo | None = attr()
    secure: YesNo | None = attr()
    type: LoaderType | None = attr()
    stateless: YesNo | None = attr()
    path: str | None = text(".")

    # By hand: without attributes and path there is nothing to say.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        if self.path is not None or self._write_attrs(mode):
            self._write(out, pad, mode, "loader")


@element("boot")
class BootDevice(Element):
    """One entry of the boot order."""

    dev: BootDev = attr(required=True)


@element("table")
class AcpiTable(Element):
    """An ACPI table given to the guest."""

    type: str = attr(required=True)
    path: str | None = text(".")

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.type != "slic":
            raise BadValue(f"unknown acpi table type '{self.type}', expected slic")


# fmt: off
ARCHITECTURES = frozenset((
    "aarch64", "alpha", "armv6l", "armv7l", "armv7b", "cris", "i686", "ia64", "lm32", "m68k", "microblaze",
    "microblazeel", "mips", "mipsel", "mips64", "mips64el", "openrisc", "parisc", "parisc64", "ppc", "ppcle",
    "ppc64", "ppc64le", "ppcemb", "riscv32", "riscv64", "s390", "s390x", "sh4", "sh4eb", "sparc", "sparc64",
    "unicore32", "x86_64", "xtensa", "xtensaeb",
))
# fmt: on
"""Names of the architectures that a guest may have (virArch)."""


def _arch(text: str) -> str | None:
    if text and text not in ARCHITECTURES:
        raise BadValue(f"unknown architecture '{text}'", ConfigUnsupportedError)
    return text or None


Arch = Annotated[str, Scalar(_arch)]


@element("os")
class Os(Element):
    """Type, architecture and machine, and how it boots."""

    _always = ("bootmenu/@enable",)

    firmware: Firmware | None = attr()
    arch: Arch | None = attr("type/@arch")
    machine: str | None = attr("type/@machine", omit="")
    type: str | None = text("type")
    firmware_features: list[FirmwareFeature] = children("firmware/feature")
    init: str | None = text()
    init_args: list[str] = texts("initarg")
    init_env: list[InitEnv] = children()
    init_dir: str | None = text("initdir")
    init_user: str | None = text("inituser")
    init_group: str | None = text("initgroup")
    loader: Loader | None = child()
    nvram: Nvram | None = child()
    kernel: str | None = text()
    initrd: str | None = text()
    cmdline: str | None = text()
    dtb: str | None = text()
    root: str | None = text()
    acpi_tables: list[AcpiTable] = children("acpi/table")
    boot: list[BootDevice] = children()
    boot_menu: YesNo | None = attr("bootmenu/@enable")
    boot_menu_timeout: U32 | None = attr("bootmenu/@timeout")
    bios_useserial: YesNo | None = attr("bios/@useserial")
    bios_reboot_timeout: I32 | None = attr("bios/@rebootTimeout")
    smbios: SmbiosMode | None = attr("smbios/@mode")

    def _parsed(self, node: Node, mode: Mode) -> None:
        if len(self.acpi_tables) > 1:
            fail(node, mode, "only one acpi table is supported", "acpi/table")
        if self.bios_reboot_timeout is not None and not -1 <= self.bios_reboot_timeout <= 65535:
            fail(node, mode, f"reboot timeout {self.bios_reboot_timeout} is out of range, expected -1 to 65535", "bios")
        if self.boot_menu is not True:
            self.boot_menu_timeout = None
        elif self.boot_menu_timeout is not None and self.boot_menu_timeout > 65535:
            fail(
                node,
                mode,
                f"boot menu timeout {self.boot_menu_timeout} is out of range, expected 0 to 65535",
                "bootmenu",
            )
