"""The declared operations against libvirt's own tables: every function once, with its number and its rights."""

from __future__ import annotations

import inspect
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pyvirt import enums
from pyvirt.driver import (
    HypervisorDriver,
    InterfaceDriver,
    NetworkDriver,
    NodeDeviceDriver,
    NwfilterDriver,
    Operation,
    Operations,
    SecretDriver,
    StorageDriver,
    declared_operations,
    implemented_operations,
    implements,
)
from pyvirt_util.errors import NoSupportError

if TYPE_CHECKING:
    from collections.abc import Iterator

BASES: tuple[type[Operations], ...] = (
    HypervisorDriver,
    NetworkDriver,
    StorageDriver,
    InterfaceDriver,
    NodeDeviceDriver,
    NwfilterDriver,
    SecretDriver,
)
# Entries of libvirt's driver tables that are no operations here: how a connection or a daemon begins and ends, and
# streams, which are objects.
NO_OPERATIONS = ("virConnectOpen", "virConnectClose", "virStream")


def facts(name: str) -> Any:
    folder = Path(os.environ.get("PYVIRT_API") or Path(__file__).parents[3].parent / "shared" / "api")
    if not (folder / name).is_file():
        pytest.skip(f"{folder / name} is not there; PYVIRT_API names the folder with the facts of libvirt's API")
    return json.loads((folder / name).read_text())


def all_declared() -> list[tuple[type[Operations], str, Operation]]:
    return [(base, name, found) for base in BASES for name, found in declared_operations(base).items()]


def names_and_numbers() -> Iterator[tuple[str, str, int | None, Operation]]:
    for _, _, found in all_declared():
        yield found.function, found.program, found.procedure, found
        for function, number in found.also.items():
            yield function, found.program, number, found


def test_every_function_of_the_driver_tables_is_declared_once() -> None:
    api = facts("hvsupport.json")
    wanted = {name for name in api["driver_fields"].values() if name and not name.startswith(NO_OPERATIONS)}
    declared = [function for function, _, _, _ in names_and_numbers()]
    assert sorted(name for name in set(declared) if declared.count(name) > 1) == []
    assert sorted(wanted - set(declared)) == []


def test_every_declared_function_is_one_of_libvirt() -> None:
    functions = facts("hvsupport.json")["functions"]
    assert sorted({function for function, _, _, _ in names_and_numbers()} - set(functions)) == []


def test_numbers_are_those_of_the_protocol() -> None:
    functions = facts("hvsupport.json")["functions"]
    wrong = []
    for function, program, number, _ in names_and_numbers():
        known = {tuple(entry.split(":")[:2]) for entry in functions[function].get("rpc", ())}
        if (program, str(number)) not in known and (number is not None or known):
            wrong.append((function, program, number, known))
    assert wrong == []


def test_rights_are_those_of_libvirt() -> None:
    functions = facts("hvsupport.json")["functions"]
    values = {name: value for found in facts("constants.json")["enums"].values() for name, value in _members(found)}
    wrong = []
    for _, _, found in all_declared():
        fact = functions[found.function]
        flags = sum(values[name] for name in fact.get("needs_write_flags", ()))
        if fact.get("needs_write") == "some flags":
            # Where the guest itself is asked: the facts do not say which flags or values mean that.
            right = not found.write and bool(found.write_flags or found.write_values)
        else:
            right = found.write == (fact.get("needs_write") == "always") and found.write_flags == flags
        if not right:
            wrong.append((found.function, found.write, found.write_flags, fact.get("needs_write"), flags))
    assert wrong == []


def _members(found: Any) -> Iterator[tuple[str, int]]:
    members = found["members"] if isinstance(found, dict) and "members" in found else found
    for member in members if isinstance(members, list) else members.items():
        if isinstance(member, dict):
            yield member["name"], member["value"]
        else:
            name, value = member
            yield name, value["value"] if isinstance(value, dict) else value


def test_names_are_those_of_the_driver_table() -> None:
    for _, name, found in all_declared():
        assert name == found.name
        assert name == name.lower()
        assert (
            name.replace("_", "") in found.function.lower().removeprefix("vir")
            or found.program == "qemu"
            or any(name.replace("_", "") in older.lower() for older in found.also)
            or _spelled(name, found.function)
        )


def _spelled(name: str, function: str) -> bool:
    """Whether all words of a name come in the function's, in this order; the table abbreviates some names."""
    text = function.lower()
    for word in name.split("_"):
        at = text.find(word)
        if at < 0:
            return False
        text = text[at + len(word) :]
    return True


def test_every_declaration_is_documented_and_typed() -> None:
    for base, name, _ in all_declared():
        method = getattr(base, name)
        assert method.__doc__, name
        signature = inspect.signature(method.__wrapped__)
        assert signature.return_annotation is not inspect.Signature.empty, name
        for parameter in list(signature.parameters.values())[1:]:
            assert parameter.annotation is not inspect.Parameter.empty, (name, parameter.name)
            assert parameter.kind == parameter.POSITIONAL_OR_KEYWORD, (name, parameter.name)
            assert parameter.default is parameter.empty, (name, parameter.name)


def test_flags_come_last() -> None:
    for base, name, found in all_declared():
        names = [*inspect.signature(getattr(base, name).__wrapped__).parameters]
        if "flags" in names:
            assert names[-1] == "flags", name
        assert not found.write_flags or "flags" in names, name


def test_annotations_name_enumerations_that_exist() -> None:
    types = {"None", "str", "int", "bool", "bytes", "float", "TypedParameters", "EventCallback", "CloseCallback"}
    missing = []
    for base, name, _ in all_declared():
        for parameter in inspect.signature(getattr(base, name).__wrapped__).parameters.values():
            kind = str(parameter.annotation)
            if parameter.name in ("flags", "stats") and kind not in types and not hasattr(enums, kind):
                missing.append((name, kind))
    assert missing == []


def test_what_is_not_overridden_is_not_supported() -> None:
    class Empty(HypervisorDriver):
        driver_name = "empty"

    for name, found in declared_operations(Empty).items():
        assert not implements(Empty, name)
        with pytest.raises(NoSupportError, match=rf"{found.function} \(empty driver\)"):
            getattr(Empty(), name)()
    assert implemented_operations(Empty) == {}


def test_what_is_overridden_is_supported() -> None:
    class Some(HypervisorDriver):
        def connect_get_type(self) -> str:
            return "some"

    class More(Some):
        def connect_get_version(self) -> int:
            return 1

    assert set(implemented_operations(More)) == {"connect_get_type", "connect_get_version"}
    assert implements(More(), "connect_get_type")
    assert not implements(More, "no_such_operation")
    assert implemented_operations(More)["connect_get_version"].function == "virConnectGetVersion"


def test_enumerations_have_the_values_of_libvirt() -> None:
    constants = facts("constants.json")["enums"]
    checked = 0
    for name in enums.__all__:
        kind = getattr(enums, name)
        found = (
            constants.get(f"vir{name}") or constants.get(f"vir{name}Values") or constants.get(f"vir{name}FlagValues")
        )
        if found is None:
            continue
        values = {value for _, value in _members(found)}
        ours = {int(member) for member in kind.__members__.values()}
        assert ours - values <= {0}, name  # NONE is ours where libvirt has no name for no flag at all
        checked += 1
    assert checked > 100
