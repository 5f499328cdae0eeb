"""What every verb gets: the connection, made when first asked for, and where its output goes."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyvirt import Connection


class Context:
    """One call of the command.

    ``json``, ``quiet``, ``readonly`` and ``uri`` are what the options of the command said. ``connecting`` is true while
    the connection is being made, so that a failure then can be told from all others (exit code 3).
    """

    def __init__(self) -> None:
        self.uri: str | None = None
        self.readonly = False
        self.json = False
        self.quiet = False
        self.help = False
        self.escape = "^]"
        self.connecting = False
        self._connection: Connection | None = None

    def set_global(self, name: str, text: str) -> None:
        """Take an option of the command."""
        if name == "connect":
            self.uri = text
        elif name == "escape":
            self.escape = text
        else:
            setattr(self, name, True)

    @property
    def connection(self) -> Connection:
        """The connection, opened at first use."""
        if self._connection is None:
            import pyvirt

            self.connecting = True
            self._connection = pyvirt.open(self.uri or default_uri(), readonly=self.readonly)
            self.connecting = False
        return self._connection

    def close(self) -> None:
        """Close the connection if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def write(self, text: str) -> None:
        """Text to standard output as it is."""
        sys.stdout.write(text)

    def note(self, text: str) -> None:
        """A line for the user that is not output: on standard error, silent with ``--quiet``."""
        if not self.quiet:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()

    def fail(self, message: str) -> None:
        """Say that one part of the work failed; the verb goes on with the others."""
        sys.stdout.flush()
        sys.stderr.write(f"error: {message}\n")
        sys.stderr.flush()

    def emit(self, data: object, text: str) -> None:
        """What a verb found out: ``data`` as JSON, or ``text`` (a newline is added where it has none)."""
        if self.json:
            from pyvirt_cli.output import json_text

            text = json_text(data)
        elif text and not text.endswith("\n"):
            text += "\n"
        sys.stdout.write(text)

    def table(
        self, headers: Sequence[str], rows: Iterable[Sequence[object]], data: Sequence[object] | None = None
    ) -> None:
        """A table. As JSON: ``data``, or the rows as objects whose keys are the headers in lower case."""
        from pyvirt_cli.output import table

        if self.json:
            if data is None:
                keys = [header.lower().replace(" ", "_") for header in headers]
                data = [dict(zip(keys, row, strict=True)) for row in rows]
            self.emit(data, "")
        else:
            sys.stdout.write(table(headers, rows, header=not self.quiet))

    def done(self, message: str, action: str, **what: object) -> None:
        """Confirm a change: ``message``, or ``{"action": ..., **what}`` as JSON."""
        if self.json:
            self.emit({"action": action, **what}, "")
        elif not self.quiet:
            sys.stdout.write(message + "\n")


def default_uri() -> str | None:
    """The URI of the environment; ``None`` leaves the choice to :func:`pyvirt.open`."""
    from os import environ

    return environ.get("PYVIRT_DEFAULT_URI") or environ.get("VIRSH_DEFAULT_CONNECT_URI") or None
