"""How many random machines are found again from their logs, beside the learners of AALpy.

    python -m tests.bench.discovery [--machines 50] [--limit 20] > tests/bench/discovery.md

Machines have 2 to 8 states that all differ, and 2 to 6 events; all events of a state are equally
likely, and a message stops after one event in ten. A log has as many messages as are needed until
every cell was travelled so often. Found is the same language, compared exactly. Every learner gets
the same logs. Seconds are CPU seconds of all logs together; a learner that takes more than
``--limit`` CPU seconds for a log is stopped, and has not found its machine.
"""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from aalpy.learning_algs import run_Alergia, run_k_tails
from aalpy.learning_algs.general_passive.GsmAlgorithms import run_Alergia_EDSM

import fsm
from fsm.discovery.discovering import RARE, learn_from
from fsm.discovery.traces import as_trace_counts
from fsm.machine import Machine
from tests.discovery.random_logs import Traces, machine_of, random_machine, walks, with_errors

Learner = Callable[[Traces, float], Machine | None]
START = "start"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--machines", type=int, default=50)
    parser.add_argument("--limit", type=int, default=20)
    options = parser.parse_args()
    print("# Discovery, measured\n")
    print("<!-- written by `python -m tests.bench.discovery`; do not edit -->\n")
    print(" ".join((__doc__ or "").split("\n\n")[2].split()).replace("``", "`") + "\n")
    print(
        "| Each cell at least | Errors | Noise given | Messages (median) | Learner | Found of "
        f"{options.machines} | CPU seconds |"
    )
    print("| ---: | ---: | ---: | ---: | --- | ---: | ---: |")
    for least, errors, noise in ((50, 0, 0), (150, 0, 0), (50, 0.01, 0.01), (150, 0.01, 0.01)):
        cases = list(logs(options.machines, least, errors))
        sizes = median(sum(traces.values()) for _, traces in cases)
        for name, learner in LEARNERS.items():
            found, seconds = measured(learner, cases, noise, options.limit)
            setting = f"{least} | {errors:.0%} | {noise:.0%} | {sizes:,.0f}"
            print(f"| {setting} | {name} | {found} | {seconds:.1f} |", flush=True)


def logs(count: int, least: int, errors: float) -> Iterator[tuple[Machine, Traces]]:
    random = Random(7)
    while count:
        machine = random_machine(random)
        traces = walks(machine, random, least)
        if traces is not None:
            yield machine, with_errors(traces, random, errors) if errors else traces
            count -= 1


def measured(
    learner: Learner, cases: list[tuple[Machine, Traces]], noise: float, limit: int
) -> tuple[int, float]:
    found, begin = 0, time.process_time()
    for machine, traces in cases:
        signal.signal(signal.SIGPROF, _stop)
        signal.setitimer(signal.ITIMER_PROF, limit)
        try:
            with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
                learnt = learner(traces, noise)
        except TimeoutError:
            continue
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        found += learnt is not None and fsm.compare(machine, learnt).same
    return found, time.process_time() - begin


def _stop(*_: object) -> None:
    raise TimeoutError


def by_fsm(traces: Traces, noise: float) -> Machine:
    return learn_from(as_trace_counts(traces), noise=noise).machine


def by_alergia(traces: Traces, noise: float, eps: float | str = 0.05) -> Machine | None:
    """Learn a Markov chain whose outputs are events, and make each a transition to its target."""
    data = [[START, *trace] for trace in traces.elements()]
    return _chain(run_Alergia(data, "mc", eps=eps, print_info=False), noise)


def by_alergia_edsm(traces: Traces, noise: float) -> Machine | None:
    return _chain(
        run_Alergia_EDSM([[START, *trace] for trace in traces.elements()], "mc", eps=0.05), noise
    )


def by_k_tails(traces: Traces, noise: float, k: int = 2) -> Machine | None:
    """Learn from prefixes that all have one output; ``noise`` means nothing to it."""
    data = [tuple((event, "ok") for event in trace) for trace in traces]
    learnt = run_k_tails(data, "mealy", k, print_info=False)
    moves: dict[tuple[str, str], set[str]] = {}
    for state in learnt.states:
        for event, pairs in state.transitions.items():
            moves.setdefault((state.state_id, event), set()).update(t.state_id for _, t in pairs)
    return _determinised(learnt.initial_state.state_id, moves)


def _chain(learnt: Any, noise: float) -> Machine | None:
    moves: dict[tuple[str, str], set[str]] = {}
    for state in learnt.states:
        for target, share in state.transitions:
            if share > RARE * noise:
                moves.setdefault((state.state_id, target.output), set()).add(target.state_id)
    return _determinised(learnt.initial_state.state_id, moves)


def _determinised(initial: str, moves: dict[tuple[str, str], set[str]]) -> Machine:
    """Return the deterministic machine with the same traces."""
    events = sorted({event for _, event in moves})
    numbers = {frozenset([initial]): 0}
    rows: list[list[int]] = []
    for some in (queue := [frozenset([initial])]):
        row = []
        for event in events:
            target = frozenset().union(*(moves.get((state, event), ()) for state in some))
            if target and target not in numbers:
                numbers[target] = len(numbers)
                queue.append(target)
            row.append(numbers[target] if target else -1)
        rows.append(row)
    return _named(machine_of(rows), events)


def _named(machine: Machine, events: list[str]) -> Machine:
    names = dict(zip(machine.events, events, strict=True))
    transitions = tuple(
        replace(t, event=names[t.event], trigger=names[t.event]) for t in machine.transitions
    )
    return replace(machine, events=tuple(events), transitions=transitions)


LEARNERS: dict[str, Learner] = {
    "fsm discover": by_fsm,
    "AALpy 2 Alergia, eps 0.05": by_alergia,
    "AALpy 2 Alergia, eps auto": lambda traces, noise: by_alergia(traces, noise, "auto"),
    "AALpy 2 Alergia with EDSM score": by_alergia_edsm,
    "AALpy 2 k-tails, k 2": by_k_tails,
}

if __name__ == "__main__":
    sys.exit(main())
