"""``fsm check``: documented tables against their machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import click

from fsm.checking import PageFiles, ProjectCheck
from fsm.cli.choice import ChoiceParam
from fsm.cli.completion import complete_code, complete_file, complete_language
from fsm.cli.file_params import FILE
from fsm.cli.findings import FINDING_FORMATS, explain_code, known_codes
from fsm.cli.help import Example, HelpCommand, option
from fsm.cli.progress import Progress
from fsm.cli.text import print_message, print_text, printable
from fsm.cli.values import RangeParam, lexicons_option
from fsm.documented_machines import check_implementations
from fsm.settings import ProjectSettings, find_settings, read_settings
from fsm.suggest import no_such
from fsm.tables.checks.finding import CheckReport
from fsm.tables.read.page import Page
from fsm.tables.words.lexicon_files import lexicon_text
from fsm.text import quantity

__all__ = ["command"]


@click.command(
    "check",
    cls=HelpCommand,
    examples=[
        Example(
            "All pages of a directory; two tables must be documented", "fsm check docs --expect 2"
        ),
        Example("What a finding means, and what to do", "fsm check --explain wrong-status"),
        Example("Findings for GitHub code scanning", "fsm check page.md --format sarif"),
    ],
)
@click.argument(
    "pages",
    nargs=-1,
    shell_complete=complete_file,
    help="Markdown files, directories with such files, or - for standard input.",
)
@lexicons_option
@option(
    "--binding",
    "bindings",
    multiple=True,
    type=FILE,
    group="Languages and tables",
    help="TOML file that says what the columns of a table are; may be repeated.",
)
@option(
    "--config",
    type=FILE,
    group="Settings",
    help="File of settings, instead of the fsm.toml or pyproject.toml that is found; classes that "
    "it names are imported.",
)
@option("--no-config", is_flag=True, group="Settings", help="Use no settings.")
@option(
    "--allow-import",
    is_flag=True,
    group="Settings",
    help="Import package.module:Class that settings which were found name; that runs code.",
)
@option("--strict", is_flag=True, group="Exit status", help="Exit with status 1 for warnings, too.")
@option(
    "--allow-none",
    is_flag=True,
    group="Exit status",
    help="Accept pages without documented tables.",
)
@option(
    "--expect",
    type=RangeParam(0),
    metavar="N",
    group="Exit status",
    help="Exit with status 1 unless N tables are documented.",
)
@option(
    "--format",
    "format_",
    type=ChoiceParam(list(FINDING_FORMATS)),
    default="text",
    group="Output",
    help="Format of the findings.",
)
@option("--json", "as_json", is_flag=True, group="Output", help="Same as --format json.")
@option(
    "--explain",
    metavar="CODE",
    shell_complete=complete_code,
    group="Other",
    help="Print what this code of a finding means; no page is checked.",
)
@option(
    "--draft-lexicon",
    "is_draft",
    is_flag=True,
    group="Other",
    help="Same as fsm draft PAGE --kind lexicon, for one more version.",
)
@option(
    "--into",
    type=FILE,
    group="Other",
    help="Add the words of the --draft-lexicon to this lexicon; its lines and comments stay.",
)
@option(
    "--show-lexicon",
    metavar="LANG",
    shell_complete=complete_language,
    group="Other",
    help="Print the lexicon of a language that ships, as a start for your own: en, de, es, fr, it, "
    "ja, ko, nl, pt-br, sv, zh-hans, zh-hant.",
)
def command(
    pages: tuple[str, ...],
    lexicons: tuple[Path, ...],
    bindings: tuple[Path, ...],
    config: Path | None,
    no_config: bool,
    allow_import: bool,
    format_: str,
    as_json: bool,
    strict: bool,
    allow_none: bool,
    expect: int | None,
    is_draft: bool,
    into: Path | None,
    explain: str | None,
    show_lexicon: str | None,
) -> int:
    """Confirm that the documented tables of PAGES are right, or show each cell that is wrong.

    Each row of a documented table is a step. Its status, and its effect on each indicator, must
    be what the machine does on the shortest trace to that step; and the table must have every
    step. A table is documented if its whole title names a machine, or if a row is a known step.
    Other tables are counted, not checked. <!-- fsm:ignore --> directly above a table leaves it out.

    Tables in twelve languages are known (--show-lexicon lists them). --lexicon adds a language,
    --binding tables of any other form.

    Without PAGES, those of the settings are checked: fsm.toml or [tool.fsm] in pyproject.toml, here
    or above. PAGES and --expect replace the settings; --lexicon and --binding are added to them.

    The exit status is 1 if a finding is an error, or if there was nothing to check.
    """
    if explain is not None:
        if explain not in known_codes():
            raise click.UsageError(no_such("code", explain, known_codes()))
        click.echo(explain_code(explain))
        return 0
    if show_lexicon is not None:
        click.echo(lexicon_text(show_lexicon), nl=False)
        return 0
    if is_draft:
        return _draft(pages, into)
    if into is not None:
        raise click.UsageError("--into goes with --draft-lexicon")
    settings = _settings(config, no_config=no_config)
    project = ProjectCheck(settings, pages, bindings, lexicons, allow_import)
    if not project.page_names:
        raise click.UsageError(_no_pages(settings))
    if settings and not pages:
        expect = settings.expect if expect is None else expect
    files = PageFiles()
    with Progress("reading the pages", hidden="-" in pages):
        read = [page for name in project.page_names for page in files.read(name)]
    with Progress("checking the tables"):
        report = project.run(read, files)
    failure = _failure(report, read, expect, allow_none=allow_none)
    report = replace(report, failure=failure)
    text = FINDING_FORMATS["json" if as_json else format_](
        report, {page.name: page.lines for page in read}
    )
    if text:
        print_text(text)
    if report.failure:
        click.echo(printable(report.failure), err=True)
    is_wrong = any(strict or f.severity == "error" for f in report.findings)
    return 1 if is_wrong or report.failure else 0


def _settings(config: Path | None, *, no_config: bool) -> ProjectSettings | None:
    """Return the settings of the run, and say where they are."""
    if config is not None and no_config:
        raise click.UsageError("--config and --no-config exclude each other")
    if no_config:
        return None
    settings = find_settings() if config is None else read_settings(config)
    if settings:
        click.echo(printable(f"settings: {settings.name}"), err=True)
        check_implementations(settings)
    return settings


def _no_pages(settings: ProjectSettings | None) -> str:
    where = settings.name if settings else "fsm.toml"
    return f'no pages given; name them, or write pages = ["docs"] into {where}'


def _failure(
    report: CheckReport, pages: Sequence[Page], expect: int | None, *, allow_none: bool
) -> str:
    """Return why the run fails: nothing to check, or not as many tables as expected."""
    if expect is not None:
        tables = quantity(report.tables, "documented table")
        return f"{tables}, but {expect:,} expected" if report.tables != expect else ""
    if report.tables or report.diagrams or allow_none:
        return ""
    places = f"{quantity(report.pages, 'page')} and {quantity(report.other_tables, 'other table')}"
    hint = "".join(
        f"; {name} is a machine of its own: fsm show {name}" for name in _declaring(pages)
    )
    return f"nothing to check: no documented table in {places}{hint}; --allow-none accepts that"


def _declaring(pages: Sequence[Page]) -> list[str]:
    """Return the first page whose table declares a machine, if there is one."""
    from fsm.tables.declared.tables import read_declared

    names = (p.name for p in pages for t in p.tables if read_declared(p, t).machine)
    return list(islice(names, 1))


def _draft(pages: tuple[str, ...], into: Path | None) -> int:
    from fsm.cli.draft import print_lexicon_draft

    print_message("--draft-lexicon goes with the next version; use: fsm draft PAGE --kind lexicon")
    print_lexicon_draft(_one_page(pages), into=into)
    return 0


def _one_page(pages: tuple[str, ...]) -> Page:
    """Return the only page that a draft is made from."""
    if len(pages) != 1:
        raise click.UsageError("--draft-lexicon takes one page")
    page = next(PageFiles().read(pages[0]), None)
    if page is None:
        raise click.UsageError("--draft-lexicon takes a Markdown page")
    return page
