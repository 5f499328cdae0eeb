"""Capabilities on disk: one file per binary, read in well under a millisecond, probed anew when anything changed.

A file is a line ``pyvirt-qemu-capabilities FORMAT CRC32 LENGTH``, then the header (one line of JSON with a table of the
sections), then the sections, each JSON. The checksum covers all behind the first line, so a damaged file is noticed at
once and not when a section is asked for.
"""

from __future__ import annotations

import json
import os
import zlib
from functools import cache
from typing import Any

from pyvirt_driver_qemu.capabilities.model import Capabilities, SectionLoader
from pyvirt_util.errors import NoSupportError, system_error

#: Changes with the file's form and with what the prober asks or derives.
FORMAT = 1

SECTIONS = ("machines", "cpus", "host_cpus", "commands", "types", "options", "gic", "sev", "tpm", "hyperv")
_MAGIC = b"pyvirt-qemu-capabilities"

#: Where distributions put QEMU's loadable modules; they bring devices without the binary changing.
_MODULE_FOLDERS = ("/usr/lib/{machine}-linux-gnu/qemu", "/usr/lib64/qemu-kvm", "/usr/lib64/qemu", "/usr/lib/qemu")


def kvm_accessible() -> bool:
    """May this process use ``/dev/kvm``?"""
    return os.access("/dev/kvm", os.R_OK | os.W_OK)


def identity(binary: str) -> list[Any]:
    """What the answers depend on: the binary, its modules, and with KVM the running kernel.

    :raises NoSupportError: there is no such binary.
    """
    try:
        found = os.stat(binary)
    except FileNotFoundError as error:
        raise NoSupportError(f"there is no QEMU binary '{binary}'") from error
    except OSError as error:
        raise system_error(f"look at QEMU binary '{binary}'", error) from error
    modules = []
    for folder in _module_folders():
        try:
            modules.append([folder, os.stat(folder).st_mtime_ns])
        except OSError:
            continue
    host = _boot() if kvm_accessible() else ""
    return [binary, found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size, modules, host]


@cache  # no process outlives its host's boot
def _boot() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError:
        return os.uname().release


@cache
def _module_folders() -> list[str]:
    machine = os.uname().machine
    return [pattern.format(machine=machine) for pattern in _MODULE_FOLDERS]


def from_data(data: dict[str, Any]) -> Capabilities:
    """Capabilities from plain data: the header's keys and :data:`SECTIONS`."""
    return Capabilities(data, data.__getitem__)


def encode(key: list[Any], data: dict[str, Any]) -> bytes:
    """A cache file's content."""
    dump = json.JSONEncoder(separators=(",", ":")).encode
    parts = [dump(data[name]).encode() for name in SECTIONS]
    table, position = {}, 0
    for name, part in zip(SECTIONS, parts, strict=True):
        table[name] = [position, len(part)]
        position += len(part)
    header = {name: data[name] for name in ("binary", "version", "package", "arch", "kvm", "flags")}
    header |= {"key": key, "sections": table}
    body = dump(header).encode() + b"\n" + b"".join(parts)
    return b"%s %d %08x %d\n%s" % (_MAGIC, FORMAT, zlib.crc32(body), len(body), body)


def decode(content: bytes, key: list[Any] | None) -> Capabilities | None:
    """The file's capabilities; ``None`` when it is damaged, of another format, or of another ``key``."""
    first, newline, body = content.partition(b"\n")
    words = first.split()
    try:
        if not newline or words[0] != _MAGIC or int(words[1]) != FORMAT:
            return None
        if int(words[3]) != len(body) or int(words[2], 16) != zlib.crc32(body):
            return None
        end = body.index(b"\n")
        header = json.loads(body[:end])
        if key is not None and header["key"] != key:
            return None
        table = header["sections"]
        if set(table) != set(SECTIONS):
            return None
        return Capabilities(header, _loader(body[end + 1 :], table))
    except (ValueError, IndexError, KeyError, TypeError):
        return None


def _loader(body: bytes, table: dict[str, list[int]]) -> SectionLoader:
    decoded: dict[str, Any] = {}

    def load(name: str) -> Any:
        if name not in decoded:
            start, size = table[name]
            decoded[name] = json.loads(body[start : start + size])
        return decoded[name]

    return load


class CapabilitiesCache:
    """The capabilities of binaries, from memory, from disk, or asked for.

    :param directory: the instance's cache directory (``directories("qemu").cache``); files go below ``capabilities``.
    """

    def __init__(self, directory: str) -> None:
        self._directory = os.path.join(directory, "capabilities")
        self._known: dict[str, tuple[list[Any], Capabilities]] = {}

    def get(self, binary: str, *, timeout: float = 60.0) -> Capabilities:
        """The capabilities of ``binary`` (an absolute path).

        :param timeout: seconds for probing, and for waiting while another process probes.
        :raises NoSupportError: there is no such binary.
        :raises VirtError: it can't be started, or is no QEMU.
        """
        key = identity(binary)
        known = self._known.get(binary)
        if known is not None and known[0] == key:
            return known[1]
        path = self.path(binary)
        found = self._read(path, key)
        if found is None:
            found = self._probe(binary, path, timeout)
        self._known[binary] = (key, found)
        return found

    def path(self, binary: str) -> str:
        """The cache file of ``binary``: its base name, and a checksum of its path."""
        name = os.path.basename(binary)[:100]
        return os.path.join(self._directory, f"{name}-{zlib.crc32(os.fsencode(binary)):08x}.caps")

    @staticmethod
    def _read(path: str, key: list[Any]) -> Capabilities | None:
        try:
            with open(path, "rb") as file:
                content = file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise system_error(f"read '{path}'", error) from error
        return decode(content, key)

    def _probe(self, binary: str, path: str, timeout: float) -> Capabilities:
        from pyvirt_driver_qemu.capabilities.probe import probe
        from pyvirt_util.files import write_atomic
        from pyvirt_util.locks import FileLock

        os.makedirs(self._directory, mode=0o700, exist_ok=True)
        with FileLock(path + ".lock", timeout=timeout):
            key = identity(binary)
            found = self._read(path, key)  # by whoever had the lock before
            if found is not None:
                return found
            data = probe(binary, path + ".socket", timeout=timeout)
            content = encode(key, data)
            # Not worth waiting for the disk: it can be had again.
            write_atomic(path, content, durable=False)
        fresh = decode(content, key)
        return fresh if fresh is not None else from_data(data)
