"""The pyvirt command: virsh's verbs over pyvirt, with JSON output."""
