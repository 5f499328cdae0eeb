"""``python -m pyvirt_cli``: the same as the ``pyvirt`` command."""

from pyvirt_cli.main import entry

if __name__ == "__main__":
    entry()
