"""The whole command line, in libvirt's order."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from pyvirt_conf.domain.graphics import EglHeadlessGraphics, SdlGraphics, SpiceGraphics, VncGraphics
from pyvirt_conf.domain.namespaces import QemuNamespace
from pyvirt_conf.domain.sound import SdlAudio
from pyvirt_driver_qemu.command import (
    clock,
    controller,
    cpu,
    disk,
    filesystem,
    graphics,
    hostdev,
    interface,
    machine,
    memory,
    ports,
    small_devices,
    sound,
    sysinfo,
    tpm,
    video,
)
from pyvirt_driver_qemu.command.chardev import monitor
from pyvirt_driver_qemu.command.secrets import managed_reservations, master_key_props
from pyvirt_util.errors import ConfigUnsupportedError

if TYPE_CHECKING:
    from pyvirt_driver_qemu.command.context import Context


class CommandLine(NamedTuple):
    """Environment and arguments; ``argv[0]`` is the emulator."""

    env: dict[str, str]
    argv: list[str]


def build(context: Context, *, monitor_path: str, extra_monitors: tuple[tuple[str, str, str], ...] = ()) -> CommandLine:
    """The command line of a guest.

    :param context: the domain, completed and with aliases, and all that was prepared for it.
    :param monitor_path: where the monitor listens.
    :param extra_monitors: path, alias and id of further monitors.
    :raises ConfigUnsupportedError: QEMU, or this one, can't do what the domain asks for.
    """
    domain = context.domain
    emulator = domain.devices.emulator
    if emulator is None:
        raise ConfigUnsupportedError(f"domain '{domain.name}' has no emulator")
    words = [emulator]
    for part in _BEFORE_MONITOR:
        words += part(context)
    words += monitor(context, monitor_path)
    for path, alias, name in extra_monitors:
        words += monitor(context, path, alias, name)
    for part in _AFTER_MONITOR:
        words += part(context)
    return CommandLine(environment(context), words)


def environment(context: Context) -> dict[str, str]:
    """QEMU's environment: what it needs of ours, folders of its own, what the domain passes through."""
    ours = context.environment
    env = {"LC_ALL": "C"}
    for name in ("LD_PRELOAD", "LD_LIBRARY_PATH", "PATH"):
        if name in ours:
            env[name] = ours[name]
    home = context.private_dir
    env["HOME"] = home
    for name in ("USER", "LOGNAME", "TMPDIR"):
        if name in ours:
            env[name] = ours[name]
    env["XDG_DATA_HOME"] = f"{home}/.local/share"
    env["XDG_CACHE_HOME"] = f"{home}/.cache"
    env["XDG_CONFIG_HOME"] = f"{home}/.config"
    if domain_timezone(context) is not None:
        env["TZ"] = str(domain_timezone(context))
    env.update(_display_environment(context))
    namespace = context.domain.namespace
    if isinstance(namespace, QemuNamespace):
        for item in namespace.env:
            env[item.name] = item.value or ""
    return env


def _display_environment(context: Context) -> dict[str, str]:
    """What displays and sound look for in the environment."""
    env: dict[str, str] = {}
    settings = context.settings
    for display in context.domain.devices.graphics:
        if isinstance(display, VncGraphics) and settings.vnc_sasl and settings.vnc_sasl_dir is not None:
            env["SASL_CONF_PATH"] = settings.vnc_sasl_dir
        elif isinstance(display, SpiceGraphics) and settings.spice_sasl and settings.spice_sasl_dir is not None:
            env["SASL_CONF_PATH"] = settings.spice_sasl_dir
        elif isinstance(display, SdlGraphics):
            if display.xauth is not None:
                env["XAUTHORITY"] = display.xauth
            if display.display is not None:
                env["DISPLAY"] = display.display
    for audio in context.domain.devices.audios:
        if isinstance(audio, SdlAudio) and audio.driver is not None:
            env["SDL_AUDIODRIVER"] = str(audio.driver)
    return env


def domain_timezone(context: Context) -> str | None:
    """The time zone local time is meant in."""
    return context.domain.clock.timezone


def _freeze(context: Context) -> list[str]:
    return ["-S"] if context.freeze else []


def _master_key(context: Context) -> list[str]:
    return context.object(master_key_props(context))


def _lock_memory(context: Context) -> list[str]:
    return ["-overcommit", f"mem-lock={'on' if context.domain.memory_backing.locked else 'off'}"]


