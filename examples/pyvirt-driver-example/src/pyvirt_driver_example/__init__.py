"""A driver that is not part of pyvirt: a bench of machines in memory."""

from pyvirt_driver_example.driver import BenchDriver

__all__ = ["BenchDriver"]
