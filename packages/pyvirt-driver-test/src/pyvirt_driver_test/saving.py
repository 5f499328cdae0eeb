"""Saving domains to files, managed save, and core dumps."""

from __future__ import annotations

from pyvirt import enums
from pyvirt.driver.flags import allow_flags
from pyvirt_driver_test.checks import exclude
from pyvirt_driver_test.guest import RUNNING, Guest, SavedImage
from pyvirt_driver_test.lifecycle import Lifecycle
from pyvirt_util.errors import ArgumentUnsupportedError, InvalidArgError, OperationInvalidError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pyvirt.enums.domain_jobs import (
        DomainCoreDumpFlags,
        DomainCoreDumpFormat,
        DomainSaveImageXMLFlags,
        DomainSaveRestoreFlags,
    )
    from pyvirt.refs import DomainRef
    from pyvirt.types import TypedParameters

_SECURE = 1  # of virDomainXMLFlags


class Saving(Lifecycle):
    """Saving domains to files, managed save, and core dumps."""

    # Files

    def domain_save_params(self, domain: DomainRef, parameters: TypedParameters, flags: DomainSaveRestoreFlags) -> None:
        """See the base class. ``file`` is where to, ``dxml`` a changed definition."""
        from pyvirt_driver_test import save_file

        file, xml = _file_and_xml(parameters)
        _check_flags(flags, "virDomainSaveParams")
        with self.host.lock:
            guest = self.host.guest(domain)
            guest.require_active()
            save_file.write(file, self._image(guest, xml, flags))
            self._stop_saved(guest)

    def domain_restore_params(self, parameters: TypedParameters, flags: DomainSaveRestoreFlags) -> None:
        """See the base class. ``file`` is where from, ``dxml`` a changed definition."""
        from pyvirt_driver_test import save_file
        from pyvirt_driver_test.definition import identity, parse_complete

        file, xml = _file_and_xml(parameters)
        _check_flags(flags, "virDomainRestoreParams")
        image = save_file.read(file)
        if xml is not None:
            image = SavedImage(_replaced(image.xml, xml), running=image.running)
        name, uuid = identity(parse_complete(image.xml))
        with self.host.lock:
            guest = self.host.match(name, uuid)
            if guest is not None and guest.active:
                raise OperationInvalidError(f"domain '{guest.name}' is already active")
            if guest is None:
                guest = Guest(name, uuid)
                self.host.add(guest)
            self.resume_image(guest, image, paused=_wanted(flags))

    def domain_save_image_get_xml_desc(self, file: str, flags: DomainSaveImageXMLFlags) -> str:
        """See the base class."""
        from pyvirt_driver_test import save_file

        allow_flags(flags, _SECURE, "virDomainSaveImageGetXMLDesc")
        return _shown(save_file.read(file), flags)

    def domain_save_image_define_xml(self, file: str, xml: str, flags: DomainSaveRestoreFlags) -> None:
        """See the base class."""
        from pyvirt_driver_test import save_file

        _check_flags(flags, "virDomainSaveImageDefineXML")
        image = save_file.read(file)
        save_file.write(file, _changed(image, xml, flags))

    # Managed save

    def domain_managed_save(self, domain: DomainRef, flags: DomainSaveRestoreFlags) -> None:
        """See the base class."""
        _check_flags(flags, "virDomainManagedSave")
        with self.host.lock:
            guest = self.host.guest(domain)
            guest.require_active()
            if not guest.persistent:
                raise OperationInvalidError(f"cannot do managed save for transient domain '{guest.name}'")
            guest.saved = self._image(guest, None, flags)
            self._stop_saved(guest)

    def domain_has_managed_save_image(self, domain: DomainRef, flags: int) -> bool:
        """See the base class."""
        allow_flags(flags, 0, "virDomainHasManagedSaveImage")
        with self.host.lock:
            return self.host.guest(domain).saved is not None

    def domain_managed_save_remove(self, domain: DomainRef, flags: int) -> None:
        """See the base class. What is not there need not be removed."""
        allow_flags(flags, 0, "virDomainManagedSaveRemove")
        with self.host.lock:
            self.host.guest(domain).saved = None

    def domain_managed_save_get_xml_desc(self, domain: DomainRef, flags: DomainSaveImageXMLFlags) -> str:
        """See the base class."""
        allow_flags(flags, _SECURE, "virDomainManagedSaveGetXMLDesc")
        with self.host.lock:
            return _shown(self._saved(domain), flags)

    def domain_managed_save_define_xml(self, domain: DomainRef, xml: str, flags: DomainSaveRestoreFlags) -> None:
        """See the base class."""
        _check_flags(flags, "virDomainManagedSaveDefineXML")
        with self.host.lock:
            self.host.guest(domain).saved = _changed(self._saved(domain), xml, flags)

    # Core dumps

    def domain_core_dump_with_format(
        self, domain: DomainRef, path: str, format: DomainCoreDumpFormat, flags: DomainCoreDumpFlags
    ) -> None:
        """See the base class. There is no memory to dump, so the file says only whose it is."""
        from pyvirt_driver_test import save_file

        kinds = enums.DomainCoreDumpFlags
        allow_flags(flags, kinds.CRASH | kinds.RESET | kinds.BYPASS_CACHE, "virDomainCoreDumpWithFormat")
        exclude(flags, (kinds.CRASH, "VIR_DUMP_CRASH"), (kinds.RESET, "VIR_DUMP_RESET"))
        if format != enums.DomainCoreDumpFormat.RAW:
            raise ArgumentUnsupportedError(f"core dump format {format.name.lower()} is not supported: only raw is")
        with self.host.lock:
            guest = self.host.guest(domain)
            guest.require_active()
            save_file.write_dump(path)
            if flags & kinds.CRASH:
                self.stop(guest, enums.DomainShutoffReason.CRASHED, enums.DomainEventStoppedDetailType.CRASHED)
            elif flags & kinds.RESET:
                self.restart(guest)

    # Images

    def _saved(self, domain: DomainRef) -> SavedImage:
        guest = self.host.guest(domain)
        if guest.saved is None:
            raise OperationInvalidError(f"domain '{guest.name}' does not have managed save image")
        return guest.saved

    def _image(self, guest: Guest, xml: str | None, flags: int) -> SavedImage:
        from pyvirt_driver_test.definition import format_xml

        saved = format_xml(guest.current, guest.id, _SECURE)
        wanted = _wanted(flags)
        running = guest.state == RUNNING if wanted is None else not wanted
        return SavedImage(saved if xml is None else _replaced(saved, xml), running=running)

    def _stop_saved(self, guest: Guest) -> None:
        self.stop(guest, enums.DomainShutoffReason.SAVED, enums.DomainEventStoppedDetailType.SAVED)


