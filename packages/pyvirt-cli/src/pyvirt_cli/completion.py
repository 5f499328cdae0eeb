"""What fits at the end of a command line: the answer to ``pyvirt __complete WORD...``.

The last word is the unfinished one, perhaps empty. One candidate a line; the line ``:files`` asks the shell for file
names. Failures answer nothing: a shell has no use for them.
"""

from __future__ import annotations

import sys

from pyvirt_cli.catalogue import VERBS
from pyvirt_cli.options import FLAG, GLOBALS, SHORT, global_option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Option, Verb

FILES = ":files"


def answer(context: Context, words: list[str]) -> int:
    """Print what fits in place of the last word."""
    unfinished = words[-1] if words else ""
    try:
        found = list(candidates(context, words[:-1], unfinished))
    except Exception:  # whatever it is: there is nothing to offer, and nobody to tell
        return 0
    lead, _, typed = unfinished.rpartition("=") if unfinished.startswith("--") else ("", "", unfinished)
    lead = f"{lead}=" if lead else ""
    for word in found:
        if word == FILES or word.startswith(typed):
            sys.stdout.write(f"{word if word == FILES else lead + word}\n")
    return 0


def candidates(context: Context, before: list[str], unfinished: str) -> Iterable[str]:
    """Words that fit after ``before``; ``context`` takes the options of the command, for the connection."""
    context.readonly = True
    position = 0
    while position < len(before) and before[position].startswith("-"):
        option = global_option(before[position].partition("=")[0])
        position += 1
        if option is None:
            continue
        _, equals, text = before[position - 1].partition("=")
        if option.kind != FLAG and not equals:
            if position == len(before):
                return _values(context, option, None, [])
            text = before[position]
            position += 1
        if option.name == "connect":
            context.set_global(option.name, text)
    if position == len(before):
        if unfinished.startswith("-"):
            return [*(f"--{option.name}" for option in GLOBALS), "--version", *SHORT, "-V"]
        return VERBS
    from pyvirt_cli.main import find_verb

    return _of_verb(context, find_verb(before[position]), before[position + 1 :], unfinished)


def _of_verb(context: Context, verb: Verb, before: list[str], unfinished: str) -> Iterable[str]:
    given: dict[str, list[str]] = {}
    spare: list[str] = []
    waiting: Option | None = None
    for word in before:
        if waiting is not None:
            if waiting.name == "connect" and not verb.find("connect"):
                context.set_global("connect", word)
            given.setdefault(waiting.name, []).append(word)
            waiting = None
            continue
        if word.startswith("-") and word != "-":
            name, equals, text = word.partition("=")
            option = (verb.find(name[2:]) if name.startswith("--") else None) or global_option(name)
            if option is None:
                continue
            if option.kind == FLAG or equals:
                given.setdefault(option.name, []).append(text)
            else:
                waiting = option
        else:
            spare.append(word)
    if waiting is not None:
        return _values(context, waiting, verb, spare)
    if unfinished.startswith("--") and "=" in unfinished:
        named = verb.find(unfinished[2:].partition("=")[0]) or global_option(unfinished.partition("=")[0])
        return _values(context, named, verb, spare) if named is not None and named.kind != FLAG else []
    if unfinished.startswith("-"):
        known = (*verb.options, *GLOBALS)
        return [f"--{option.name}" for option in known if option.name not in given or option.many]
    positional = [option for option in verb.options if option.positional and option.name not in given]
    for _ in spare:
        if positional and not positional[0].many:
            positional.pop(0)
    return _values(context, positional[0], verb, spare) if positional else []


def _values(context: Context, option: Option, verb: Verb | None, spare: list[str]) -> Iterable[str]:
    """What the value of an option may be."""
    kind = option.complete
    if "|" in kind:
        return kind.split("|")
    if kind == "file":
        return [FILES]
    if kind == "verb":
        return VERBS
    if kind == "uri":
        from pyvirt.loader import DRIVER_GROUP, entry_points

        return [f"{entry.name}:///" for entry in entry_points(DRIVER_GROUP)]
    if kind == "event":
        from pyvirt_cli.main import find_verb
        from pyvirt_cli.verbs.domain_events import kinds

        find_verb("event")
        return kinds()
    if not kind:
        return []
    return _objects(context, kind, verb, spare)


# virConnectListAllDomainsFlags: which domains a verb can do something with.
_ACTIVE, _INACTIVE = 1, 2
_ONLY = {
    "start": _INACTIVE,
    "domrename": _INACTIVE,
    **dict.fromkeys(
        (
            "shutdown",
            "reboot",
            "reset",
            "destroy",
            "suspend",
            "resume",
            "console",
            "ttyconsole",
            "domdisplay",
            "vncdisplay",
            "save",
            "managedsave",
            "dump",
            "screenshot",
            "send-key",
            "inject-nmi",
            "domid",
            "qemu-monitor-command",
            "qemu-agent-command",
        ),
        _ACTIVE,
    ),
}


def _objects(context: Context, kind: str, verb: Verb | None, spare: list[str]) -> Iterable[str]:
    """Names of objects of the connection."""
    connection = context.connection
    if kind == "domain":
        return [item.name for item in connection.list_domains(_ONLY.get(verb.name if verb else "", 0))]
    if kind == "snapshot":
        return [item.name for item in connection.lookup_domain(spare[0]).list_snapshots()] if spare else []
    if kind == "network":
        return [item.name for item in connection.list_networks()]
    if kind == "pool":
        return [item.name for item in connection.list_storage_pools()]
    if kind == "volume":
        return [item.path() for pool in connection.list_storage_pools(2) for item in pool.list_volumes()]
    if kind == "interface":
        return [item.name for item in connection.list_interfaces()]
    if kind == "device":
        return [item.name for item in connection.list_node_devices()]
    if kind == "nwfilter":
        return [item.name for item in connection.list_nwfilters()]
    if kind == "binding":
        return [item.port_dev for item in connection.list_nwfilter_bindings()]
    if kind == "secret":
        return [item.uuid for item in connection.list_secrets()]
    return []
