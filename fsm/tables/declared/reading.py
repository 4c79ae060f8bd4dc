"""The tables of steps of a page, and the page that a TOML file is about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fsm.errors import PageError
from fsm.questions import Question, Remark
from fsm.tables.declared.steps import StepsReading, read_steps
from fsm.tables.read.cell_text import normalise
from fsm.tables.read.page import PAGE_SUFFIXES, Page
from fsm.tables.read.sections import split_page_name
from fsm.tables.recognition import Load
from fsm.tables.words.binding import Binding
from fsm.tables.words.lexicon_files import combined_lexicons
from fsm.tables.words.page_language import language_of

__all__ = ["bound_page", "chosen_reading", "page_of", "readings_of", "refusal"]


def page_of(binding: Binding) -> tuple[Path, str]:
    """Return the page that a file is about, relative to the file's folder, and the section."""
    folder = Path(binding.name).parent if binding.toml else Path()
    path, section = split_page_name(str(folder / (binding.page or "")))
    return Path(path), section


def bound_page(binding: Binding) -> Path | None:
    """Return the page of a bound table: the one that the file names, or one beside it.

    ``orders.toml`` without a page is about ``orders.md`` (or ``.rst``, ...) in its folder.
    """
    if binding.page:
        return page_of(binding)[0]
    if binding.toml is None:
        return None
    beside = (Path(binding.name).with_suffix(suffix) for suffix in PAGE_SUFFIXES)
    return next((path for path in beside if path.is_file()), None)


def readings_of(page: Page, load: Load, binding: Binding | None = None) -> list[StepsReading]:
    """Return what each table of steps of a page says, in the language of the page."""
    return read_steps(page, language_of(page, combined_lexicons([])), load, binding)


def chosen_reading(
    page: Page, readings: Sequence[StepsReading], section: str = "", title: str | None = None
) -> StepsReading:
    """Return the table of a section, or below a title; raises :class:`PageError` unless it is one.

    A table in several columns for several machines has their headers as titles.
    """
    found = list(readings)
    if section:
        part = page.section(section)
        found = [r for r in found if part.has(r.table.line)]
    if title is not None:
        found = [r for r in found if normalise(r.table.title) == normalise(title)]
    if len(found) == 1:
        return found[0]
    if not readings:
        raise PageError(f"{page.name}: no table of steps")
    titles = [repr(r.table.title) for r in found or readings]
    what = "several tables of steps" if found else "no such table of steps"
    listed = f"there are: {', '.join(titles)}; name one: title = {titles[0]}"
    raise PageError(f"{page.name}: {what}; {listed}")


def refusal(findings: Sequence[Remark], questions: Sequence[Question], page: str) -> str:
    """Return one line that says why a table gives no machine, and what to do."""
    more = f" (and {len(findings) + len(questions) - 1} more)"
    more = more if len(findings) + len(questions) > 1 else ""
    if findings:
        return f"{findings[0].place}: {findings[0].text}{more}"
    question = questions[0]
    return (
        f"{question.place}: {question.text}{more}; to answer it, run: "
        f"fsm draft {page} -o {Path(page).stem}.toml"
    )
