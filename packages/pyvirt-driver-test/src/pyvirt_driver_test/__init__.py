"""The in-memory hypervisor of pyvirt: the reference implementation, and a fake to test against."""
