"""``fsm docs``: write generated blocks into Markdown pages, or check that they are up to date."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

import click

from fsm.catalog import load
from fsm.checking import pages_of
from fsm.cli.file_params import FILE
from fsm.cli.help import Example, HelpCommand, option
from fsm.cli.options import allow_import_option as import_option
from fsm.cli.options import print_messages
from fsm.cli.progress import Progress
from fsm.cli.text import printable
from fsm.cli.values import lexicons_option
from fsm.docs.pages import PageWriter, update_command
from fsm.errors import PageError
from fsm.file_kinds import misplaced_file
from fsm.files import write_bytes
from fsm.tables.read.page import PAGE_SUFFIXES, SUFFIXES
from fsm.tables.words.lexicon_files import combined_lexicons
from fsm.text import quantity, visible
from fsm.trust import guarded_loader

__all__ = ["command"]


@click.command(
    "docs",
    cls=HelpCommand,
    tables={
        "Blocks": [
            ("table MACHINE", "The documented table; lang=fr in another language."),
            ("transitions MACHINE", "All transitions with their effects and sources."),
            ("matrix MACHINE", "Every state and event."),
            ("decisions MACHINE", "The decisions that the machine takes beyond its table."),
            ("mermaid MACHINE", "A Mermaid diagram in the page; options as for diagram."),
            (
                "diagram MACHINE",
                (
                    "A picture in a file of its own: file=NAME.svg; also lang=fr, direction=TB, "
                    "focus=STATE, collapse=STATUS, only=STATUS, hide=EVENT, legend=no, "
                    "path=EVENT,EVENT and diff=OTHER."
                ),
            ),
            ("changes MACHINE OTHER", "The differences between two machines."),
        ]
    },
    examples=[
        Example("Bring all blocks of a page up to date", "fsm docs page.md"),
        Example("In CI: fail, with a diff, if a block is out of date", "fsm docs --check page.md"),
    ],
)
@click.argument(
    "pages",
    nargs=-1,
    required=True,
    type=FILE,
    help="Markdown pages, or directories, which are searched for such pages.",
)
@option(
    "--check",
    "only_check",
    is_flag=True,
    help="Write nothing; print a diff and exit with status 1 if a block is out of date.",
)
@lexicons_option
@import_option
@option("--allow-none", is_flag=True, help="Let --check accept pages without blocks.")
def command(
    pages: tuple[Path, ...],
    only_check: bool,
    lexicons: tuple[Path, ...],
    allow_import: bool,
    allow_none: bool,
) -> int:
    """Keep tables and diagrams in Markdown PAGES up to date; every other byte stays as it is.

    A block stands between <!-- fsm:KIND MACHINE ... --> and <!-- fsm:end -->, each on a line of
    its own. Blocks inside code or a comment are examples and stay as they are. With --check, the
    exit status is 1 if a block is out of date, or if there is no block at all.

    MACHINE is a built-in machine or a machine file. A page can also name package.module:Class,
    which is code: it is imported only with --allow-import.
    """
    known = {lexicon.language: lexicon for lexicon in combined_lexicons(lexicons)}
    files = list(dict.fromkeys(_files(pages)))
    writer = PageWriter(guarded_loader(load, allow_import=allow_import), known)
    with Progress("writing the blocks"):
        written = {path: data for page in files for path, data in writer.files(page)}
    print_messages(writer.notes)
    stale = {path: new for path, new in written.items() if _read(path) != new}
    if only_check and stale:
        for path, new in stale.items():
            _print_difference(path, new)
        update = update_command(pages, lexicons, allow_import=allow_import)
        click.echo(printable(f"out of date; to update, run: {update}"), err=True)
        return 1
    for path, new in stale.items():
        write_bytes(new, path)
        click.echo(printable(f"wrote {path}"), err=True)
    read = quantity(len(files), "page")
    if not writer.blocks:
        is_failure = only_check and not allow_none
        remedy = "; --allow-none accepts that" if is_failure else ""
        click.echo(f"no generated block in {read}{remedy}", err=True)
        return 1 if is_failure else 0
    if not stale:
        found = quantity(len(writer.blocks), "generated block")
        click.echo(f"{read}, {found}, up to date", err=True)
    return 0


def _files(pages: tuple[Path, ...]) -> Iterator[Path]:
    """Yield the pages, and those of directories."""
    for path in pages:
        if str(path) == "-":
            raise PageError("-: fsm docs writes into files, so it does not read standard input")
        if path.is_dir():
            yield from pages_of(path, suffixes=SUFFIXES)
        elif path.is_file() and (wrong := misplaced_file(str(path), "page")):
            raise PageError(f"{path}: {wrong}")
        elif path.suffix.lower() in set(PAGE_SUFFIXES) - set(SUFFIXES):
            raise PageError(f"{path}: fsm docs writes into Markdown pages (.md) only")
        else:
            yield path


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PageError(f"{path}: {error.strerror or error}") from error


def _print_difference(path: Path, new: bytes) -> None:
    old = _read(path)
    if path.suffix == ".svg":
        click.echo(printable(f"{path}: {'missing' if old is None else 'differs'}"))
        return
    before, after = ((data or b"").decode().splitlines(keepends=True) for data in (old, new))
    for line in unified_diff(before, after, str(path), f"{path}, as it should be"):
        click.echo(_line(line))


def _line(text: str) -> str:
    """Return a line of a page without control characters other than tabs."""
    return "\t".join(map(visible, text.rstrip("\r\n").split("\t")))