def _iothreads(context: Context) -> list[str]:
    domain = context.domain
    words: list[str] = []
    threads = domain.iothread_ids
    if not threads and domain.iothreads:
        for number in range(1, domain.iothreads + 1):
            words += context.object({"qom-type": "iothread", "id": f"iothread{number}"})
    for thread in threads:
        props: dict[str, object] = {"qom-type": "iothread", "id": f"iothread{thread.id}"}
        if thread.thread_pool_min is not None:
            props["thread-pool-min"] = thread.thread_pool_min
        if thread.thread_pool_max is not None:
            props["thread-pool-max"] = thread.thread_pool_max
        words += context.object(props)
    pool = domain.default_iothread
    if pool is not None:
        main: dict[str, object] = {"qom-type": "main-loop", "id": "main-loop"}
        if pool.thread_pool_min is not None:
            main["thread-pool-min"] = pool.thread_pool_min
        if pool.thread_pool_max is not None:
            main["thread-pool-max"] = pool.thread_pool_max
        words += context.object(main)
    return words


def _uuid(context: Context) -> list[str]:
    return ["-uuid", str(context.domain.uuid)]


def _no_display(context: Context) -> list[str]:
    shown = [g for g in context.domain.devices.graphics if not isinstance(g, EglHeadlessGraphics)]
    return [] if shown or context.domain.devices.graphics else ["-display", "none"]


def _defaults(context: Context) -> list[str]:
    return ["-no-user-config", "-nodefaults"]


def _sga(context: Context) -> list[str]:
    return ["-device", "sga"] if context.domain.os.bios_useserial and not context.has("machine-hpet") else []


def _floppies(context: Context) -> list[str]:
    """The floppy controller of boards that have none, and boot indexes of floppies for those that have one."""
    from pyvirt_conf.domain.disk import DiskBus
    from pyvirt_driver_qemu.command.address import boot_props
    from pyvirt_driver_qemu.command.machines import is_q35

    floppies = [d for d in context.domain.devices.disks if d.bus is DiskBus.FDC]
    if not floppies:
        return []
    props: dict[str, object] = {"driver": "isa-fdc"}
    for item in floppies:
        boot = boot_props(context, item)
        if boot:
            letter = "B" if getattr(item.address, "unit", 0) else "A"
            props[f"bootindex{letter}"] = boot["bootindex"]
    if is_q35(context.domain) and context.machine not in ("pc-q35-2.3", "pc-q35-2.2", "pc-q35-2.1", "pc-q35-2.0"):
        return context.device(props)
    words: list[str] = []
    for name, value in props.items():
        if name != "driver":
            words += ["-global", f"isa-fdc.{name}={value}"]
    return words


def _incoming(context: Context) -> list[str]:
    return ["-incoming", context.incoming] if context.incoming is not None else []


def _pass_through(context: Context) -> list[str]:
    namespace = context.domain.namespace
    return [item.value for item in namespace.args] if isinstance(namespace, QemuNamespace) else []


def _sandbox(context: Context) -> list[str]:
    if not context.settings.seccomp_sandbox or not context.has("seccomp-sandbox"):
        return []
    return ["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"]


def _vmcoreinfo(context: Context) -> list[str]:
    return ["-device", "vmcoreinfo"] if context.domain.features.vmcoreinfo else []


def _timestamps(context: Context) -> list[str]:
    return ["-msg", "timestamp=on"] if context.settings.log_timestamp else []


_BEFORE_MONITOR: tuple[Callable[[Context], list[str]], ...] = (
    machine.name,
    _freeze,
    _master_key,
    managed_reservations,
    machine.firmware_blockdevs,
    machine.machine,
    machine.accelerator,
    machine.tseg,
    cpu.cpu,
    machine.secure_loader,
    machine.bios,
    memory.memory,
    _lock_memory,
    cpu.smp,
    _iothreads,
    memory.numa,
    _uuid,
    sysinfo.smbios,
    sysinfo.firmware_configuration,
    sysinfo.generation_id,
    _no_display,
    _defaults,
    _sga,
)
_AFTER_MONITOR: tuple[Callable[[Context], list[str]], ...] = (
    clock.rtc,
    clock.timers,
    machine.power_management,
    machine.boot,
    small_devices.iommu,
    controller.global_options,
    machine.pci_root_hotplug,
    controller.controllers,
    small_devices.hubs,
    controller.card_readers,
    memory.modules,
    _floppies,
    disk.disks,
    filesystem.filesystems,
    interface.interfaces,
    small_devices.smartcards,
    ports.serials,
    ports.parallels,
    ports.channels,
    ports.consoles,
    tpm.tpms,
    small_devices.inputs,
    sound.audios,
    graphics.graphics,
    video.videos,
    sound.sounds,
    small_devices.watchdog,
    small_devices.redirdevs,
    hostdev.interface_hostdevs,
    hostdev.hostdevs,
    _incoming,
    small_devices.balloon,
    small_devices.rngs,
    small_devices.nvram,
    _vmcoreinfo,
    machine.security_objects,
    _pass_through,
    _sandbox,
    small_devices.panics,
    small_devices.shmems,
    small_devices.vsock,
    _timestamps,
)
