"""What a verb takes on the command line, and reading it.

The words are virsh's: ``--flag``, ``--option VALUE`` or ``--option=VALUE``, positional arguments that may also be given
by name (``--domain web``), and ``--`` before words that begin with a dash. argparse would cost every call its import,
about ten milliseconds, and does not know positional arguments by name.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pyvirt_cli.context import Context

    Run = Callable[[Context, "Arguments"], int | None]

FLAG, TEXT, NUMBER = "flag", "text", "number"


class UsageError(Exception):
    """The command line cannot be understood; exit code 2. ``hint`` is what to type instead."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Option:
    """One option or positional argument of a verb.

    ``word`` stands for the value in help texts. ``complete`` names what the shell offers: ``domain``, ``file`` ...
    (see completion.py), or a word list separated by ``|``.
    """

    __slots__ = ("complete", "help", "kind", "many", "name", "positional", "required", "word")

    def __init__(
        self,
        name: str,
        kind: str,
        help: str,
        word: str,
        *,
        required: bool = False,
        positional: bool = False,
        many: bool = False,
        complete: str = "",
    ) -> None:
        self.name = name
        self.kind = kind
        self.help = help
        self.word = word
        self.required = required
        self.positional = positional
        self.many = many
        self.complete = complete


def flag(name: str, help: str) -> Option:
    """``--name``: on or off."""
    return Option(name, FLAG, help, "")


def value(
    name: str, word: str, help: str, *, positional: bool = False, many: bool = False, complete: str = ""
) -> Option:
    """``--name WORD``, not required; ``positional``: a spare word fills it too; ``many``: it may be given again."""
    return Option(name, TEXT, help, word, positional=positional, many=many, complete=complete)


def number(name: str, help: str, *, positional: bool = False) -> Option:
    """``--name NUMBER``, not required."""
    return Option(name, NUMBER, help, "NUMBER", positional=positional)


def argument(name: str, help: str, *, required: bool = True, many: bool = False, complete: str = "") -> Option:
    """A positional argument; ``many``: it takes all the words that are left."""
    word = name.upper()
    return Option(name, TEXT, help, word, required=required, positional=True, many=many, complete=complete)


def count(name: str, help: str) -> Option:
    """A positional whole number."""
    return Option(name, NUMBER, help, name.upper(), required=True, positional=True)


DOMAIN = argument("domain", "name, id or UUID of the domain", complete="domain")
FILE = argument("file", "XML document; - reads standard input", complete="file")
VALIDATE = flag("validate", "check the document against the schema first")
XPATH = value("xpath", "EXPRESSION", "print only what this XPath expression selects")
WRAP = flag("wrap", "put what --xpath selects into one <nodes> element")
IMPACT = (
    flag("live", "the running guest"),
    flag("config", "the stored definition: from the next start on"),
    flag("current", "whichever of the two the guest is using now (default)"),
)


class Arguments:
    """What was given for a verb's options, by name."""

    def __init__(self, verb: Verb) -> None:
        self.verb = verb
        self._values: dict[str, list[str]] = {}

    def give(self, name: str, text: str) -> None:
        """Add a value."""
        self._values.setdefault(name, []).append(text)

    def has(self, name: str) -> bool:
        """Whether the option was given (``on`` for flags)."""
        return name in self._values

    on = has

    def text(self, name: str) -> str:
        """The value of a required argument."""
        return self._values[name][-1]

    def maybe(self, name: str) -> str | None:
        """The value, or ``None`` where the option was not given."""
        found = self._values.get(name)
        return found[-1] if found else None

    def number(self, name: str) -> int | None:
        """The value as a number, or ``None``."""
        found = self.maybe(name)
        return None if found is None else int(found, 0)

    def count(self, name: str) -> int:
        """The value of a required number."""
        return int(self.text(name), 0)

    def many(self, name: str) -> list[str]:
        """All values."""
        return self._values.get(name, [])

    def flags(self, **values: int) -> int:
        """The sum of the values whose flags are on; ``no_autostart=8`` is ``--no-autostart``."""
        total = 0
        for name, bit in values.items():
            if name.replace("_", "-") in self._values:
                total |= bit
        return total

    def only_one(self, *names: str) -> None:
        """Refuse more than one of these options."""
        given = [f"--{name}" for name in names if name in self._values]
        if len(given) > 1:
            raise UsageError(f"options {' and '.join(given)} exclude each other")

    def impact(self) -> int:
        """``--live``, ``--config``, ``--current`` as virDomainModificationImpact."""
        if self.on("current") and (self.on("live") or self.on("config")):
            raise UsageError("option --current excludes --live and --config")
        return self.flags(live=1, config=2)


