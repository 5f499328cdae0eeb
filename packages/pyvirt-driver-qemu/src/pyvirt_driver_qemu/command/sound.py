"""Sound cards and audio backends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyvirt_conf.domain.sound import (
    AlsaAudio,
    Audio,
    AudioStream,
    CodecType,
    FileAudio,
    JackAudio,
    OssAudio,
    PulseAudio,
    SdlAudio,
    Sound,
    SoundModel,
)
from pyvirt_driver_qemu.command.address import address_props
from pyvirt_driver_qemu.command.props import Props, as_json, present
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.context import Context

_DRIVERS = {
    SoundModel.ES1370: "ES1370",
    SoundModel.AC97: "AC97",
    SoundModel.ICH6: "intel-hda",
    SoundModel.ICH9: "ich9-intel-hda",
    SoundModel.SB16: "sb16",
    SoundModel.USB: "usb-audio",
}
_CODECS = {CodecType.DUPLEX: "hda-duplex", CodecType.MICRO: "hda-micro", CodecType.OUTPUT: "hda-output"}
_BACKENDS = {"pulseaudio": "pa", "file": "wav"}


def audios(context: Context) -> list[str]:
    """``-audiodev`` for every backend."""
    words: list[str] = []
    for audio in context.domain.devices.audios:
        words += ["-audiodev", as_json(audio_props(audio))]
    return words


def audio_props(audio: Audio) -> Props:
    """The properties of one backend."""
    props: Props = {"id": f"audio{audio.id}", "driver": _BACKENDS.get(audio.type, audio.type)}
    if audio.timer_period:
        props["timer-period"] = audio.timer_period
    if isinstance(audio, PulseAudio):
        props |= present({"server": audio.server_name})
    elif isinstance(audio, FileAudio):
        props |= present({"path": audio.path})
    elif isinstance(audio, OssAudio):
        props |= present({"try-mmap": audio.try_mmap, "exclusive": audio.exclusive, "dsp-policy": audio.dsp_policy})
    for name, stream in (("in", audio.input), ("out", audio.output)):
        inner = _stream(audio, stream) if stream is not None else {}
        if inner:
            props[name] = inner
    return props


def _stream(audio: Audio, stream: AudioStream) -> Props:
    props: dict[str, Any] = {
        "mixing-engine": stream.mixing_engine,
        "fixed-settings": stream.fixed_settings,
        "voices": stream.voices or None,
        "buffer-length": stream.buffer_length or None,
        "frequency": stream.frequency or None,
        "channels": stream.channels or None,
        "format": str(stream.format) if stream.format is not None else None,
    }
    if isinstance(audio, AlsaAudio):
        props["dev"] = stream.dev
    elif isinstance(audio, JackAudio):
        props |= {
            "server-name": stream.server_name,
            "client-name": stream.client_name,
            "connect-ports": stream.connect_ports,
            "exact-name": stream.exact_name,
        }
    elif isinstance(audio, OssAudio):
        props |= {"dev": stream.dev, "buffer-count": stream.buffer_count or None, "try-poll": stream.try_poll}
    elif isinstance(audio, PulseAudio):
        props |= {"name": stream.name, "stream-name": stream.stream_name, "latency": stream.latency or None}
    elif isinstance(audio, SdlAudio) or audio.type == "coreaudio":
        props["buffer-count"] = stream.buffer_count or None
    return present(props)


def sounds(context: Context) -> list[str]:
    """The arguments of all cards and their codecs."""
    words: list[str] = []
    for sound in context.domain.devices.sounds:
        if sound.model is SoundModel.PCSPK:
            # The speaker is a part of the board; its backend is named in -machine since QEMU 5.0.
            if context.capabilities.version < 5000000:
                words += ["-soundhw", "pcspk"]
            continue
        words += context.device(sound_props(context, sound))
        if sound.model in (SoundModel.ICH6, SoundModel.ICH9):
            for number, kind in enumerate([codec.type for codec in sound.codecs] or [CodecType.DUPLEX]):
                words += context.device(_codec(sound, kind, number))
    return words


def audio_id(sound: Sound) -> str:
    """The backend of a card."""
    return f"audio{sound.audio_id or 1}"


def sound_props(context: Context, sound: Sound) -> Props:
    """The properties of one card."""
    driver = _DRIVERS.get(sound.model)
    if driver is None:
        raise ConfigUnsupportedError(f"sound card model '{sound.model}' is not supported by QEMU")
    props: Props = {"driver": driver, "id": sound.alias}
    if sound.model not in (SoundModel.ICH6, SoundModel.ICH9):
        # With HDA the codecs make the sound.
        props["audiodev"] = audio_id(sound)
    return props | address_props(context, sound)


def _codec(sound: Sound, kind: CodecType, number: int) -> Props:
    return {
        "driver": _CODECS[kind],
        "id": f"{sound.alias}-codec{number}",
        "bus": f"{sound.alias}.0",
        "cad": number,
        "audiodev": audio_id(sound),
    }
