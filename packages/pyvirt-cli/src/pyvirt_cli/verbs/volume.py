"""Volumes of storage pools."""

from __future__ import annotations

from pyvirt_cli.documents import read_document, show_xml
from pyvirt_cli.lookup import pool as find_pool
from pyvirt_cli.lookup import volume as find_volume
from pyvirt_cli.options import FILE, VALIDATE, WRAP, XPATH, UsageError, argument, flag, number, value, verb
from pyvirt_cli.sizes import size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt import Volume
    from pyvirt_cli.context import Context
    from pyvirt_cli.options import Arguments

_POOL = argument("pool", "name or UUID of the pool", complete="pool")
_IN_POOL = value("pool", "POOL", "pool the volume is in", complete="pool")
_VOLUME = argument("vol", "key or path of the volume; its name with --pool", complete="volume")
_PREALLOC = flag("prealloc-metadata", "lay out the file's tables beforehand (qcow2)")
_REFLINK = flag("reflink", "share unchanged blocks with the original")
# virStorageVolType
_TYPES = ("file", "block", "dir", "network", "netdir", "ploop")


def _the_volume(context: Context, arguments: Arguments) -> Volume:
    return find_volume(context, arguments.text("vol"), arguments.maybe("pool"))


def _done(context: Context, volume: Volume, past: str, action: str, **more: object) -> None:
    context.done(f"Vol {volume.name} {past}", action, name=volume.name, key=volume.key, **more)


@verb("vol-list", _POOL, flag("details", "with kind and sizes"))
def vol_list(context: Context, arguments: Arguments) -> None:
    """List the volumes of a pool.

    JSON: [{"name", "key", "path"}], with --details "type", "capacity" and "allocation" (bytes) too.
    """
    from pyvirt_util.units import format_size

    volumes = sorted(find_pool(context, arguments.text("pool")).list_volumes(), key=lambda item: item.name)
    data: list[dict[str, object]] = [
        {"name": volume.name, "key": volume.key, "path": volume.path()} for volume in volumes
    ]
    if not arguments.on("details"):
        context.table(["Name", "Path"], [(item["name"], item["path"]) for item in data], data)
        return
    rows = []
    for volume, item in zip(volumes, data, strict=True):
        info = volume.info()
        item.update(type=_TYPES[info.type], capacity=info.capacity, allocation=info.allocation)
        rows.append(
            (item["name"], item["path"], item["type"], format_size(info.capacity), format_size(info.allocation))
        )
    context.table(["Name", "Path", "Type", "Capacity", "Allocation"], rows, data)


@verb(
    "vol-info",
    _VOLUME,
    _IN_POOL,
    flag("bytes", "sizes in bytes"),
    flag("physical", "the size on the host rather than the allocation"),
)
def vol_info(context: Context, arguments: Arguments) -> None:
    """Show a volume's kind and sizes.

    JSON: {"name", "key", "type", "capacity", "allocation"} in bytes; "physical" in place of "allocation" with
    --physical.
    """
    from pyvirt_cli.output import record
    from pyvirt_util.units import format_size

    volume = _the_volume(context, arguments)
    info = volume.info(arguments.flags(physical=1))
    second = "physical" if arguments.on("physical") else "allocation"
    shown = str if arguments.on("bytes") else format_size
    rows: list[tuple[str, object]] = [
        ("Name", volume.name),
        ("Type", _TYPES[info.type]),
        ("Capacity", shown(info.capacity)),
        (second.capitalize(), shown(info.allocation)),
    ]
    data = {
        "name": volume.name,
        "key": volume.key,
        "type": _TYPES[info.type],
        "capacity": info.capacity,
        second: info.allocation,
    }
    context.emit(data, record(rows))


@verb("vol-create", _POOL, FILE, _PREALLOC, VALIDATE)
def vol_create(context: Context, arguments: Arguments) -> None:
    """Make a volume as a document says."""
    text = read_document(arguments.text("file"))
    pool = find_pool(context, arguments.text("pool"))
    volume = pool.create_volume(text, arguments.flags(prealloc_metadata=1, validate=4))
    _done(context, volume, f"created from {arguments.text('file')}", "created")


