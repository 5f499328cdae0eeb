"""Mediated devices: parts of a device of the host that guests use as their own (vGPUs, subchannels, crypto queues).

* :mod:`~pyvirt_driver_nodedev.mdev.identity`: names, and addresses of parents.
* :mod:`~pyvirt_driver_nodedev.mdev.sysfs`: what the kernel tells of types and devices, and making devices without help.
* :mod:`~pyvirt_driver_nodedev.mdev.command`, :mod:`~pyvirt_driver_nodedev.mdev.listing`: mdevctl's language.
* :mod:`~pyvirt_driver_nodedev.mdev.mdevctl`: running it. It keeps the definitions, in files of its own.
* :mod:`~pyvirt_driver_nodedev.mdev.devices`: all of it for the driver.
"""

CONFIG = "/etc/mdevctl.d"
"""Where mdevctl's files are: ``PARENT/UUID``."""
