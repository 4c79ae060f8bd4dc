"""``fsm check``: documented tables against their machines."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from fsm.catalog import load
from fsm.cli.findings import FINDING_FORMATS, explain_code, known_codes
from fsm.cli.text import printable
from fsm.cli.values import lexicons_option
from fsm.errors import PageError
from fsm.files import decode_utf8, read_stream
from fsm.machines import NAMES
from fsm.tables.check.finding import CheckReport, Finding
from fsm.tables.check.pages import check_tables
from fsm.tables.read.bounds import MAX_BYTES, PAGE_KIND
from fsm.tables.read.page import SUFFIXES, Page, parse_page, read_page
from fsm.tables.words.binding import read_binding
from fsm.tables.words.lexicon_files import combined_lexicons, load_lexicon
from fsm.tables.words.lexicon_names import check_names
from fsm.text import quantity

__all__ = ["command"]

_OTHER_SUFFIXES = (
    ".adoc", ".asciidoc", ".docx", ".htm", ".html", ".ipynb", ".odt", ".org", ".rst", ".tex",
    ".textile", ".txt", ".wiki",
)  # fmt: skip
"""Documentation that is not read; in a directory it is counted."""


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
            raise click.UsageError(f"no code {explain!r}; there are: {', '.join(known_codes())}")
        click.echo(explain_code(explain))
        return 0
    if not pages:
        raise click.UsageError("no pages given")
    if is_draft:
        return _print_draft(pages)
    given = _GivenPages()
    read = [page for name in pages for page in given.read(name)]
    known = combined_lexicons(lexicons)
    if lexicons:
        check_names(lexicons, load, NAMES)
    report = check_tables(read, known, load, [read_binding(path) for path in bindings])
    report = replace(
        report,
        findings=(*given.findings, *report.findings),
        unread=dict(sorted(given.unread.items())),
        failure=_failure(report, expect, allow_none=allow_none),
    )
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
    page = next(_GivenPages().read(pages[0]), None)
    if page is None:
        raise click.UsageError("--draft-lexicon takes a Markdown page")
    machines = [load(name) for name in ("with-feedback", "without-feedback")]
    click.echo(draft_lexicon(page, machines, load_lexicon()), nl=False)
    return 0


@dataclass
class _GivenPages:
    """The pages that arguments name, and the files that are no Markdown pages."""

    findings: list[Finding] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)
    seen: set[Path] = field(default_factory=set)

    def read(self, name: str) -> Iterator[Page]:
        """Yield a page, or those of a directory; a file that is named again is left out."""
        path = Path(name)
        if name == "-":
            data = read_stream(sys.stdin.buffer, "<stdin>", MAX_BYTES, PAGE_KIND, PageError)
            yield parse_page(decode_utf8(data, "<stdin>", PageError), "<stdin>")
        elif path.is_dir():
            yield from map(read_page, filter(self._is_new, self._markdown(path)))
        elif path.suffix.lower() in ("", *SUFFIXES) or not path.exists():
            yield from map(read_page, filter(self._is_new, [path]))
        else:
            text = f"{path.suffix} files are not read; pages are Markdown (.md, .markdown)"
            self.findings.append(Finding(name, 1, 1, "unread-file", text, "", None))

    def _is_new(self, path: Path) -> bool:
        resolved = path.resolve()
        is_new = resolved not in self.seen
        self.seen.add(resolved)
        return is_new

    def _markdown(self, directory: Path) -> Iterator[Path]:
        """Yield the Markdown pages of a directory, sorted; links are not followed.

        Hidden files and directories are left out, other documentation is counted.
        """
        for parent, folders, names in os.walk(directory, onerror=_refuse):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                suffix = Path(name).suffix.lower()
                if name.startswith("."):
                    continue
                if suffix in SUFFIXES:
                    yield Path(parent, name)
                elif suffix in _OTHER_SUFFIXES:
                    self.unread[suffix] += 1


def _refuse(error: OSError) -> None:
    raise PageError(f"{error.filename}: {error.strerror or error}")
