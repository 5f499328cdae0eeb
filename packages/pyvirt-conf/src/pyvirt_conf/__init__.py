"""libvirt's XML documents as typed Python classes: parse, complete, validate and format."""
