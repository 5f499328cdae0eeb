"""Network devices of the host: taps, macvtaps, bridge ports, physical ports, SR-IOV."""
