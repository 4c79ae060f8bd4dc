"""``fsm check``: documented tables against their machines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from fsm.catalog import as_machines, load
from fsm.checking import PageFiles, check
from fsm.cli.findings import FINDING_FORMATS, explain_code, known_codes
from fsm.cli.text import printable
from fsm.cli.values import lexicons_option
from fsm.machines import FEEDBACK_MODES, NAMES
from fsm.suggest import no_such
from fsm.tables.checks.finding import CheckReport
from fsm.tables.words.lexicon_files import load_lexicon
from fsm.tables.words.lexicon_names import check_names
from fsm.text import quantity

__all__ = ["command"]


@click.command("check")
@click.argument("pages", nargs=-1)
@lexicons_option
@click.option(
    "--binding",
    "bindings",
    multiple=True,
    type=click.Path(path_type=Path),
    help="TOML file that says what the columns of a table are.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(FINDING_FORMATS)),
    default="text",
    show_default=True,
)
@click.option("--json", "as_json", is_flag=True, help="Same as --format json.")
@click.option("--strict", is_flag=True, help="Exit with status 1 for warnings, too.")
@click.option("--allow-none", is_flag=True, help="Accept pages without documented tables.")
@click.option(
    "--expect", type=click.IntRange(0), metavar="N", help="Fail unless N tables are documented."
)
@click.option("--draft-lexicon", "is_draft", is_flag=True, help="Draft a lexicon from a page.")
@click.option("--explain", metavar="CODE", help="Explain the code of a finding.")
def command(
    pages: tuple[str, ...],
    lexicons: tuple[Path, ...],
    bindings: tuple[Path, ...],
    format_: str,
    as_json: bool,
    strict: bool,
    allow_none: bool,
    expect: int | None,
    is_draft: bool,
    explain: str | None,
) -> int:
    """Check the documented tables of each PAGE against their machines.

    Each row of a documented table is a step. Its status, and its effect on each indicator, must
    be what the machine does on the shortest trace to that step; and the table must have every
    step. Directories are searched recursively for Markdown pages.

    A table is documented if its whole title names a machine, or if a row is a known step. Other
    tables are counted, not checked. <!-- fsm:ignore --> directly above a table leaves it out.

    English, French, German and Japanese tables are known. --lexicon adds words of these or of
    another language; --draft-lexicon drafts such a file. --binding adds tables of any other form.
    Both options can be given several times.

    Prints file:line:column for each finding. The exit status is 1 if a finding is an error, or
    if there was nothing to check.
    """
    if explain is not None:
        if explain not in known_codes():
            raise click.UsageError(no_such("code", explain, known_codes()))
        click.echo(explain_code(explain))
        return 0
    if not pages:
        raise click.UsageError("no pages given")
    if is_draft:
        return _print_draft(pages)
    files = PageFiles()
    read = [page for name in pages for page in files.read(name)]
    if lexicons:
        check_names(lexicons, load, NAMES)
    report = files.complete(check(read, lexicons=lexicons, bindings=bindings))
    report = replace(report, failure=_failure(report, expect, allow_none=allow_none))
    text = FINDING_FORMATS["json" if as_json else format_](
        report, {page.name: page.lines for page in read}
    )
    if text:
        click.echo(text)
    if report.failure:
        click.echo(printable(report.failure), err=True)
    is_wrong = any(strict or f.severity == "error" for f in report.findings)
    return 1 if is_wrong or report.failure else 0


def _failure(report: CheckReport, expect: int | None, *, allow_none: bool) -> str:
    """Return why the run fails: nothing to check, or not as many tables as expected."""
    if expect is not None:
        tables = quantity(report.tables, "documented table")
        return f"{tables}, but {expect:,} expected" if report.tables != expect else ""
    if report.tables or allow_none:
        return ""
    places = f"{quantity(report.pages, 'page')} and {quantity(report.other_tables, 'other table')}"
    return f"nothing to check: no documented table in {places}; --allow-none accepts that"


def _print_draft(pages: tuple[str, ...]) -> int:
    from fsm.tables.words.draft import draft_lexicon

    if len(pages) != 1:
        raise click.UsageError("--draft-lexicon takes one page")
    page = next(PageFiles().read(pages[0]), None)
    if page is None:
        raise click.UsageError("--draft-lexicon takes a Markdown page")
    click.echo(draft_lexicon(page, as_machines(FEEDBACK_MODES), load_lexicon()), nl=False)
    return 0
