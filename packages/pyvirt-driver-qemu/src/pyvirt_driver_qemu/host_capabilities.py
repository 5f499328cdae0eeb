"""The ``<capabilities>`` document: this host, and the guests its emulators can run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from pyvirt.local.host import cell_cpus, cell_memory, cpu_topology, node_numbers
from pyvirt_driver_qemu.emulators import find_emulator, host_architecture

if TYPE_CHECKING:
    from pyvirt_driver_qemu.capabilities import Capabilities
    from pyvirt_driver_qemu.definitions import Definitions

#: Architectures QEMU emulates, by libvirt's names, with their word size.
_ARCHITECTURES = {
    "aarch64": 64,
    "armv6l": 32,
    "armv7l": 32,
    "i686": 32,
    "ppc": 32,
    "ppc64": 64,
    "ppc64le": 64,
    "riscv32": 32,
    "riscv64": 64,
    "s390x": 64,
    "sparc": 32,
    "x86_64": 64,
}
_X86 = ("i686", "x86_64")


def capabilities_xml(definitions: Definitions) -> str:
    """The document, with one ``<guest>`` for each architecture that has an emulator here."""
    lines = ["<capabilities>", ""]
    lines += _host()
    for architecture, size in _ARCHITECTURES.items():
        emulator = find_emulator(architecture)
        if emulator is not None:
            lines += _guest(architecture, size, emulator, definitions.capabilities(emulator))
    lines.append("</capabilities>")
    return "\n".join(lines) + "\n"


def _host() -> list[str]:
    lines = ["  <host>"]
    uuid = _host_uuid()
    if uuid is not None:
        lines.append(f"    <uuid>{uuid}</uuid>")
    cpus = sorted(cpu for cell in node_numbers() for cpu in cell_cpus(cell))
    places = {cpu: cpu_topology(cpu) for cpu in cpus}
    sockets = len({place[0] for place in places.values()})
    cores = len({place[:3] for place in places.values()})
    lines += [
        "    <cpu>",
        f"      <arch>{host_architecture()}</arch>",
        f"      <topology sockets='{sockets}' dies='1' cores='{max(1, cores // max(1, sockets))}' "
        f"threads='{max(1, len(cpus) // max(1, cores))}'/>",
        f"      <pages unit='KiB' size='{os.sysconf('SC_PAGE_SIZE') // 1024}'/>",
        "    </cpu>",
        "    <power_management/>",
        f"    <iommu support='{'yes' if _has_entries('/sys/kernel/iommu_groups') else 'no'}'/>",
        "    <topology>",
        f"      <cells num='{len(node_numbers())}'>",
    ]
    for cell in node_numbers():
        members = sorted(cell_cpus(cell))
        lines += [f"        <cell id='{cell}'>", f"          <memory unit='KiB'>{cell_memory(cell)}</memory>"]
        lines.append(f"          <cpus num='{len(members)}'>")
        for cpu in members:
            socket, die, core, siblings = places[cpu]
            place = f"socket_id='{socket}' die_id='{die}' core_id='{core}' siblings='{siblings}'"
            lines.append(f"            <cpu id='{cpu}' {place}/>")
        lines += ["          </cpus>", "        </cell>"]
    lines += ["      </cells>", "    </topology>", "  </host>", ""]
    return lines


def _guest(architecture: str, size: int, emulator: str, capabilities: Capabilities) -> list[str]:
    lines = [
        "  <guest>",
        "    <os_type>hvm</os_type>",
        f"    <arch name='{architecture}'>",
        f"      <wordsize>{size}</wordsize>",
        f"      <emulator>{escape(emulator)}</emulator>",
    ]
    for machine in capabilities.machines("tcg"):
        limit = f" maxCpus='{machine.max_cpus}'" if machine.max_cpus else ""
        if machine.alias:
            lines.append(f"      <machine canonical='{escape(machine.name)}'{limit}>{escape(machine.alias)}</machine>")
        lines.append(f"      <machine{limit}>{escape(machine.name)}</machine>")
    lines.append("      <domain type='qemu'/>")
    host = host_architecture()
    if capabilities.kvm and (architecture == host or (host == "x86_64" and architecture == "i686")):
        lines.append("      <domain type='kvm'/>")
    lines += ["    </arch>", "    <features>"]
    if architecture in _X86:
        if architecture == "i686":
            lines += ["      <pae/>", "      <nonpae/>"]
        lines += ["      <acpi default='on' toggle='yes'/>", "      <apic default='on' toggle='no'/>"]
    lines += [
        "      <cpuselection/>",
        "      <deviceboot/>",
        "      <disksnapshot default='on' toggle='no'/>",
        "    </features>",
        "  </guest>",
        "",
    ]
    return lines


def _host_uuid() -> str | None:
    """The firmware's id of this machine, else the one the operating system was installed with."""
    from pyvirt_util.uuids import try_parse

    for path in ("/sys/class/dmi/id/product_uuid", "/etc/machine-id"):
        try:
            with open(path, encoding="ascii", errors="replace") as file:
                uuid = try_parse(file.read().strip())
        except OSError:
            continue
        if uuid is not None:
            return uuid
    return None


def _has_entries(folder: str) -> bool:
    try:
        return bool(os.listdir(folder))
    except OSError:
        return False
