"""How many events and resets it takes to learn nine black boxes, beside AALpy 2.

    PYTHONHASHSEED=0 python -m tests.bench.learning MACHINES > tests/bench/learning.md

``MACHINES`` is a directory of DOT machines that were learnt from real systems. Counted is what the
box was sent, equivalence tests included; every learner gets its answers from a cache where it has
one. AALpy is run with KV, L*, L# and adaptive L#: L# with every rule to extend and to separate,
adaptive L# with three pairs of these rules and every way to use the reference. Each has the oracle
Wp for one state more than each hypothesis has; KV, L* and L# also W, and both for one state more
than the box has. The fewest of them all is AALpy's best; a run that ends with a wrong machine does
not count. All learners have the same final guarantee: one extra state. KV with the suites of fsm as
its oracle is what ``fsm learn`` did before.
"""

import argparse
import contextlib
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

from aalpy.automata import MealyMachine, MealyState
from aalpy.base import SUL, Oracle
from aalpy.learning_algs import run_adaptive_Lsharp, run_KV, run_Lsharp, run_Lstar
from aalpy.oracles import WMethodEqOracle, WpMethodEqOracle

import fsm
from fsm.formats.dot import read_dot
from fsm.mealy import Mealy
from fsm.suites import suite
from fsm.suites.differences import first_difference
from fsm.suites.equivalence import reduced
from fsm.suites.learning.learnt import learn

EXTRA_STATES = 1
ADAPTIVE = ((None, "SepSeq"), ("SepSeq", "SepSeq"), ("ADS", "ADS"))
"""The rules to extend and to separate that adaptive L# is run with."""


@dataclass(frozen=True)
class Case:
    """A black box, and the machine that it is expected to be."""

    name: str
    what: str
    box: Mealy
    reference: Mealy | None


class Box:
    """A machine as an implementation; it counts what is sent to it."""

    def __init__(self, mealy: Mealy) -> None:
        self.mealy, self.state = mealy, mealy.initial
        self.events = self.resets = 0
        self.index = {name: x for x, name in enumerate(mealy.inputs)}
        self.after, self.output = mealy.next.tolist(), mealy.output.tolist()
        if mealy.shown:
            self.observe = self._show

    def reset(self) -> None:
        self.state = self.mealy.initial
        self.resets += 1

    def send(self, event: str) -> str:
        self.events += 1
        x = self.index[event]
        answer: str = self.mealy.outputs[self.output[self.state][x]]
        self.state = self.after[self.state][x]
        return answer

    def _show(self) -> str:
        shown: tuple[str, ...] = self.mealy.shown or ()
        return shown[self.state]

    @property
    def cost(self) -> int:
        return self.events + self.resets


class System(SUL):  # type: ignore[misc]
    """A box in the interface of AALpy; an answer holds what is shown after it."""

    def __init__(self, box: Box) -> None:
        super().__init__()
        self.box = box

    def pre(self) -> None:
        self.box.reset()

    def post(self) -> None: ...

    def step(self, event: str) -> tuple[str, str]:
        answer = self.box.send(event)
        return answer, self.box.observe() if self.box.mealy.shown else ""


class Suites(Oracle):  # type: ignore[misc]
    """Tests a hypothesis with the suite of fsm for it."""

    def find_cex(self, hypothesis: Any) -> tuple[str, ...] | None:
        states = hypothesis.states
        answers = sorted({answer for state in states for answer in state.output_fun.values()})
        rows = [[state.transitions[x] for x in self.alphabet] for state in states]
        mealy = Mealy(
            "hypothesis",
            tuple(f"s{s}" for s in range(len(states))),
            tuple(self.alphabet),
            tuple(map(str, answers)),
            [[states.index(target) for target in row] for row in rows],  # type: ignore[arg-type]
            [[answers.index(s.output_fun[x]) for x in self.alphabet] for s in states],  # type: ignore[arg-type]
            states.index(hypothesis.initial_state),
        )
        for test in suite(mealy, extra_states=EXTRA_STATES, max_symbols=None).tests:
            self.reset_hyp_and_sul(hypothesis)
            for place, event in enumerate(test, 1):
                if hypothesis.step(event) != self.sul.step(event):
                    return test[:place]
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("machines", type=Path)
    parser.add_argument("--only", help="the name of one box")
    options = parser.parse_args()
    print("# Learning, measured\n")
    print("<!-- written by `python -m tests.bench.learning`; do not edit -->\n")
    print(" ".join((__doc__ or "").split("\n\n")[2].split()).replace("``", "`") + "\n")
    print(f"Python {platform.python_version()}, AALpy 2.0.0. The suite is that of `fsm suite` for")
    print("the box and one extra state: what testing alone takes, without learning anything.\n")
    print(
        "| Box | Reference | States | Events | Suite: events + resets | fsm learn: events | resets "
        "| AALpy's best: events | resets | its setting | Ratio | Ratio of events | KV with our "
        "suites: events | resets |"
    )
    print(
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: |", end=""
    )
    print(" ---: | ---: |")
    for case in cases(options.machines):
        if options.only in (None, case.name):
            print(line(case), flush=True)


