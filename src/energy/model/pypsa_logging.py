"""Logging of PyPSA and linopy, silenced: it concerns their developers, not our users."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_pypsa() -> Iterator[None]:
    """Keep PyPSA's and linopy's messages below errors to themselves for a while, and take PyPSA's coming defaults."""
    import pypsa

    loggers = [logging.getLogger(name) for name in ("pypsa", "linopy")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with pypsa.option_context("api.legacy_string_dtype", False), warnings.catch_warnings():
            # what PyPSA still asks of pandas in the old way is not for our users to mend
            warnings.filterwarnings("ignore", category=DeprecationWarning, module="pypsa")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
