"""Facts, relations and claims, against answers found by trying every trace."""

from dataclasses import replace
from itertools import product as every
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import fsm
from fsm.analysis import analyse, check_claim, equivalent, product, quotient, refines
from fsm.comparison import compare
from fsm.compile import compile_chart
from fsm.errors import FsmError
from fsm.formats.dot import read_dot
from fsm.machine import Machine, State, Transition
from fsm.trace import run
from tests.depth import samples

WITH, WITHOUT = fsm.load("with-feedback"), fsm.load("without-feedback")
LONGEST = 7  # of the traces tried: enough for machines of three states


@st.composite
def machines(draw: st.DrawFn, most: int = 3) -> Machine:
    """Small machines over the events x and y; cells may reject."""
    count = draw(st.integers(1, most))
    names = [f"s{i}" for i in range(count)]
    states = tuple(
        State(name, draw(st.sampled_from(["Sent", "Failed", None])), name, (name,))
        for name in names
    )
    cells = [
        (source, event, draw(st.sampled_from([None, *names])))
        for source in names
        for event in ("x", "y")
    ]
    steps = tuple(Transition(s, e, t, e) for s, e, t in cells if t is not None)
    return Machine("m", "m", states, ("x", "y"), steps, names[0])


def accepted(machine: Machine, length: int) -> list[tuple[str, ...]]:
    """Return all traces up to a length that a machine accepts."""
    found = []
    for n in range(length + 1):
        for trace in every(machine.events, repeat=n):
            if all(step.transition for step in run(machine, trace)):
                found.append(trace)
    return found


