"""CPU models: ``cpu-models``, ``cpu-compare``, ``cpu-baseline``."""

from __future__ import annotations

from pyvirt_cli.documents import parse, read_document
from pyvirt_cli.options import FILE, VALIDATE, argument, flag, verb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments


@verb("cpu-models", argument("arch", "architecture: x86_64, aarch64 ..."))
def cpu_models(context: Context, arguments: Arguments) -> None:
    """List the CPU models that are known for an architecture.

    JSON: ["qemu64", ...].
    """
    models = context.connection.cpu_model_names(arguments.text("arch"))
    context.emit(models, "".join(f"{model}\n" for model in models) or "all CPU models are accepted")


def _cpus(text: str) -> list[str]:
    """All <cpu> elements of a document: one alone, or inside capabilities, domains or anything else."""
    from lxml import etree

    from pyvirt_util.errors import XmlError

    root = parse(f"<all>{_without_declaration(text)}</all>")
    found = [etree.tostring(node, encoding="unicode", with_tail=False) for node in root.iter("cpu") if len(node)]
    if not found:
        raise XmlError("the document has no <cpu> element")
    return found


def _without_declaration(text: str) -> str:
    """Several documents may stand in one file, each with its declaration."""
    parts = text.split("<?xml")
    return parts[0] + "".join(part.partition("?>")[2] for part in parts[1:])


@verb("cpu-compare", FILE, flag("error", "fail where the host's CPU is not enough"), VALIDATE)
def cpu_compare(context: Context, arguments: Arguments) -> int:
    """Say whether the host's CPU can do all that the CPU in FILE can. Exit code 1: it cannot.

    JSON: {"result": "identical"}; also "superset" and "incompatible".
    """
    from pyvirt.enums.host import CPUCompareResult

    cpu = _cpus(read_document(arguments.text("file")))[0]
    result = context.connection.compare_cpu(cpu, arguments.flags(error=1, validate=2))
    file = arguments.text("file")
    says = {
        CPUCompareResult.IDENTICAL: f"CPU described in {file} is identical to host CPU",
        CPUCompareResult.SUPERSET: f"Host CPU is a superset of CPU described in {file}",
    }.get(result, f"CPU described in {file} is incompatible with host CPU")
    context.emit({"result": result.name.lower()}, says)
    return 0 if result in (CPUCompareResult.IDENTICAL, CPUCompareResult.SUPERSET) else 1


@verb(
    "cpu-baseline",
    FILE,
    flag("features", "name the model's own features too"),
    flag("migratable", "without features that hinder migration"),
)
def cpu_baseline(context: Context, arguments: Arguments) -> None:
    """Find the best CPU that all hosts whose <cpu> elements are in FILE can offer.

    JSON: {"xml": ...}.
    """
    cpus = _cpus(read_document(arguments.text("file")))
    text = context.connection.baseline_cpu(cpus, arguments.flags(features=1, migratable=2))
    context.emit({"xml": text}, text)
