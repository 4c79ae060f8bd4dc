"""The option ``--memory``, and what it cannot bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fsm.cli.values import Size
from fsm.engine.memory import FLOOR, LEAST

if TYPE_CHECKING:
    from fsm.logs.log import Log

__all__ = ["memory_option", "say_what_exceeds"]

_MB = 1 << 20

memory_option = click.option(
    "--memory",
    type=Size(least=LEAST),
    help=f"Bound for what grows with the log; beyond it, work on the disk. The process needs up "
    f"to {FLOOR // _MB} MB beside it. Default: a quarter of the machine's; least: "
    f"{LEAST // _MB}MB.",
)


def say_what_exceeds(log: Log) -> None:
    """Say on standard error which files have parts that are too large to be read one by one."""
    from fsm.cli.text import number, shown
    from fsm.logs.rows import MOST, large_row_group

    for file in log.files:
        rows = large_row_group(file)
        if rows is not None:
            click.echo(
                f"fsm: {shown(file.name)}: has a row group of {number(rows)} rows, which is "
                f"unpacked as a whole beside --memory; write row groups of {number(MOST)} rows at "
                "most",
                err=True,
            )
