"""What is found by others: the driver, and the service."""

from __future__ import annotations

import subprocess
import sys

from pyvirt.loader import entry_points, load
from pyvirt_driver_nodedev import PLUGIN
from pyvirt_driver_nodedev.service import NODEDEV


def test_the_entry_points_lead_to_the_driver_and_to_the_service() -> None:
    (driver,) = entry_points("pyvirt.nodedev")
    assert load(driver) is PLUGIN
    assert NODEDEV in [load(entry) for entry in entry_points("pyvirt.services.nodedev")]


def test_lists_load_neither_documents_nor_libudev_nor_what_events_need() -> None:
    program = (
        "import sys\n"
        "from pyvirt_driver_nodedev import PLUGIN\n"
        "driver = PLUGIN()\n"
        "driver.connect_list_all_node_devices(1 << 31)\n"
        "heavy = {'asyncio', 'lxml', 'pluggy', 'pyroute2', 'subprocess', 'pyvirt_conf'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert 'pyudev' not in sys.modules or __import__('os').path.isdir('/run/udev/data')\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
