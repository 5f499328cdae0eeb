"""Conformance suites that any pyvirt driver, ours or a third party's, subclasses."""
