"""Sizes, times and kill rates of test suites, beside those of other tools on the same machines.

    python tests/bench/suites.py MACHINES SURVEY [--runs 3] [--limit 120]

``MACHINES`` is a directory of DOT machines, ``SURVEY`` a CSV file of what other tools made of
them: model, tool, method, extra_states, prefixfree_symbols, seconds. Each suite is made in a
process of its own; seconds are CPU seconds without the start of the interpreter, medians. What
the report says is in ``tests/bench/suites.md``.
"""

import argparse
import csv
import json
import platform
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ONE = """
import json, sys, time
from fsm.formats.dot import read_dot
from fsm.suites import suite
mealy = read_dot(sys.argv[1])
begin = time.process_time()
size = suite(mealy, sys.argv[2], extra_states=int(sys.argv[3]), max_symbols=None).size
print(json.dumps([*size, time.process_time() - begin]))
"""
SET = """
import json, sys, time
from fsm.formats.dot import read_dot
from fsm.suites.equivalence import characterising_set
mealy = read_dot(sys.argv[1])
begin = time.process_time()
words = characterising_set(mealy)
print(json.dumps([len(words), sum(map(len, words)), time.process_time() - begin]))
"""
KILLS = """
import json, sys, time
from fsm.formats.dot import read_dot
from fsm.suites import suite
from fsm.suites.mutants import mutation_score
made = suite(read_dot(sys.argv[1]), sys.argv[2], extra_states=int(sys.argv[3]), max_symbols=None)
[extra] = [score for score in mutation_score(made, limit=20_000) if score.kind == "extra-state"]
print(json.dumps([*made.size, extra.killed, extra.mutants]))
"""
PYTEST = """
import json, resource, subprocess, sys, tempfile
from pathlib import Path
test = f'''
import pytest
from fsm.formats.dot import read_dot
SPEC = read_dot({sys.argv[1]!r})
class Table:
    after, output = SPEC.next.tolist(), SPEC.output.tolist()
    def reset(self):
        self.state = SPEC.initial
    def send(self, event):
        x = SPEC.inputs.index(event)
        answer = SPEC.outputs[self.output[self.state][x]]
        self.state = self.after[self.state][x]
        return answer
@pytest.mark.fsm_suite(SPEC, extra_states=2)
def test_table(fsm_case):
    fsm_case.run(Table())
'''
with tempfile.TemporaryDirectory() as directory:
    (Path(directory) / "test_table.py").write_text(test)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", directory]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
[passed] = [int(line.split()[0]) for line in done.stdout.splitlines() if " passed" in line]
print(json.dumps([passed, 0, used.ru_utime + used.ru_stime]))
"""
SAME = {
    "W": "w",
    "Wp": "wp",
    "HSI": "hsi",
    "HSI-splittingtree": "hsi",
    "H": "h",
    "SPYH": "chain",
    "S": "chain",
}
"""The methods of FSMlib (M. Soucha), and ours for the same purpose."""

DEFAULT, LIBRARY = "chain", "Soucha-FSMlib"


@dataclass(frozen=True)
class Other:
    """What another tool made."""

    tool: str
    method: str
    symbols: int
    seconds: float


@dataclass(frozen=True)
class Ours:
    """What we made; ``seconds`` is the median of the runs."""

    tests: int
    symbols: int
    seconds: float


class Bench:
    """Runs, each in a process of its own."""

    def __init__(self, machines: Path, runs: int, limit: float) -> None:
        self.machines, self.runs, self.limit = machines, runs, limit
        self._made: dict[tuple[str, ...], Ours | None] = {}

    def made(self, model: str, method: str, extra_states: int) -> Ours | None:
        """Return a suite's figures, ``None`` where it took longer than the limit."""
        return self._median(ONE, model, method, str(extra_states))

    def characterised(self, model: str) -> Ours | None:
        return self._median(SET, model)

    def collected(self, model: str) -> Ours | None:
        return self._median(PYTEST, model)

    def kills(self, model: str, method: str, extra_states: int) -> list[int]:
        return [int(value) for value in self._run(KILLS, model, method, str(extra_states)) or []]

    def _median(self, code: str, *arguments: str) -> Ours | None:
        key = code, *arguments
        if key not in self._made:
            self._made[key] = self._measured(code, arguments)
        return self._made[key]

    def _measured(self, code: str, arguments: tuple[str, ...]) -> Ours | None:
        times = []
        while len(times) < self.runs:
            found = self._run(code, *arguments)
            if found is None:
                return None
            tests, symbols, seconds = found
            times.append(seconds)
            if seconds > 10:
                break
        return Ours(int(tests), int(symbols), median(times))

    def _run(self, code: str, model: str, *arguments: str) -> list[float] | None:
        command = [sys.executable, "-c", code, str(self.machines / f"{model}.dot"), *arguments]
        print(f"{model} {' '.join(arguments)}", file=sys.stderr)
        try:
            done = subprocess.run(
                command, capture_output=True, check=True, text=True, timeout=4 * self.limit
            )
        except subprocess.TimeoutExpired:
            return None
        values: list[float] = json.loads(done.stdout)
        return values


Survey = dict[tuple[str, int], list[Other]]


