"""Devices of this host for pyvirt: PCI, USB, SCSI, network, storage, mediated devices."""

from pyvirt_driver_nodedev.driver import HostNodedevDriver

PLUGIN = HostNodedevDriver
"""What the entry point names."""
