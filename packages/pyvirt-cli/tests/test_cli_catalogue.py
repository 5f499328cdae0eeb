"""The table of verbs against the modules, and against virsh."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import pyvirt_cli.verbs
from pyvirt_cli.catalogue import GROUPS, VERBS
from pyvirt_cli.main import find_verb
from pyvirt_cli.options import FLAG, GLOBALS, registry

# What virsh's own help and shell have, and what means something else here.
_NOT_COMPARED = {"help"}


@pytest.mark.parametrize("name", sorted(VERBS))
def test_every_verb_is_where_the_table_says_and_explains_itself(name: str) -> None:
    verb = find_verb(name)
    assert verb.name == name
    assert verb.about.strip()
    assert len({option.name for option in verb.options}) == len(verb.options)
    assert not {option.name for option in verb.options} & {option.name for option in GLOBALS}
    for option in verb.options:
        assert option.help or option.kind == FLAG
        assert option.help.endswith("...") or not option.help.endswith(".")
    required = [option.required for option in verb.options if option.positional]
    assert required == sorted(required, reverse=True) or name.startswith("qemu-"), "required arguments come first"


def test_the_table_has_every_verb_of_the_modules_and_a_heading_for_each_module() -> None:
    for name in VERBS:
        find_verb(name)
    assert set(registry) == set(VERBS)
    modules = {module for module, _ in VERBS.values()}
    headed = [module for _, group in GROUPS for module in group]
    assert sorted(headed) == sorted(modules)
    folder = Path(pyvirt_cli.verbs.__path__[0])
    assert {path.stem for path in folder.glob("*.py")} - {"__init__", "common"} == modules


def _virsh(*words: str) -> str:
    program = shutil.which("virsh")
    if program is None:
        pytest.skip("virsh is not installed")
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": os.environ.get("HOME", "/")}
    return subprocess.run([program, *words], capture_output=True, text=True, env=environment, check=False).stdout


def test_arguments_are_called_and_ordered_as_in_virsh() -> None:
    theirs = set(re.findall(r"^    ([a-z][a-z0-9-]+) ", _virsh("help"), re.MULTILINE))
    shared = sorted(theirs & set(VERBS) - _NOT_COMPARED)
    assert len(shared) > 150
    different = {}
    for name in shared:
        options = _virsh("help", name).partition("OPTIONS")[2]
        positional = re.findall(r"^    \[--([A-Za-z-]+)\] <", options, re.MULTILINE)
        ours = [option.name for option in find_verb(name).options if option.positional]
        if [word for word in ours if word in positional] != positional:
            different[name] = (positional, ours)
    assert different == {}
