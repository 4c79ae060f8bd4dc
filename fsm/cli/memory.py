"""The option ``--memory``, and a warning about what it cannot limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fsm.cli.help import option
from fsm.cli.values import SizeParam

if TYPE_CHECKING:
    from fsm.logs.log import Log

__all__ = ["memory_option", "warn_of_large_row_groups"]


def _least() -> int:
    from fsm.engine.memory import LEAST  # imports polars, which a help page can do without

    return LEAST


memory_option = option(
    "--memory",
    type=SizeParam(_least),
    group="Limits and safety",
    show_default="25 % of RAM",
    help="Memory for data that grows with the log, at least 64MB; what exceeds it is kept in a "
    "temporary file. The process needs up to 250 MB more.",
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
