"""libvirt's capability cache (``<qemuCaps>``), read into the same :class:`Capabilities`.

libvirt keeps one such file per binary below its cache directory; what it says about a QEMU that is not at hand serves
to build command lines for it.
"""

from __future__ import annotations

from typing import Any

from pyvirt_conf.xml.reader import read
from pyvirt_driver_qemu.capabilities.cache import from_data
from pyvirt_driver_qemu.capabilities.model import Capabilities
from pyvirt_util.errors import XmlError


def load(text: str | bytes, *, file: str | None = None) -> Capabilities:
    """The capabilities of a ``<qemuCaps>`` document.

    Sections the document does not hold are empty: commands, types, options.

    :raises XmlError: it is no such document.
    """
    root = read(text, file)
    if root.tag != "qemuCaps":
        raise XmlError(f"expected <qemuCaps>, found <{root.tag}>")
    flags = [str(node.get("name")) for node in root.findall("flag")]
    data: dict[str, Any] = {
        "binary": root.findtext("emulator") or "",
        "version": int(root.findtext("version") or 0),
        "package": root.findtext("package") or "",
        "arch": root.findtext("arch"),
        "kvm": "kvm" in flags,
        "flags": flags,
        "machines": {"kvm": [], "tcg": []},
        "cpus": {"kvm": [], "tcg": []},
        "host_cpus": {},
        "commands": [],
        "types": [],
        "options": {},
        "gic": [[int(n.get("version", "0")), _yes(n, "kernel"), _yes(n, "emulated")] for n in root.findall("gic")],
        "sev": None,
        "tpm": [
            [flag for flag in ("tpm-crb", "tpm-spapr", "tpm-tis") if flag in flags],
            [flag[4:] for flag in ("tpm-emulator", "tpm-passthrough") if flag in flags],
        ],
        "hyperv": [str(node.get("name")) for node in root.findall("hypervCapabilities/cap")],
    }
    for node in root.findall("machine"):
        data["machines"].setdefault(node.get("type"), []).append(_machine(node))
    for node in root.findall("cpu"):
        blockers = [str(blocker.get("name")) for blocker in node.findall("blocker")]
        row = [
            node.get("name"),
            node.get("typename"),
            node.get("usable", "unknown"),
            blockers,
            _yes(node, "deprecated"),
        ]
        data["cpus"].setdefault(node.get("type"), []).append(row)
    for node in root.findall("hostCPU"):
        data["host_cpus"][node.get("type")] = _host_cpu(node)
    sev = root.find("sev")
    if sev is not None:
        data["sev"] = [
            sev.findtext("pdh") or "",
            sev.findtext("certChain") or "",
            int(sev.findtext("cbitpos") or 0),
            int(sev.findtext("reducedPhysBits") or 0),
        ]
    return from_data(data)


def _yes(node: Any, attribute: str) -> bool:
    return bool(node.get(attribute) == "yes")


def _machine(node: Any) -> list[Any]:
    return [
        node.get("name"),
        node.get("alias"),
        int(node.get("maxCpus", "0")),
        _yes(node, "hotplugCpus"),
        _yes(node, "default"),
        node.get("defaultCPU"),
        node.get("defaultRAMid"),
        _yes(node, "numaMemSupported"),
        _yes(node, "deprecated"),
    ]


def _host_cpu(node: Any) -> list[Any]:
    properties: dict[str, Any] = {}
    kept = set()
    for item in node.findall("property"):
        name, value = item.get("name"), item.get("value")
        kind = item.get("type")
        properties[name] = value == "true" if kind == "boolean" else int(value) if kind == "number" else value
        if item.get("migratable") == "no":
            kept.add(name)
    return [node.get("model"), properties, sorted(kept), _yes(node, "migratability")]
