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
from fsm.tables.check.finding import Finding
from fsm.tables.check.pages import Report, check_pages
from fsm.tables.read.page import MAX_BYTES, SUFFIXES, WHAT, Page, parse_page, read_page
from fsm.tables.words.binding import read_binding
from fsm.tables.words.lexicon import joined_lexicons, load_lexicon
from fsm.tables.words.lexicon_names import check_names
from fsm.text import quantity

__all__ = ["command"]

_OTHERS = (
    ".adoc", ".asciidoc", ".docx", ".htm", ".html", ".ipynb", ".odt", ".org", ".rst", ".tex",
    ".textile", ".txt", ".wiki",
)  # fmt: skip
"""Documentation that is not read; of a directory it is counted."""


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
@click.option(
    "--format", "form", type=click.Choice(list(FINDING_FORMATS)), default="text", show_default=True
)
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
        click.echo(explain_code(explain))
        return 0
    if not pages:
        raise click.UsageError("no pages given")
    if drafted:
        return _draft(pages)
    given = _Given()
    read = [page for name in pages for page in given.pages(name)]
    known = joined_lexicons(lexicons)
    if lexicons:
        check_names(lexicons, load, NAMES)
    report = check_pages(read, known, load, [read_binding(path) for path in bindings])
    report = replace(
        report,
        findings=(*given.findings, *report.findings),
        unread=dict(sorted(given.unread.items())),
        failure=_failure(report, expect, allow_none=allow_none),
    )
    text = FINDING_FORMATS["json" if as_json else form](
        report, {page.name: page.lines for page in read}
    )
    if text:
        click.echo(text)
    if report.failure:
        click.echo(printable(report.failure), err=True)
    wrong = any(strict or f.severity == "error" for f in report.findings)
    return 1 if wrong or report.failure else 0


def _failure(report: Report, expect: int | None, *, allow_none: bool) -> str:
    """Return why a run fails that found other tables than it should, or none."""
    found = quantity(report.tables, "documented table")
    if expect is not None:
        return f"{found}, and {expect:,} expected" if report.tables != expect else ""
    if report.tables or allow_none:
        return ""
    places = f"{quantity(report.pages, 'page')} and {quantity(report.other_tables, 'other table')}"
    return f"nothing to check: no documented table in {places}; --allow-none accepts that"


def _draft(pages: tuple[str, ...]) -> int:
    from fsm.tables.words.draft import draft

    if len(pages) != 1:
        raise click.UsageError("--draft-lexicon takes one page")
    page = next(_Given().pages(pages[0]), None)
    if page is None:
        raise click.UsageError("--draft-lexicon takes a Markdown page")
    machines = [load(name) for name in ("with-feedback", "without-feedback")]
    click.echo(draft(page, machines, load_lexicon()), nl=False)
    return 0


@dataclass
class _Given:
    """The pages that were named, and what was named but is none."""

    findings: list[Finding] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)
    seen: set[Path] = field(default_factory=set)

    def pages(self, name: str) -> Iterator[Page]:
        """Yield a page, or those of a directory; each file once, however often it is named."""
        path = Path(name)
        if name == "-":
            data = read_stream(sys.stdin.buffer, "<stdin>", MAX_BYTES, WHAT, PageError)
            yield parse_page(decode_utf8(data, "<stdin>", PageError), "<stdin>")
        elif path.is_dir():
            yield from map(read_page, filter(self._is_new, self._markdown(path)))
        elif path.suffix.lower() in ("", *SUFFIXES) or not path.exists():
            yield from map(read_page, filter(self._is_new, [path]))
        else:
            text = f"{path.suffix} files are not read; pages are Markdown (.md, .markdown)"
            self.findings.append(Finding(name, 1, 1, "unread-file", text, "", None))

    def _is_new(self, path: Path) -> bool:
        place = path.resolve()
        is_new = place not in self.seen
        self.seen.add(place)
        return is_new

    def _markdown(self, directory: Path) -> Iterator[Path]:
        """Yield the Markdown pages of a directory, in order; links are not followed.

        Hidden files and directories are left out, other documentation is counted.
        """
        for place, folders, names in os.walk(directory, onerror=_unreadable):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                suffix = Path(name).suffix.lower()
                if name.startswith("."):
                    continue
                if suffix in SUFFIXES:
                    yield Path(place, name)
                elif suffix in _OTHERS:
                    self.unread[suffix] += 1


def _unreadable(error: OSError) -> None:
    raise PageError(f"{error.filename}: {error.strerror or error}")
