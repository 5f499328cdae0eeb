"""Each check of the rule fails on a violation planted in a copy of the tree, and passes on the tree as it is."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.rule.conftest import Tree

DRIVER = "pyvirt-driver-test"


def test_the_tree_keeps_the_rule(tree: Tree) -> None:
    result = tree.check()
    assert result.returncode == 0, result.stdout + result.stderr
    assert "broken" not in result.stdout


IMPORTS = {
    "driver": "import pyvirt_driver_lxc\n",
    "late": "def late():\n    from pyvirt_driver_qemu import monitor\n    return monitor\n",
    "devices": "from pyvirt_netdev import __doc__ as text\n",
    "typed": "import typing\nif typing.TYPE_CHECKING:\n    import pyvirt_netdev\n",
    "tried": "try:\n    import pyvirt_netdev\nexcept ImportError:\n    pyvirt_netdev = None\n",
    "suites": "import pyvirt_testing\n",
    "command": "import pyvirt_cli\n",
}


def test_an_import_of_a_neighbour_is_found(tree: Tree, breaks: Callable[..., str], finds: Callable[..., str]) -> None:
    for name, text in IMPORTS.items():
        tree.plant(DRIVER, f"planted_{name}.py", text)
    breaks("layers", "BROKEN", *(f"pyvirt_driver_test.planted_{name} ->" for name in IMPORTS))
    lines = finds().splitlines()
    for name in IMPORTS:
        assert [line for line in lines if f"/planted_{name}.py:" in line and "imports pyvirt_" in line], name


NEIGHBOURS = [
    ("pyvirt-cli", "pyvirt_driver_test"),
    ("pyvirt-testing", "pyvirt_driver_test"),
    ("pyvirt-netdev", "pyvirt_testing"),
    ("pyvirt-core", "pyvirt_driver_test"),
    ("pyvirt-core", "pyvirt_netdev"),
    ("pyvirt-conf", "pyvirt"),
    ("pyvirt-util", "pyvirt_conf"),
]


def test_others_see_no_neighbour_and_nothing_above(tree: Tree, breaks: Callable[..., str]) -> None:
    for distribution, module in NEIGHBOURS:
        tree.plant(distribution, f"planted_{module}.py", f"import {module}\n")
    breaks("layers", "BROKEN", *(f"planted_{module} -> " for _, module in NEIGHBOURS))
    folders = sorted({f"packages/{distribution}" for distribution, _ in NEIGHBOURS})
    output = tree.python("-m", "pyvirt_testing.rule", *folders).stdout
    for distribution, module in NEIGHBOURS:
        package = tree.source(distribution).name
        assert f"/{package}/planted_{module}.py:1: imports {module};" in output, (distribution, module)


BY_NAME = {
    "called": "import importlib\n\nimportlib.import_module('json')\n",
    "renamed": "from importlib import import_module as get\n\nget('json')\n",
    "silenced": "import importlib\n\nimportlib.import_module('json')  # noqa: TID251\n",
    "silent": "# ruff: noqa\nimport importlib\n\nimportlib.import_module('json')\n",
    "specified": "import importlib.util\n\nimportlib.util.find_spec('json')\n",
    "builtin": "import builtins\n\nbuiltins.__import__('json')\n",
    "run": "import runpy\n\nrunpy.run_module('json')\n",
}


def test_an_import_by_name_is_found(tree: Tree, breaks: Callable[..., str], finds: Callable[..., str]) -> None:
    for name, text in BY_NAME.items():
        tree.plant(DRIVER, f"planted_{name}.py", text)
    banned = breaks("banned").splitlines()
    found = finds().splitlines()
    for name in BY_NAME:
        assert [line for line in banned if f"/planted_{name}.py:" in line and "TID251" in line], name
        assert [line for line in found if f"/planted_{name}.py:" in line and "imports by name" in line], name


DODGES = {
    "__import__": ("__import__('pyvirt_netdev')\n", "uses __import__"),
    "__import__ of pieces": ("__import__('pyvirt_' + 'netdev')\n", "uses __import__"),
    "in a string": ("import sys\n\nsys.modules['pyvirt_driver_qemu']\n", "names pyvirt_driver_qemu in a string"),
    "in a string with a gap": ("NAME = 'qemu'\nMODULE = f'pyvirt_driver_{NAME}'\n", "names pyvirt_driver_ in a string"),
    "in a process": ("COMMAND = ['python3', '-c', 'import pyvirt_netdev']\n", "names pyvirt_netdev in a string"),
    "exec": ("exec('import pyvirt_' + 'netdev')\n", "uses exec"),
    "sys.path": ("import sys\n\nsys.path.insert(0, '/somewhere')\n", "changes where imports come from"),
    "sys.path replaced": ("import sys\n\nsys.path = ['/somewhere']\n", "changes where imports come from"),
    "sys.path added to": ("import sys\n\nsys.path += ['/somewhere']\n", "changes where imports come from"),
    "sys.path sliced": ("import sys\n\nsys.path[:0] = ['/somewhere']\n", "changes where imports come from"),
    "a finder": ("import sys\n\nsys.meta_path.insert(0, None)\n", "changes where imports come from"),
    "the loader": ("from pyvirt.loader import driver_for\n", "imports pyvirt.loader, which loads plug-ins"),
    "the loader as a module": ("from pyvirt import loader\n", "imports pyvirt.loader, which loads plug-ins"),
    "the loader's work": (
        "from importlib import metadata\n\nmetadata.entry_points(group='pyvirt.network')\n",
        "reads the plug-ins of 'pyvirt.network'",
    ),
}


def test_a_way_around_an_import_is_found(tree: Tree, finds: Callable[..., str]) -> None:
    files = {what: f"planted_{number}.py" for number, what in enumerate(DODGES)}
    for what, (text, _) in DODGES.items():
        tree.plant(DRIVER, files[what], text)
    lines = finds().splitlines()
    for what, (_, finding) in DODGES.items():
        assert [line for line in lines if f"/{files[what]}:" in line and finding in line], what


LOADED = {
    "its own": ("import_by_name('pyvirt_cli.verbs.list')", True),
    "its own, one of many": ("import_by_name(f'pyvirt_cli.verbs.{NAME}')", True),
    "one whose name begins alike": ("import_by_name(f'pyvirt_cli{NAME}')", False),
    "whatever": ("import_by_name(NAME)", False),
    "what a list holds": ("list(map(import_by_name, NAME))", False),
}


def test_a_tool_may_load_its_own_modules_alone(tree: Tree) -> None:
    for number, (text, _) in enumerate(LOADED.values()):
        begin = "from pyvirt.loader import import_by_name\n\nNAME = 'x'\n"
        tree.plant("pyvirt-cli", f"planted_{number}.py", f"{begin}{text}\n")
    output = tree.python("-m", "pyvirt_testing.rule", "packages/pyvirt-cli").stdout
    for number, (what, (_, fine)) in enumerate(LOADED.items()):
        finding = f"planted_{number}.py:4: imports by name what need not be its own"
        assert (finding not in output) is fine, what


def test_a_vendored_package_is_found(tree: Tree, finds: Callable[..., str]) -> None:
    shutil.copytree(tree.source("pyvirt-netdev"), tree.source(DRIVER) / "_vendor" / "pyvirt_netdev")
    finds("_vendor/pyvirt_netdev: has the name of a package of ours")


FUNCTION = """
def carrier_of(path):
    \"\"\"{documentation}\"\"\"
    found = {{}}
    for name in sorted(path.iterdir()):
        if name.is_dir() and not name.name.startswith("."):
            text = (name / "carrier").read_text().strip()
            found[name.name] = text == "1"
        elif name.is_symlink():
            found[name.name] = name.resolve().exists()
    return {{key: value for key, value in found.items() if value}}
