"""Several network devices used as one."""

from __future__ import annotations

from enum import StrEnum

from pyvirt_conf.xml import U32, Element, Mode, Node, attr, child, element


class BondMode(StrEnum):
    """Which device a frame takes (the kernel's bonding modes)."""

    BALANCE_RR = "balance-rr"
    ACTIVE_BACKUP = "active-backup"
    BALANCE_XOR = "balance-xor"
    BROADCAST = "broadcast"
    LACP = "802.3ad"
    BALANCE_TLB = "balance-tlb"
    BALANCE_ALB = "balance-alb"


class BondCarrier(StrEnum):
    """Who is asked whether a link is up."""

    IOCTL = "ioctl"
    NETIF = "netif"


class ArpValidation(StrEnum):
    """Which devices' ARP replies count; nothing is said where none do."""

    ACTIVE = "active"
    BACKUP = "backup"
    ALL = "all"


@element("miimon")
class MiiMonitor(Element):
    """The links are watched; times are in milliseconds."""

    freq: U32 = attr(required=True)
    downdelay: U32 | None = attr(omit=0)
    updelay: U32 | None = attr(omit=0)
    carrier: BondCarrier | None = attr()


@element("arpmon")
class ArpMonitor(Element):
    """A host is asked for its address every so many milliseconds."""

    interval: U32 = attr(required=True)
    target: str = attr(required=True)
    validate: ArpValidation | None = attr()


@element("bond")
class BondSettings(Element):
    """The mode, and how a device that has failed is noticed."""

    mode: BondMode | None = attr()
    miimon: MiiMonitor | None = child()
    arpmon: ArpMonitor | None = child()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.miimon is not None:
            self.arpmon = None
