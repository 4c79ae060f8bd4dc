"""``fsm check``: documented tables against their machines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from fsm.catalog import as_machines
from fsm.checking import PageFiles, check_files
from fsm.cli.findings import FORMS, explanation, known_codes
from fsm.cli.text import counted, shown
from fsm.cli.values import lexicons_option
from fsm.machines import FEEDBACK_MODES
from fsm.tables.check.pages import Report
from fsm.tables.words.lexicon import load_lexicon

__all__ = ["command"]


@click.command("check")
@click.argument("pages", nargs=-1)
@lexicons_option
@click.option(
    "--binding",
    "bindings",
    multiple=True,
    type=click.Path(path_type=Path),
    help="What the columns of a table are (TOML).",
)
@click.option("--format", "form", type=click.Choice(list(FORMS)), default="text", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--strict", is_flag=True, help="Exit status 1 for warnings too.")
@click.option("--allow-none", is_flag=True, help="Exit status 0 where nothing is to be checked.")
@click.option(
    "--expect", type=click.IntRange(0), metavar="N", help="Fail unless N tables are documented."
)
@click.option("--draft-lexicon", "drafted", is_flag=True, help="Propose the words of a page.")
@click.option("--explain", metavar="CODE", help="Say what the code of a finding means.")
def command(
    pages: tuple[str, ...],
    lexicons: tuple[Path, ...],
    bindings: tuple[Path, ...],
    form: str,
    as_json: bool,
    strict: bool,
    allow_none: bool,
    expect: int | None,
    drafted: bool,
    explain: str | None,
) -> int:
    """Check the documented tables of each PAGE against their machines.

    Each documented row is a step; its status and its effect on each indicator must be what the
    machine does on the shortest trace to that step, and the table must cover every step. Of a
    directory, all Markdown pages are checked. English, French, German and Japanese are known;
    --lexicon gives the words of another language, which --draft-lexicon proposes, or more words
    of a known one; --binding the columns of another table. Both may be given several times.

    A table is documented where its whole title names a machine, or a row is a known step; other
    tables are counted. <!-- fsm:ignore --> directly above a table leaves it out.

    Prints file:line:column for each finding; exit status 1 when one is an error, or when there
    was nothing to check.
    """
    if explain is not None:
        if explain not in known_codes():
            raise click.UsageError(f"no code {explain!r}; there are: {', '.join(known_codes())}")
        click.echo(explanation(explain))
        return 0
    if not pages:
        raise click.UsageError("no pages given")
    if drafted:
        return _draft(pages)
    files = PageFiles.of(pages)
    report = check_files(files, lexicons, bindings)
    report = replace(report, failure=_failure(report, expect, allow_none=allow_none))
    lines = {page.name: page.lines for page in files.pages}
    text = FORMS["json" if as_json else form](report, lines)
    if text:
        click.echo(text)
    if report.failure:
        click.echo(shown(report.failure), err=True)
    wrong = any(strict or f.severity == "error" for f in report.findings)
    return 1 if wrong or report.failure else 0


def _failure(report: Report, expect: int | None, *, allow_none: bool) -> str:
    """Return why a run fails that found other tables than it should, or none."""
    found = counted(report.tables, "documented table")
    if expect is not None:
        return f"{found}, and {expect:,} expected" if report.tables != expect else ""
    if report.tables or allow_none:
        return ""
    places = f"{counted(report.pages, 'page')} and {counted(report.other_tables, 'other table')}"
    return f"nothing to check: no documented table in {places}; --allow-none accepts that"


def _draft(pages: tuple[str, ...]) -> int:
    from fsm.tables.words.draft import draft

    if len(pages) != 1:
        raise click.UsageError("--draft-lexicon takes one page")
    read = PageFiles.of(pages).pages
    if not read:
        raise click.UsageError("--draft-lexicon takes a Markdown page")
    click.echo(draft(read[0], as_machines(FEEDBACK_MODES), load_lexicon()), nl=False)
    return 0
