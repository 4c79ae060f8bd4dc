"""Try every hand-made fault of ``faults.toml``: ``make mutants``.

    python -m tests.mutants.run [ID]... [-n PROCESSES] [--tests PATH]...

Each fault is put into a copy of the project, never into the project itself, and the tests it
names are run there. The fault is noticed if one of them fails; a test that cannot be imported or
collected has noticed nothing. First all these tests must pass without any fault. A fault whose
tests are all skipped here, for want of a tool, is not tried; that is said and counted.

Exit status 0: all faults that were tried were noticed. 1: some survived. 2: the list does not
fit the code, or its tests fail without any fault.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import cache_from_source
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

import click

from tests.mutants.faults import LIST, ROOT, Fault, load_faults, problems

LEFT_OUT = (".git", ".venv", "build", "dist", "__pycache__", ".*_cache", ".hypothesis")
LONGEST = 120
"""Seconds for each file or node id that a fault names."""
NOTICED, SURVIVED, NOT_TRIED = "noticed", "survived", "not tried"
BROKEN = ("ImportError", "ModuleNotFoundError", "NameError", "SyntaxError")
"""Failures that only say that a module cannot be used."""


class Run(NamedTuple):
    """What pytest did: its exit status, its output, and the messages of the tests that failed."""

    status: int
    output: str
    failures: list[str]
    passed: int


class Verdict(NamedTuple):
    """What happened to a fault, and why it was not noticed."""

    outcome: str
    why: str = ""


@click.command(help=__doc__.split("\n")[0])
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("-n", "processes", default=os.cpu_count() or 1, help="How many at a time.")
@click.option("--tests", multiple=True, metavar="PATH", help="Run these tests instead.")
def main(ids: tuple[str, ...], processes: int, tests: tuple[str, ...]) -> None:
    """Try the faults, print what happened to each, and exit."""
    faults = _chosen(ids)
    if tests:
        faults = [fault._replace(tests=tests) for fault in faults]
    _refuse([f"{fault.id}: {what}" for fault in faults for what in problems(fault)])
    with tempfile.TemporaryDirectory(prefix="mutants-") as directory:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(min(processes, len(faults))):
            copies.put(_copy(Path(directory, str(number))))
        _refuse(_failing_without_fault(copies, faults, processes))
        verdicts = list(_verdicts(copies, faults, processes))
    counts = Counter(verdict.outcome for verdict in verdicts)
    click.echo(f"{counts[NOTICED]} of {len(faults)} faults noticed")
    for fault, (outcome, why) in zip(faults, verdicts, strict=True):
        if outcome != NOTICED:
            click.echo(f"{outcome}: {fault.id}: {why}\n  {fault.file}: {fault.breaks}")
    sys.exit(1 if counts[SURVIVED] else 0)


def _chosen(ids: tuple[str, ...]) -> list[Fault]:
    faults = {fault.id: fault for fault in load_faults()}
    _refuse([f"{name}: no such fault" for name in ids if name not in faults])
    return [faults[name] for name in ids] or list(faults.values())


def _refuse(lines: list[str]) -> None:
    """End with what is wrong with the list, if anything is."""
    for line in lines:
        click.echo(f"{LIST.name}: {line}", err=True)
    if lines:
        sys.exit(2)


def _verdicts(
    copies: "SimpleQueue[Path]", faults: list[Fault], processes: int
) -> Iterator[Verdict]:
    """Try the faults at the same time, one in each copy; yield what happened to each."""

    def attempt(fault: Fault) -> Verdict:
        with _taken(copies) as copy, _present(fault, copy):
            return verdict_of(_pytest(copy, fault.tests, "-x"))

    with ThreadPoolExecutor(processes) as pool:
        for fault, verdict in zip(faults, pool.map(attempt, faults), strict=True):
            click.echo(f"{verdict.outcome:9} {fault.id}")
            yield verdict


def verdict_of(run: Run) -> Verdict:
    """Return whether the tests that ran noticed a fault, and if not, why."""
    if any(not failure.startswith(BROKEN) for failure in run.failures):
        return Verdict(NOTICED)
    if run.status == 0 and not run.passed:
        return Verdict(NOT_TRIED, "all its tests are skipped here")
    if run.status == 0:
        return Verdict(SURVIVED, "all tests passed")
    last = (run.output.strip().splitlines() or ["nothing"])[-1]
    return Verdict(SURVIVED, f"the tests could not be run (pytest ended with {run.status}): {last}")


def _failing_without_fault(
    copies: "SimpleQueue[Path]", faults: list[Fault], processes: int
) -> list[str]:
    """Return what is wrong with the tests before any fault is there; they must pass."""
    tests = list(dict.fromkeys(test for fault in faults for test in fault.tests))
    with _taken(copies) as copy:
        run = _pytest(copy, tests, "-n", str(processes))
    if run.status == 0:
        return []
    lines = run.output.splitlines()
    wrong = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    return [f"without any fault: {line}" for line in wrong or lines[-1:]]


@contextmanager
def _taken(copies: "SimpleQueue[Path]") -> Iterator[Path]:
    copy = copies.get()
    try:
        yield copy
    finally:
        copies.put(copy)


@contextmanager
def _present(fault: Fault, copy: Path) -> Iterator[None]:
    """Put a fault into a copy of the project, and take it out again."""
    path = copy / fault.file
    before, after = path.read_text(), fault.applied(copy)
    try:
        _write(path, after)
        yield
    finally:
        _write(path, before)


def _write(path: Path, text: str) -> None:
    """Write a file, and forget what Python compiled of it: that goes by seconds and size."""
    path.write_text(text)
    if path.suffix == ".py":
        Path(cache_from_source(str(path))).unlink(missing_ok=True)


def _copy(target: Path) -> Path:
    shutil.copytree(ROOT, target, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
    return target


def _pytest(copy: Path, tests: Sequence[str], *options: str) -> Run:
    """Run tests in a copy of the project, which is imported from there in child processes too."""
    report = copy.with_suffix(".xml")
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "--tb=line", "-p", "no:cacheprovider"]
    command += [f"--junitxml={report}", *options, *tests]
    longest = LONGEST * len(tests)
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONSAFEPATH": ""}
    try:
        ended = subprocess.run(
            command, cwd=copy, env=environment, text=True, capture_output=True, timeout=longest
        )
    except subprocess.TimeoutExpired:
        return Run(-1, f"not finished after {longest} seconds", [], 0)
    failures, passed = _read_report(report)
    return Run(ended.returncode, ended.stdout + ended.stderr, failures, passed)


def _read_report(path: Path) -> tuple[list[str], int]:
    """Return the messages of the tests that failed, and how many passed."""
    if not path.exists():
        return [], 0
    cases = list(ElementTree.parse(path).iter("testcase"))
    failures = [found.get("message", "") for case in cases for found in case.iter("failure")]
    return failures, sum(not len(case) for case in cases)


if __name__ == "__main__":
    main()
