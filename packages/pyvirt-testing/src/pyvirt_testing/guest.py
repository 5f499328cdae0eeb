"""A guest that fits into a boot sector: it boots in a blink, talks on COM1 and obeys the ACPI power button.

On x86 PC machines with SeaBIOS (QEMU's ``pc`` and ``q35``) it prints :data:`GREETING` on the first serial port and then
answers keys typed there; it looks every timer tick (55 ms) and sleeps in between:

=====  ==========================================================================================================
``q``  power off (ACPI S5), as does the power button (``system_powerdown``, ``virsh shutdown``)
``r``  reset
``+``  count up by one (modulo 16, kept in RAM) and print the count as a letter, ``A`` for 0: proves that RAM survived
``=``  print the count
``w``  write the count to the disk's second sector, from where it is read at boot; prints ``W``, ``E`` on failure
other  is echoed; a carriage return is followed by a line feed
=====  ==========================================================================================================

No firmware but SeaBIOS's interrupt 13h and no hardware but COM1, the ACPI ports SeaBIOS sets up at 0x600 and the reset
control register at 0xCF9 is used.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

#: What the guest says on its serial port once it runs.
GREETING = b"pyvirt test guest ready\r\n"

SECTOR_SIZE = 512
_ORIGIN = 0x7C00  # where the BIOS loads the boot sector
_BUFFER = 0x7E00  # the sector behind it in RAM: the count is its first byte


class _Assembler:
    """Bytes with labels: just enough for one sector of 16-bit code."""

    def __init__(self) -> None:
        self.code = bytearray()
        self._labels: dict[str, int] = {}
        self._fixes: list[tuple[int, int, str]] = []

    def label(self, name: str) -> None:
        self._labels[name] = len(self.code)

    def emit(self, code: str, _what: str) -> None:
        """Instructions as hexadecimal bytes; the second argument is what a disassembler would say."""
        self.code += bytes.fromhex(code)

    def jump(self, opcode: str, target: str, _what: str) -> None:
        """A jump with a one-byte distance."""
        self.emit(opcode + "00", _what)
        self._fixes.append((len(self.code) - 1, 1, target))

    def call(self, target: str) -> None:
        """A near call."""
        self.emit("e8 00 00", f"call {target}")
        self._fixes.append((len(self.code) - 2, -2, target))

    def address(self, opcode: str, target: str, _what: str) -> None:
        """An instruction that ends in the two-byte address of a label."""
        self.emit(opcode + "00 00", _what)
        self._fixes.append((len(self.code) - 2, 2, target))

    def link(self) -> bytes:
        for position, kind, target in self._fixes:
            place = self._labels[target]
            if kind == 2:
                self.code[position : position + 2] = (_ORIGIN + place).to_bytes(2, "little")
            elif kind == 1:
                self.code[position : position + 1] = (place - position - 1).to_bytes(1, "little", signed=True)
            else:
                self.code[position : position + 2] = (place - position - 2).to_bytes(2, "little", signed=True)
        return bytes(self.code)


def _setup(a: _Assembler) -> None:
    a.emit("31 c0", "xor ax, ax")
    a.emit("8e d8", "mov ds, ax")
    a.emit("8e c0", "mov es, ax")
    a.emit("8e d0", "mov ss, ax")
    a.emit("bc 00 7c", "mov sp, 0x7c00")
    a.address("88 16", "drive", "mov [drive], dl: the BIOS says which disk it booted from")
    a.emit("fb fc", "sti; cld")
    a.emit("ba 02 06", "mov dx, 0x602: PM1a enable")
    a.emit("b8 00 01", "mov ax, 0x100: the power button")
    a.emit("ef", "out dx, ax: from now on a press is seen in PM1a status")
    a.emit("b8 01 02", "mov ax, 0x0201: read one sector")
    a.call("disk")
    a.jump("73", "greet", "jnc greet")
    a.emit("c6 06 00 7e 00", "mov byte [0x7e00], 0: no second sector, count from 0")
    a.label("greet")
    a.address("be", "text", "mov si, text")
    a.label("print")
    a.emit("ac", "lodsb")
    a.emit("08 c0", "or al, al")
    a.jump("74", "loop", "jz loop")
    a.call("putc")
    a.jump("eb", "print", "jmp print")


def _loop(a: _Assembler) -> None:
    a.label("loop")
    a.emit("ba 00 06", "mov dx, 0x600: PM1a status")
    a.emit("ed", "in ax, dx")
    a.emit("f6 c4 01", "test ah, 1: the power button was pressed")
    a.jump("75", "off", "jnz off")
    a.emit("ba fd 03", "mov dx, 0x3fd: COM1 line status")
    a.emit("ec", "in al, dx")
    a.emit("3c ff", "cmp al, 0xff: there is no COM1")
    a.jump("74", "sleep", "je sleep")
    a.emit("a8 01", "test al, 1: a byte has come")
    a.jump("75", "key", "jnz key")
    a.label("sleep")
    a.emit("f4", "hlt: until the next timer tick")
    a.jump("eb", "loop", "jmp loop")
    a.label("key")
    a.emit("ba f8 03", "mov dx, 0x3f8")
    a.emit("ec", "in al, dx")
    for key, target in ((b"q", "off"), (b"r", "reset"), (b"+", "more"), (b"=", "show"), (b"w", "write")):
        a.emit("3c" + key.hex(), f"cmp al, {key!r}")
        a.jump("74", target, f"je {target}")
    a.call("putc")
    a.emit("3c 0d", "cmp al, 13")
    a.jump("75", "loop", "jne loop")
    a.emit("b0 0a", "mov al, 10")
    a.label("answer")
    a.call("putc")
    a.jump("eb", "loop", "jmp loop")


def _actions(a: _Assembler) -> None:
    a.label("more")
    a.emit("fe 06 00 7e", "inc byte [0x7e00]")
    a.label("show")
    a.emit("a0 00 7e", "mov al, [0x7e00]")
    a.emit("24 0f", "and al, 15")
    a.emit("04 41", "add al, 'A'")
    a.jump("eb", "answer", "jmp answer")
    a.label("write")
    a.emit("b8 01 03", "mov ax, 0x0301: write one sector")
    a.call("disk")
    a.emit("b0 57", "mov al, 'W'")
    a.jump("73", "answer", "jnc answer")
    a.emit("b0 45", "mov al, 'E'")
    a.jump("eb", "answer", "jmp answer")
    a.label("off")
    a.emit("ba 04 06", "mov dx, 0x604: PM1a control")
    a.emit("b8 00 20", "mov ax, 0x2000: sleep type 0 is S5 on QEMU's chipsets, with the enable bit")
    a.emit("ef", "out dx, ax")
    a.jump("eb", "sleep", "jmp sleep")
    a.label("reset")
    a.emit("ba f9 0c", "mov dx, 0xcf9: reset control")
    a.emit("b0 06", "mov al, 6: hard reset")
    a.emit("ee", "out dx, al")
    a.jump("eb", "sleep", "jmp sleep")


def _routines(a: _Assembler) -> None:
    a.label("disk")  # ah: 2 reads, 3 writes the disk's second sector; carry is set on failure
    a.emit("bb 00 7e", "mov bx, 0x7e00")
    a.emit("b9 02 00", "mov cx, 2: cylinder 0, sector 2")
    a.address("8a 16", "drive", "mov dl, [drive]")
    a.emit("b6 00", "mov dh, 0: head 0")
    a.emit("cd 13", "int 0x13")
    a.emit("c3", "ret")
    a.label("putc")  # al to COM1
    a.emit("52 50", "push dx; push ax")
    a.emit("ba fd 03", "mov dx, 0x3fd")
    a.label("busy")
    a.emit("ec", "in al, dx")
    a.emit("a8 20", "test al, 0x20: room for a byte")
    a.jump("74", "busy", "jz busy")
    a.emit("58", "pop ax")
    a.emit("ba f8 03", "mov dx, 0x3f8")
    a.emit("ee", "out dx, al")
    a.emit("5a", "pop dx")
    a.emit("c3", "ret")
    a.label("drive")
    a.emit("00", "the BIOS's number of the boot disk")
    a.label("text")
    a.emit(GREETING.hex() + "00", "the greeting")


def boot_sector() -> bytes:
    """The guest: 512 bytes that end in 55 AA."""
    assembler = _Assembler()
    for part in (_setup, _loop, _actions, _routines):
        part(assembler)
    code = assembler.link()
    # Byte 446 and on is where a partition table would stand; left empty.
    return code.ljust(SECTOR_SIZE - 2, b"\0") + b"\x55\xaa"


def write_disk(
    path: str | os.PathLike[str],
    size: int = 1024 * 1024,
    format: Literal["raw", "qcow2"] = "raw",
) -> Path:
    """Write a bootable disk image of ``size`` bytes.

    :param path: the image, overwritten if it is there. A block device works for ``raw``.
    :param size: bytes, a multiple of 512 and at least 1024; not looked at for a block device.
    :param format: ``qcow2`` images are made with ``qemu-img``.
    :raises ValueError: the size can't be.
    :raises VirtError: ``qemu-img`` failed or is not there.
    """
    if size < 2 * SECTOR_SIZE or size % SECTOR_SIZE:
        raise ValueError(f"disk size {size} is not a multiple of {SECTOR_SIZE} of at least two sectors")
    path = Path(path)
    if format == "raw":
        _write_raw(path, size)
        return path
    import subprocess

    raw = path.with_name(path.name + ".raw")
    try:
        _write_raw(raw, size)
        command = ["qemu-img", "convert", "-f", "raw", "-O", format, str(raw), str(path)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    finally:
        raw.unlink(missing_ok=True)
    return path


def _write_raw(path: Path, size: int) -> None:
    if path.is_block_device():
        with path.open("r+b") as disk:
            disk.write(boot_sector())
        return
    with path.open("wb") as disk:
        disk.write(boot_sector())
        disk.truncate(size)
