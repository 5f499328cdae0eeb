"""Sound cards and the host's audio backends."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pyvirt_conf.domain.address import Device
from pyvirt_conf.xml import U32, Element, Mode, Node, Positive, YesNo, attr, child, children, element, fail
from pyvirt_util.errors import ConfigUnsupportedError


class SoundModel(StrEnum):
    """virDomainSoundModel."""

    SB16 = "sb16"
    ES1370 = "es1370"
    PCSPK = "pcspk"
    AC97 = "ac97"
    ICH6 = "ich6"
    ICH9 = "ich9"
    USB = "usb"
    ICH7 = "ich7"


class CodecType(StrEnum):
    """virDomainSoundCodecType."""

    DUPLEX = "duplex"
    MICRO = "micro"
    OUTPUT = "output"


@element("codec")
class Codec(Element):
    """A codec of an HDA card."""

    type: CodecType = attr(required=True)


@element("sound")
class Sound(Device):
    """A sound card."""

    model: SoundModel = attr(required=True)
    codecs: list[Codec] = children()
    audio_id: Positive | None = attr("audio/@id")

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.model not in (SoundModel.ICH6, SoundModel.ICH9):
            self.codecs = []  # they are of HDA cards


class SampleFormat(StrEnum):
    """virDomainAudioFormat."""

    U8 = "u8"
    S8 = "s8"
    U16 = "u16"
    S16 = "s16"
    U32 = "u32"
    S32 = "s32"
    F32 = "f32"


class SdlDriver(StrEnum):
    """virDomainAudioSDLDriver."""

    ESD = "esd"
    ALSA = "alsa"
    ARTS = "arts"
    PULSEAUDIO = "pulseaudio"


@element("input")
class AudioStream(Element):
    """One direction of an audio backend; which fields count depends on the backend."""

    _skip_empty = True
    mixing_engine: YesNo | None = attr("@mixingEngine")
    fixed_settings: YesNo | None = attr("@fixedSettings")
    voices: U32 | None = attr(omit=0)
    buffer_length: U32 | None = attr("@bufferLength", omit=0)
    dev: str | None = attr()
    buffer_count: U32 | None = attr("@bufferCount", omit=0)
    server_name: str | None = attr("@serverName")
    client_name: str | None = attr("@clientName")
    connect_ports: str | None = attr("@connectPorts")
    exact_name: YesNo | None = attr("@exactName")
    name: str | None = attr()
    stream_name: str | None = attr("@streamName")
    latency: U32 | None = attr(omit=0)
    try_poll: YesNo | None = attr("@tryPoll")
    frequency: U32 | None = attr("settings/@frequency", omit=0)
    channels: U32 | None = attr("settings/@channels", omit=0)
    format: SampleFormat | None = attr("settings/@format")

    def _parsed(self, node: Node, mode: Mode) -> None:
        if node.find("settings") is not None and self.fixed_settings is not True:
            fail(node, mode, "audio settings need fixedSettings='yes'", "settings", ConfigUnsupportedError)
        if self.fixed_settings and not self.mixing_engine:
            fail(node, mode, "fixed audio settings need mixingEngine='yes'", "@mixingEngine", ConfigUnsupportedError)

    # By hand: fixed settings are written even if none is given.
    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        start = len(out)
        self._write(out, pad, mode, tag or "input")
        if self.fixed_settings and out[start + 1 : start + 2] == ["/>\n"]:
            out[start + 1 :] = [">\n", f"{pad}  <settings/>\n", f"{pad}</{tag or 'input'}>\n"]

    @property
    def is_default(self) -> bool:
        """Whether nothing is set."""
        return all(getattr(self, name) is None for name in self._fields)


@element("audio", by="type")
class Audio(Element):
    """An audio backend; one of the classes below by ``type``."""

    type: ClassVar[str]
    id: Positive = attr(required=True, rank=-1)
    timer_period: Positive | None = attr("@timerPeriod", rank=1)
    input: AudioStream | None = child("input", rank=50)
    output: AudioStream | None = child("output", rank=50)


@element(type="none")
class NoAudio(Audio):
    """Sound goes nowhere."""


@element(type="alsa")
class AlsaAudio(Audio):
    """ALSA."""


@element(type="coreaudio")
class CoreAudio(Audio):
    """macOS."""


@element(type="jack")
class JackAudio(Audio):
    """JACK."""


@element(type="oss")
class OssAudio(Audio):
    """OSS."""

    try_mmap: YesNo | None = attr("@tryMMap", rank=2)
    exclusive: YesNo | None = attr(rank=2)
    dsp_policy: int | None = attr("@dspPolicy", rank=2)


@element(type="pulseaudio")
class PulseAudio(Audio):
    """PulseAudio."""

    server_name: str | None = attr("@serverName", rank=2)


@element(type="sdl")
class SdlAudio(Audio):
    """SDL."""

    driver: SdlDriver | None = attr(rank=2)


@element(type="spice")
class SpiceAudio(Audio):
    """The SPICE client."""


@element(type="file")
class FileAudio(Audio):
    """A WAV file."""

    path: str | None = attr(rank=2)


@element(type="dbus")
class DbusAudio(Audio):
    """D-Bus."""