class Verb:
    """A verb: what it takes and what it does. Registered by :func:`verb`."""

    __slots__ = ("about", "name", "options", "run")

    def __init__(self, name: str, options: Sequence[Option], run: Run, about: str) -> None:
        self.name = name
        self.options = options
        self.run = run
        self.about = about

    def find(self, name: str) -> Option | None:
        """The option called so."""
        return next((option for option in self.options if option.name == name), None)

    def synopsis(self) -> str:
        """``start DOMAIN [--paused] ...``."""
        parts = [self.name]
        for option in self.options:
            if option.kind == FLAG:
                parts.append(f"[--{option.name}]")
            elif option.required:
                parts.append(option.word + ("..." if option.many else ""))
            elif option.positional and option.word == option.name.upper():
                parts.append(f"[{option.word}]" + ("..." if option.many else ""))
            else:
                parts.append(f"[--{option.name} {option.word}]")
        return " ".join(parts)


registry: dict[str, Verb] = {}


def verb(name: str, *options: Option) -> Callable[[Run], Run]:
    """Register a function as a verb; its docstring is the text below the synopsis in ``pyvirt help``."""

    def register(function: Run) -> Run:
        registry[name] = Verb(name, options, function, function.__doc__ or "")
        return function

    return register


# Options of the command itself, which are understood before the verb and after it.
GLOBALS = (
    Option("connect", TEXT, "hypervisor to connect to, such as qemu:///session", "URI", complete="uri"),
    Option("readonly", FLAG, "refuse everything that changes something", ""),
    Option("json", FLAG, "print JSON", ""),
    Option("quiet", FLAG, "no headers, no confirmations", ""),
    Option("escape", TEXT, "key that leaves a console (default ^]; 'none': no key)", "CHARACTER"),
    Option("help", FLAG, "explain the verb", ""),
)
SHORT = {"-c": "connect", "-r": "readonly", "-j": "json", "-q": "quiet", "-e": "escape", "-h": "help"}


def global_option(word: str) -> Option | None:
    """The option of the command that a word such as ``-c`` or ``--connect`` names."""
    name = SHORT.get(word) or (word[2:] if word.startswith("--") else "")
    return next((option for option in GLOBALS if option.name == name), None)


def suggestion(word: str, known: Sequence[str]) -> str | None:
    """The known word that is nearest to a mistyped one."""
    from difflib import get_close_matches

    found = get_close_matches(word, known, 1, 0.6)
    return found[0] if found else None


def parse(verb: Verb, words: Sequence[str], on_global: Callable[[str, str], None]) -> Arguments:
    """Read a verb's words; options of the command itself go to ``on_global(name, value)``.

    Raises UsageError naming the word that does not fit.
    """
    arguments = Arguments(verb)
    spare: list[str] = []
    position, end = 0, len(words)
    while position < end:
        word = words[position]
        position += 1
        if word == "--":
            spare.extend(words[position:])
            break
        if not word.startswith("-") or word == "-" or word[1].isdigit():
            spare.append(word)
            continue
        name, equals, text = word.partition("=")
        option = verb.find(name[2:]) if name.startswith("--") else None
        is_global = option is None
        option = option or global_option(name)
        if option is None:
            raise _unknown(verb, name)
        if option.kind == FLAG:
            if equals:
                raise UsageError(f"option --{option.name} takes no value", f"pyvirt help {verb.name}")
        elif not equals:
            if position == end:
                raise UsageError(f"option --{option.name} needs a value ({option.word})", f"pyvirt help {verb.name}")
            text = words[position]
            position += 1
        if is_global:
            on_global(option.name, text)
        else:
            if arguments.has(option.name) and option.kind != FLAG and not option.many:
                raise UsageError(f"option --{option.name} is given twice")
            arguments.give(option.name, text)
    _place(arguments, spare)
    _check(arguments)
    return arguments


def _unknown(verb: Verb, name: str) -> UsageError:
    known = [f"--{option.name}" for option in (*verb.options, *GLOBALS)]
    near = suggestion(name, known)
    hint = f"did you mean {near}?" if near else f"pyvirt help {verb.name}"
    return UsageError(f"'{verb.name}' has no option {name}", hint)


def _place(arguments: Arguments, spare: list[str]) -> None:
    """Give the words without a name to the positional options that have none yet."""
    waiting = [option for option in arguments.verb.options if option.positional and not arguments.has(option.name)]
    for word in spare:
        if not waiting:
            raise UsageError(f"unexpected '{word}' after '{arguments.verb.name}'", f"pyvirt help {arguments.verb.name}")
        option = waiting[0]
        arguments.give(option.name, word)
        if not option.many:
            waiting.pop(0)


def _check(arguments: Arguments) -> None:
    for option in arguments.verb.options:
        if option.required and not arguments.has(option.name):
            raise UsageError(
                f"'{arguments.verb.name}' needs {option.word} ({option.help})",
                f"pyvirt {arguments.verb.synopsis()}",
            )
        if option.kind == NUMBER:
            for text in arguments.many(option.name):
                try:
                    int(text, 0)
                except ValueError:
                    raise UsageError(f"'{text}' is not a number (--{option.name})") from None
