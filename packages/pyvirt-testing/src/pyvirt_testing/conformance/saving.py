"""Managed save: a guest's memory is kept for the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyvirt import enums
from pyvirt_testing.conformance.base import Conformance
from pyvirt_util.errors import OperationInvalidError

if TYPE_CHECKING:
    from pathlib import Path

    from pyvirt_testing.conformance.bench import Bench

State = enums.DomainState
MANAGED = ("domain_managed_save", "domain_has_managed_save_image", "domain_managed_save_remove")


class Saving(Conformance):
    """Managed save, and saving to files."""

    def test_managed_save_and_start(self, bench: Bench) -> None:
        bench.need(*MANAGED)
        domain = bench.start()
        domain.managed_save()
        assert domain.state() == (State.SHUTOFF, enums.DomainShutoffReason.SAVED)
        assert domain.has_managed_save_image()
        domain.start()
        assert domain.state() == (State.RUNNING, enums.DomainRunningReason.RESTORED)
        assert not domain.has_managed_save_image()

    def test_managed_save_of_a_paused_domain(self, bench: Bench) -> None:
        bench.need(*MANAGED)
        domain = bench.start(paused=True)
        domain.managed_save()
        domain.start()
        assert domain.state().state == State.PAUSED

    def test_managed_save_guards_against_undefine(self, bench: Bench) -> None:
        bench.need(*MANAGED)
        domain = bench.start()
        domain.managed_save()
        with pytest.raises(OperationInvalidError):
            domain.undefine()
        assert domain.has_managed_save_image()
        domain.undefine(enums.DomainUndefineFlags.MANAGED_SAVE)
        assert domain not in bench.conn.list_domains()

    def test_managed_save_can_be_thrown_away(self, bench: Bench) -> None:
        bench.need(*MANAGED)
        domain = bench.start()
        domain.managed_save()
        domain.managed_save_remove()
        assert not domain.has_managed_save_image()
        domain.start()
        assert domain.state() == (State.RUNNING, enums.DomainRunningReason.BOOTED)

    def test_managed_save_filters(self, bench: Bench) -> None:
        bench.need(*MANAGED)
        flags = enums.ConnectListAllDomainsFlags
        saved, other = bench.start(), bench.define()
        saved.managed_save()
        assert saved in bench.conn.list_domains(flags.MANAGEDSAVE)
        assert other not in bench.conn.list_domains(flags.MANAGEDSAVE)
        assert other in bench.conn.list_domains(flags.NO_MANAGEDSAVE)

    def test_managed_save_is_refused(self, bench: Bench) -> None:
        bench.need(*MANAGED)
        off, transient = bench.define(), bench.create()
        for domain in (off, transient):
            with pytest.raises(OperationInvalidError):
                domain.managed_save()
        assert transient.is_active()

    def test_save_to_a_file_and_restore(self, bench: Bench, tmp_path: Path) -> None:
        bench.need("domain_save_params", "domain_restore_params")
        domain, file = bench.start(), str(tmp_path / "image")
        domain.save_with_parameters({"file": file})
        assert domain.state() == (State.SHUTOFF, enums.DomainShutoffReason.SAVED)
        bench.conn.domain_restore_params({"file": file})
        assert domain.state() == (State.RUNNING, enums.DomainRunningReason.RESTORED)
        with pytest.raises(OperationInvalidError):
            bench.conn.domain_restore_params({"file": file})

    def test_restore_brings_back_a_transient_domain(self, bench: Bench, tmp_path: Path) -> None:
        bench.need("domain_save_params", "domain_restore_params")
        domain, file = bench.create(), str(tmp_path / "image")
        domain.save_with_parameters({"file": file})
        assert domain not in bench.conn.list_domains()
        bench.conn.domain_restore_params({"file": file})
        assert domain.is_active()
        assert not domain.is_persistent()
