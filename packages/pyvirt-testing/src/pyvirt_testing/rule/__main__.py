"""``python -m pyvirt_testing.rule [FOLDER...]`` exits with 0 when the rule is kept, 1 with findings, 2 on an error."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pyvirt_testing.rule import check


def main(arguments: list[str] | None = None) -> int:
    """Check the folders named on the command line and print what is found."""
    parser = argparse.ArgumentParser(
        prog="python -m pyvirt_testing.rule",
        description="Check that a driver's distribution depends on pyvirt-core, pyvirt-conf and pyvirt-util alone.",
    )
    parser.add_argument("folders", nargs="*", type=Path, default=[Path()], help="distribution (default: this folder)")
    total = 0
    for folder in parser.parse_args(arguments).folders:
        try:
            findings = check(folder)
        except (ValueError, RuntimeError) as error:
            print(error, file=sys.stderr)
            return 2
        for finding in findings:
            print(finding)
        print(f"{folder.resolve().name}: {len(findings) or 'no'} finding{'' if len(findings) == 1 else 's'}")
        total += len(findings)
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
