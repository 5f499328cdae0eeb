"""Trusted platform modules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.tpm import EmulatorTpm, ExternalTpm, PassthroughTpm, Tpm, TpmModel
from pyvirt_driver_qemu.command.address import address_props
from pyvirt_driver_qemu.command.props import Props, escape
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.context import Context


def tpms(context: Context) -> list[str]:
    """The arguments of all TPMs, the proxy of POWER last."""
    words: list[str] = []
    for tpm in context.domain.devices.tpms:
        if tpm.model is not TpmModel.SPAPR_PROXY:
            words += _tpm(context, tpm)
    for tpm in context.domain.devices.tpms:
        if tpm.model is TpmModel.SPAPR_PROXY and isinstance(tpm.backend, PassthroughTpm):
            props: Props = {"driver": "spapr-tpm-proxy", "id": tpm.alias, "host-path": tpm.backend.device}
            words += context.device(props)
    return words


def _tpm(context: Context, tpm: Tpm) -> list[str]:
    words: list[str] = []
    backend = tpm.backend
    if isinstance(backend, PassthroughTpm):
        device, cancel = context.tpm_fds(tpm)
        first = context.fdset(device, words, opaque=f"{tpm.alias}-tpm")
        second = context.fdset(cancel, words, opaque=f"{tpm.alias}-cancel")
        where = f"path=/dev/fdset/{first},cancel-path=/dev/fdset/{second}"
        words += ["-tpmdev", f"passthrough,id=tpm-{tpm.alias},{where}"]
    elif isinstance(backend, EmulatorTpm | ExternalTpm):
        path = backend.path if isinstance(backend, ExternalTpm) else context.tpm_socket(tpm)
        words += ["-chardev", f"socket,id=chrtpm,path={escape(path or '')}"]
        words += ["-tpmdev", f"emulator,id=tpm-{tpm.alias},chardev=chrtpm"]
    else:
        raise ConfigUnsupportedError(f"TPM backend '{backend.type}' is not supported")
    props: Props = {"driver": str(tpm.model), "tpmdev": f"tpm-{tpm.alias}", "id": tpm.alias}
    return words + context.device(props | address_props(context, tpm))
