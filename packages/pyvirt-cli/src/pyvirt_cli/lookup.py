"""Finding what an argument means: a domain by id, UUID or name, other objects by UUID or name."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeVar

    from pyvirt import Domain, Network, Nwfilter, Secret, StoragePool, Volume
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments
    from pyvirt_util.errors import VirtError

    Found = TypeVar("Found")


def domain(context: Context, text: str) -> Domain:
    """The domain with this id, UUID or name, tried in this order as virsh does."""
    from pyvirt_util.errors import NoDomainError

    connection = context.connection
    if text.isascii() and text.isdigit() and len(text) < 10:
        try:
            return connection.lookup_domain_by_id(int(text))
        except NoDomainError:
            pass
    try:
        return by_uuid_or_name(text, connection.lookup_domain_by_uuid, connection.lookup_domain, NoDomainError)
    except NoDomainError as error:
        error.hint = error.hint or _nearest(text, "list --all", lambda: connection.list_domains())
        raise


def the_domain(context: Context, arguments: Arguments) -> Domain:
    """The domain that the argument DOMAIN names."""
    return domain(context, arguments.text("domain"))


def by_uuid_or_name(
    text: str,
    by_uuid: Callable[[str], Found],
    by_name: Callable[[str], Found],
    missing: type[VirtError],
) -> Found:
    """What has this UUID, else what has this name."""
    from pyvirt_util.uuids import try_parse

    uuid = try_parse(text)
    if uuid is not None:
        try:
            return by_uuid(uuid)
        except missing:
            pass
    return by_name(text)


def _nearest(text: str, verb: str, everything: Callable[[], Iterable[Domain | Network | StoragePool]]) -> str:
    from pyvirt_cli.options import suggestion
    from pyvirt_util.errors import VirtError

    try:
        near = suggestion(text, [item.name for item in everything()])
    except VirtError:
        near = None
    return f"did you mean '{near}'?" if near else f"'pyvirt {verb}' shows what there is"


def network(context: Context, text: str) -> Network:
    """The network with this UUID or name."""
    from pyvirt_util.errors import NoNetworkError

    connection = context.connection
    try:
        return by_uuid_or_name(text, connection.lookup_network_by_uuid, connection.lookup_network, NoNetworkError)
    except NoNetworkError as error:
        error.hint = error.hint or _nearest(text, "net-list --all", lambda: connection.list_networks())
        raise


def pool(context: Context, text: str) -> StoragePool:
    """The storage pool with this UUID or name."""
    from pyvirt_util.errors import NoStoragePoolError

    conn = context.connection
    try:
        return by_uuid_or_name(text, conn.lookup_storage_pool_by_uuid, conn.lookup_storage_pool, NoStoragePoolError)
    except NoStoragePoolError as error:
        error.hint = error.hint or _nearest(text, "pool-list --all", lambda: conn.list_storage_pools())
        raise


def nwfilter(context: Context, text: str) -> Nwfilter:
    """The network filter with this UUID or name."""
    from pyvirt_util.errors import NoNwfilterError

    connection = context.connection
    return by_uuid_or_name(text, connection.lookup_nwfilter_by_uuid, connection.lookup_nwfilter, NoNwfilterError)


def secret(context: Context, text: str) -> Secret:
    """The secret with this UUID, or with this usage id whatever it is used for."""
    from pyvirt_util.errors import NoSecretError
    from pyvirt_util.uuids import try_parse

    uuid = try_parse(text)
    if uuid is not None:
        return context.connection.lookup_secret_by_uuid(uuid)
    for found in context.connection.list_secrets():
        if found.usage_id == text:
            return found
    raise NoSecretError(f"no secret with matching UUID or usage '{text}'", hint="'pyvirt secret-list' shows them")


def volume(context: Context, text: str, pool_name: str | None) -> Volume:
    """The volume: by name in the pool that was given, else by key, else by path."""
    from pyvirt_util.errors import NoStorageVolError

    connection = context.connection
    if pool_name is not None:
        within = pool(context, pool_name)
        try:
            return within.lookup_volume(text)
        except NoStorageVolError:
            for found in within.list_volumes():
                if text in (found.key, found.path()):
                    return found
            raise
    try:
        return connection.lookup_volume_by_key(text)
    except NoStorageVolError:
        pass
    try:
        return connection.lookup_volume_by_path(text)
    except NoStorageVolError as error:
        error.hint = error.hint or "a volume's name alone needs its pool: --pool POOL"
        raise
