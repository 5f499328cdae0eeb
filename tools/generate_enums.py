"""Write ``pyvirt/enums/`` from the tables of libvirt's public constants.

``python tools/generate_enums.py CONSTANTS.json`` where the JSON has ``enums``: name to header and members (name, value,
since). Names lose ``VIR_`` and whatever all members of one enumeration share.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "packages/pyvirt-core/src/pyvirt/enums"

TITLES = {
    "common": "connections and typed parameters",
    "host": "the host: CPU comparison, memory pages, suspend",
    "domain": "the life of a domain: create, define, list, shut down, devices",
    "domain_state": "states of a domain and the reasons for them",
    "domain_events": "events of domains",
    "domain_block": "block jobs and disks of a domain",
    "domain_guest": "the guest agent, and of keys and signals sent to the guest",
    "domain_jobs": "migration, saving, dumping and other jobs of a domain",
    "domain_stats": "statistics and tunables of a domain",
    "domain_snapshot": "snapshots",
    "domain_checkpoint": "checkpoints and backups",
    "interface": "host interfaces",
    "network": "virtual networks and their ports",
    "nodedev": "node devices",
    "nwfilter": "network filters",
    "secret": "secrets",
    "storage": "storage pools and volumes",
    "stream": "streams",
    "qemu": "QEMU's monitor and agent",
}
DOMAIN_NOUNS = (
    ("domain_state", r"State$|Reason$"),
    ("domain_events", r"Event|MemoryFailure"),
    ("domain_block", r"Block|Disk"),
    ("domain_guest", r"Guest|Agent|Keycode|ProcessSignal|SSHKeys|SetTime|UserPassword|Hostname|InterfaceAddresses"),
    ("domain_jobs", r"Migrate|Job|Save|CoreDump|DirtyRate"),
    ("domain_checkpoint", r"Backup"),
    ("domain_stats", r"Stats|MemoryStat|Tunable|ParameterType|Numatune|Message"),
)
HEADERS = {"admin": "common", "event": "common"}


def module_for(name: str, header: str) -> str | None:
    """The module an enumeration belongs to; ``None`` where it is declared elsewhere (errors live in pyvirt_util)."""
    topic = header.removeprefix("libvirt-").removesuffix(".h").replace("-", "_")
    if topic == "virterror.h" or header == "virterror.h":
        return None
    if topic != "domain":
        return HEADERS.get(topic, topic)
    for module, pattern in DOMAIN_NOUNS:
        if re.search(pattern, name):
            if module == "domain_state" and re.search("Event", name):
                return "domain_events"
            return module
    return "domain"


def class_name(name: str) -> str:
    return re.sub(r"(Flag)s?Values$", r"Flags", name.removeprefix("vir")).removesuffix("Values")


def is_flag(name: str) -> bool:
    return bool(re.search(r"Flags$|StatsTypes$|GuestInfoTypes$|ModificationImpact$", class_name(name)))


def member_names(name: str, members: list[dict[str, Any]]) -> list[str]:
    split = [m["name"].split("_") for m in members]
    if len(members) > 1:
        shared = 0
        while all(len(words) > shared + 1 and words[shared] == split[0][shared] for words in split):
            shared += 1
    else:
        known = {word.upper() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]+", name)} | {"VIR"}
        shared = 0
        while shared + 1 < len(split[0]) and split[0][shared] in known:
            shared += 1
    while any(words[shared][0].isdigit() for words in split):
        shared -= 1
    return ["_".join(words[shared:]) for words in split]


def render(name: str, members: list[dict[str, Any]]) -> str:
    flag = is_flag(name)
    lines = [f"class {class_name(name)}({'IntFlag' if flag else 'IntEnum'}):", f'    """{name}."""', ""]
    names = member_names(name, members)
    if flag and all(m["value"] != 0 for m in members):
        lines.append("    NONE = 0")
    lines += [f"    {short} = {m['value']}" for short, m in zip(names, members, strict=True)]
    return "\n".join(lines)


def main(table: str) -> None:
    enums = json.loads(Path(table).read_text())["enums"]
    modules: dict[str, list[str]] = defaultdict(list)
    where: dict[str, str] = {}
    for name, enum in enums.items():
        module = module_for(name, enum["header"])
        if module is None:
            continue
        modules[module].append(render(name, enum["members"]))
        where[class_name(name)] = module
    TARGET.mkdir(exist_ok=True)
    for module, classes in modules.items():
        bases = [base for base in ("IntEnum", "IntFlag") if any(f"({base})" in text for text in classes)]
        head = f'"""Enumerations and flags of {TITLES[module]}, with libvirt\'s values."""\n\n'
        head += f"from enum import {', '.join(bases)}\n\n\n"
        (TARGET / f"{module}.py").write_text(head + "\n\n\n".join(classes) + "\n")
    lines = [
        '"""Enumerations and flags of the public API, with libvirt\'s names and values, loaded on first use."""',
        "",
        "from __future__ import annotations",
        "",
        "from typing import TYPE_CHECKING, Any",
        "",
        "if TYPE_CHECKING:",
    ]
    for module in sorted(modules):
        names = sorted(name for name, place in where.items() if place == module)
        imports = ",\n        ".join(f"{name} as {name}" for name in names)
        lines.append(f"    from pyvirt.enums.{module} import (\n        {imports},\n    )")
    lines += ["", "_MODULES = {"]
    lines += [f'    "{name}": "{where[name]}",' for name in sorted(where)]
    lines += ["}", "", "__all__ = list(_MODULES)", "", ""]
    lines += [
        "def __getattr__(name: str) -> Any:",
        "    if name not in _MODULES:",
        "        raise AttributeError(f\"module 'pyvirt.enums' has no attribute '{name}'\")",
        "    from pyvirt.loader import import_by_name",
        "",
        '    value = getattr(import_by_name(f"pyvirt.enums.{_MODULES[name]}"), name)',
        "    globals()[name] = value",
        "    return value",
        "",
    ]
    (TARGET / "__init__.py").write_text("\n".join(lines))


if __name__ == "__main__":
    main(sys.argv[1])
