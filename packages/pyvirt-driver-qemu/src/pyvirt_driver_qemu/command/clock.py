"""Clock and timers: ``-rtc`` and what timers are switched by."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pyvirt_conf.domain.clock import ClockBasis, ClockOffset, TickPolicy, TimerName, TimerTrack
from pyvirt_driver_qemu.command.machines import X86
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.context import Context


def rtc(context: Context) -> list[str]:
    """``-rtc``: where the clock starts, what it follows."""
    clock = context.domain.clock
    parts = [f"base={_base(context)}"]
    for timer in clock.timers:
        if timer.name is not TimerName.RTC:
            continue
        if timer.track is TimerTrack.GUEST:
            parts.append("clock=vm")
        elif timer.track is TimerTrack.REALTIME:
            parts.append("clock=rt")
        if timer.tick_policy is TickPolicy.CATCHUP:
            parts.append("driftfix=slew")
        break
    return ["-rtc", ",".join(parts)]


def _base(context: Context) -> str:
    clock = context.domain.clock
    if clock.offset is ClockOffset.UTC:
        return "utc"
    if clock.offset in (ClockOffset.LOCALTIME, ClockOffset.TIMEZONE):
        # With a time zone, TZ in QEMU's environment says what local time is.
        return "localtime"
    if clock.offset is ClockOffset.ABSOLUTE:
        start = float(clock.start or 0)
    else:
        start = (context.now or time.time)() + (clock.adjustment or 0)
        if clock.basis is ClockBasis.LOCALTIME:
            local = time.localtime(start)
            start += local.tm_gmtoff
    moment = time.gmtime(start)
    return time.strftime("%Y-%m-%dT%H:%M:%S", moment)


def timers(context: Context) -> list[str]:
    """The switches of timers that are no CPU properties.

    :raises ConfigUnsupportedError: QEMU can't do what a timer asks for.
    """
    words: list[str] = []
    for timer in context.domain.clock.timers:
        if timer.name is TimerName.PIT:
            words += _pit(context, timer.tick_policy)
        elif timer.name is TimerName.HPET:
            if context.has("machine-hpet"):
                continue
            if context.has("no-hpet"):
                if timer.present is False:
                    words.append("-no-hpet")
            elif timer.present and context.arch in X86:
                raise ConfigUnsupportedError("hpet timer is not supported")
    return words


def _pit(context: Context, policy: TickPolicy | None) -> list[str]:
    if policy in (None, TickPolicy.DELAY):
        if context.has("kvm-pit-lost-tick-policy"):
            return ["-global", "kvm-pit.lost_tick_policy=delay"]
        return []
    if policy is TickPolicy.CATCHUP:
        return []
    if policy is TickPolicy.DISCARD and context.has("kvm-pit-lost-tick-policy"):
        return ["-global", "kvm-pit.lost_tick_policy=discard"]
    raise ConfigUnsupportedError(f"unsupported pit tickpolicy '{policy}'")
