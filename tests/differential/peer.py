"""The other side: libvirt in a process of its own, which is started again when a document was its end."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

PYTHON = "/usr/bin/python3"
"""Debian's interpreter, for which python3-libvirt is packaged."""


class Answer(NamedTuple):
    """What became of a document: its text when it was accepted, else an error number and a message."""

    text: str | None
    code: int = 0
    message: str = ""


def unavailable() -> str:
    """Why there is no libvirt to compare with; empty when there is."""
    if not Path(PYTHON).exists():
        return f"{PYTHON} is not installed"
    failed = subprocess.run([PYTHON, "-c", "import libvirt"], capture_output=True, check=False).returncode
    return f"{PYTHON} has no libvirt module" if failed else ""


class Libvirt:
    """libvirt's test driver in a process of its own."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()

    def ask(self, kind: str, text: str) -> Answer | None:
        """What libvirt makes of a document; ``None`` when it dies of it."""
        if self._process is None:
            argv = [PYTHON, str(Path(__file__).with_name("oracle.py"))]
            self._process = subprocess.Popen(
                argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([kind, text]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self.close()
            return None
        answer = json.loads(line)
        return Answer(answer[1]) if answer[0] == "ok" else Answer(None, answer[1], answer[2])
