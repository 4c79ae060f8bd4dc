"""``fsm simulate``: a synthetic log from a machine."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fsm.catalog import load_bare
from fsm.cli.options import allow_import_option as import_option
from fsm.cli.progress import Progress
from fsm.cli.terminal import is_terminal
from fsm.logs.write.tables import write_frames
from fsm.simulation import simulate
from fsm.trust import guarded_loader

if TYPE_CHECKING:
    import polars as pl

__all__ = ["command"]

_CHUNK = 98_304


@click.command("simulate")
@click.argument("machine")
@click.option("--messages", type=click.IntRange(min=1), required=True, help="Number of messages.")
@click.option("--deliveries", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Default: CSV on stdout.")
@import_option
def command(
    machine: str,
    messages: int,
    deliveries: int,
    seed: int,
    output: Path | None,
    allow_import: bool,
) -> None:
    """Write a synthetic log of MACHINE; the same seed gives the same log.

    The two feedback modes follow the proportions of a real newsletter's log.
    """
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
