"""Asking a QEMU without a guest what it can do, and turning its answers into plain data.

Two rounds of pipelined commands: first what is the same for every binary, then what depends on those answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pyvirt_driver_qemu.capabilities import flags
from pyvirt_driver_qemu.capabilities.schema import QapiSchema, enum_values
from pyvirt_driver_qemu.monitor import Command, CommandError, MonitorProtocolError

#: Runs commands and returns results in order, refused ones as :class:`CommandError` objects.
Ask = Callable[[Sequence[Command]], list[Any]]

#: Arm machines have no default in QEMU any more; this is what it once was.
_PREFERRED = {"aarch64": "integratorcp", "arm": "integratorcp"}
_HOST_MODEL_ARCHS = ("x86_64", "i386", "s390x", "aarch64")


def survey(ask: Ask) -> dict[str, Any]:
    """All facts about the binary, with the accelerator it was started with.

    :returns: the header's and sections' content as :class:`~pyvirt_driver_qemu.capabilities.Capabilities` takes them,
        under the keys of both, with machines, CPUs and the host CPU of one accelerator.
    :raises VirtError: QEMU refused something every QEMU since 4.2 answers.
    """
    basic = (
        "query-version",
        "query-target",
        "query-kvm",
        "query-qmp-schema",
        "qom-list-types",
        "query-machines",
        "query-cpu-definitions",
        "query-command-line-options",
        "query-migrate-capabilities",
        "query-tpm-models",
        "query-tpm-types",
        "query-sev-capabilities",
        "query-sgx-capabilities",
        "query-gic-capabilities",
    )
    answers = dict(zip(basic, ask([Command(name) for name in basic]), strict=True))
    for name in basic[:6]:
        if isinstance(answers[name], CommandError):
            raise answers[name]
    optional = {name: None if isinstance(value, CommandError) else value for name, value in answers.items()}
    try:
        return _evaluate(optional, ask)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise MonitorProtocolError(f"QEMU answered a capability query in an unknown form: {error!r}") from error


def _evaluate(answers: dict[str, Any], ask: Ask) -> dict[str, Any]:
    arch: str = answers["query-target"]["arch"]
    types: list[str] = sorted(item["name"] for item in answers["qom-list-types"])
    machines = _machines(answers["query-machines"], arch)
    schema = QapiSchema(answers["query-qmp-schema"])
    kvm = answers["query-kvm"]
    accelerated = bool(kvm["present"] and kvm["enabled"])
    properties = _properties(arch, set(types), machines, ask)
    options = {
        item["option"]: sorted({p["name"] for p in item["parameters"]})
        for item in answers["query-command-line-options"] or ()
    }
    sev = answers["query-sev-capabilities"]
    cpus = _cpus(answers["query-cpu-definitions"])
    number = answers["query-version"]["qemu"]
    version = number["major"] * 1000000 + number["minor"] * 1000 + number["micro"]
    facts = {
        "arch": arch,
        "kvm": accelerated,
        "types": types,
        "options": options,
        "schema": schema,
        **properties,
        "migration": [item["capability"] for item in answers["query-migrate-capabilities"] or ()],
        "tpm_models": answers["query-tpm-models"] or (),
        "tpm_types": answers["query-tpm-types"] or (),
        "cpus": [row[0] for row in cpus],
        "sev": sev is not None,
        "sgx": bool((answers["query-sgx-capabilities"] or {}).get("sgx")),
        "version": version,
    }
    return {
        "version": version,
        "package": answers["query-version"]["package"],
        "arch": arch,
        "kvm": accelerated,
        "kvm_present": bool(kvm["present"]),
        "flags": sorted(flags.derive(facts)),
        "machines": machines,
        "cpus": cpus,
        "host_cpu": host_cpu(arch, accelerated, schema, ask),
        "commands": sorted(item["name"] for item in answers["query-qmp-schema"] if item["meta-type"] == "command"),
        "types": types,
        "options": options,
        "gic": [[g["version"], g["kernel"], g["emulated"]] for g in answers["query-gic-capabilities"] or ()],
        "sev": None if sev is None else [sev["pdh"], sev["cert-chain"], sev["cbitpos"], sev["reduced-phys-bits"]],
        "tpm": [sorted(answers["query-tpm-models"] or ()), sorted(answers["query-tpm-types"] or ())],
        "hyperv": hyperv(accelerated, arch, ask),
    }


def accelerated_part(ask: Ask, arch: str) -> dict[str, Any]:
    """What differs with another accelerator: ``machines``, ``cpus`` and ``host_cpu``, in the same form."""
    answers = ask([Command("query-machines"), Command("query-cpu-definitions"), Command("query-qmp-schema")])
    for answer in answers:
        if isinstance(answer, CommandError):
            raise answer
    return {
        "machines": _machines(answers[0], arch),
        "cpus": _cpus(answers[1]),
        "host_cpu": host_cpu(arch, False, QapiSchema(answers[2]), ask),
    }


def _properties(arch: str, types: set[str], machines: list[list[Any]], ask: Ask) -> dict[str, Any]:
    """The properties of devices, objects and machine types the flags depend on, each {name: default or None}."""
    devices = [name for name in flags.DEVICE_PROPERTIES if name in types]
    objects = [name for name in flags.OBJECT_PROPERTIES if name in types]
    versions = {}
    for row in machines:
        # The alias stands for the newest version.
        name = row[1] or row[0]
        if name in flags.MACHINE_PROPERTIES:
            versions[name] = row[0] + "-machine"
    questions = [
        *(Command("device-list-properties", {"typename": name}) for name in devices),
        *(Command("qom-list-properties", {"typename": name}) for name in (*objects, *versions.values())),
    ]
    answers = [
        {} if isinstance(found, CommandError) else {item["name"]: item.get("default-value") for item in found}
        for found in ask(questions)
    ]
    first, second = len(devices), len(devices) + len(objects)
    return {
        "device_properties": dict(zip(devices, answers[:first], strict=True)),
        "object_properties": dict(zip(objects, answers[first:second], strict=True)),
        "machine_properties": dict(zip(versions, answers[second:], strict=True)),
    }


def _machines(answer: list[dict[str, Any]], arch: str) -> list[list[Any]]:
    """Rows of :class:`MachineType`; QEMU's ``none`` left out, the default first, as libvirt orders them."""
    rows = [
        [
            item["name"],
            item.get("alias"),
            item["cpu-max"],
            item.get("hotpluggable-cpus", False),
            item.get("is-default", False),
            item.get("default-cpu-type"),
            item.get("default-ram-id"),
            item.get("numa-mem-supported", False),
            item.get("deprecated", False),
        ]
        for item in answer
        if item["name"] != "none"
    ]
    # The preferred one comes first.
    wanted = _PREFERRED.get(arch)
    chosen = next((i for i, row in enumerate(rows) if (wanted in row[:2] if wanted else row[4])), 0)
    if rows:
        rows.insert(0, rows.pop(chosen))
    return rows


