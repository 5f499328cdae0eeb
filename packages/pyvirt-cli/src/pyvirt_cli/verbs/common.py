"""Verbs that are the same for several nouns: networks, pools, interfaces, devices, filters, secrets.

A :class:`Noun` says how an object of its kind is found and called; the functions below make a verb out of it. What
only one noun has stands in the noun's own module.
"""

from __future__ import annotations

from pyvirt_cli.documents import edit_until_accepted, read_document, show_xml
from pyvirt_cli.options import FILE, VALIDATE, WRAP, XPATH, Option, argument, flag, verb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from pyvirt import Connection
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments


class Noun:
    """A kind of object.

    :param prefix: how its verbs begin: ``net``.
    :param title: how it is called in messages: ``Network``.
    :param key: the name of its argument: ``network``.
    :param about: help of that argument.
    :param find: the object an argument means.
    :param label: the attribute that names the object to people.
    """

    def __init__(
        self,
        prefix: str,
        title: str,
        key: str,
        about: str,
        find: Callable[[Context, str], Any],
        *,
        label: str = "name",
    ) -> None:
        self.prefix = prefix
        self.title = title
        self.key = key
        self.find = find
        self.label = label
        self.argument = argument(key, about, complete=key)

    def the(self, context: Context, arguments: Arguments) -> Any:
        """The object that the argument names."""
        return self.find(context, arguments.text(self.key))

    def identity(self, item: Any) -> dict[str, object]:
        """The object as it stands in JSON."""
        return {name: getattr(item, name) for name in dict.fromkeys((self.label, "uuid")) if hasattr(item, name)}

    def done(self, context: Context, item: Any, past: str, action: str, **more: object) -> None:
        """Confirm a change of an object."""
        name = getattr(item, self.label)
        context.done(
            f"{self.title} '{name}' {past}" if past else f"{self.title} '{name}'", action, **self.identity(item), **more
        )


def _named(function: Callable[[Context, Arguments], None], about: str) -> Callable[[Context, Arguments], None]:
    function.__doc__ = about
    return function


def change(noun: Noun, name: str, past: str, about: str, method: str | None = None) -> None:
    """A verb that calls one method of the object: ``net-start``."""

    def run(context: Context, arguments: Arguments) -> None:
        item = noun.the(context, arguments)
        getattr(item, method or name)()
        noun.done(context, item, past, past)

    verb(f"{noun.prefix}-{name}", noun.argument)(_named(run, about))


def from_file(
    noun: Noun,
    name: str,
    past: str,
    about: str,
    make: Callable[[Connection, str, int], Any],
    options: Sequence[Option] = (VALIDATE,),
) -> None:
    """A verb that makes an object of a document: ``net-define``, ``net-create``."""

    def run(context: Context, arguments: Arguments) -> None:
        text = read_document(arguments.text("file"))
        item = make(context.connection, text, arguments.flags(validate=1))
        noun.done(context, item, f"{past} from {arguments.text('file')}", past)

    verb(f"{noun.prefix}-{name}", FILE, *options)(_named(run, about))


def dumpxml(
    noun: Noun, *, inactive: bool = False, flags: dict[str, int] | None = None, more: Sequence[Option] = ()
) -> None:
    """``net-dumpxml``."""
    options = [*([flag("inactive", "the stored definition")] if inactive else []), *more, XPATH, WRAP]
    bits = {"inactive": 1} if inactive else {}
    bits.update(flags or {})

    def run(context: Context, arguments: Arguments) -> None:
        item = noun.the(context, arguments)
        show_xml(context, arguments, item.xml(arguments.flags(**bits)))

    about = (
        f'Print the document of a {noun.title.lower()}.\n\n    JSON: {{"xml": ...}}; with --xpath {{"matches": [...]}}.'
    )
    verb(f"{noun.prefix}-dumpxml", noun.argument, *options)(_named(run, about))


def autostart(noun: Noun) -> None:
    """``net-autostart``."""

    def run(context: Context, arguments: Arguments) -> None:
        item = noun.the(context, arguments)
        on = not arguments.on("disable")
        item.set_autostart(on)
        noun.done(context, item, f"{'marked' if on else 'unmarked'} as autostarted", "autostart", autostart=on)

    about = f"Have a {noun.title.lower()} started with the host; with --disable, no longer."
    verb(f"{noun.prefix}-autostart", noun.argument, flag("disable", "no longer"))(_named(run, about))


def edit(noun: Noun, define: Callable[[Connection, str, int], Any], inactive: int = 1) -> None:
    """``net-edit``; ``inactive`` is the flag that asks for the stored definition."""

    def run(context: Context, arguments: Arguments) -> None:
        item = noun.the(context, arguments)
        if edit_until_accepted(context, item.xml(inactive), lambda text: define(context.connection, text, 0)):
            noun.done(context, item, "XML configuration edited", "edited")
        else:
            noun.done(context, item, "XML configuration not changed", "unchanged")

    about = f"Open the stored definition of a {noun.title.lower()} in $VISUAL or $EDITOR and store what comes back."
    verb(f"{noun.prefix}-edit", noun.argument)(_named(run, about))


def show(noun: Noun, name: str, attribute: str, about: str) -> None:
    """A verb that prints one attribute of the object: ``net-uuid``."""

    def run(context: Context, arguments: Arguments) -> None:
        text = getattr(noun.the(context, arguments), attribute)
        context.emit({attribute: text}, text)

    verb(f"{noun.prefix}-{name}", noun.argument)(_named(run, about))


LIST_FLAGS = (
    flag("all", "active and inactive ones"),
    flag("inactive", "inactive ones only"),
)
LIST_FILTERS = (
    flag("persistent", "only those with a stored definition"),
    flag("transient", "only those without one"),
    flag("autostart", "only those that start with the host"),
    flag("no-autostart", "only those that do not"),
)
# What networks and pools use; interfaces have the first two.
_INACTIVE, _ACTIVE = 1, 2


def list_flags(arguments: Arguments) -> int:
    """virConnectListAllNetworksFlags, virConnectListAllStoragePoolsFlags."""
    which = _INACTIVE | _ACTIVE if arguments.on("all") else _INACTIVE if arguments.on("inactive") else _ACTIVE
    return which | arguments.flags(persistent=4, transient=8, autostart=16, no_autostart=32)


def known(ask: Callable[[], Any], otherwise: Any = None) -> Any:
    """What not every object can answer: ``otherwise``, where the driver refuses."""
    from pyvirt_util.errors import VirtError

    try:
        return ask()
    except VirtError:
        return otherwise
