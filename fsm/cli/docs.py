"""``fsm docs``: write generated blocks into Markdown pages, and keep them fresh."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from difflib import unified_diff
from functools import partial
from pathlib import Path

import click

from fsm.catalog import load
from fsm.cli.options import allow_import as import_option
from fsm.cli.text import counted, shown
from fsm.docs.blocks import rewrite
from fsm.docs.kinds import Pages, content
from fsm.errors import PageError
from fsm.files import write_bytes
from fsm.machine import Machine
from fsm.spec.lexicon import Lexicon, languages, load_lexicon, read_lexicon
from fsm.text import visible
from fsm.trust import naming

__all__ = ["command"]


@click.command("docs")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit 1 when stale.")
@click.option("--lexicon", type=click.Path(path_type=Path), help="The words of one more language.")
@import_option
def command(
    files: tuple[Path, ...], only_check: bool, lexicon: Path | None, allow_import: bool
) -> int:
    """Write the generated blocks of Markdown FILES anew, and leave every other byte alone.

    A block stands between <!-- fsm:KIND MACHINE ... --> and <!-- fsm:end -->, each on a line of
    its own. Kinds: table (lang=fr), transitions, matrix, decisions, mermaid, diagram
    (file=NAME.svg), and changes, which names two machines.

    MACHINE is a built-in one or a machine file; package.module:Class is code that the page names,
    which is imported only with --allow-import.
    """
    lexicons = {language: load_lexicon(language) for language in languages()}
    if lexicon:
        given = read_lexicon(lexicon)
        lexicons[given.language] = given
    written = dict(_written(files, lexicons, naming(load, allow_import=allow_import)))
    stale = {path: new for path, new in written.items() if _read(path) != new}
    if only_check:
        for path, new in stale.items():
            _print_difference(path, new)
        if stale:
            options = ["--lexicon", str(lexicon)] if lexicon else []
            options += ["--allow-import"] if allow_import else []
            names = shlex.join([*options, *map(str, files)])
            click.echo(shown(f"stale; this mends it: fsm docs {names}"), err=True)
        return 1 if stale else 0
    for path, new in stale.items():
        write_bytes(new, path)
        click.echo(shown(f"wrote {path}"), err=True)
    if not stale:
        click.echo(f"{counted(len(files), 'page')}, nothing to do", err=True)
    return 0


def _written(
    files: tuple[Path, ...], lexicons: Mapping[str, Lexicon], load: Callable[[str], Machine]
) -> Iterator[tuple[Path, bytes]]:
    """Yield all pages as they should be, and the pictures that they show."""
    for path in files:
        data = _read(path)
        if data is None:
            raise PageError(f"{path}: no such file")
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise PageError(f"{path}: not UTF-8 text") from error
        pages = Pages(load, path.parent, lexicons)
        yield path, rewrite(text, str(path), partial(content, pages=pages)).encode()
        yield from ((place, picture.encode()) for place, picture in pages.pictures.items())


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
        click.echo(shown(f"{path}: {'missing' if old is None else 'differs'}"))
        return
    before, after = ((data or b"").decode().splitlines(keepends=True) for data in (old, new))
    for line in unified_diff(before, after, str(path), f"{path}, as it should be"):
        click.echo(_line(line))


def _line(text: str) -> str:
    """Return a line of a page for a terminal; tabs may stay."""
    return "\t".join(map(visible, text.rstrip("\r\n").split("\t")))