@verb(
    "vol-create-as",
    _POOL,
    argument("name", "name of the new volume"),
    argument("capacity", "its size: 20G ...; a plain number is bytes"),
    value("allocation", "SIZE", "how much of it to take at once"),
    value("format", "FORMAT", "raw, qcow2 ...", complete="raw|qcow2|vmdk|vdi|vhdx"),
    value("backing-vol", "VOLUME", "volume that has what this one has not", complete="volume"),
    value("backing-vol-format", "FORMAT", "format of that one", complete="raw|qcow2|vmdk|vdi|vhdx"),
    _PREALLOC,
    flag("print-xml", "print the document, make nothing"),
)
def vol_create_as(context: Context, arguments: Arguments) -> None:
    """Make a volume from its name and size.

    JSON: {"action": "created", "name", "key"}; with --print-xml {"xml": ...}.
    """
    document = _document(context, arguments)
    if arguments.on("print-xml"):
        context.emit({"xml": document}, document)
        return
    pool = find_pool(context, arguments.text("pool"))
    _done(context, pool.create_volume(document, arguments.flags(prealloc_metadata=1)), "created", "created")


def _document(context: Context, arguments: Arguments) -> str:
    from lxml import etree

    root = etree.Element("volume")
    etree.SubElement(root, "name").text = arguments.text("name")
    etree.SubElement(root, "capacity").text = str(size(arguments.text("capacity")))
    allocation = arguments.maybe("allocation")
    if allocation is not None:
        etree.SubElement(root, "allocation").text = str(size(allocation))
    form = arguments.maybe("format")
    if form is not None:
        etree.SubElement(etree.SubElement(root, "target"), "format", {"type": form})
    backing = arguments.maybe("backing-vol")
    if backing is not None:
        path = backing
        if not backing.startswith("/"):
            path = find_volume(context, backing, arguments.text("pool")).path()
        store = etree.SubElement(root, "backingStore")
        etree.SubElement(store, "path").text = path
        backing_format = arguments.maybe("backing-vol-format")
        if backing_format is not None:
            etree.SubElement(store, "format", {"type": backing_format})
    return etree.tostring(root, encoding="unicode", pretty_print=True)


@verb(
    "vol-create-from",
    _POOL,
    FILE,
    _VOLUME,
    value("inputpool", "POOL", "pool of the original", complete="pool"),
    _PREALLOC,
    _REFLINK,
    VALIDATE,
)
def vol_create_from(context: Context, arguments: Arguments) -> None:
    """Make a volume as a document says, with the contents of another."""
    text = read_document(arguments.text("file"))
    pool = find_pool(context, arguments.text("pool"))
    original = find_volume(context, arguments.text("vol"), arguments.maybe("inputpool"))
    flags = arguments.flags(prealloc_metadata=1, reflink=2, validate=4)
    _done(context, pool.create_volume_from(text, original, flags), f"created from vol {original.name}", "created")


@verb(
    "vol-clone",
    _VOLUME,
    argument("newname", "name of the copy"),
    _IN_POOL,
    _PREALLOC,
    _REFLINK,
    flag("print-xml", "print the copy's document, make nothing"),
)
def vol_clone(context: Context, arguments: Arguments) -> None:
    """Copy a volume within its pool."""
    from lxml import etree

    from pyvirt_cli.documents import parse

    original = _the_volume(context, arguments)
    root = parse(original.xml())
    name = root.find("name")
    if name is None:
        name = etree.SubElement(root, "name")
    name.text = arguments.text("newname")
    for gone in ("key", "target/path"):
        for node in root.findall(gone):
            parent = node.getparent()
            if parent is not None:
                parent.remove(node)
    document = etree.tostring(root, encoding="unicode", pretty_print=True)
    if arguments.on("print-xml"):
        context.emit({"xml": document}, document)
        return
    flags = arguments.flags(prealloc_metadata=1, reflink=2)
    copy = original.pool().create_volume_from(document, original, flags)
    _done(context, copy, f"cloned from {original.name}", "created")


@verb("vol-delete", _VOLUME, _IN_POOL, flag("delete-snapshots", "its snapshots too"))
def vol_delete(context: Context, arguments: Arguments) -> None:
    """Delete a volume with all that is on it."""
    volume = _the_volume(context, arguments)
    volume.delete(arguments.flags(delete_snapshots=2))
    _done(context, volume, "deleted", "deleted")


# virStorageVolWipeAlgorithm
_ALGORITHMS = ("zero", "nnsa", "dod", "bsi", "gutmann", "schneier", "pfitzner7", "pfitzner33", "random", "trim")


@verb(
    "vol-wipe",
    _VOLUME,
    _IN_POOL,
    value("algorithm", "NAME", f"what is written: {', '.join(_ALGORITHMS)}", complete="|".join(_ALGORITHMS)),
)
def vol_wipe(context: Context, arguments: Arguments) -> None:
    """Overwrite a volume, so that what was on it cannot be read again."""
    algorithm = arguments.maybe("algorithm") or "zero"
    if algorithm not in _ALGORITHMS:
        raise UsageError(f"unknown algorithm '{algorithm}' (one of {', '.join(_ALGORITHMS)})")
    volume = _the_volume(context, arguments)
    volume.wipe(_ALGORITHMS.index(algorithm))
    _done(context, volume, "wiped", "wiped")


