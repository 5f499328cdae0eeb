"""A driver that is not part of pyvirt: a bench of machines with a switch each."""

from pyvirt_driver_example.driver import BenchDriver

__all__ = ["BenchDriver"]
