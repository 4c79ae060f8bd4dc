"""``fsm simulate``: a synthetic log from a machine."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fsm.catalog import load_bare
from fsm.cli.help import Example, HelpCommand, option
from fsm.cli.options import allow_import_option as import_option
from fsm.cli.progress import Progress
from fsm.cli.terminal import is_terminal
from fsm.cli.values import RangeParam, machine_argument, output_option
from fsm.trust import guarded_loader

if TYPE_CHECKING:
    import polars as pl

__all__ = ["command"]

_CHUNK = 98_304


@click.command(
    "simulate",
    cls=HelpCommand,
    examples=[
        Example(
            "A log to try things with", "fsm simulate with-feedback --messages 1500 -o log.csv"
        ),
        Example(
            "Three deliveries; another seed gives another log",
            "fsm simulate delivery --messages 300 --deliveries 3 --seed 7",
        ),
    ],
)
@machine_argument
@option(
    "--messages",
    type=RangeParam(min=1),
    metavar="N",
    required=True,
    help="Number of messages.",
)
@option(
    "--deliveries",
    type=RangeParam(min=1),
    metavar="N",
    default=1,
    help="Number of deliveries that the messages belong to.",
)
@option(
    "--seed",
    type=RangeParam(min=0),
    metavar="N",
    default=0,
    help="Seed of the random numbers.",
)
@output_option
@import_option
def command(
    machine: str,
    messages: int,
    deliveries: int,
    seed: int,
    output: Path | None,
    allow_import: bool,
) -> None:
    """Get a log to try things with: synthetic messages that run through MACHINE.

    The same seed gives the same log. The two feedback modes follow the proportions of a real
    newsletter's log. The suffix of the output decides its format: CSV, JSONL or Parquet.
    """
    from fsm.logs.write.tables import write_frames
    from fsm.simulation import simulate

    loaded = load_bare(machine)
    named = guarded_loader(load_bare, allow_import=allow_import)
    companion = named(loaded.companion) if loaded.companion else None
    chunks = simulate(
        loaded, messages, seed=seed, companion=companion, deliveries=deliveries, chunk=_CHUNK
    )
    to_screen = is_terminal(sys.stdout) and str(output or "-") == "-"
    with Progress("simulating", "events", hidden=to_screen) as progress:
        write_frames(_counted(chunks, progress), output)


def _counted(frames: Iterable[pl.DataFrame], progress: Progress) -> Iterator[pl.DataFrame]:
    """Yield the frames, and count their rows."""
    rows = 0
    for frame in frames:
        yield frame
        rows += frame.height
        progress(rows)
