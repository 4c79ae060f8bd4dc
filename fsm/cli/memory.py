"""The option ``--memory``, and a warning about what it cannot limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fsm.cli.values import SizeParam
from fsm.engine.memory import FLOOR, LEAST

if TYPE_CHECKING:
    from fsm.logs.log import Log

__all__ = ["memory_option", "warn_of_large_row_groups"]

_MB = 1 << 20

memory_option = click.option(
    "--memory",
    type=SizeParam(least=LEAST),
    help="Memory limit for data that grows with the log, before spilling to disk (default: 25 % "
    f"of RAM, minimum: {LEAST // _MB}MB). The process needs up to {FLOOR // _MB} MB more.",
)


def warn_of_large_row_groups(log: Log) -> None:
    """Warn about files with row groups that exceed what ``--memory`` can limit."""
    from fsm.cli.text import print_message
    from fsm.logs.rows import MOST, large_row_group

    for file in log.files:
        rows = large_row_group(file)
        if rows is not None:
            print_message(
                f"{file.name}: has a row group of {rows:,} rows, which --memory does not limit "
                f"because it is decompressed as a whole; write row groups of at most {MOST:,} rows",
                1000,
            )
