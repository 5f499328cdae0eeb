"""XML in and out: reading the document an argument names, editing it, and printing what was asked of it."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.etree import _Element

    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments


def read_document(path: str) -> str:
    """The text of a file, or of standard input for ``-``."""
    from pyvirt_util.errors import XmlDetailError

    try:
        if path == "-":
            return sys.stdin.read()
        with open(path, encoding="utf-8") as file:
            return file.read()
    except UnicodeDecodeError as error:
        raise XmlDetailError(
            f"'{path}' is not UTF-8 text: byte {error.start} is 0x{error.object[error.start]:02x}"
        ) from None


def parse(text: str) -> _Element:
    """The root of a document; entities and the network are off, as everywhere in pyvirt."""
    from pyvirt_conf.xml.reader import read

    root: _Element = read(text)
    return root


def show_xml(context: Context, arguments: Arguments, text: str) -> None:
    """Print a document, or what ``--xpath`` selects of it. As JSON: ``{"xml": ...}`` or ``{"matches": [...]}``."""
    expression = arguments.maybe("xpath")
    if expression is None:
        context.emit({"xml": text}, text)
        return
    matches = select(text, expression)
    if arguments.on("wrap"):
        inner = "".join(f"  {line}\n" for match in matches for line in match.splitlines())
        wrapped = f"<nodes>\n{inner}</nodes>" if matches else "<nodes/>"
        context.emit({"xml": wrapped}, wrapped)
    else:
        context.emit({"matches": matches}, "\n".join(matches))


def select(text: str, expression: str) -> list[str]:
    """What an XPath expression selects, as text: elements as XML, everything else as its value."""
    from lxml import etree

    from pyvirt_util.errors import InvalidArgError

    try:
        found = parse(text).getroottree().xpath(expression)
    except (etree.XPathError, ValueError) as error:
        raise InvalidArgError(f"the XPath expression '{expression}' cannot be used: {str(error).lower()}") from None
    if not isinstance(found, list):
        if isinstance(found, bool):
            return [str(found).lower()]
        return [f"{found:g}" if isinstance(found, float) else str(found)]
    if not found:
        raise InvalidArgError(f"nothing matches the XPath expression '{expression}'")
    return [_text(item) for item in found]


def _text(item: object) -> str:
    from lxml import etree

    if isinstance(item, etree._Element):
        return etree.tostring(item, encoding="unicode", with_tail=False, pretty_print=True).rstrip("\n")
    return str(item)


def edit(text: str, suffix: str = ".xml") -> str | None:
    """Let the user change a text in $VISUAL or $EDITOR; ``None`` where nothing was changed."""
    import os
    import shlex
    import subprocess
    import tempfile

    from pyvirt_util.errors import OperationFailedError

    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.NamedTemporaryFile("w+", suffix=suffix, prefix="pyvirt-", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        try:
            code = subprocess.run([*shlex.split(editor), file.name], check=False).returncode
        except OSError as error:
            raise OperationFailedError(
                f"the editor '{editor}' cannot be started: {(error.strerror or str(error)).lower()}",
                hint="set EDITOR to the one you have",
            ) from None
        if code:
            raise OperationFailedError(f"the editor '{editor}' ended with status {code}; nothing was changed")
        with open(file.name, encoding="utf-8") as changed:  # editors may replace the file
            result = changed.read()
    return None if result == text else result


def edit_until_accepted(context: Context, text: str, accept: Callable[[str], object]) -> bool:
    """Edit a document and give it to ``accept``; where that refuses it, ask whether to go on editing.

    Returns whether something was changed. Where nobody can be asked, the refusal is raised.
    """
    from pyvirt_util.errors import VirtError

    changed = edit(text)
    if changed is None:
        return False
    while True:
        try:
            accept(changed)
            return True
        except VirtError as error:
            if not sys.stdin.isatty():
                raise
            print(f"error: {error}", file=sys.stderr)
            answer = input("edit again? [Y/n] ").strip().lower()
            if answer in ("n", "no"):
                raise
        again = edit(changed)
        changed = changed if again is None else again
