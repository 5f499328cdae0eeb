"""The rule that keeps drivers apart, as a check that anybody's continuous integration can run.

A driver may depend on ``pyvirt``, ``pyvirt_conf`` and ``pyvirt_util``, and on nothing else of the project and on no
other plug-in. ``python -m pyvirt_testing.rule [FOLDER...]`` reads a distribution's folder and reports, with file and
line:

* imports of anything of ours beyond those three, also in strings, vendored folders and behind ``importlib``;
* dependencies on other plug-ins, in ``[project]``, in its extras and in ``[dependency-groups]``;
* imports that are not declared, and declared dependencies that are not imported (by deptry);
* entry points that lead nowhere.

The command needs the extra: ``pip install pyvirt-testing[rule]``.
"""

from pyvirt_testing.rule.checks import check
from pyvirt_testing.rule.finding import Finding

__all__ = ["Finding", "check"]
