"""What large machines cost: ``python tests/bench/growth.py [PYTHON ...] [--sizes N ...]``.

The CPU seconds (user and system) and the peak memory of whole processes, ``fsm analyse`` and
``fsm compare`` of a machine with itself, on machines of the shapes in which searches and partition
refinement do worst. Several PYTHONs, each with its own fsm, are measured in turns: one before a
change and one after it. A process that takes more than a minute of CPU is ended, and shown as a
dash.
"""

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from fsm.formats.json_document import to_json
from fsm.machine import Machine, State, Transition

MOST_SECONDS = 60
CLI = "from fsm.cli import main; main()"
MEASURED = """
import resource, subprocess, sys
limit = int(sys.argv[1])
done = subprocess.run(
    sys.argv[2:],
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit, limit)),
)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(done.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""
Cell = tuple[int, str, int]


def machine(cells: Iterable[Cell], status: Callable[[int], str]) -> Machine:
    """Return a machine of numbered states; it begins in the first one."""
    listed = list(cells)
    count = 1 + max(max(source, target) for source, _, target in listed)
    return Machine(
        "m",
        "m",
        tuple(State(f"s{i}", status(i), f"s{i}", (f"s{i}",)) for i in range(count)),
        tuple(dict.fromkeys(event for _, event, _ in listed)),
        tuple(Transition(f"s{s}", event, f"s{t}", event) for s, event, t in listed),
        "s0",
    )


def chain(n: int) -> Machine:
    """Only the last state differs, so that every round over the table splits one state off."""
    cells = [(i, "go", min(i + 1, n - 1)) for i in range(n)]
    return machine(cells, lambda i: "End" if i == n - 1 else "On")


def ladder(n: int) -> Machine:
    """A chain that can be gone back."""
    cells = [(i, "go", min(i + 1, n - 1)) for i in range(n)]
    cells += [(i, "back", max(i - 1, 0)) for i in range(n)]
    return machine(cells, lambda i: "End" if i == n - 1 else "On")


def cycle(n: int) -> Machine:
    """One state differs, and each is on a loop of all."""
    return machine([(i, "go", (i + 1) % n) for i in range(n)], lambda i: "On" if i else "End")


def comb(n: int) -> Machine:
    """A chain with a way out of each state."""
    half = n // 2
    cells = [(i, "go", i + 1) for i in range(half - 1)]
    cells += [(i, "off", half + i) for i in range(half)]
    return machine(cells, lambda i: "On" if i < half else "Off")


def fibonacci(n: int) -> Machine:
    """A cycle of the letters of a Fibonacci word: the worst case of Hopcroft's algorithm."""
    before, word = "0", "01"
    while len(word) < n:
        before, word = word, word + before
    cells = [(i, "go", (i + 1) % len(word)) for i in range(len(word))]
    return machine(cells, lambda i: "One" if word[i] == "1" else "Zero")


def grid(n: int) -> Machine:
    """A square of states, right and down."""
    side = round(n**0.5)
    places = [(i, j) for i in range(side) for j in range(side)]
    cells = [(i * side + j, "right", i * side + j + 1) for i, j in places if j + 1 < side]
    cells += [(i * side + j, "down", i * side + j + side) for i, j in places if i + 1 < side]
    return machine(cells, lambda i: "End" if i == side * side - 1 else "On")


def scattered(n: int) -> Machine:
    """Three events that lead anywhere, five statuses."""
    draw = random.Random(1)
    cells = [(i, event, draw.randrange(n)) for i in range(n) for event in ("a", "b", "c")]
    return machine(cells, lambda i: f"S{i % 5}")


SHAPES = (chain, ladder, cycle, comb, fibonacci, grid, scattered)


def cost(python: str, *command: str) -> str:
    """Return the CPU seconds and the peak memory of a command, or a dash."""
    words = [sys.executable, "-c", MEASURED, str(MOST_SECONDS), python, "-c", CLI, *command]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True)
    status, seconds, megabytes = map(float, done.stdout.split())
    if status in (0, 1):
        return f"{seconds:.2f} s, {megabytes:.0f} MB"
    if seconds < MOST_SECONDS - 1:
        raise SystemExit(f"{python}: fsm {' '.join(command)}: exit status {status:.0f}")
    return "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pythons", nargs="*", default=[sys.executable], metavar="PYTHON")
    parser.add_argument("--sizes", nargs="+", type=int, default=[1000, 3000, 10_000])
    options = parser.parse_args()
    commands = [("analyse",), ("compare",)]
    headers = [f"{name} {i}" for (name,) in commands for i, _ in enumerate(options.pythons, 1)]
    print(f"| states | shape | {' | '.join(headers)} |")
    print("|---" * (2 + len(headers)) + "|")
    with tempfile.TemporaryDirectory() as place:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = f"{place}/compiled"
        for python in options.pythons:  # compile the modules
            cost(python, "analyse", "with-feedback")
            cost(python, "compare", "with-feedback", "without-feedback")
        for size in options.sizes:
            for shape in SHAPES:
                path = Path(place, f"{shape.__name__}.json")
                path.write_text(to_json(shape(size)))
                costs = [cost(p, "analyse", str(path)) for p in options.pythons]
                costs += [cost(p, "compare", str(path), str(path)) for p in options.pythons]
                print(f"| {size:,} | {shape.__name__} | {' | '.join(costs)} |", flush=True)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