def letters(machine: Machine, trace: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return what a trace goes through: the first state, an event, a state, ..."""
    found = [("state", machine.initial)]
    for step in run(machine, trace):
        found += [("event", step.event), ("state", step.after)]
    return found


# Facts


def test_facts_of_the_sending_log() -> None:
    found = analyse(WITH)
    assert list(found.traces) == [
        "to_send",
        "awaiting",
        "delivered",
        "hard_bounced",
        "retrying",
        "retries_exhausted",
    ]
    assert found.terminal == ("hard_bounced", "retries_exhausted")
    assert found.dead == found.unreachable == ()
    assert found.equivalent == (("hard_bounced", "retries_exhausted"),)
    assert (found.is_complete, len(found.missing)) == (False, 25)
    assert found.as_dict()["reachable"]["retrying"] == ["relayed", "soft_bounce"]


def test_dead_and_unreachable_states() -> None:
    names = ("a", "b", "end", "lone")
    states = tuple(State(name, None, name, (name,)) for name in names)
    cells = [("a", "x", "b"), ("b", "x", "b"), ("a", "y", "end")]
    steps = tuple(Transition(s, e, t, e) for s, e, t in cells)
    found = analyse(Machine("m", "m", states, ("x", "y"), steps, "a"))
    assert (found.dead, found.terminal, found.unreachable) == (("b",), ("end",), ("lone",))


@given(machines(), st.slices(6))
def test_missing_cells_are_those_that_reject(machine: Machine, some: slice) -> None:
    cells = every(machine.traces, machine.events)
    expected = tuple(cell for cell in cells if not machine.step(*cell))
    missing = analyse(machine).missing
    assert (tuple(missing), len(missing), missing[some]) == (
        expected,
        len(expected),
        expected[some],
    )
    assert missing == expected
    assert [missing[i] for i in range(-len(expected), len(expected))] == [*expected, *expected]


@given(machines())
def test_traces_are_shortest(machine: Machine) -> None:
    shortest: dict[str, int] = {}
    for trace in accepted(machine, 3):
        state = letters(machine, trace)[-1][1]
        shortest.setdefault(state, len(trace))
    assert {state: len(trace) for state, trace in machine.shortest_traces()} == shortest


# Relations


def shows(machine: Machine, trace: tuple[str, ...]) -> list[str | None]:
    return [machine.status(name) for kind, name in letters(machine, trace) if kind == "state"]


@given(machines(), machines())
@settings(max_examples=samples(60))
def test_refinement_is_inclusion_of_traces(a: Machine, b: Machine) -> None:
    ours, theirs = (
        {trace: shows(machine, trace) for trace in accepted(machine, LONGEST)} for machine in (a, b)
    )
    wrong = [trace for trace in ours if theirs.get(trace) != ours[trace]]
    found = refines(a, b)
    assert (None if found is None else len(found)) == min(map(len, wrong), default=None)
    assert (refines(a, b) is None and refines(b, a) is None) == (equivalent(a, b) is None)


@given(machines(most=4))
def test_a_quotient_is_equivalent_and_minimal(machine: Machine) -> None:
    small = quotient(machine)
    assert equivalent(machine, small) is None
    assert analyse(small).is_minimal
    assert quotient(small) == small


@given(machines(), machines())
@settings(max_examples=samples(60))
def test_a_product_accepts_what_both_accept(a: Machine, b: Machine) -> None:
    both = set(accepted(a, 4)) & set(accepted(b, 4))
    assert set(accepted(product(a, b), 4)) == both


def test_relations_of_the_feedback_modes() -> None:
    assert equivalent(WITH, WITH) is None
    assert equivalent(WITH, WITHOUT) == ("relayed",)
    assert len(product(WITH, WITHOUT).states) == 6
    assert product(WITH, WITHOUT).statuses[0] == "Pending | Sent"
    assert len(quotient(WITH).states) == 5


def test_a_quotient_leaves_out_what_only_unreachable_states_have() -> None:
    kept = tuple(t for t in WITH.transitions if t.event == "relayed")
    cut = replace(WITH, transitions=kept, deadline=None)
    due = replace(WITH, transitions=(*kept, *_of_retrying(WITH, "retry_failed")))
    for machine in (cut, due):
        small = quotient(machine)
        assert [state.name for state in small.states] == ["to_send", "awaiting"]
        assert small.deadline is None
        assert [i.name for i in small.indicators] == [i.name for i in WITH.indicators]
        assert compare(machine, small).same


def _of_retrying(machine: Machine, event: str) -> list[Transition]:
    """Return the transition of an event in ``retrying``, which nothing leads to now."""
    return [t for t in machine.transitions if t.event == event and t.source == "retrying"]


@pytest.mark.parametrize("name", ["quarantine", "delivery", "with-feedback"])
def test_a_product_with_itself_is_the_same_machine(name: str) -> None:
    machine = fsm.load(name)
    twice = product(machine, machine)
    assert (twice.events, twice.guards) == (machine.events, machine.guards)
    assert {(t.source, t.event, t.target, t.trigger, t.guard) for t in twice.transitions} == {
        (f"{t.source} | {t.source}", t.event, f"{t.target} | {t.target}", t.trigger, t.guard)
        for t in machine.transitions
    }
    assert equivalent(machine, twice) is None


# Patterns


def holds(machine: Machine, claim: str, trace: tuple[str, ...]) -> bool:
    """Whether a trace says nothing against a claim of safety, by its definition."""
    kind, what, *scope = claim.split()
    marker = scope[1] if scope else None
    seen = letters(machine, trace)
    opened = [i for i, (_, name) in enumerate(seen) if name == marker]
    first = opened[0] if opened else len(seen)
    for i, (sort, name) in enumerate(seen):
        if marker is None:
            in_force = True
        elif scope[0] == "after":
            in_force = i > first or (kind == "always" and i == first)
        else:
            in_force = i < first
        if in_force and kind == "never" and name == what:
            return False
        if in_force and kind == "always" and sort == "state" and name != what:
            return False
    return True


SAFETY = [
    "never s1",
    "never x",
    "never s1 after s0",
    "never x after y",
    "never x after x",
    "never s0 before s1",
    "never y before x",
    "never s1 before x",
    "always s0",
    "always s0 after x",
    "always s1 after s1",
    "always s0 before x",
    "always s0 before s1",
]


@pytest.mark.parametrize("claim", SAFETY)
@given(machine=machines())
@settings(max_examples=samples(40, 10))
def test_claims_of_safety_against_every_trace(claim: str, machine: Machine) -> None:
    assume("s1" not in claim or len(machine.states) > 1)
    wrong = [trace for trace in accepted(machine, 6) if not holds(machine, claim, trace)]
    verdict = check_claim(machine, claim)
    assert verdict.holds == (not wrong)
    if wrong:
        assert len(verdict.trace) == min(map(len, wrong))
        assert not holds(machine, claim, verdict.trace)


def endless(machine: Machine, trace: tuple[str, ...], loop: tuple[str, ...]) -> list[str]:
    """Return the names that a trace which goes round for ever goes through, the loop twice."""
    return [name for _, name in letters(machine, trace + loop + loop)]


@given(machine=machines(), what=st.sampled_from(["s0", "x", "y"]))
def test_what_is_said_against_eventually_never_gets_there(machine: Machine, what: str) -> None:
    verdict = check_claim(machine, f"eventually {what}")
    long = [trace for trace in accepted(machine, LONGEST) if len(trace) == LONGEST]
    stuck = [
        trace
        for trace in accepted(machine, 3)
        if not any(machine.step(letters(machine, trace)[-1][1], e) for e in machine.events)
    ]
    without = [t for t in (*long, *stuck) if all(name != what for _, name in letters(machine, t))]
    assert verdict.holds == (not without)
    if not verdict.holds:
        assert what not in endless(machine, verdict.trace, verdict.loop)


@given(machine=machines(most=4), what=st.sampled_from(["s0", "x", "y"]))
def test_eventually_is_refuted_by_the_shortest_trace_or_lasso(machine: Machine, what: str) -> None:
    """A trace that ends comes before a lasso of its length, the shorter way into a loop first."""
    most = len(machine.states)
    against = []
    for trace in accepted(machine, most):
        seen = letters(machine, trace)
        if any(name == what for _, name in seen):
            continue
        visited = [name for kind, name in seen if kind == "state"]
        if not any(machine.step(visited[-1], event) for event in machine.events):
            against.append((len(trace), -1, trace, ()))
        against += [
            (len(trace), at, trace[:at], trace[at:])
            for at, name in enumerate(visited[:-1])
            if name == visited[-1]
        ]
    verdict = check_claim(machine, f"eventually {what}")
    assert (verdict.trace, verdict.loop) == min(against, default=(0, 0, (), ()))[2:]


@given(machine=machines(), after=st.sampled_from([" after x", " after s0", ""]))
def test_possibly_is_that_some_trace_goes_on_to_it(machine: Machine, after: str) -> None:
    verdict = check_claim(machine, f"possibly y{after}")
    scope = after.split()[-1] if after else None
    cut_off = []
    for trace in accepted(machine, 4):
        seen = [name for _, name in letters(machine, trace)]
        if scope is None or scope in seen:
            more = [t for t in accepted(machine, LONGEST) if t[: len(trace)] == trace]
            if all("y" not in t[len(trace) :] for t in more):
                cut_off.append(trace)
    assert verdict.holds == (not cut_off)
    if cut_off:
        assert len(verdict.trace) == min(map(len, cut_off))


def occurrences(machine: Machine, trace: tuple[str, ...], name: str) -> int:
    """How often a trace has an event, or enters a state."""
    seen = letters(machine, trace)
    before = [None, None, *(name for _, name in seen)]
    return sum(
        at == name and (sort == "event" or earlier != name)
        for (sort, at), earlier in zip(seen, before, strict=False)
    )


@given(machine=machines(), name=st.sampled_from(["s0", "s1", "x"]), number=st.integers(0, 2))
def test_a_number_against_every_trace(machine: Machine, name: str, number: int) -> None:
    assume(name != "s1" or len(machine.states) > 1)
    traces = accepted(machine, LONGEST)
    more = [trace for trace in traces if occurrences(machine, trace, name) > number]
    at_most = check_claim(machine, f"at most {number} {name}")
    assert at_most.holds == (not more)
    if more:
        assert len(at_most.trace) == min(map(len, more))
        assert at_most.trace in more
    # A trace of this length has been round a loop since the last occurrence, or is stuck.
    ends = [
        trace
        for trace in traces
        if len(trace) == LONGEST
        or not any(machine.step(letters(machine, trace)[-1][1], e) for e in machine.events)
    ]
    fewer = [trace for trace in ends if occurrences(machine, trace, name) < number]
    at_least = check_claim(machine, f"at least {number} {name}")
    assert at_least.holds == (not fewer)
    if fewer:
        assert occurrences(machine, at_least.trace + at_least.loop * 2, name) < number


CLAIMS = {
    "at most 2 Failed": "holds",
    "at most 1 Failed": "trace: relayed, soft_bounce, delivered, hard_bounce",
    "at most 25 soft_bounce": "trace: relayed, soft_bounce, soft_bounce",
    "at least 1 relayed or state:to_send": "holds",
    "at least 1 Sent": "trace: relayed, hard_bounce",
    "at least 1 hard_bounce or retry_failed": "trace: relayed, soft_bounce, then repeatedly: soft",
    "never Sent after state:delivered": "holds",
    "never Pending after Sent or Failed": "holds",
    "never Sent before relayed": "holds",
    "never status:Failed after hard_bounced": "holds",
    "always Failed after hard_bounced": "holds",
    "always Failed after retrying": "trace: relayed, soft_bounce, delivered",
    "eventually Sent or Failed after Pending": "holds",
    "eventually Sent after soft_bounce": "trace: relayed, soft_bounce, hard_bounce",
    "possibly Sent": "trace: relayed, hard_bounce",
    "Delivered + Bounces + errors + Pending is constant": "holds",
    "Delivered + Bounces + errors is constant": "trace: relayed, delivered",
    "Sent + Failed + Pending = 1": "holds",
    "Delivered - Sent >= 0": "holds",
    "Delivered = Sent": "holds",
    "Bounces + errors < Failed": "trace: relayed",
    "retrying + 2 <= 2": "trace: relayed, soft_bounce",
}


@pytest.mark.parametrize(("claim", "said"), CLAIMS.items(), ids=list(CLAIMS))
def test_claims_about_the_sending_log(claim: str, said: str) -> None:
    assert said in str(check_claim(WITH, claim))


def test_a_message_that_is_put_off_for_ever() -> None:
    ends = "state:delivered or hard_bounced or retries_exhausted"
    assert str(check_claim(WITH, f"eventually {ends} after retrying")).endswith(
        "; trace: relayed, soft_bounce, then repeatedly: soft_bounce"
    )


def test_both_indicators_of_a_machine_without_feedback_add_up() -> None:
    assert check_claim(WITHOUT, "Delivered + Bounces + errors is constant").holds
    assert check_claim(WITHOUT, "Delivered + Bounces + errors = 1").holds


WRONG = {
    "Sent within 1h of relayed": "a machine says nothing about times; check it on a log: fsm conf",
    "at most 900000000 Sent": "of with-feedback, numbers up to 166,666 can be checked",
    "at most few Sent": "'few' is not a whole number",
    "perhaps Sent": "'perhaps Sent' is no claim; claims are: never P, always P",
    "never Snt": "no event, state or status is named 'Snt'; did you mean 'Sent'?",
    "never delivered": "'delivered' is ambiguous; write event:delivered or state:deliv",
    "always relayed": "always is about states and statuses, not about events",
    "eventually Sent before relayed": "eventually takes 'after' only",
    "never": "'never': a name is missing; claims are: never P",
    "never Sent after": "a name is missing; claims are: never P",
    "never after Sent": "a name is missing; claims are: never P",
    "never event:": "a name is missing; claims are: never P",
    "Pending until Sent is reached": "is no claim; claims are: never P",
    "Delivred is constant": "'Delivred'; did you mean 'Delivered' or 'delivered'?",
    "Delivered Sent = 1": "+ or - is expected before 'Sent'",
    "Delivered + <= 1": "no status, state or indicator is named ''",
    "": "'' is no claim",
}


@pytest.mark.parametrize(("claim", "said"), WRONG.items(), ids=list(WRONG))
def test_what_is_no_claim_is_refused(claim: str, said: str) -> None:
    with pytest.raises(FsmError) as error:
        check_claim(WITH, claim)
    assert said in str(error.value)


@given(st.text("abSentFailed+-<>=! 0123isconstneverafter:", max_size=40))
def test_any_text_is_judged_or_refused(claim: str) -> None:
    try:
        verdict = check_claim(WITH, claim)
    except FsmError:
        return
    assert verdict.holds or verdict.trace is not None


@given(machines(), st.sampled_from(["s0", "Sent", "Failed"]), st.integers(0, 1))
def test_invariants_against_every_state(machine: Machine, name: str, bound: int) -> None:
    assume(name in machine.statuses or name == "s0")
    shown = [s for s, _ in machine.shortest_traces() if machine.status(s) is not None]
    counts = [int(s == name or machine.status(s) == name) for s in shown]
    assert check_claim(machine, f"{name} <= {bound}").holds == all(n <= bound for n in counts)
    assert check_claim(machine, f"{name} is constant").holds == (len(set(counts)) < 2)


def test_large_machines(corpus: Path) -> None:
    machine = read_dot(corpus / "machines" / "tcp_linux_server.dot").machine()
    assert len(analyse(machine).traces) == len(machine.states)
    verdict = check_claim(machine, f"never event:{machine.events[-1]}")
    assert verdict.trace[-1] == machine.events[-1]
    assert all(step.transition for step in run(machine, verdict.trace))


def test_a_thousand_states() -> None:
    count = 1000
    names = [f"s{i}" for i in range(count)]
    rng = np.random.default_rng(1)
    states = tuple(State(name, f"S{i % 5}", name, (name,)) for i, name in enumerate(names))
    steps = tuple(
        Transition(name, event, names[rng.integers(count)], event)
        for name in names
        for event in ("a", "b", "c")
    )
    machine = Machine("big", "big", states, ("a", "b", "c"), steps, "s0")
    assert analyse(machine).is_complete
    assert not check_claim(machine, "eventually s7 after s1").holds
    assert check_claim(machine, "S0 + S1 + S2 + S3 + S4 = 1").holds


def test_a_chart_of_ones_own() -> None:
    from statemachine import State as Atom
    from statemachine import StateChart

    class Door(StateChart):
        closed = Atom(initial=True)
        opened = Atom()
        open = closed.to(opened)
        close = opened.to(closed)

    assert check_claim(compile_chart(Door), "never close before open").holds


def test_a_guarded_event_is_named_with_its_guards() -> None:
    from statemachine import State as Atom
    from statemachine import StateChart

    class Door(StateChart):
        closed = Atom(initial=True)
        opened = Atom()
        open = closed.to(opened, cond="awake")
        close = opened.to(closed)
        awake = True

    machine = compile_chart(Door)
    with pytest.raises(FsmError) as error:
        check_claim(machine, "never close before open")
    _, _, remedy = str(error.value).partition("; write ")
    assert remedy.split(" or ") == [e for e in machine.events if e.startswith("open[")]
    assert check_claim(machine, f"never close before {remedy}").holds
