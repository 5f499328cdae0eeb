"""``console``."""

from __future__ import annotations

from pyvirt_cli.lookup import the_domain
from pyvirt_cli.options import DOMAIN, flag, value, verb
from pyvirt_cli.terminal import escape_byte, run_console

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments


@verb(
    "console",
    DOMAIN,
    value("devname", "ALIAS", "device: serial0, console1 ...; the first one, where it is not given", positional=True),
    flag("force", "take the console from whoever is connected"),
    flag("safe", "only where nobody else can be connected at the same time"),
)
def console(context: Context, arguments: Arguments) -> None:
    """Connect this terminal to a guest's console: keys go to the guest, its output comes here.

    ^] (Ctrl and the key ]) leaves; the option -e of the command changes that key. Standard input may be a file or a
    pipe: its bytes are typed in, and when it ends the guest's output still comes until the guest stops or the command
    is interrupted.
    """
    escape_byte(context.escape)  # a wrong one is said before anything is opened
    flags = arguments.flags(force=1, safe=2)
    run_console(context, the_domain(context, arguments), arguments.maybe("devname"), flags)
