"""``help``."""

from __future__ import annotations

from pyvirt_cli.catalogue import GROUPS, VERBS
from pyvirt_cli.options import FLAG, GLOBALS, SHORT, UsageError, argument, suggestion, verb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments, Option

_WIDTH = 100


@verb("help", argument("verb", "the verb to explain", required=False, complete="verb"))
def help_verb(context: Context, arguments: Arguments) -> None:
    """List all verbs, or explain one.

    JSON: [{"verb", "summary", "group"}], for one verb {"verb", "summary", "synopsis", "about", "options": [...]}.
    """
    name = arguments.maybe("verb")
    if name is not None:
        _explain(context, name)
        return
    data = []
    lines = [
        "usage: pyvirt [OPTIONS] VERB [ARGUMENTS]",
        "",
        "options, before the verb or after it:",
        *_option_lines(GLOBALS),
        "  -V, --version            print pyvirt's version",
    ]
    for title, modules in GROUPS:
        lines += ["", f"{title}:"]
        for verb_name, (module, summary) in VERBS.items():
            if module in modules:
                lines.append(f"  {verb_name:<26}{summary}")
                data.append({"verb": verb_name, "summary": summary, "group": title})
    lines += [
        "",
        "'pyvirt help VERB' explains a verb. A domain is named by its name, id or UUID.",
        "Without -c the connection is that of PYVIRT_DEFAULT_URI, VIRSH_DEFAULT_CONNECT_URI or",
        "LIBVIRT_DEFAULT_URI, else qemu:///system for root and qemu:///session for everybody else.",
        "Exit codes: 0 done, 1 failed, 2 the command line is wrong, 3 no connection.",
    ]
    context.emit(data, "\n".join(lines))


def _explain(context: Context, name: str) -> None:
    from pyvirt_cli.main import find_verb

    if name not in VERBS:
        near = suggestion(name, list(VERBS))
        raise UsageError(f"unknown verb '{name}'", f"did you mean '{near}'?" if near else "pyvirt help")
    found = find_verb(name)
    summary = VERBS[name][1]
    about = _paragraphs(found.about)
    lines = [f"pyvirt {name}: {summary}", "", *_wrap(f"usage: pyvirt {found.synopsis()}", "    "), ""]
    for paragraph in about:
        lines += [*_wrap(paragraph), ""]
    if found.options:
        lines += ["arguments and options:", *_option_lines(found.options), ""]
    data = {
        "verb": name,
        "summary": summary,
        "synopsis": found.synopsis(),
        "about": "\n\n".join(about),
        "options": [
            {
                "name": option.name,
                "kind": option.kind,
                "word": option.word or None,
                "required": option.required,
                "positional": option.positional,
                "many": option.many,
                "help": option.help,
            }
            for option in found.options
        ],
    }
    context.emit(data, "\n".join(lines).rstrip("\n"))


def _paragraphs(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]


def _wrap(text: str, indent: str = "") -> list[str]:
    from textwrap import wrap

    return wrap(text, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _option_lines(options: Iterable[Option]) -> list[str]:
    from textwrap import wrap

    short = {name: key for key, name in SHORT.items()}
    lines = []
    for option in options:
        if option.positional and option.word == option.name.upper():
            left = option.word + ("..." if option.many else "")
        else:
            left = f"--{option.name}" + ("" if option.kind == FLAG else f" {option.word}")
        if option in GLOBALS and option.name in short:
            left = f"{short[option.name]}, {left}"
        first, *rest = wrap(option.help, _WIDTH - 27, break_long_words=False, break_on_hyphens=False)
        lines.append(f"  {left:<25}{first}" if len(left) < 25 else f"  {left}\n{' ' * 27}{first}")
        lines += [f"{' ' * 27}{line}" for line in rest]
    return lines
