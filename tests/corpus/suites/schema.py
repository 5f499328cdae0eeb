"""Valid and invalid documents told apart by what the classes know and refuse.

What contradicts itself isn't a schema's concern, and a domain in the schemas' data may be one that libvirt refuses for
that; so domains are neither completed nor validated.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.corpus.case import Case
from tests.corpus.suites.domainsnapshotxml2xml import CONFIG

from pyvirt_conf.capabilities import Capabilities, CpuData, DomainCapabilities, parse_cpu
from pyvirt_conf.domain import Domain, DomainStatus
from pyvirt_conf.domain.cpu import Cpu
from pyvirt_conf.interface import HostInterface
from pyvirt_conf.moment import (
    DomainBackup,
    DomainCheckpoint,
    DomainSnapshot,
    parse_domain_backup,
    parse_domain_checkpoint,
    parse_domain_snapshot,
)
from pyvirt_conf.network import Network, NetworkPort, parse_network
from pyvirt_conf.nodedev import NodeDevice, parse_node_device
from pyvirt_conf.nwfilter import FilterBinding, NetworkFilter, parse_filter, parse_filter_binding
from pyvirt_conf.secret import Secret, parse_secret
from pyvirt_conf.storage import Pool, StoragePoolCapabilities, Volume, parse_pool
from pyvirt_conf.strict import refuse_unknown
from pyvirt_conf.xml import Element, read
from pyvirt_util.errors import VirtError

KINDS: dict[str, tuple[type[Element], Callable[[bytes], object]]] = {
    "domain": (Domain, lambda data: Domain.parse(data, config=CONFIG)),
    "domstatus": (DomainStatus, lambda data: DomainStatus.parse(data, config=CONFIG)),
    "domainsnapshot": (DomainSnapshot, lambda data: parse_domain_snapshot(data, CONFIG)),
    "domaincheckpoint": (DomainCheckpoint, lambda data: parse_domain_checkpoint(data, CONFIG)),
    "domainbackup": (DomainBackup, parse_domain_backup),
    "capabilities": (Capabilities, Capabilities.parse),
    "domainCapabilities": (DomainCapabilities, DomainCapabilities.parse),
    "storagepoolCapabilities": (StoragePoolCapabilities, StoragePoolCapabilities.parse),
    "cpu": (Cpu, parse_cpu),
    "cpudata": (CpuData, CpuData.parse),
    "device": (NodeDevice, parse_node_device),
    "filter": (NetworkFilter, parse_filter),
    "filterbinding": (FilterBinding, parse_filter_binding),
    "interface": (HostInterface, HostInterface.parse),
    "network": (Network, parse_network),
    "networkport": (NetworkPort, NetworkPort.parse),
    "pool": (Pool, parse_pool),
    "volume": (Volume, Volume.parse),
    "secret": (Secret, parse_secret),
}


def check(data: bytes) -> None:
    """Refuse a document as a call with the flag for validation does."""
    tag = str(read(data).tag)
    if tag == "cpuTest":
        for node in read(data):
            from lxml import etree

            parse_cpu(etree.tostring(node, with_tail=False))
        return
    kind, parse = KINDS[tag]
    if tag != "cpu":
        refuse_unknown(data, kind)
    parse(data)


def run(case: Case) -> str | None:
    try:
        check(case.bytes())
    except VirtError as error:
        return str(error) if case.expect == "ok" else None
    return None if case.expect == "ok" else "accepted"
