"""What a host can do, what a hypervisor can do on it, and CPUs that stand for themselves."""

from pyvirt_conf.capabilities.capabilities import Capabilities
from pyvirt_conf.capabilities.cpu import CpuData, HostCpu, parse_cpu, parse_cpus
from pyvirt_conf.capabilities.domain import DomainCapabilities, Enumeration, Supported
from pyvirt_conf.capabilities.guest import Guest, GuestArch, GuestDomain, Machine
from pyvirt_conf.capabilities.host import Host
from pyvirt_conf.capabilities.topology import HostCell, HostTopology

__all__ = [
    "Capabilities",
    "CpuData",
    "DomainCapabilities",
    "Enumeration",
    "Guest",
    "GuestArch",
    "GuestDomain",
    "Host",
    "HostCell",
    "HostCpu",
    "HostTopology",
    "Machine",
    "Supported",
    "parse_cpu",
    "parse_cpus",
]
