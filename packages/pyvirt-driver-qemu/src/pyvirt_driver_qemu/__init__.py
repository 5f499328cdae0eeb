"""QEMU for pyvirt: real guests from libvirt's domain XML, without a daemon."""

from pyvirt_driver_qemu.driver import QemuDriver

__all__ = ["QemuDriver"]
