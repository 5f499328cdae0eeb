"""Network devices of the host for pyvirt: phys_port_id, SR-IOV, taps and bridge ports."""
