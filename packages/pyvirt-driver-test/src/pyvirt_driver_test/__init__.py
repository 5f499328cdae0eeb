"""libvirt's test driver: guests, networks and pools that exist in memory alone, for trying out and testing programs.

``test:///default`` has one running domain named ``test``; all its connections in one process share it.
``test:///PATH/FILE.xml`` starts from a description of a host, and every connection has a host of its own.
"""

from pyvirt_driver_test.driver import TestDriver

__all__ = ["TestDriver"]
