"""Hook specifications, data classes and façades of the services, one module per kind."""
