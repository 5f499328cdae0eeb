"""Log lines from modules that must import cheaply: the logging package is loaded with the first line written."""

from __future__ import annotations


def warning(logger: str, message: str, *args: object, exc_info: BaseException | None = None) -> None:
    """Write a warning to the logger of that name; ``args`` are filled into ``message`` with ``%``."""
    import logging

    logging.getLogger(logger).warning(message, *args, exc_info=exc_info)


def error(logger: str, message: str, *args: object) -> None:
    """Write an error; otherwise as :func:`warning`."""
    import logging

    logging.getLogger(logger).error(message, *args)
