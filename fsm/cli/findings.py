"""Format the findings of a check: as text with the cell underlined, JSON, SARIF or for GitHub."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

from fsm.cli.tables import hanging
from fsm.cli.terminal import Style, styled, terminal_width
from fsm.cli.text import format_json, printable
from fsm.tables.checks.finding import CheckReport, Finding
from fsm.text import display_width, quantity, visible
from fsm.version import VERSION

__all__ = ["FINDING_FORMATS", "explain_code", "format_finding", "known_codes", "summary_of"]

_EXCERPT, _SHORTEST = 88, 16
_Paint: TypeAlias = Callable[[str, Style], str]
_STYLES = {"error": Style.ERROR, "warning": Style.WARNING}


@cache
def _codes() -> dict[str, dict[str, str]]:
    text = files("fsm.tables.checks").joinpath("codes.toml").read_text("utf-8")
    return tomllib.loads(text)


def known_codes() -> list[str]:
    """Return the codes of all findings."""
    return sorted(_codes())


def explain_code(code: str) -> str:
    """Return what a code means and what to do."""
    entry = _codes()[code]
    return f"{code}: {entry['title']}\n{entry['text']}"


def _plain(text: str, _style: Style) -> str:
    return text


# Text ----------------------------------------------------------------------------------------


def _text(report: CheckReport, lines: Mapping[str, tuple[str, ...]]) -> str:
    width = terminal_width()
    parts = [
        "\n".join(format_finding(f, lines.get(f.file, ()), width, styled)) for f in report.findings
    ]
    parts += [
        f"{printable(machine)}: {quantity(count, 'row')} {styled('confirmed', Style.GOOD)}"
        for machine, count in report.confirmed.items()
    ]
    return "\n".join([*parts, hanging(summary_of(report), width)])


def summary_of(report: CheckReport) -> str:
    """Return one line that counts what was checked, found and left out."""
    facts = (
        quantity(report.pages, "page"),
        quantity(report.tables, "documented table"),
        quantity(report.rows, "row"),
        *([quantity(report.diagrams, "diagram")] if report.diagrams else []),
        quantity(len(report.findings), "finding"),
    )
    return ", ".join([*facts, *_left_out(report)])


def _left_out(report: CheckReport) -> Iterator[str]:
    """Yield what the pages have that was not checked."""
    if report.other_tables:
        yield f"{quantity(report.other_tables, 'other table')} not checked"
    if report.ignored_tables:
        yield f"{quantity(report.ignored_tables, 'table')} left out (fsm:ignore)"
    if report.other_diagrams:
        yield f"{quantity(report.other_diagrams, 'other diagram')} not compared"
    if report.generated_blocks:
        yield f"{quantity(report.generated_blocks, 'generated block')}: see fsm docs --check"
    if report.unread_tables:
        directives = quantity(report.unread_tables, "directive")
        yield f"{directives} with a table not read (list-table, csv-table, or an unknown one)"
    if report.unread:
        suffixes = ", ".join(report.unread)
        yield f"{quantity(sum(report.unread.values()), 'file')} not read ({suffixes})"


def format_finding(
    finding: Finding, lines: tuple[str, ...], width: int | None = None, paint: _Paint = _plain
) -> Iterator[str]:
    """Yield the lines that show a finding: its message, its cell underlined, its row.

    ``width`` is that of the terminal, ``paint`` gives a text a style; without them the lines are as
    long as they are, and plain.
    """
    headline = hanging(printable(str(finding), 2000), width)
    tone = _STYLES[finding.severity]
    code = f"{finding.severity}[{finding.code}]"
    yield headline.replace(code, paint(code, tone), 1)
    if not 0 < finding.line <= len(lines):
        return
    number, first = str(finding.line), finding.column - 1
    last = max(finding.end - 1 if finding.end else 0, first + 1)
    margin = " " * len(number)
    lead, cell, after = _excerpt(lines[finding.line - 1], first, last, width, len(number) + 3)
    carets = "^" * max(1, display_width(cell))
    yield paint(f"{margin} |", Style.FAINT)
    yield f"{paint(f'{number} |', Style.FAINT)} {lead}{cell}{after}"
    yield f"{paint(f'{margin} |', Style.FAINT)} {' ' * display_width(lead)}{paint(carets, tone)}"
    if finding.row is not None:
        yield f"{margin} = row {finding.row} of {printable(finding.machine)}"
    if finding.reference:
        yield hanging(f"{margin} = as it should be: {printable(finding.reference)}", width)


def _excerpt(
    line: str, first: int, last: int, width: int | None, margin: int
) -> tuple[str, str, str]:
    """Return what is before a cell, the cell, and what is after it, cut to the terminal's width."""
    most = _EXCERPT
    while True:
        context = min(20, most // 4)
        begin = max(0, min(first - context, len(line) - most))
        before, cell = line[begin:first], line[first:last][: most - context]
        after = line[first + len(cell) : begin + most]
        left, right = ("..." if begin else ""), ("..." if begin + most < len(line) else "")
        parts = f"{left}{printable(before)}", printable(cell), f"{printable(after)}{right}"
        excess = margin + sum(map(display_width, parts)) - (width or sys.maxsize)
        if excess <= 0 or most <= _SHORTEST:
            return parts
        most = max(_SHORTEST, most - max(1, excess // 2))


# Data ----------------------------------------------------------------------------------------


def _fields(finding: Finding) -> dict[str, object]:
    names = ("file", "line", "column", "code", "severity", "message", "machine", "row", "reference")
    related = [{"file": place.file, "line": place.line} for place in finding.related]
    return {name: getattr(finding, name) for name in names} | {"related": related}


def _message(finding: Finding, separator: str) -> str:
    """Return the message of a finding with the row as it should be, where it has one."""
    row = f"{separator}As it should be: {finding.reference}" if finding.reference else ""
    return f"{finding.message}{row}"


def _json(report: CheckReport, _lines: Mapping[str, tuple[str, ...]]) -> str:
    facts: dict[str, object] = {
        "pages": report.pages,
        "tables": report.tables,
        "rows": report.rows,
        "confirmed": report.confirmed,
        "other_tables": report.other_tables,
        "ignored_tables": report.ignored_tables,
        "generated_blocks": report.generated_blocks,
        "unread_tables": report.unread_tables,
        "diagrams": report.diagrams,
        "other_diagrams": report.other_diagrams,
        "unread_files": report.unread,
        "failure": report.failure or None,
        "settings": report.settings or None,
    }
    facts["findings"] = [_fields(finding) for finding in report.findings]
    return format_json(facts, "check")


def _sarif(report: CheckReport, _lines: Mapping[str, tuple[str, ...]]) -> str:
    used = sorted({finding.code for finding in report.findings})
    rules = [
        {
            "id": code,
            "shortDescription": {"text": _codes()[code]["title"]},
            "fullDescription": {"text": " ".join(_codes()[code]["text"].split())},
        }
        for code in used
    ]
    results = [
        {
            "ruleId": finding.code,
            "ruleIndex": used.index(finding.code),
            "level": finding.severity,
            "message": {"text": _message(finding, ". ")},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": _uri(finding.file)},
                        "region": _region(finding),
                    }
                }
            ],
            **_related(finding),
        }
        for finding in report.findings
    ]
    driver = {"name": "fsm", "version": VERSION, "rules": rules}
    notes = [{"level": "note", "message": {"text": text}} for text in _left_out(report)]
    if report.failure:
        notes.insert(0, {"level": "error", "message": {"text": report.failure}})
    invocation = {"executionSuccessful": not report.failure, "toolExecutionNotifications": notes}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": results,
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return format_json({"$schema": schema, "version": "2.1.0", "runs": [run]})


