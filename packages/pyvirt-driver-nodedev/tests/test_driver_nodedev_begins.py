from pyvirt.loader import entry_points, load
from pyvirt_driver_nodedev import PLUGIN


def test_the_entry_point_leads_to_the_driver() -> None:
    (entry,) = (entry for entry in entry_points("pyvirt.nodedev") if entry.name == "nodedev")
    assert load(entry) is PLUGIN
