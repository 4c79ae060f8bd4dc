"""``fsm check``: documented tables against their machines."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from fsm.catalog import load
from fsm.cli.findings import FORMS, explanation, known_codes
from fsm.spec.check import Report, check_pages
from fsm.spec.lexicon import languages, load_lexicon, read_lexicon
from fsm.spec.page import Page, parse_page, read_page

__all__ = ["command"]


@click.command("check")
@click.argument("pages", nargs=-1)
@click.option("--lexicon", type=click.Path(path_type=Path), help="The words of the page (TOML).")
@click.option("--binding", type=click.Path(path_type=Path), help="What the columns are (TOML).")
@click.option("--format", "form", type=click.Choice(list(FORMS)), default="text", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--strict", is_flag=True, help="Exit status 1 for warnings too.")
@click.option("--draft-lexicon", "drafted", is_flag=True, help="Propose the words of a page.")
@click.option("--explain", metavar="CODE", help="Say what the code of a finding means.")
def command(
    pages: tuple[str, ...],
    lexicon: Path | None,
    binding: Path | None,
    form: str,
    as_json: bool,
    strict: bool,
    drafted: bool,
    explain: str | None,
) -> int:
    """Check the documented tables of each PAGE against their machines.

    Each documented row is a step; its status and its effect on each indicator must be what the
    machine does on the shortest trace to that step, and the table must cover every step. Of a
    directory, all Markdown pages are checked. English, French, German and Japanese are known;
    --lexicon gives the words of another language, which --draft-lexicon proposes; --binding the
    columns of another table.
    Prints file:line:column for each finding; exit status 1 when one is an error.
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
    if lexicon and binding:
        raise click.UsageError("--lexicon and --binding exclude each other")
    read = [page for name in pages for page in _pages(name)]
    if binding:
        report = _bound(read, binding)
    else:
        words = [read_lexicon(lexicon)] if lexicon else [load_lexicon(n) for n in languages()]
        report = check_pages(read, words, load)
    text = FORMS["json" if as_json else form](report, {page.name: page.lines for page in read})
    if text:
        click.echo(text)
    return 1 if any(strict or f.severity == "error" for f in report.findings) else 0


def _draft(pages: tuple[str, ...]) -> int:
    from fsm.spec.draft import draft

    if len(pages) != 1:
        raise click.UsageError("--draft-lexicon takes one page")
    (page,) = _pages(pages[0])
    machines = [load(name) for name in ("with-feedback", "without-feedback")]
    click.echo(draft(page, machines, load_lexicon()), nl=False)
    return 0


def _bound(pages: list[Page], path: Path) -> Report:
    from fsm.spec.binding import check_bound, read_binding

    binding = read_binding(path)
    machine = load(binding.machine)
    total = Report(len(pages), 0, 0, ())
    for page in pages:
        tables, rows, findings = check_bound(page, binding, machine)
        faulty = {f.line for f in findings if f.row is not None}
        confirmed = total.confirmed.get(machine.name, 0) + rows - len(faulty)
        total = replace(
            total,
            tables=total.tables + tables,
            rows=total.rows + rows,
            findings=(*total.findings, *findings),
            confirmed={machine.name: confirmed},
        )
    return total


def _pages(name: str) -> Iterator[Page]:
    if name == "-":
        yield parse_page(sys.stdin.read(), "<stdin>")
    elif Path(name).is_dir():
        for path in _markdown(Path(name)):
            yield read_page(path)
    else:
        yield read_page(Path(name))


def _markdown(directory: Path) -> Iterator[Path]:
    """Yield the Markdown pages of a directory, in order; links and hidden ones are not followed."""
    for place, folders, names in os.walk(directory):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (
            Path(place, name)
            for name in sorted(names)
            if name.lower().endswith((".md", ".markdown")) and not name.startswith(".")
        )