def _related(finding: Finding) -> dict[str, object]:
    """Return the other places of a finding, as SARIF has them."""
    places = [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": _uri(place.file)},
                "region": {"startLine": place.line},
            }
        }
        for place in finding.related
    ]
    return {"relatedLocations": places} if places else {}


def _uri(file: str) -> str:
    """Return the URI of a file, relative to the working directory."""
    relative = os.path.relpath(file) if Path(file).is_absolute() else file
    return quote(os.fsencode(relative.replace(os.sep, "/")))


def _region(finding: Finding) -> dict[str, int]:
    end = {"endColumn": finding.end} if finding.end else {}
    return {"startLine": finding.line, "startColumn": finding.column} | end


def _github(report: CheckReport, _lines: Mapping[str, tuple[str, ...]]) -> str:
    lines = []
    for finding in report.findings:
        place = f"line={finding.line},col={finding.column}"
        title, file = _property(finding.code), _property(finding.file)
        message = _escaped(_message(finding, "\n"))
        lines.append(f"::{finding.severity} file={file},{place},title={title}::{message}")
    if report.failure:
        lines.append(f"::error title=fsm check::{_escaped(report.failure)}")
    return "\n".join(lines)


def _escaped(text: str) -> str:
    """Return a text escaped for a workflow command: one line, no control characters."""
    return visible(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


FINDING_FORMATS = {"text": _text, "json": _json, "sarif": _sarif, "github": _github}
"""The formats of a report: each is a function of the report and of the lines of each page."""