def survey(path: Path) -> Survey:
    """Return what other tools made, by model and extra states."""
    found: Survey = defaultdict(list)
    with path.open() as file:
        for row in csv.DictReader(file):
            if row["extra_states"] and row["prefixfree_symbols"] and row["seconds"]:
                other = Other(
                    row["tool"],
                    row["method"],
                    int(row["prefixfree_symbols"]),
                    float(row["seconds"]),
                )
                found[row["model"], int(row["extra_states"])].append(other)
    return found


def sizes(bench: Bench, others: Survey) -> list[str]:
    """Return the table of sizes and the time of our default method."""
    lines = [
        "| Machine | Extra states | Best of others | Symbols | chain | Ratio | CPU-s |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    ratios = []
    for (model, extra), rows in sorted(others.items(), key=lambda item: (item[0][1], item[0][0])):
        best = min(rows, key=lambda other: other.symbols)
        ours = bench.made(model, DEFAULT, extra)
        if ours is None:
            lines.append(f"| {model} | {extra} | {best.method} | {best.symbols:,} | - | - | - |")
            continue
        ratios.append(ours.symbols / best.symbols)
        lines.append(
            f"| {model} | {extra} | {best.tool} {best.method} | {best.symbols:,} "
            f"| {ours.symbols:,} | {ratios[-1]:.3f} | {ours.seconds:.3f} |"
        )
    smaller = sum(ratio <= 1 for ratio in ratios)
    lines += [
        "",
        (
            f"Not larger in {smaller} of {len(ratios)} cells; largest ratio {max(ratios):.3f}, "
            f"median {median(ratios):.3f}."
        ),
    ]
    return lines


def times(bench: Bench, others: Survey) -> list[str]:
    """Return the table of times with no extra states, method by method."""
    lines = [
        "| Machine | Method | FSMlib, C++ | Ours | Ratio | Symbols, theirs | Symbols, ours |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    ratios = []
    for (model, extra), rows in sorted(others.items()):
        for other in rows if extra == 0 else []:
            if other.tool != LIBRARY or other.method not in SAME:
                continue
            ours = bench.made(model, SAME[other.method], 0)
            if ours is None:
                continue
            ratio = ours.seconds / max(other.seconds, 1e-6)
            ratios.append((other.seconds, ratio))
            lines.append(
                f"| {model} | {other.method} / {SAME[other.method]} | {other.seconds:.5f} "
                f"| {ours.seconds:.4f} | {ratio:.1f} | {other.symbols:,} | {ours.symbols:,} |"
            )
    within = sum(ratio <= 5 for _, ratio in ratios)
    long = [ratio for seconds, ratio in ratios if seconds >= 0.02]
    lines += [
        "",
        (
            f"Within 5 times the C++ time in {within} of {len(ratios)} cells; of the {len(long)} "
            f"that took it 20 ms or more, in {sum(ratio <= 5 for ratio in long)}."
        ),
    ]
    return lines


def kills(bench: Bench, models: list[str]) -> list[str]:
    """Return what the suite for visible states kills of mutants with one extra state."""
    lines = [
        "| Machine | Method, 1 extra state | Tests | Symbols | Killed | Mutants |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for model in models:
        for method in ("observable", "chain", "wp"):
            if found := bench.kills(model, method, 1):
                cells = " | ".join(f"{value:,}" for value in found)
                lines.append(f"| {model} | {method} | {cells} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("machines", type=Path)
    parser.add_argument("survey", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--limit", type=float, default=120, help="CPU seconds of one suite, about")
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).with_suffix(".md"))
    given = parser.parse_args()
    bench, others = Bench(given.machines, given.runs, given.limit), survey(given.survey)
    models = sorted({model for model, _ in others})
    largest = max(models, key=lambda model: (given.machines / f"{model}.dot").stat().st_size)
    found, ran = bench.characterised(largest), bench.collected("tcp_linux_client")
    report = [
        "# Test suites, measured",
        "",
        "<!-- written by `python tests/bench/suites.py`; do not edit -->",
        "",
        (
            f"Python {platform.python_version()}, {platform.machine()}. Symbols are the inputs of "
            "all tests, no test a prefix of another, resets not counted. Seconds are CPU seconds, "
            f"medians of {given.runs} runs. The figures of other tools were measured on another "
            "day. Where a method of theirs has no namesake here it is compared with chain, which "
            "takes more time for smaller suites."
        ),
        "",
        "## Sizes: the smallest suite of any other tool, and ours",
        "",
        *sizes(bench, others),
        "",
        "## Times: the same method, no extra states",
        "",
        *times(bench, others),
        "",
        "## Where the state is visible",
        "",
        *kills(bench, ["openssl_101g_server", "tcp_linux_server", "verne_will_retain"]),
        "",
        "## Characterising set",
        "",
        f"{largest}: {found.tests} words, {found.symbols} symbols, {found.seconds:.3f} CPU-s."
        if found
        else f"{largest}: over the limit.",
        "",
        "## Under pytest",
        "",
        f"{ran.tests:,} cases collected and run through an adapter: {ran.seconds:.1f} CPU-s."
        if ran
        else "over the limit",
        "",
    ]
    given.output.write_text("\n".join(report))


if __name__ == "__main__":
    main()
