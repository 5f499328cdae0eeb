"""Who may see whom, by name."""

from __future__ import annotations

import re

GROUND = ("pyvirt-util", "pyvirt-conf", "pyvirt-core")
"""Distributions that plug-ins and tools may depend on; each of them sees those before it."""

KIT = "pyvirt-testing"
"""Suites and this check: a dependency of tests alone."""

REFERENCE = "pyvirt-driver-test"
"""The hypervisor in memory: what tools that need some driver are tested against."""

SERVICES = tuple("pyvirt-" + name for name in ("cli", "daemon", "libvirt-compat", "netdev", "testing", "vmx"))
"""Distributions of ours beside the ground and the drivers."""


def normal(distribution: str) -> str:
    """Normalized name of a distribution."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def module_of(distribution: str) -> str:
    """Import name of a distribution of ours."""
    return "pyvirt" if distribution == "pyvirt-core" else distribution.replace("-", "_")


def is_ours(distribution: str) -> bool:
    """Whether a distribution has one of our names."""
    return normal(distribution).split("-")[0] == "pyvirt"


def is_our_module(module: str) -> bool:
    """Whether an import name (its first part) is one of ours."""
    return module.split(".")[0].split("_")[0] == "pyvirt"


def is_known_module(module: str) -> bool:
    """Whether an import name is that of a package of this project, or of some driver."""
    known = {module_of(name) for name in (*GROUND, *SERVICES)}
    return module in known or module.startswith(module_of("pyvirt-driver-"))


def siblings(distribution: str) -> frozenset[str]:
    """Distributions of ours that the distribution may need when it runs."""
    name = normal(distribution)
    return frozenset(GROUND[: GROUND.index(name)] if name in GROUND else GROUND)


def siblings_in_tests(distribution: str, *, plugin: bool) -> frozenset[str]:
    """Distributions of ours that its tests may need as well; what is no plug-in may use the reference driver."""
    kit = {KIT} if plugin else {KIT, REFERENCE}
    return siblings(distribution) | kit


def modules(distribution: str, distributions: frozenset[str]) -> frozenset[str]:
    """Import names that belong to ``distributions`` and to the distribution itself."""
    return frozenset(module_of(name) for name in {normal(distribution), *distributions})


def plugin_names() -> re.Pattern[str]:
    """Matches, within a text, the import name of any plug-in or tool of ours, or the beginning of a driver's."""
    names = "|".join(module_of(name) for name in SERVICES)
    return re.compile(rf"\b(?:{module_of('pyvirt-driver')}_\w*|(?:{names})\b)")
