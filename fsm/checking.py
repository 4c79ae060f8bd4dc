"""Check the documented tables of Markdown pages against their machines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from typing import TypeAlias

from fsm.catalog import load
from fsm.machine import Machine
from fsm.tables.check.finding import CheckReport
from fsm.tables.check.pages import check_tables
from fsm.tables.read.page import Page, read_page
from fsm.tables.words.binding import Binding, read_binding
from fsm.tables.words.lexicon import Lexicon
from fsm.tables.words.lexicon_files import combined_lexicons

__all__ = ["check_pages"]

_AnyPath: TypeAlias = str | PathLike[str]


def check_pages(
    pages: _AnyPath | Page | Iterable[_AnyPath | Page],
    *,
    lexicons: Iterable[_AnyPath] | Iterable[Lexicon] = (),
    bindings: Iterable[_AnyPath | Binding] = (),
    load: Callable[[str], Machine] = load,
) -> CheckReport:
    """Check the documented tables of some pages against the machines they describe.

    ``pages`` are Markdown files, or pages that were parsed. ``lexicons`` are files with words of
    further languages, added to the languages that ship; given as values, they are used alone.
    ``bindings`` say what the columns of other tables are. ``load`` returns a machine by its name.

    The report has each finding with its file, line and column, and how many rows agree with their
    machine. A page without documented tables is no error: look at ``CheckReport.tables``. Raises
    :class:`fsm.errors.PageError` for a page, lexicon or binding that cannot be read, and
    :class:`fsm.errors.MachineError` for a machine that cannot be loaded.

    >>> from fsm.catalog import machine_page
    >>> report = check_pages(machine_page("with-feedback"))
    >>> report.confirmed, report.findings
    ({'with-feedback': 16}, ())
    """
    given = [pages] if isinstance(pages, str | PathLike | Page) else pages
    return check_tables(
        [page if isinstance(page, Page) else read_page(Path(page)) for page in given],
        _lexicons(lexicons),
        load,
        [item if isinstance(item, Binding) else read_binding(Path(item)) for item in bindings],
    )


def _lexicons(given: Iterable[_AnyPath] | Iterable[Lexicon]) -> list[Lexicon]:
    values, paths = [], []
    for item in given:
        if isinstance(item, Lexicon):
            values.append(item)
        else:
            paths.append(Path(item))
    return values if values and not paths else [*values, *combined_lexicons(paths)]
