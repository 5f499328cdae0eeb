"""Checkpoints: ``<domaincheckpoint>``, moments from which on changes of disks are tracked."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, Self

from pyvirt_conf.domain.config import GENERIC, ParserConfig, XmlFlags, mode_of
from pyvirt_conf.domain.domain import Domain
from pyvirt_conf.moment.common import Moment
from pyvirt_conf.moment.disks import is_empty, is_read_only, matched
from pyvirt_conf.xml import U64, Element, Mode, attr, children, element, fail, read
from pyvirt_util.errors import ConfigUnsupportedError, InternalError, XmlInvalidSchemaError


class CheckpointType(StrEnum):
    """How changes of a disk are tracked."""

    NO = "no"
    BITMAP = "bitmap"


class _SizeMode(Mode):
    """A mode in which sizes count."""


def _counts(value: Any, mode: Mode) -> bool:
    return isinstance(mode, _SizeMode)


@element("disk")
class CheckpointDisk(Element):
    """How one disk takes part; ``size`` is how many bytes changed since, as far as somebody asked."""

    name: str = attr(required=True)
    checkpoint: CheckpointType | None = attr(default=CheckpointType.BITMAP)
    bitmap: str | None = attr()
    size: U64 | None = attr(when=_counts, needs="bitmap")


_NAME = re.compile(r"[a-zA-Z0-9_-][a-zA-Z0-9_.-]*").fullmatch


@element("domaincheckpoint")
class DomainCheckpoint(Moment):
    """A checkpoint of a guest."""

    disks: list[CheckpointDisk] = children("disks/disk", rank=3)

    @classmethod
    def parse(
        cls, text: str | bytes, *, file: str | None = None, config: ParserConfig = GENERIC, redefine: bool = False
    ) -> Self:
        """Read a document: its syntax and the types of its values, nothing more.

        :param file: where it came from, for error messages.
        :param redefine: it's of a checkpoint that was before: what a new one can't know counts.
        :raises XmlDetailError: not well-formed. :raises XmlError: not a checkpoint, or a value its type refuses.
        """
        mode = mode_of(XmlFlags.NONE, config, file)
        node = read(text, file)
        if node.tag != "domaincheckpoint":
            fail(node, mode, f"expected <domaincheckpoint>, found <{node.tag}>")
        new = cls._from_node(node, _SizeMode(file=file))
        if redefine:
            new._redefined(node, config, file)
        else:
            new._forget()
        return new

    def format(self, *, secure: bool = False, no_domain: bool = False, size: bool = False) -> str:
        """The document as libvirt writes it (virDomainCheckpointDefFormat).

        :param secure: with passwords. :param no_domain: without the domain. :param size: with the sizes that are known.
        """
        out = ["<domaincheckpoint>\n"]
        self._write_kids(out, "  ", _SizeMode() if size else Mode())
        if self.domain is not None and not no_domain:
            flags = XmlFlags.INACTIVE | (XmlFlags.SECURE if secure else XmlFlags.NONE)
            self.domain._to_xml(out, "  ", mode_of(flags))
        out.append("</domaincheckpoint>\n")
        return "".join(out)

    def complete(self, config: ParserConfig = GENERIC, *, now: int | None = None) -> None:
        """Fill in name and time, and the domain's definition."""
        super().complete(config, now=now)

    def validate(self) -> None:
        """Refuse what the types can't tell.

        :raises XmlInvalidSchemaError: a name that can't be a bitmap's.
        """
        for what, name in (("name", self.name), ("name of the parent", self.parent)):
            if name is not None and not _NAME(name):
                raise XmlInvalidSchemaError(
                    f"{what} '{name}' of a checkpoint has other characters than letters, digits, _, - and inner dots"
                )

    def align_disks(self, domain: Domain | None = None) -> None:
        """Have one entry for every disk of the domain, in its order, each with type and bitmap.

        Without any entry all disks that can be written take part, otherwise those that are named.

        :param domain: its definition, where the checkpoint has none.
        :raises ConfigUnsupportedError: what is asked for doesn't fit the domain's disks.
        """
        domain = self.domain or domain
        if domain is None:
            raise InternalError(f"missing domain of checkpoint '{self.name}'")
        found = matched(domain, self.disks, "checkpoint")
        if not domain.devices.disks:
            raise ConfigUnsupportedError("a domain must have at least one disk to perform checkpoints")
        for request, disk in found.values():
            if (is_empty(disk) or is_read_only(disk)) and request.checkpoint is not CheckpointType.NO:
                raise ConfigUnsupportedError(f"disk '{request.name}' is empty or readonly")
        default = CheckpointType.NO if found else CheckpointType.BITMAP
        aligned = []
        for disk in domain.devices.disks:
            if disk.target in found:
                aligned.append(found[disk.target][0])
            else:
                how = CheckpointType.NO if is_empty(disk) or is_read_only(disk) else default
                aligned.append(CheckpointDisk(name=disk.target, checkpoint=how))
        self.disks = aligned
        self.name_bitmaps()

    def name_bitmaps(self) -> None:
        """Name bitmaps after the checkpoint where they have no name of their own."""
        for disk in self.disks:
            if disk.checkpoint is CheckpointType.BITMAP and disk.bitmap is None:
                disk.bitmap = self.name


def parse_domain_checkpoint(
    text: str | bytes,
    config: ParserConfig = GENERIC,
    *,
    file: str | None = None,
    redefine: bool = False,
    now: int | None = None,
) -> DomainCheckpoint:
    """Parse, complete and validate in one go, as a driver does with a checkpoint it is given."""
    checkpoint = DomainCheckpoint.parse(text, file=file, config=config, redefine=redefine)
    checkpoint.complete(config, now=now)
    checkpoint.validate()
    return checkpoint