def line(case: Case) -> str:
    box = Box(case.box)
    shows = case.box.shown is not None
    learnt = learn(
        box, case.box.inputs, shows=shows, reference=case.reference, extra_states=EXTRA_STATES
    )
    right = first_difference(case.box, learnt.mealy) is None
    others = [run for run in runs(case) if run[1]]
    best = min(others, key=lambda run: run[0].cost)
    before = run_once(case, lambda *given: run_KV(*given, "mealy", print_level=0), Suites)
    size = suite(case.box, extra_states=EXTRA_STATES).size
    cells: list[str | int] = [
        case.name,
        case.what,
        len(case.box.states),
        len(case.box.inputs),
        size.symbols + size.tests,
        f"{box.events:,}" if right else "wrong machine",
        box.resets,
        best[0].events,
        best[0].resets,
        best[2],
        f"{box.cost / best[0].cost:.2f}",
        f"{box.events / best[0].events:.2f}",
        f"{before[0].events:,}" if before[1] else "wrong machine",
        before[0].resets,
    ]
    return f"| {' | '.join(f'{c:,}' if isinstance(c, int) else c for c in cells)} |"


Run = Callable[[list[str], System, Oracle], Any]


def runs(case: Case) -> Iterator[tuple[Box, bool, str]]:
    """Yield what every setting of AALpy took, and whether it found the machine."""
    for name, run in settings(case.reference):
        for oracle, make in oracles(case).items():
            if name.startswith("adaptive") and oracle != "Wp for one more":
                continue  # the other oracles differ little, and are tried with L#
            box, is_right = run_once(case, run, make)
            yield box, is_right, f"{name}; {oracle}"


def run_once(case: Case, run: Run, make: Callable[[list[str], System], Oracle]) -> tuple[Box, bool]:
    box = Box(case.box)
    alphabet, system = list(case.box.inputs), System(box)
    try:
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
            found = run(alphabet, system, make(alphabet, system))
    except Exception:
        return box, False
    return box, is_machine(found, case.box)


def settings(reference: Mealy | None) -> Iterator[tuple[str, Run]]:
    yield "KV", lambda *given: run_KV(*given, "mealy", print_level=0)
    yield "L*", lambda *given: run_Lstar(*given, "mealy", print_level=0)
    for extend, separate in product((None, "SepSeq", "ADS"), ("SepSeq", "ADS")):
        rules = {"extension_rule": extend, "separation_rule": separate, "print_level": 0}
        names = f"{extend}, {separate}"
        yield f"L# ({names})", partial(_lsharp, rules)
        for matching, rebuild in product((None, "Total", "Approximate"), (True, False)):
            if reference and (matching or rebuild) and (extend, separate) in ADAPTIVE:
                more: dict[str, Any] = {**rules, "state_matching": matching, "rebuilding": rebuild}
                rules_used = f"{names}, {matching}, {'rebuilt' if rebuild else 'not rebuilt'}"
                yield f"adaptive L# ({rules_used})", partial(_adaptive, reference, more)


def _lsharp(rules: dict[str, Any], alphabet: list[str], system: System, oracle: Oracle) -> Any:
    return run_Lsharp(alphabet, system, oracle, "mealy", **rules)


