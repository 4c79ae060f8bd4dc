"""``fsm check``: documented tables against their machines."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from fsm.catalog import load
from fsm.cli.options import print_json
from fsm.cli.text import counted, shown
from fsm.spec.check import Report, check_pages
from fsm.spec.lexicon import languages, load_lexicon, read_lexicon
from fsm.spec.page import Page, parse_page, read_page

__all__ = ["command"]


@click.command("check")
@click.argument("pages", nargs=-1, required=True)
@click.option("--lexicon", type=click.Path(path_type=Path), help="The words of the page (TOML).")
@click.option(
    "--format", "form", type=click.Choice(("text", "json")), default="text", show_default=True
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
def command(pages: tuple[str, ...], lexicon: Path | None, form: str, as_json: bool) -> int:
    """Check the documented tables of each PAGE against their machines.

    Each documented row is a step; its status and its effect on each indicator must be what the
    machine does on the shortest trace to that step, and the table must cover every step.
    Prints file:line:column for each finding; exit status 1 when there is one.
    """
    words = [read_lexicon(lexicon)] if lexicon else [load_lexicon(name) for name in languages()]
    report = check_pages([_page(name) for name in pages], words, load)
    if as_json or form == "json":
        facts = {"pages": report.pages, "tables": report.tables, "rows": report.rows}
        print_json(facts | {"findings": [asdict(finding) for finding in report.findings]})
    else:
        _print(report)
    return 1 if any(f.severity == "error" for f in report.findings) else 0


def _page(name: str) -> Page:
    return parse_page(sys.stdin.read(), "<stdin>") if name == "-" else read_page(Path(name))


def _print(report: Report) -> None:
    for finding in report.findings:
        click.echo(shown(str(finding)))
    for machine, count in report.confirmed.items():
        click.echo(f"{machine}: {counted(count, 'row')} confirmed")
    parts = (
        counted(report.pages, "page"),
        counted(report.tables, "documented table"),
        counted(report.rows, "row"),
        counted(len(report.findings), "finding"),
    )
    click.echo(", ".join(parts))
