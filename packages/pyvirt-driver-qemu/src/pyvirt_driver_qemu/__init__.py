"""QEMU for pyvirt: real guests from libvirt's domain XML, without a daemon."""