@verb(
    "vol-resize",
    _VOLUME,
    argument("capacity", "the new size: 20G ...; a plain number is bytes"),
    _IN_POOL,
    flag("allocate", "take the whole size at once"),
    flag("delta", "CAPACITY is what is added"),
    flag("shrink", "allow it to become smaller: what is behind the new end is lost"),
)
def vol_resize(context: Context, arguments: Arguments) -> None:
    """Change a volume's size."""
    volume = _the_volume(context, arguments)
    capacity = size(arguments.text("capacity"))
    volume.resize(capacity, arguments.flags(allocate=1, delta=2, shrink=4))
    how = f"changed by {capacity}" if arguments.on("delta") else f"changed to {capacity}"
    context.done(f"Size of volume '{volume.name}' {how} bytes", "resized", name=volume.name, key=volume.key)


@verb("vol-dumpxml", _VOLUME, _IN_POOL, XPATH, WRAP)
def vol_dumpxml(context: Context, arguments: Arguments) -> None:
    """Print a volume's document.

    JSON: {"xml": ...}; with --xpath {"matches": [...]}.
    """
    show_xml(context, arguments, _the_volume(context, arguments).xml())


@verb("vol-name", _VOLUME)
def vol_name(context: Context, arguments: Arguments) -> None:
    """Print the name of the volume with a key or path."""
    name = find_volume(context, arguments.text("vol"), None).name
    context.emit({"name": name}, name)


@verb("vol-key", _VOLUME, _IN_POOL)
def vol_key(context: Context, arguments: Arguments) -> None:
    """Print a volume's key: what is unique among all pools."""
    key = _the_volume(context, arguments).key
    context.emit({"key": key}, key)


@verb("vol-path", _VOLUME, _IN_POOL)
def vol_path(context: Context, arguments: Arguments) -> None:
    """Print where on the host a volume is."""
    path = _the_volume(context, arguments).path()
    context.emit({"path": path}, path)


@verb("vol-pool", _VOLUME, flag("uuid", "the pool's UUID rather than its name"))
def vol_pool(context: Context, arguments: Arguments) -> None:
    """Print the pool that a volume is in.

    JSON: {"name", "uuid"}.
    """
    pool = find_volume(context, arguments.text("vol"), None).pool()
    context.emit({"name": pool.name, "uuid": pool.uuid}, pool.uuid if arguments.on("uuid") else pool.name)


_RANGE = (
    number("offset", "first byte of the volume"),
    number("length", "how many bytes; to the end, where it is not given"),
    flag("sparse", "leave holes out"),
)
_CHUNK = 256 * 1024


@verb("vol-download", _VOLUME, argument("file", "where to; - is standard output", complete="file"), _IN_POOL, *_RANGE)
def vol_download(context: Context, arguments: Arguments) -> None:
    """Copy a volume, or a part of it, into a file."""
    import sys

    volume = _the_volume(context, arguments)
    target, total = arguments.text("file"), 0
    offset, length = arguments.number("offset") or 0, arguments.number("length") or 0
    with volume.download(offset, length, arguments.flags(sparse=1)) as stream:
        file = sys.stdout.buffer if target == "-" else open(target, "wb")  # noqa: SIM115 - closed below
        try:
            while data := stream.read(_CHUNK):
                file.write(data)
                total += len(data)
            file.flush()
        finally:
            if target != "-":
                file.close()
    if target != "-":
        _done(context, volume, f"downloaded to {target}: {total} bytes", "downloaded", bytes=total)


@verb("vol-upload", _VOLUME, argument("file", "what to write; - is standard input", complete="file"), _IN_POOL, *_RANGE)
def vol_upload(context: Context, arguments: Arguments) -> None:
    """Write a file into a volume, or over a part of it."""
    import sys

    volume = _the_volume(context, arguments)
    source, total = arguments.text("file"), 0
    offset, length = arguments.number("offset") or 0, arguments.number("length") or 0
    file = sys.stdin.buffer if source == "-" else open(source, "rb")  # noqa: SIM115 - closed below
    try:
        with volume.upload(offset, length, arguments.flags(sparse=1)) as stream:
            while data := file.read(min(_CHUNK, length - total) if length else _CHUNK):
                total += stream.write(data)
    finally:
        if source != "-":
            file.close()
    _done(context, volume, f"uploaded from {source}: {total} bytes", "uploaded", bytes=total)