def _cpus(answer: list[dict[str, Any]] | None) -> list[list[Any]]:
    rows = []
    for item in answer or ():
        blockers = item.get("unavailable-features")
        usable = "unknown" if blockers is None else "no" if blockers else "yes"
        rows.append([item["name"], item.get("typename"), usable, blockers or [], item.get("deprecated", False)])
    return rows


def host_cpu(arch: str, accelerated: bool, schema: QapiSchema, ask: Ask) -> list[Any] | None:
    """A row of :class:`CpuExpansion`; ``None`` where QEMU can't expand models."""
    if schema.type("query-cpu-model-expansion") is None or arch not in _HOST_MODEL_ARCHS:
        return None
    kind = schema.find("query-cpu-model-expansion/arg-type/type")
    form = "static" if kind is not None and "static" in enum_values(kind) and arch != "aarch64" else "full"
    name = "host" if accelerated else "max"
    plain, all_ = ask(
        [
            Command("query-cpu-model-expansion", {"type": form, "model": {"name": name}}),
            Command(
                "query-cpu-model-expansion", {"type": form, "model": {"name": name, "props": {"migratable": False}}}
            ),
        ]
    )
    if isinstance(plain, CommandError):
        return None
    model = plain["model"]
    properties = {key: value for key, value in model.get("props", {}).items() if isinstance(value, bool | int | str)}
    if isinstance(all_, CommandError):
        return [model["name"], properties, [], False]
    more = all_["model"].get("props", {})
    gained = sorted(key for key, value in more.items() if value is True and properties.get(key) is False)
    properties.update({key: True for key in gained})
    return [model["name"], properties, gained, True]


#: Hyper-V enlightenments: QEMU's CPU property -> libvirt's word.
_HYPERV = {
    "hv-relaxed": "relaxed",
    "hv-vapic": "vapic",
    "hv-spinlocks": "spinlocks",
    "hv-vpindex": "vpindex",
    "hv-runtime": "runtime",
    "hv-synic": "synic",
    "hv-stimer": "stimer",
    "hv-reset": "reset",
    "hv-vendor-id": "vendor_id",
    "hv-frequencies": "frequencies",
    "hv-reenlightenment": "reenlightenment",
    "hv-tlbflush": "tlbflush",
    "hv-ipi": "ipi",
    "hv-evmcs": "evmcs",
    "hv-avic": "avic",
}


def hyperv(accelerated: bool, arch: str, ask: Ask) -> list[str]:
    """The enlightenments KVM offers here, in libvirt's words and order."""
    if not accelerated or arch not in ("x86_64", "i386"):
        return []
    properties = {"migratable": False, "hv-passthrough": True}
    (answer,) = ask(
        [Command("query-cpu-model-expansion", {"type": "full", "model": {"name": "host", "props": properties}})]
    )
    if isinstance(answer, CommandError):
        return []
    props = answer["model"].get("props", {})
    # Spinlocks and the vendor are numbers and text; whatever is there and not false counts.
    return [word for name, word in _HYPERV.items() if props.get(name) not in (None, False)]
