"""A card with SR-IOV that nobody has: described in files, its driver played below netlink, its VFs bound in the files.

The network devices' own distribution is the real one; the services of host devices are played, and the emulator is the
real one behind a program that leaves out the devices it could not open. All processes that :func:`serve` share a card.
"""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from e2e_support.guests import QEMU
from pyvirt import services
from pyvirt.services import hookimpl
from pyvirt_netdev import netlink
from pyvirt_netdev.saved import SavedSettings
from pyvirt_netdev.service import InterfacePlugin
from pyvirt_testing.fake_sriov import FakePfDriver, FakeSriovTree

if TYPE_CHECKING:
    from pyvirt_util.undo import UndoStack

HOST_DRIVER = "igbvf"
_EMULATOR = """#!{python}
import json, os, sys
with open({log!r}, "a") as log:
    print(json.dumps(sys.argv), file=log)
words = []
for word in sys.argv[1:]:
    if "vfio-pci" in word and words[-1:] == ["-device"]:
        words.pop()
    else:
        words.append(word)
os.execv({qemu!r}, [sys.argv[0], *words])
"""


class Card:
    """``pf0`` with two virtual functions, :attr:`addresses`, in ``folder``."""

    addresses = ("0000:03:00.1", "0000:03:00.2")

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tree = FakeSriovTree(folder / "sys")
        self.emulator = folder / "qemu-system-x86_64"
        self.log = folder / "command-lines"
        self._kept = ExitStack()

    @classmethod
    def make(cls, folder: Path) -> Card:
        """Describe the card, and write the emulator's program."""
        card = cls(folder)
        card.tree.function(card.tree.PF, driver="igb", sriov_totalvfs="7", sriov_numvfs="2")
        card.tree.netdev(card.tree.PF, "pf0")
        for index in range(len(card.addresses)):
            address = card.tree.vf(index, driver=HOST_DRIVER)
            card.tree.netdev(address, f"vf{index}")
        card.emulator.write_text(_EMULATOR.format(python="/usr/bin/python3", log=str(card.log), qemu=QEMU))
        card.emulator.chmod(0o755)
        return card

    def settings(self, vf: int) -> dict[str, Any]:
        """What the PF's driver keeps of a virtual function."""
        driver = self._driver()
        driver.request(netlink.RTM_GETLINK, bytes(16) + netlink.text(3, "pf0"))
        return driver.vfs[vf]

    def driver(self, vf: int) -> str:
        """What a virtual function is bound to; empty in between."""
        path = self.tree.path(self.addresses[vf]) / "driver"
        return os.path.basename(os.readlink(path)) if path.is_symlink() else ""

    def saved(self) -> list[str]:
        """What is on disk of settings that guests' replaced."""
        folder = self.folder / "saved"
        return sorted(name for name in os.listdir(folder) if name.endswith(".json")) if folder.exists() else []

    def command_lines(self) -> list[list[str]]:
        """What the emulator was started with."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def serve(self) -> None:
        """From here on this process has the card, as long as this object is kept."""
        driver: Any = self._driver()
        netlink.Rtnetlink = lambda: driver  # type: ignore[assignment, misc]
        plugin = InterfacePlugin(SavedSettings(str(self.folder / "saved")), sysfs=self.tree.sysfs)
        self._kept.enter_context(services.interface.replaced(plugin))
        self._kept.enter_context(services.nodedev.replaced(Binding(self.tree)))

    def _driver(self) -> FakePfDriver:
        return FakePfDriver("pf0", vfs=2, path=self.folder / "vfs.json")


class Binding:
    """Host devices: who is bound to which driver, in the card's description."""

    def __init__(self, tree: FakeSriovTree) -> None:
        self._tree = tree

    @hookimpl
    def nodedev_detach(self, pci_address: str, driver: str, undo: UndoStack) -> bool:
        """See the service."""
        undo.push(self._tree.bind, pci_address, HOST_DRIVER)
        self._tree.bind(pci_address, driver)
        return True

    @hookimpl
    def nodedev_reattach(self, pci_address: str) -> bool:
        """See the service."""
        self._tree.bind(pci_address, HOST_DRIVER)
        return True


def serve(folder: str) -> Card:
    """The card of a folder, for this process."""
    card = Card(Path(folder))
    card.serve()
    return card


#: For programs in other processes: where this module is.
IMPORT = (
    f"import sys\nsys.path.insert(0, {str(Path(__file__).parents[1])!r})\nfrom e2e_support.sriov import IMPORT, serve\n"
)