def _adaptive(
    reference: Mealy, rules: dict[str, Any], alphabet: list[str], system: System, oracle: Oracle
) -> Any:
    return run_adaptive_Lsharp(alphabet, system, [as_aalpy(reference)], oracle, "mealy", **rules)


def oracles(case: Case) -> dict[str, Callable[[list[str], System], Oracle]]:
    """Return oracles for all machines with one state more than the box, or than the hypothesis."""
    made: dict[str, Callable[[list[str], System], Oracle]] = {}
    most = len(case.box.states) + EXTRA_STATES
    for name, kind in (("W", WMethodEqOracle), ("Wp", WpMethodEqOracle)):
        made[f"{name} for {most} states"] = partial(_oracle, kind, most)
        made[f"{name} for one more"] = partial(_oracle, _growing(kind), most)
    return made


def _oracle(kind: Any, most: int, alphabet: list[str], system: System) -> Oracle:
    return kind(alphabet, system, most)


def _growing(kind: Any) -> Any:
    class Growing(kind):  # type: ignore[misc]
        def find_cex(self, hypothesis: Any) -> Any:
            self.m = len(hypothesis.states) + EXTRA_STATES
            return super().find_cex(hypothesis)

    return Growing


def as_aalpy(mealy: Mealy) -> MealyMachine:
    states = [MealyState(name) for name in mealy.states]
    shown = mealy.shown or ("",) * len(states)
    for s, state in enumerate(states):
        for x, event in enumerate(mealy.inputs):
            target = int(mealy.next[s, x])
            state.transitions[event] = states[target]
            state.output_fun[event] = mealy.outputs[mealy.output[s, x]], shown[target]
    return MealyMachine(states[mealy.initial], states)


def is_machine(found: Any, box: Mealy) -> bool:
    """Whether a machine of AALpy answers like a box, by all pairs that are reached."""
    shown = box.shown or ("",) * len(box.states)
    pairs = [(found.initial_state, box.initial)]
    for state, s in pairs:
        for x, event in enumerate(box.inputs):
            target = int(box.next[s, x])
            if state.output_fun[event] != (box.outputs[box.output[s, x]], shown[target]):
                return False
            if (state.transitions[event], target) not in pairs:
                pairs.append((state.transitions[event], target))
    return True


def cases(machines: Path) -> Iterator[Case]:
    documented = {
        name: reduced(Mealy.of(fsm.load(name)))
        for name in ("with-feedback", "delivery", "quarantine")
    }
    right = documented["with-feedback"]
    yield Case("with-feedback, right", "documented", right, right)
    retrying, soft = right.states.index("retrying"), right.inputs.index("soft_bounce")
    output = right.output.copy()
    output[retrying, soft] = right.outputs.index("rejected")
    strict = replace(right, output=output)
    yield Case("with-feedback, refuses a second soft bounce", "documented", strict, right)
    for name in ("delivery", "quarantine"):
        wrong = reduced(changed(documented[name], 1))
        yield Case(f"{name}, one cell wrong", "documented", wrong, documented[name])
    for name, system, cells in (
        ("tcp_linux_client", "TCP", 1),
        ("openssl_101g_server", "TLS", 3),
        ("verne_will_retain", "MQTT", 1),
        ("volksbank_maestro", "bank card", 10),
        ("edentifier_new_simple", "card reader", 0),
    ):
        box = reduced(read_dot(machines / f"{name}.dot"))
        what = f"{cells} other cell{'s' * (cells > 1)}" if cells else "none"
        yield Case(f"{name} ({system})", what, box, changed(box, cells) if cells else None)


def changed(mealy: Mealy, cells: int) -> Mealy:
    """Return a machine with random cells that answer or lead elsewhere."""
    random = Random(cells)
    after, output = mealy.next.copy(), mealy.output.copy()
    for _ in range(cells):
        cell = random.randrange(len(mealy.states)), random.randrange(len(mealy.inputs))
        if random.random() < 0.5:
            after[cell] = random.randrange(len(mealy.states))
        else:
            output[cell] = random.randrange(len(mealy.outputs))
    return replace(mealy, next=after, output=output)


if __name__ == "__main__":
    main()
