"""Where a guest's sound goes that does not say it (libvirt's qemuDomainDefAddDefaultAudioBackend)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyvirt_conf.domain.graphics import SdlGraphics, SpiceGraphics, VncGraphics
from pyvirt_conf.domain.sound import (
    AlsaAudio,
    Audio,
    CoreAudio,
    DbusAudio,
    FileAudio,
    JackAudio,
    NoAudio,
    OssAudio,
    PulseAudio,
    SdlAudio,
    SdlDriver,
    SpiceAudio,
)
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt_conf.domain.domain import Domain
    from pyvirt_driver_qemu.completion.host import Host

#: By the values of QEMU_AUDIO_DRV.
_BACKENDS: dict[str, type[Audio]] = {
    "alsa": AlsaAudio,
    "coreaudio": CoreAudio,
    "dbus": DbusAudio,
    "jack": JackAudio,
    "none": NoAudio,
    "oss": OssAudio,
    "pa": PulseAudio,
    "sdl": SdlAudio,
    "spice": SpiceAudio,
    "wav": FileAudio,
}


def add_default(domain: Domain, host: Host) -> None:
    """A backend for sound, that plays nothing unless somebody at a display listens, or the host is to play it."""
    devices = domain.devices
    if devices.audios:
        return
    kinds = {type(display) for display in devices.graphics}
    if SpiceGraphics in kinds:
        backend: Audio | None = SpiceAudio(id=1)
    elif not kinds:
        backend = _of_host(host) if host.nographics_allow_host_audio else NoAudio(id=1)
    elif VncGraphics in kinds:
        backend = _of_host(host) if host.vnc_allow_host_audio else NoAudio(id=1)
    elif SdlGraphics in kinds:
        backend = _of_host(host)
    else:
        backend = None
    if backend is not None:
        devices.audios.append(backend)


def _of_host(host: Host) -> Audio | None:
    """What the environment names; QEMU chooses where it names nothing."""
    name = host.environment.get("QEMU_AUDIO_DRV")
    if not name:
        return None
    kind = _BACKENDS.get(name)
    if kind is None:
        raise ConfigUnsupportedError(f"unknown QEMU_AUDIO_DRV '{name}', expected one of {', '.join(_BACKENDS)}")
    backend = kind(id=1)
    driver = host.environment.get("SDL_AUDIODRIVER")
    if isinstance(backend, SdlAudio) and driver:
        if driver not in list(SdlDriver):
            raise ConfigUnsupportedError(f"unknown SDL_AUDIODRIVER '{driver}', expected one of {', '.join(SdlDriver)}")
        backend.driver = SdlDriver(driver)
    return backend
