"""Secrets."""

from __future__ import annotations

from pyvirt_cli import lookup
from pyvirt_cli.options import UsageError, flag, value, verb
from pyvirt_cli.verbs import common

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

SECRET = common.Noun("secret", "Secret", "secret", "UUID or usage of the secret", lookup.secret, label="uuid")

common.from_file(
    SECRET,
    "define",
    "defined",
    "Store a secret's description; secret-set-value gives it its value.",
    lambda connection, text, flags: connection.define_secret(text, flags),
)
common.change(SECRET, "undefine", "deleted", "Remove a secret with its value.")
common.dumpxml(SECRET)

# virSecretUsageType
_USAGES = ("none", "volume", "ceph", "iscsi", "tls", "vtpm")


@verb(
    "secret-list",
    flag("ephemeral", "only secrets that are kept in memory"),
    flag("no-ephemeral", "only secrets that are kept on disk"),
    flag("private", "only secrets that are never told"),
    flag("no-private", "only secrets that may be told"),
)
def secret_list(context: Context, arguments: Arguments) -> None:
    """List secrets and what each is for.

    JSON: [{"uuid", "usage_type", "usage"}].
    """
    flags = arguments.flags(ephemeral=1, no_ephemeral=2, private=4, no_private=8)
    found = []
    for item in context.connection.list_secrets(flags):
        number = item.ref.usage_type
        kind = _USAGES[number] if 0 <= number < len(_USAGES) else str(number)
        found.append({"uuid": item.uuid, "usage_type": kind, "usage": item.usage_id})
    rows = [(item["uuid"], f"{item['usage_type']} {item['usage']}".strip()) for item in found]
    context.table(["UUID", "Usage"], rows, found)


@verb("secret-get-value", SECRET.argument, flag("plain", "the bytes themselves, not base64"))
def secret_get_value(context: Context, arguments: Arguments) -> None:
    """Print a secret's value.

    JSON: {"uuid", "base64"}.
    """
    import sys
    from base64 import b64encode

    secret = SECRET.the(context, arguments)
    data = secret.value()
    if arguments.on("plain") and not context.json:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        return
    text = b64encode(data).decode("ascii")
    context.emit({"uuid": secret.uuid, "base64": text}, text)


@verb(
    "secret-set-value",
    SECRET.argument,
    value("file", "FILE", "read it from a file; - is standard input", complete="file"),
    flag("plain", "the file has the bytes themselves, not base64"),
    flag("interactive", "ask for it"),
    value("base64", "TEXT", "the value; other users may see it in the list of processes", positional=True),
)
def secret_set_value(context: Context, arguments: Arguments) -> None:
    """Store a secret's value."""
    import sys

    arguments.only_one("file", "interactive", "base64")
    plain = arguments.on("plain")
    path, encoded = arguments.maybe("file"), arguments.maybe("base64")
    if arguments.on("interactive"):
        from getpass import getpass

        data, plain = getpass("new value: ").encode(), True
    elif path is not None:
        if path == "-":
            data = sys.stdin.buffer.read()
        else:
            with open(path, "rb") as file:
                data = file.read()
    elif encoded is not None:
        data = encoded.encode()
        if plain:
            raise UsageError("option --plain needs --file")
    else:
        raise UsageError("'secret-set-value' needs --file FILE, --interactive or --base64 TEXT")
    content = data if plain else _decoded(data)
    secret = SECRET.the(context, arguments)
    secret.set_value(content)
    context.done("Secret value set", "set", uuid=secret.uuid)


def _decoded(data: bytes) -> bytes:
    from base64 import b64decode

    try:
        return b64decode(b"".join(data.split()), validate=True)
    except ValueError:
        raise UsageError("the value is not base64", "--file FILE --plain takes bytes as they are") from None
