"""Native Linux containers for pyvirt."""
