"""QEMU's monitor and the guest agent, raw."""

from __future__ import annotations

from pyvirt_cli.lookup import the_domain
from pyvirt_cli.options import DOMAIN, argument, flag, number, value, verb
from pyvirt_cli.verbs.domain_life import descriptors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

_COMMAND = argument("cmd", "the command: JSON, or a command's name", many=True)
_PRETTY = flag("pretty", "indent the answer")


def command_text(words: list[str]) -> str:
    """The command to send: JSON as it is; a bare name becomes ``{"execute": NAME}``."""
    text = " ".join(words)
    if text.lstrip()[:1] in ("{", "["):
        return text
    import json

    return json.dumps({"execute": text})


def show(context: Context, arguments: Arguments, answer: str) -> None:
    """Print an answer of the monitor or agent."""
    import json

    try:
        data = json.loads(answer)
    except ValueError:
        context.emit({"answer": answer}, answer)
        return
    if arguments.verb.find("return-value") and arguments.on("return-value") and "return" in data:
        data = data["return"]
        answer = json.dumps(data)
    context.emit(data, json.dumps(data, indent=2) if arguments.on("pretty") else answer)


@verb(
    "qemu-monitor-command",
    DOMAIN,
    flag("hmp", "the command is one for people: info status"),
    _PRETTY,
    flag("return-value", "print the answer's 'return' alone"),
    value("pass-fds", "N,M,...", "open file descriptors to send along"),
    _COMMAND,
)
def qemu_monitor_command(context: Context, arguments: Arguments) -> None:
    """Send a command to QEMU's monitor and print the answer. What it changes, pyvirt may not notice.

    JSON: the answer itself; with --hmp {"answer": ...}.
    """
    domain = the_domain(context, arguments)
    words = arguments.many("cmd")
    hmp = arguments.on("hmp")
    text = " ".join(words) if hmp else command_text(words)
    files = descriptors(arguments)
    if files:
        answer, _ = domain.qemu_monitor_command_with_files(text, files, int(hmp))
    else:
        answer = domain.qemu_monitor_command(text, int(hmp))
    if hmp:
        answer = answer.replace("\r\n", "\n")
        context.emit({"answer": answer}, answer)
    else:
        show(context, arguments, answer)


@verb(
    "qemu-agent-command",
    DOMAIN,
    number("timeout", "seconds to wait for the answer"),
    flag("async", "do not wait for an answer"),
    flag("block", "wait for ever"),
    _PRETTY,
    _COMMAND,
)
def qemu_agent_command(context: Context, arguments: Arguments) -> None:
    """Send a command to the QEMU guest agent and print the answer: guest-info, guest-get-users ...

    JSON: the answer itself.
    """
    arguments.only_one("timeout", "async", "block")
    timeout = arguments.number("timeout")
    if timeout is None:
        timeout = -2 if arguments.on("block") else 0 if arguments.on("async") else -1
    answer = the_domain(context, arguments).qemu_agent_command(command_text(arguments.many("cmd")), timeout)
    show(context, arguments, answer)
