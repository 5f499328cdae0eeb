"""Long jobs: ``domjobinfo``, ``domjobabort``."""

from __future__ import annotations

from pyvirt_cli.lookup import the_domain
from pyvirt_cli.options import DOMAIN, flag, verb
from pyvirt_cli.verbs.domain_life import identity
from pyvirt_cli.words import enum_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments


@verb(
    "domjobinfo", DOMAIN, flag("completed", "the last job that ended"), flag("keep-completed", "and do not forget it")
)
def domjobinfo(context: Context, arguments: Arguments) -> None:
    """Show how far a migration, save or dump has come.

    JSON: {"type": ..., "stats": {"time_elapsed": milliseconds, "data_total": bytes, ...}}.
    """
    from pyvirt_cli.output import record

    domain = the_domain(context, arguments)
    kind, stats = domain.job_stats(arguments.flags(completed=1, keep_completed=3))
    rows: list[tuple[str, object]] = [("Job type", enum_word(kind).capitalize())]
    rows += [(name.replace("_", " ").capitalize(), number) for name, number in stats.items()]
    context.emit({"type": enum_word(kind), "stats": stats}, record(rows, 18))


@verb("domjobabort", DOMAIN, flag("postcopy", "a migration in its post-copy phase; the guest pauses until it goes on"))
def domjobabort(context: Context, arguments: Arguments) -> None:
    """Stop the migration, save or dump that is under way."""
    domain = the_domain(context, arguments)
    domain.abort_job(arguments.flags(postcopy=1))
    context.done(f"Job of domain '{domain.name}' stopped", "aborted", **identity(domain))
