"""Format the findings of a check: as text with the cell underlined, JSON, SARIF or for GitHub."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from fsm.cli.text import format_json, printable
from fsm.tables.checks.finding import CheckReport, Finding
from fsm.text import display_width, quantity, visible
from fsm.version import VERSION

__all__ = ["FINDING_FORMATS", "explain_code", "format_finding", "known_codes", "summary_of"]

_EXCERPT = 88


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


# Text ----------------------------------------------------------------------------------------


def _text(report: CheckReport, lines: Mapping[str, tuple[str, ...]]) -> str:
    parts = ["\n".join(format_finding(f, lines.get(f.file, ()))) for f in report.findings]
    parts += [
        f"{printable(machine)}: {quantity(count, 'row')} confirmed"
        for machine, count in report.confirmed.items()
    ]
    return "\n".join([*parts, summary_of(report)])


def summary_of(report: CheckReport) -> str:
    """Return one line that counts what was checked, found and left out."""
    facts = (
        quantity(report.pages, "page"),
        quantity(report.tables, "documented table"),
        quantity(report.rows, "row"),
        quantity(len(report.findings), "finding"),
    )
    return ", ".join([*facts, *_left_out(report)])


def _left_out(report: CheckReport) -> Iterator[str]:
    """Yield what the pages have that was not checked."""
    if report.other_tables:
        yield f"{quantity(report.other_tables, 'other table')} not checked"
    if report.ignored_tables:
        yield f"{quantity(report.ignored_tables, 'table')} left out (fsm:ignore)"
    if report.generated_blocks:
        yield f"{quantity(report.generated_blocks, 'generated block')}: see fsm docs --check"
    if report.unread:
        suffixes = ", ".join(report.unread)
        yield f"{quantity(sum(report.unread.values()), 'file')} not read ({suffixes})"


def format_finding(finding: Finding, lines: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines that show a finding: its message, its cell underlined, its row."""
    yield printable(str(finding), 2000)
    if not 0 < finding.line <= len(lines):
        return
    line, first = lines[finding.line - 1], finding.column - 1
    last = finding.end - 1 if finding.end else first + 1
    begin = max(0, min(first - 20, len(line) - _EXCERPT))
    before, cell = line[begin:first], line[first : max(last, first + 1)][: _EXCERPT - 20]
    after = line[first + len(cell) : begin + _EXCERPT]
    left, right = ("..." if begin else ""), ("..." if begin + _EXCERPT < len(line) else "")
    margin = " " * len(str(finding.line))
    lead = printable(f"{left}{before}")
    yield f"{margin} |"
    yield f"{finding.line} | {lead}{printable(cell)}{printable(after)}{right}"
    yield f"{margin} | {' ' * display_width(lead)}{'^' * max(1, display_width(printable(cell)))}"
    if finding.row is not None:
        yield f"{margin} = row {finding.row} of {printable(finding.machine)}"
    if finding.reference:
        yield f"{margin} = as it should be: {printable(finding.reference)}"


# Data ----------------------------------------------------------------------------------------


def _fields(finding: Finding) -> dict[str, object]:
    names = ("file", "line", "column", "code", "severity", "message", "machine", "row")
    return {name: getattr(finding, name) for name in names}


def _json(report: CheckReport, _lines: Mapping[str, tuple[str, ...]]) -> str:
    facts: dict[str, object] = {
        "pages": report.pages,
        "tables": report.tables,
        "rows": report.rows,
        "confirmed": report.confirmed,
        "other_tables": report.other_tables,
        "ignored_tables": report.ignored_tables,
        "generated_blocks": report.generated_blocks,
        "unread_files": report.unread,
        "failure": report.failure or None,
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
            "message": {"text": finding.message},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": _uri(finding.file)},
                        "region": _region(finding),
                    }
                }
            ],
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
        message = _escaped(finding.message)
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