def _check_flags(flags: int, function: str) -> None:
    allow_flags(flags, 0xF, function)
    kinds = enums.DomainSaveRestoreFlags
    exclude(flags, (kinds.RUNNING, "VIR_DOMAIN_SAVE_RUNNING"), (kinds.PAUSED, "VIR_DOMAIN_SAVE_PAUSED"))


def _wanted(flags: int) -> bool | None:
    """Whether the flags want it paused, or ``None`` when they leave it as it was."""
    kinds = enums.DomainSaveRestoreFlags
    if flags & kinds.PAUSED:
        return True
    return False if flags & kinds.RUNNING else None


def _file_and_xml(parameters: TypedParameters) -> tuple[str, str | None]:
    for name in parameters:
        if name not in ("file", "dxml"):
            raise InvalidArgError(f"parameter '{name}' not supported")
    file, xml = parameters.get("file"), parameters.get("dxml")
    if not isinstance(file, str) or not file:
        raise InvalidArgError("a file to save to or restore from must be given")
    if xml is not None and not isinstance(xml, str):
        raise InvalidArgError("dxml must be XML text")
    return file, xml


def _replaced(old: str, new: str) -> str:
    """The definition ``new``, for a guest saved as ``old``: it must mean the same domain."""
    from pyvirt_driver_test.definition import format_xml, identity, parse, parse_complete

    before, after = parse_complete(old), parse(new)
    if identity(before) != identity(after):
        raise OperationInvalidError(
            f"the new XML means another domain: {' '.join(identity(after))}, not {' '.join(identity(before))}"
        )
    return format_xml(after, -1, _SECURE)


def _changed(image: SavedImage, xml: str, flags: int) -> SavedImage:
    wanted = _wanted(flags)
    return SavedImage(_replaced(image.xml, xml), running=image.running if wanted is None else not wanted)


def _shown(image: SavedImage, flags: int) -> str:
    from pyvirt_driver_test.definition import format_xml, parse_complete

    return format_xml(parse_complete(image.xml), -1, flags)
