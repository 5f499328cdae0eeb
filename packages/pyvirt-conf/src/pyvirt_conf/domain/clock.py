"""The guest's clock and timers."""

from __future__ import annotations

from enum import StrEnum

from pyvirt_conf.xml import U32, U64, BadValue, Element, Mode, Node, YesNo, attr, by_hand, child, children, element


class ClockOffset(StrEnum):
    """virDomainClockOffsetType."""

    UTC = "utc"
    LOCALTIME = "localtime"
    VARIABLE = "variable"
    TIMEZONE = "timezone"
    ABSOLUTE = "absolute"


class ClockBasis(StrEnum):
    """What a variable offset is relative to."""

    UTC = "utc"
    LOCALTIME = "localtime"


class TimerName(StrEnum):
    """virDomainTimerName."""

    PLATFORM = "platform"
    PIT = "pit"
    RTC = "rtc"
    HPET = "hpet"
    TSC = "tsc"
    KVMCLOCK = "kvmclock"
    HYPERVCLOCK = "hypervclock"
    ARMVTIMER = "armvtimer"


class TimerTrack(StrEnum):
    """What a timer follows."""

    BOOT = "boot"
    GUEST = "guest"
    WALL = "wall"
    REALTIME = "realtime"


class TickPolicy(StrEnum):
    """What becomes of ticks the guest missed."""

    DELAY = "delay"
    CATCHUP = "catchup"
    MERGE = "merge"
    DISCARD = "discard"


class TimerMode(StrEnum):
    """How the TSC is offered."""

    AUTO = "auto"
    NATIVE = "native"
    EMULATE = "emulate"
    PARAVIRT = "paravirt"
    SMPSAFE = "smpsafe"


@element("catchup")
class Catchup(Element):
    """How missed ticks are delivered."""

    threshold: U32 | None = attr(omit=0)
    slew: U32 | None = attr(omit=0)
    limit: U32 | None = attr(omit=0)


@element("timer")
class Timer(Element):
    """One timer."""

    name: TimerName = attr(required=True)
    present: YesNo | None = attr()
    tick_policy: TickPolicy | None = attr("@tickpolicy")
    track: TimerTrack | None = attr()
    frequency: U64 | None = attr(omit=0)
    mode: TimerMode | None = attr()
    catchup: Catchup | None = child()

    def _parsed(self, node: Node, mode: Mode) -> None:
        if self.catchup is not None and self.tick_policy is not TickPolicy.CATCHUP:
            raise BadValue("catchup needs tickpolicy='catchup'")
        if self.name is not TimerName.TSC:
            self.frequency = None
            self.mode = None
        if self.name not in (TimerName.PLATFORM, TimerName.RTC):
            self.track = None

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        # An empty <catchup/> says nothing.
        if self.catchup is not None and not (self.catchup.threshold or self.catchup.slew or self.catchup.limit):
            self.catchup = None
        self._write(out, pad, mode, "timer")


@element("clock")
class Clock(Element):
    """Where the clock starts. ``adjustment`` is in seconds, or the word ``reset``."""

    _always = ("@offset",)

    _more = by_hand("@adjustment", "@adjustment0", "@basis", "@timezone", "@start")

    offset: ClockOffset = attr(default=ClockOffset.UTC, required=True)
    adjustment: int | None = None
    reset: bool = False
    basis: ClockBasis | None = None
    timezone: str | None = None
    start: int | None = None
    adjustment0: int | None = None
    timers: list[Timer] = children()

    # By hand: which attributes there are depends on the offset, and adjustment is a number or a word.
    @classmethod
    def _from_node(cls, node: Node, mode: Mode) -> Clock:
        from pyvirt_conf.xml import fail
        from pyvirt_conf.xml.scalars import to_int

        new = cls._read(node, mode)

        def number(name: str) -> int | None:
            text = node.get(name)
            if text is None:
                return None
            try:
                return to_int(text)
            except BadValue as error:
                fail(node, mode, str(error), f"@{name}")

        if new.offset in (ClockOffset.UTC, ClockOffset.LOCALTIME):
            if node.get("adjustment") == "reset":
                new.reset = True
            else:
                new.adjustment = number("adjustment")
                if new.adjustment is not None:
                    # An adjusted clock is one that varies.
                    new.basis = ClockBasis(new.offset.value)
                    new.offset = ClockOffset.VARIABLE
        elif new.offset is ClockOffset.VARIABLE:
            new.adjustment = number("adjustment") or 0
            new.adjustment0 = number("adjustment0") if mode.status else None
            basis = node.get("basis", "utc")
            if basis not in ("utc", "localtime"):
                fail(node, mode, f"unknown value '{basis}', expected one of utc, localtime", "@basis")
            new.basis = ClockBasis(basis)
        elif new.offset is ClockOffset.TIMEZONE:
            new.timezone = node.get("timezone")
            if new.timezone is None:
                fail(node, mode, "missing timezone of a clock with offset 'timezone'", "@timezone")
        elif new.offset is ClockOffset.ABSOLUTE:
            new.start = number("start")
            if new.start is not None and new.start < 0:
                fail(node, mode, f"start {new.start} is before the epoch", "@start")
            if new.start is None:
                fail(node, mode, "missing start of a clock with offset 'absolute'", "@start")
        return new

    def _write_attrs(self, mode: Mode) -> str:
        from pyvirt_conf.xml import escape

        text = f" offset='{self.offset}'"
        if self.offset in (ClockOffset.UTC, ClockOffset.LOCALTIME):
            if self.adjustment is not None:
                text += f" adjustment='{self.adjustment}'"
            elif self.reset:
                text += " adjustment='reset'"
        elif self.offset is ClockOffset.VARIABLE:
            text += f" adjustment='{self.adjustment or 0}' basis='{self.basis or ClockBasis.UTC}'"
            if mode.status and self.adjustment0:
                text += f" adjustment0='{self.adjustment0}'"
        elif self.offset is ClockOffset.TIMEZONE:
            text += f" timezone='{escape(self.timezone or '')}'"
        elif self.offset is ClockOffset.ABSOLUTE:
            text += f" start='{self.start}'"
        return text

    def _to_xml(self, out: list[str], pad: str, mode: Mode, tag: str | None = None) -> None:
        head = f"{pad}<clock{self._write_attrs(mode)}"
        if not self.timers:
            out.append(head + "/>\n")
            return
        out.append(head + ">\n")
        for timer in self.timers:
            timer._to_xml(out, pad + "  ", mode)
        out.append(f"{pad}</clock>\n")
