"""The verbs, in modules by noun; pyvirt_cli.catalogue says where each is."""
