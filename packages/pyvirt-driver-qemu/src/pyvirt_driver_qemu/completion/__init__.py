"""What QEMU fills into a domain: machine, emulator, default devices, addresses; and what it refuses.

:func:`parser_config` hands all of it to pyvirt_conf as one configuration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_driver_qemu.completion.defaults import Defaults

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyvirt_conf.domain.config import ParserConfig
    from pyvirt_driver_qemu.capabilities import Capabilities


def parser_config(capabilities: Callable[[str], Capabilities]) -> ParserConfig:
    """The configuration of QEMU's domains.

    :param capabilities: what the emulator at a path can do; asked once per domain.
    """
    from pyvirt_conf.domain.config import ParserConfig, ParserFeature

    defaults = Defaults(capabilities)
    return ParserConfig(
        features=ParserFeature.INDIVIDUAL_VCPUS
        | ParserFeature.USER_ALIAS
        | ParserFeature.FW_AUTOSELECT
        | ParserFeature.NET_MODEL_STRING
        | ParserFeature.OFFLINE_VCPUPIN
        | ParserFeature.DISK_FD,
        default_arch=defaults.architecture,
        default_machine=defaults.machine,
        default_emulator=defaults.emulator,
        device_complete=defaults.complete_device,
        domain_complete=defaults.complete_domain,
        assign_addresses=defaults.assign_addresses,
        domain_validate=defaults.validate,
    )
