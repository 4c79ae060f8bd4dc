"""What a session says of the coverage of its conformance tests: lines, files, and floors.

``--fsm-cov`` prints what was not run, ``--fsm-cov-file`` writes which tests ran which cells for
``fsm conform --tests``, ``--fsm-cov-html`` writes a page, and ``--fsm-cov-fail-under`` fails the
session where less was run than a floor.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from fsm.text import first_names, quantity, shortened, visible

if TYPE_CHECKING:
    from fsm.conformance.covered_machines import CoverableCell, CoveredMachine, CoveredSuite

__all__ = [
    "add_coverage_options",
    "check_coverage_options",
    "missed_floors",
    "session_lines",
    "write_files",
]

_FILE, _HTML, _FLOOR = "--fsm-cov-file", "--fsm-cov-html", "--fsm-cov-fail-under"
_SCHEMA, _FOOTER, _START = (
    b'"schema": "fsm/coverage/',
    b"Made with <code>pytest --fsm-cov-html",
    4096,
)
"""What is in the first and in the last bytes of the files."""
_LINES = 25
"""Maximum number of states listed with cells that were not run."""
_DIGITS = 25
"""A percentage has fewer digits."""


def add_coverage_options(group: pytest.OptionGroup) -> None:
    """Add the options about the coverage of conformance tests."""
    text = "show which cells and documented rows of a machine the conformance tests did not run"
    group.addoption("--fsm-cov", action="store_true", help=text)
    text = "write which tests ran which cells, for fsm conform --tests FILE"
    group.addoption(_FILE, metavar="FILE", default="", help=text)
    text = "write the coverage of the conformance tests as a page: a matrix of states and events"
    group.addoption(_HTML, metavar="FILE", default="", help=text)
    text = (
        "fail if the tests of a machine ran less than this percentage of its cells, as in 90, or "
        "of its transitions, rejections or documented rows, as in rows=100; may be repeated"
    )
    group.addoption(_FLOOR, action="append", metavar="[MEASURE=]PERCENT", default=[], help=text)


def check_coverage_options(config: pytest.Config) -> None:
    """Refuse a file that nobody can write or that has something else, and a floor that is none."""
    paths: dict[Path, str] = {}
    for option in (_FILE, _HTML):
        path = _path(config, option)
        if path is None:
            continue
        if not path.parent.is_dir():
            raise pytest.UsageError(f"{option}: {path.parent}: no such directory")
        name = visible(config.getoption(option))
        if name == "-":
            raise pytest.UsageError(f"{option}: -: no standard output here; name a file")
        if other := paths.setdefault(path.resolve(), ""):
            raise pytest.UsageError(f"{option}: {name}: {other} writes the same file; name another")
        paths[path.resolve()] = option
        if _has_something_else(option, path):
            text = f"{name}: there is another file, which {option} has not written; name another"
            raise pytest.UsageError(f"{option}: {text}")
    _floors(config)


def _has_something_else(option: str, path: Path) -> bool:
    """Whether a file has anything but the coverage of an earlier session, such as a tested page."""
    try:
        if not path.is_file() or not path.stat().st_size:
            return False
        with path.open("rb") as file:
            start = file.read(_START)
            file.seek(max(0, path.stat().st_size - _START))
            end = file.read(_START)
    except OSError:
        return False  # whoever writes it tells why it cannot be
    return _FOOTER not in end if option == _HTML else _SCHEMA not in start


def _path(config: pytest.Config, option: str) -> Path | None:
    """Return the file of an option, in the directory where pytest was started."""
    name = config.getoption(option)
    return config.invocation_params.dir / name if name else None


# Lines ---------------------------------------------------------------------------------------


def session_lines(config: pytest.Config, suites: Sequence[CoveredSuite]) -> Iterator[str]:
    """Yield one line for each test function, and with ``--fsm-cov`` what was not run.

    The rows of pages have a line of their own only with ``--fsm-cov``.
    """
    in_full = config.getoption("--fsm-cov")
    if not suites and in_full and not config.getoption("collectonly"):
        yield (
            "fsm: no conformance test was run, and --fsm-cov asks for them: those with fsm_case, "
            "and rows of pages with --fsm-implementation"
        )
    if not suites:
        return
    from fsm.conformance.covered_machines import group_by_machine

    titles = Counter(suite.title for suite in suites)
    for suite in suites:
        if not in_full and (suite.is_page or not (suite.done or suite.failed)):
            continue
        (machine,) = group_by_machine([suite])
        yield _line(suite, machine, suite.function if titles[suite.title] > 1 else "")
        if in_full:
            yield from _not_run(machine)


def _line(suite: CoveredSuite, machine: CoveredMachine, function: str) -> str:
    counts = [f"{suite.done:,} of {suite.planned:,} tests", _of(machine, "cells")]
    if machine.rows:
        counts.append(_of(machine, "rows", "documented rows"))
    verdict = suite.verdict
    if suite.failed:
        shown = " --runxfail" if suite.failed[0] in suite.expected else ""
        verdict += f", to rerun: pytest{shown} {shlex.quote(suite.failed[0])}"
    title = f"{suite.title} in {function}" if function else suite.title
    return f"fsm: {title}: {', '.join(counts)}; {verdict}"


def _of(machine: CoveredMachine, measure: str, noun: str = "") -> str:
    run, whole = machine.counts[measure]
    return f"{run:,} of {whole:,} {noun or measure}"


def _not_run(machine: CoveredMachine) -> Iterator[str]:
    """Yield a line for each state with cells that were not run, and the rows that were not."""
    if not machine.not_run:
        yield "  every cell was run"
        return
    yield f"  {_of(machine, 'transitions')}, {_of(machine, 'rejections')}"
    states: dict[str, list[CoverableCell]] = {}
    for cell in machine.not_run:
        states.setdefault(cell.state, []).append(cell)
    for state in list(states)[:_LINES]:
        accepted = ", ".join(_named(cell) for cell in states[state] if not cell.is_rejected)
        rejected = ", ".join(cell.event for cell in states[state] if cell.is_rejected)
        parts = [accepted, f"rejected: {rejected}" if rejected else ""]
        yield f"  not run in {state}: {'; '.join(filter(None, parts))}"
    if len(states) > _LINES:
        yield f"  and cells of {quantity(len(states) - _LINES, 'more state')}"
    rows = [row.citation for row, cells in machine.rows.items() if not all(c.tests for c in cells)]
    if rows:
        yield f"  documented rows not run: {first_names(rows)}"


def _named(cell: CoverableCell) -> str:
    return f"{cell.event} ({cell.row.citation})" if cell.row else cell.event


# Files ---------------------------------------------------------------------------------------


def write_files(
    config: pytest.Config, suites: Iterable[CoveredSuite]
) -> tuple[list[str], list[str]]:
    """Write the files that are asked for; return lines about them, and about those that failed."""
    written: list[str] = []
    faults: list[str] = []
    for option, (render, text) in _FILES.items():
        path = _path(config, option)
        if path is None or config.getoption("collectonly"):
            continue
        from fsm.errors import FsmError
        from fsm.files import write_bytes

        ordered = sorted(suites, key=lambda suite: (suite.function, suite.variant))
        try:
            write_bytes(render(ordered), path)
            count, name = quantity(len(ordered), "suite"), config.getoption(option)
            written.append(f"fsm: coverage of {count} {text} {name}")
        except FsmError as error:
            faults.append(f"fsm: {option}: {error}")
    return written, faults


def _as_json(suites: Sequence[CoveredSuite]) -> bytes:
    from fsm.conformance.covered_cells import coverage_json

    return coverage_json(suites)


def _as_page(suites: Sequence[CoveredSuite]) -> bytes:
    from fsm.conformance.covered_machines import group_by_machine
    from fsm.reports.coverage_page import render_coverage

    return render_coverage(group_by_machine(suites)).encode()


_FILES = {_FILE: (_as_json, "written to"), _HTML: (_as_page, "as a page:")}


# Floors --------------------------------------------------------------------------------------


class _Floor(NamedTuple):
    """The least percentage of something that tests have to run."""

    measure: str
    percent: Fraction
    text: str


def _floors(config: pytest.Config) -> list[_Floor]:
    return [_floor(text) for text in config.getoption(_FLOOR)]


def _floor(text: str) -> _Floor:
    from fsm.conformance.covered_machines import MEASURES
    from fsm.suggest import no_such

    name, equals, number = text.rpartition("=")
    measure = name.strip() if equals else "cells"
    if measure not in MEASURES:
        raise pytest.UsageError(f"{_FLOOR}: {no_such('measure', shortened(measure), MEASURES)}")
    number = number.strip().removesuffix("%").strip()
    digits = number.replace(".", "", 1)
    is_number = digits.isascii() and digits.isdigit() and len(digits) < _DIGITS
    percent = Fraction(number) if is_number else Fraction(-1)
    if not 0 <= percent <= 100:
        raise pytest.UsageError(
            f"{_FLOOR}: {shortened(number)!r} is no percentage; write 90, or rows=100"
        )
    return _Floor(measure, percent, text)


def missed_floors(config: pytest.Config, suites: Iterable[CoveredSuite]) -> list[str]:
    """Return a line for each machine and floor where the tests ran less.

    A floor that nothing was counted for is missed as well: it would be a check that never runs.
    """
    floors = _floors(config)
    if not floors or config.getoption("collectonly"):
        return []
    from fsm.conformance.covered_machines import group_by_machine

    machines = group_by_machine(suites)
    return [line for floor in floors for line in _missed(floor, machines)]


def _missed(floor: _Floor, machines: Sequence[CoveredMachine]) -> Iterator[str]:
    noun = "documented rows" if floor.measure == "rows" else floor.measure
    counted = [machine for machine in machines if machine.counts[floor.measure][1]]
    for machine in counted:
        run, whole = machine.counts[floor.measure]
        if run * 100 < floor.percent * whole:
            share = f"{run:,} of {whole:,} {noun} run, {run * 10_000 // whole / 100:.2f} %"
            yield f"fsm: {machine.title}: {share}, less than {_FLOOR} {floor.text}"
    if not counted:
        what = f"no machine with {noun}" if machines else "no conformance test"
        yield f"fsm: {what} was run, and {_FLOOR} {floor.text} asks for them"
