"""The tox environments that follow from packages/*: adding a distribution is adding a folder.

``pkg-NAME`` installs the wheel of NAME with what it declares, and runs its tests where nothing else of ours is
installed. ``types``, ``deps``, ``rule`` and ``system`` (see tox.ini) get all distributions.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tox.config.loader.memory import MemoryLoader
from tox.config.types import Command, EnvList
from tox.plugin import impl

if TYPE_CHECKING:
    from tox.config.sets import ConfigSet
    from tox.session.state import State

ROOT = Path(__file__).resolve().parent
NAMES = [path.parent.name for path in sorted(ROOT.glob("packages/*/pyproject.toml"))]

EVERYTHING = {
    "types": ["--editable", "--group", "types", "--group", "test", "--group", "run", "--group", "rule"],
    "deps": ["--editable", "--group", "rule", "--group", "lint"],
    "rule": ["--group", "dev"],
    "system": ["--group", "test"],
}
"""Environments with all distributions: the arguments that tools/install.py gets."""


def filled(*arguments: str, **values: object) -> MemoryLoader:
    """Settings of an environment that tools/install.py fills before its commands run."""
    install = Command([sys.executable, str(ROOT / "tools" / "install.py"), *arguments])
    return MemoryLoader(commands_pre=[install], allowlist_externals=[sys.executable], **values)


def alone(name: str, options: Sequence[str]) -> MemoryLoader:
    """Settings of the environment in which one distribution is tested by itself."""
    tests = [f"packages/{name}/tests"] if (ROOT / "packages" / name / "tests").is_dir() else []
    return filled(
        "--group",
        "alone",
        name,
        description=f"{name} alone: its wheel, what that declares, and its tests",
        labels=["pkg"],
        commands=[Command(["pytest", "tools/alone", *tests, *options])],
        set_env={"PYTHONDONTWRITEBYTECODE": "1", "PYVIRT_ALONE": name},
    )


@impl
def tox_extend_envs() -> Iterable[str]:
    return [f"pkg-{name}" for name in NAMES]


@impl
def tox_add_core_config(core_conf: ConfigSet, state: State) -> None:
    # What takes longest begins first, so that environments run side by side end together.
    environments = ["lint", "rule", "system", "types", "deps", *(f"pkg-{name}" for name in NAMES)]
    core_conf.loaders.insert(0, MemoryLoader(env_list=EnvList(environments)))
    options = state.conf.pos_args(None) or ()
    for environment, arguments in EVERYTHING.items():
        state.conf.memory_seed_loaders[environment].append(filled(*arguments))
    for name in NAMES:
        state.conf.memory_seed_loaders[f"pkg-{name}"].append(alone(name, options))
