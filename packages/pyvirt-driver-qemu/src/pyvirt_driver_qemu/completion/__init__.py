"""What QEMU contributes to parsing a domain: defaults, implied devices, addresses, and what it can't do.

``parser_config(capabilities_of)`` is for :meth:`Domain.complete` and ``validate``; ``assign_addresses(domain,
capabilities)`` and ``assign_aliases(domain)`` complete a domain that is about to run.
"""

from pyvirt_driver_qemu.completion.addresses import assign as assign_addresses
from pyvirt_driver_qemu.completion.aliases import assign as assign_aliases
from pyvirt_driver_qemu.completion.config import parser_config
from pyvirt_driver_qemu.completion.host import Host, HostPci

__all__ = ["Host", "HostPci", "assign_addresses", "assign_aliases", "parser_config"]
