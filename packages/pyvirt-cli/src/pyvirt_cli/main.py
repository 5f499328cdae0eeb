"""From ``sys.argv`` to a verb, and from failures to one line on standard error and an exit code."""

from __future__ import annotations

import os
import sys

from pyvirt_cli.catalogue import VERBS
from pyvirt_cli.context import Context
from pyvirt_cli.options import FLAG, UsageError, global_option, parse, registry, suggestion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from pyvirt_cli.options import Verb

OK, FAILED, USAGE, NO_CONNECTION, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 3, 130, 141


def entry() -> NoReturn:
    """The console script.

    Measured on ``pyvirt list``: taking the interpreter apart at the end costs more than a tenth of the time, and
    looking for garbage among modules, which never become any, some more. So output is flushed, exit functions are run,
    and the process ends.
    """
    import atexit
    import gc

    gc.set_threshold(20000, 50, 100)
    try:
        code = main()
    except SystemExit as ending:  # a signal ended a console
        code = ending.code if isinstance(ending.code, int) else FAILED
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = code or BROKEN_PIPE
    os._exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit code. Never raises, but for what PYVIRT_DEBUG=1 asks to see."""
    context = Context()
    debug = os.environ.get("PYVIRT_DEBUG", "") not in ("", "0")
    if debug:
        import logging

        logging.basicConfig(level=logging.DEBUG, format="%(relativeCreated)d ms %(name)s: %(message)s")
    try:
        try:
            code = _run(context, list(sys.argv[1:] if argv is None else argv))
            sys.stdout.flush()
            return code
        finally:
            context.close()
    except BrokenPipeError:
        _discard_output()
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return INTERRUPTED
    except UsageError as error:
        _complain(error.message, error.hint)
        return USAGE
    except Exception as error:
        if debug:
            import traceback

            traceback.print_exc()
        return _failed(error, context)


def _failed(error: Exception, context: Context) -> int:
    from pyvirt_util.errors import VirtError

    if isinstance(error, VirtError):
        _complain(str(error), error.hint)
        return NO_CONNECTION if context.connecting else FAILED
    if isinstance(error, OSError) and error.strerror:
        _complain(f"{error.strerror.lower()}: {error.filename}" if error.filename else error.strerror.lower())
        return FAILED
    _complain(f"internal error: {type(error).__name__}: {error}", "PYVIRT_DEBUG=1 shows where")
    return FAILED


def _complain(message: str, hint: str | None = None) -> None:
    line = "; ".join(part.strip() for part in message.splitlines() if part.strip())
    try:
        sys.stdout.flush()
        sys.stderr.write(f"error: {line}\n" + (f"hint: {' '.join(hint.split())}\n" if hint else ""))
        sys.stderr.flush()
    except OSError:
        _discard_output()


def _discard_output() -> None:
    """Whoever read our output is gone: keep the interpreter from saying so when it flushes at exit."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def _run(context: Context, words: list[str]) -> int:
    if words[:1] == ["__complete"]:
        from pyvirt_cli.completion import answer

        return answer(context, words[1:])
    words = _read_globals(context, words)
    if words and words[0] in ("-V", "--version"):
        from pyvirt import __version__

        context.emit({"pyvirt": __version__}, f"pyvirt {__version__}")
        return OK
    if not words:
        words = ["help"]
    verb = find_verb(words[0])
    if verb.name != "help" and any(word in ("-h", "--help") for word in words[1:]):
        words, verb = ["help", verb.name], find_verb("help")
    return verb.run(context, parse(verb, words[1:], context.set_global)) or OK


def _read_globals(context: Context, words: list[str]) -> list[str]:
    """Take the options before the verb; the words that are left begin with the verb, or with ``--version``."""
    position = 0
    while position < len(words) and words[position].startswith("-"):
        name, equals, text = words[position].partition("=")
        if name in ("-V", "--version"):
            break
        option = global_option(name)
        if option is None:
            raise UsageError(f"unknown option {name}", "pyvirt help")
        position += 1
        if option.name == "help":
            return ["help", *words[position : position + 1]]
        if option.kind != FLAG and not equals:
            if position == len(words):
                raise UsageError(f"option {name} needs a value ({option.word})", "pyvirt help")
            text = words[position]
            position += 1
        context.set_global(option.name, text)
    return words[position:]


def find_verb(name: str) -> Verb:
    """The verb called so, its module loaded; raises UsageError naming the nearest one."""
    found = VERBS.get(name)
    if found is None:
        near = suggestion(name, list(VERBS))
        raise UsageError(f"unknown verb '{name}'", f"did you mean '{near}'?" if near else "pyvirt help")
    if name not in registry:
        from pyvirt.loader import import_by_name

        import_by_name(f"pyvirt_cli.verbs.{found[0]}")
    return registry[name]
