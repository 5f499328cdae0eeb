"""What the end-to-end tests share: an instance of their own, guests in it, and a look at what is left afterwards."""

from e2e_support.guests import PATIENCE, QEMU, domain_xml, expect, quiet, wait_until
from e2e_support.host import Host

__all__ = ["PATIENCE", "QEMU", "Host", "domain_xml", "expect", "quiet", "wait_until"]
