"""Write docs/reference/ and docs/support.md: ``python tools/reference.py``; ``--check`` only says what is out of date.

The pages follow from the classes of pyvirt_conf, the matrix from what drivers declare and implement. All distributions
must be installed.
"""

from __future__ import annotations

import argparse
import pkgutil
import sys
from importlib import import_module
from pathlib import Path

import monorepo
import support_matrix
from reference_page import Kind, Page, own_doc

DOCS = monorepo.ROOT / "docs"

DOCUMENTS = (
    ("domain", "domain", "Domain", "The domain"),
    ("snapshot", "moment", "DomainSnapshot", "The snapshot of a domain"),
    ("checkpoint", "moment", "DomainCheckpoint", "The checkpoint of a domain"),
    ("backup", "moment", "DomainBackup", "The backup of a domain"),
    ("network", "network", "Network", "The network"),
    ("network-port", "network", "NetworkPort", "The port of a network"),
    ("storage-pool", "storage", "Pool", "The storage pool"),
    ("storage-volume", "storage", "Volume", "The storage volume"),
    ("storage-pool-capabilities", "storage", "StoragePoolCapabilities", "What storage pools can be"),
    ("node-device", "nodedev", "NodeDevice", "The node device"),
    ("interface", "interface", "HostInterface", "The host's interface"),
    ("secret", "secret", "Secret", "The secret"),
    ("nwfilter", "nwfilter", "NetworkFilter", "The network filter"),
    ("nwfilter-binding", "nwfilter", "FilterBinding", "The binding of a network filter"),
    ("cpu", "capabilities", "HostCpu", "The CPU that stands for itself"),
    ("capabilities", "capabilities", "Capabilities", "Capabilities of the host"),
    ("domain-capabilities", "capabilities", "DomainCapabilities", "Capabilities for domains"),
)
"""File, module of pyvirt_conf, class and title. What documents share stands on the page of the first that has it."""

INDEX = """\
# Reference of the documents

Written by `python tools/reference.py` from the classes of `pyvirt_conf`; don't edit.

{table}

Every class is a section. Below its name is the shortest path from the root of the document, and the classes it stands
in. What several documents share is described on one page, and the others link there. The columns:

- **XML**: where the value stands, relative to the class's element: `@name` is an attribute, `driver/@name` one of an
  element within, `.` the element's own text (or, for a part that is a class of its own, the element itself). Nothing:
  the place follows from other fields, as the class's text says.
- **field**: the attribute of the Python object, and the keyword of its constructor.
- **type**: of the value. Numbers come with their bounds, enumerations with all their words. `2^32-1` is 4294967295.
- **default**: what holds where the document is silent; empty means nothing is set (`None`, `False` or an empty list).
  *Required* ones must be in the document. *Always there*: an object is made where the document has no element.
- **notes**: **live** counts for a running guest only, and is not kept for an inactive one. **secure** is written on
  request only (`XmlFlags.SECURE`).

Elements that are one of several kinds list them by the attribute that tells, each kind a class of its own.
"""


def pages() -> dict[Path, str]:
    """All texts by file."""
    import pyvirt_conf

    for found in pkgutil.walk_packages(pyvirt_conf.__path__, "pyvirt_conf."):
        import_module(found.name)
    homes: dict[Kind, Page] = {}
    made = []
    for name, module, cls, title in DOCUMENTS:
        made.append(Page(name, title, getattr(import_module(f"pyvirt_conf.{module}"), cls), homes))
    for page in made:
        page.collect()
    rows = ["| document | class | what it is |", "|---|---|---|"]
    for page in made:
        said = own_doc(page.root).partition("\n")[0].replace("``", "`")
        rows.append(f"| [`<{page.root._tag}>`]({page.name}.md) | `{page.root.__name__}` | {said} |")
    texts = {DOCS / "reference" / f"{page.name}.md": page.text() for page in made}
    texts[DOCS / "reference" / "index.md"] = INDEX.format(table="\n".join(rows))
    texts[DOCS / "support.md"] = support_matrix.text()
    return texts


def main() -> int:
    parser = argparse.ArgumentParser(description="write docs/reference/ and docs/support.md")
    parser.add_argument("--check", action="store_true", help="write nothing, fail where a page isn't as it would be")
    check = parser.parse_args().check
    texts = pages()
    strangers = sorted(set((DOCS / "reference").glob("*")) - texts.keys())
    stale = [path for path, text in texts.items() if not path.is_file() or path.read_text() != text]
    if check:
        for path in [*stale, *strangers]:
            print(f"{path.relative_to(monorepo.ROOT)} is out of date: python tools/reference.py", file=sys.stderr)
        return 1 if stale or strangers else 0
    (DOCS / "reference").mkdir(exist_ok=True)
    for path in stale:
        path.write_text(texts[path])
        print(path.relative_to(monorepo.ROOT))
    for path in strangers:
        path.unlink()
        print(f"{path.relative_to(monorepo.ROOT)} is gone")
    return 0


if __name__ == "__main__":
    sys.exit(main())
