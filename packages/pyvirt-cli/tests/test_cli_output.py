"""Tables, records, JSON."""

from __future__ import annotations

import json

from pyvirt.enums.domain_state import DomainPausedReason, DomainRunningReason, DomainShutoffReason, DomainState
from pyvirt.types import BlockInfo, DomainStateReason
from pyvirt_cli.output import json_text, printable, record, table, width
from pyvirt_cli.words import STATES, reason_word, state_word


def test_table_is_laid_out_as_virsh_does() -> None:
    assert table(["Id", "Name", "State"], [(1, "test", "running"), ("-", "web", "shut off")]) == (
        " Id   Name   State\n-----------------------\n 1    test   running\n -    web    shut off\n"
    )


def test_table_without_header_and_without_rows() -> None:
    assert table(["Id", "Name"], [(1, "a")], header=False) == " 1   a\n"
    assert table(["Id", "Name"], [], header=False) == ""
    assert table(["Id", "Name"], []) == " Id   Name\n------------\n"


def test_wide_and_combining_characters_keep_columns_aligned() -> None:
    assert width("日本") == 4
    assert width("é") == 1
    lines = table(["Name", "State"], [("日本", "running"), ("test", "running")]).splitlines()
    assert width(lines[2][: lines[2].index("running")]) == width(lines[3][: lines[3].index("running")])


def test_control_characters_of_strangers_do_not_reach_the_terminal() -> None:
    assert printable("a\x1b[31mb\nc") == "a [31mb c"
    assert "\x1b" not in table(["Title"], [("\x1b]0;x\x07",)])


def test_record_aligns_values() -> None:
    assert record([("Id", 1), ("Max memory", "5 KiB")]) == "Id:             1\nMax memory:     5 KiB\n"
    assert record([("A much longer name", 1)]) == "A much longer name: 1\n"


def test_json_knows_results_of_the_core() -> None:
    data = {"info": BlockInfo(1, 2, 3), "cpus": frozenset({3, 1}), "raw": b"\0"}
    assert json.loads(json_text(data)) == {
        "info": {"capacity": 1, "allocation": 2, "physical": 3},
        "cpus": [1, 3],
        "raw": "AA==",
    }
    assert json_text({"ä": 1}, compact=True) == '{"ä": 1}\n'


def test_every_state_has_a_word() -> None:
    assert len(STATES) == len(DomainState)
    assert [state_word(state) for state in (DomainState.SHUTOFF, DomainState.RUNNING)] == ["shut off", "running"]
    assert state_word(99) == "no state"


def test_reasons_have_virshs_words() -> None:
    assert reason_word(DomainStateReason(DomainState.SHUTOFF, DomainShutoffReason.FROM_SNAPSHOT)) == "from snapshot"
    assert reason_word(DomainStateReason(DomainState.PAUSED, DomainPausedReason.IOERROR)) == "I/O error"
    assert reason_word(DomainStateReason(DomainState.RUNNING, DomainRunningReason.WAKEUP)) == "event wakeup"