"""


def test_all_distributions_are_looked_at(tree: Tree, breaks: Callable[..., str]) -> None:
    tree.plant(DRIVER, "planted.py", "import pyvirt_netdev\n")
    tree.plant("pyvirt-cli", "planted.py", "import pyvirt_netdev\n")
    output = breaks("distributions", "pyvirt_cli/planted.py:1:", "pyvirt_driver_test/planted.py:1:")
    for folder in (*tree.root.glob("packages/*/"), *tree.root.glob("examples/*/")):
        assert f"  {folder.name}: " in output


def test_a_copied_function_is_found(tree: Tree, breaks: Callable[..., str]) -> None:
    tree.plant("pyvirt-netdev", "planted.py", FUNCTION.format(documentation="The original."))
    assert "carrier_of" not in tree.check("copies").stdout
    tree.plant(DRIVER, "planted.py", "import os\n" + FUNCTION.format(documentation="A copy, told in other words."))
    breaks("copies", "pyvirt_driver_test/planted.py:3: carrier_of", "pyvirt_netdev/planted.py:2: carrier_of")


def test_an_undeclared_import_is_found(tree: Tree, finds: Callable[..., str]) -> None:
    tree.plant(DRIVER, "planted.py", "import hypothesis\n")
    finds("planted.py:1: DEP00", "'hypothesis' imported but")


def test_an_undeclared_sibling_is_found(tree: Tree, finds: Callable[..., str]) -> None:
    tree.plant("pyvirt-conf", "planted.py", "import pyvirt_util\n")
    pyproject = "packages/pyvirt-conf/pyproject.toml"
    version = (tree.root / "VERSION").read_text().strip()
    tree.edit(pyproject, f'"pyvirt-util=={version}",', "")
    finds("planted.py:1: DEP00", "'pyvirt_util' imported but", distribution="pyvirt-conf")


def test_a_needless_dependency_is_found(tree: Tree, finds: Callable[..., str]) -> None:
    tree.edit(f"packages/{DRIVER}/pyproject.toml", "dependencies = [", 'dependencies = ["lxml-stubs",')
    finds("DEP002 'lxml-stubs' defined as a dependency but not used")


def test_a_dependency_on_a_neighbour_is_found(tree: Tree, finds: Callable[..., str]) -> None:
    version = (tree.root / "VERSION").read_text().strip()
    siblings = ("pyvirt-netdev", "pyvirt-driver-qemu", "pyvirt-testing", "pyvirt-cli")
    planted = "".join(f'\n"{sibling}=={version}",' for sibling in siblings)
    tree.edit(f"packages/{DRIVER}/pyproject.toml", "dependencies = [", f"dependencies = [{planted}")
    allowed = "allowed: pyvirt-conf, pyvirt-core, pyvirt-util"
    finds(*(f"dependencies names {sibling}; {allowed}" for sibling in siblings))


def test_a_dependency_in_an_extra_is_found(tree: Tree, finds: Callable[..., str]) -> None:
    version = (tree.root / "VERSION").read_text().strip()
    extra = f'[project.optional-dependencies]\nnet = ["pyvirt_netdev=={version}"]\n\n[project.entry-points'
    tree.edit(f"packages/{DRIVER}/pyproject.toml", "[project.entry-points", extra)
    finds("optional-dependencies.net names pyvirt-netdev; allowed:")


def test_a_driver_in_the_tests_of_a_driver_is_found(tree: Tree, finds: Callable[..., str]) -> None:
    file = tree.root / "packages" / DRIVER / "pyproject.toml"
    text = file.read_text().replace("[dependency-groups]\ntest =", "[dependency-groups]\nother =")
    version = (tree.root / "VERSION").read_text().strip()
    table = "" if "[dependency-groups]" in text else "[dependency-groups]\n"
    planted = f'test = ["pyvirt-testing=={version}", "pyvirt-driver-qemu=={version}"]\n'
    if table:
        text += f"\n{table}{planted}"
    else:
        text = text.replace("[dependency-groups]\n", f"[dependency-groups]\n{planted}")
    file.write_text(text)
    output = finds("dependency-groups.test names pyvirt-driver-qemu; allowed:")
    assert "names pyvirt-testing" not in output


def test_an_exemption_from_the_check_is_found(tree: Tree, finds: Callable[..., str]) -> None:
    file = tree.root / "packages" / DRIVER / "pyproject.toml"
    file.write_text(file.read_text() + '\n[tool.deptry.per_rule_ignores]\nDEP001 = ["pyvirt_netdev"]\n')
    finds("tool.deptry ignores pyvirt_netdev for DEP001")


def test_an_exception_from_the_layers_is_found(tree: Tree, breaks: Callable[..., str]) -> None:
    file = tree.root / ".importlinter"
    file.write_text(file.read_text() + "ignore_imports =\n    pyvirt_driver_test -> pyvirt_netdev\n")
    breaks("listed", "ignore_imports: the rule has no exceptions")


def test_an_entry_point_that_leads_nowhere_is_found(tree: Tree, finds: Callable[..., str]) -> None:
    tree.edit(f"packages/{DRIVER}/pyproject.toml", 'test = "pyvirt_driver_test:', 'test = "pyvirt_driver_test:NO')
    finds("entry point 'test' in pyvirt.drivers:", "binds no NO")


def test_another_version_of_a_sibling_is_found(tree: Tree, breaks: Callable[..., str]) -> None:
    version = (tree.root / "VERSION").read_text().strip()
    tree.edit(f"packages/{DRIVER}/pyproject.toml", f'"pyvirt-core=={version}"', '"pyvirt-core>=0"')
    breaks("pins", f"packages/{DRIVER}/pyproject.toml:", 'should be "pyvirt-core==')


def test_a_package_missing_from_the_linters_list_is_found(tree: Tree, breaks: Callable[..., str]) -> None:
    made = tree.python("tools/new_package.py", "pyvirt-driver-planted", "A driver for this test.")
    assert made.returncode == 0, made.stderr
    output = breaks("listed", "root_packages lacks pyvirt_driver_planted", "layers lacks pyvirt_driver_planted")
    assert len(output.splitlines()) == 3
    tree.edit(".importlinter", "    pyvirt_driver_qemu\n", "    pyvirt_driver_planted\n    pyvirt_driver_qemu\n")
    breaks("listed", "layers lacks pyvirt_driver_planted")
    tree.edit(".importlinter", "| pyvirt_driver_qemu", "| pyvirt_driver_planted | pyvirt_driver_qemu")
    assert tree.check("listed", "layers", "pins").returncode == 0


def test_a_package_that_is_gone_is_found(tree: Tree, breaks: Callable[..., str]) -> None:
    shutil.rmtree(tree.root / "packages" / "pyvirt-netdev")
    breaks("listed", "root_packages names pyvirt_netdev, which is not here")
