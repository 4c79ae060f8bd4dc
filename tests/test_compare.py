"""Two machines compared: every difference, each with a trace that shows it."""

import json
import pickle
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statemachine import State, StateChart

from fsm.analysis import analyse, equivalent, quotient, refines
from fsm.analysis import product as product_of
from fsm.analysis.machine_facts import classes_of
from fsm.catalog import load, load_bare
from fsm.cli.compare import value_for_json
from fsm.cli.text import format_json, json_parts
from fsm.comparison import (
    Comparison,
    Difference,
    DifferenceKind,
    Settlement,
    compare,
    describe_comparison,
    lockstep,
)
from fsm.compile import compile_chart
from fsm.errors import MachineError
from fsm.machine import Deadline, Effect, Indicator, Machine, Transition, symbol
from fsm.machine import State as MachineState
from fsm.machine_parts import Timer
from fsm.machines import NAMES
from fsm.trace import run


def own(machine: Machine, trace: tuple[str, ...]) -> list[str]:
    """A trace in the words of a machine, which need not ask for all guards that are named."""
    events = []
    for text in trace:
        event, _, guards = text.removesuffix("]").partition("[")
        asked = machine.guards.get(event, ())
        told = [g for g in guards.split(", ") if g.removeprefix("not ") in asked]
        events.append(f"{event}[{', '.join(told)}]" if told else event)
    return events


def end(machine: Machine, trace: tuple[str, ...]) -> str:
    steps = run(machine, own(machine, trace))
    return steps[-1].after if steps else machine.initial


def shown(machine: Machine, difference: Difference) -> str | None:
    """What a difference should say of a machine, found by running its trace."""
    trace, event = difference.trace, difference.event
    match difference.kind:
        case DifferenceKind.STATUS:
            return machine.status(end(machine, trace))
        case DifferenceKind.FINAL:
            return "final" if machine.state(end(machine, trace)).final else "not final"
        case DifferenceKind.ACCEPTS:
            assert trace[-1] == event
            return "accepted" if run(machine, own(machine, trace))[-1].transition else "rejected"
        case DifferenceKind.ALPHABET:
            assert trace[-1] == event
            return "known" if event in machine.events else "unknown"
        case DifferenceKind.DEADLINE:
            due = machine.deadline
            here = due and due.state == end(machine, trace)
            return f"{due.event}, counted from {due.start}" if due and here else None
        case DifferenceKind.INDICATOR:
            names = {indicator.name for indicator in machine.indicators}
            return next((name for name in difference.shows if name in names), None)


def assert_every_trace_shows_its_difference(found: Comparison, a: Machine, b: Machine) -> None:
    for difference in found.differences:
        assert difference.shows == (shown(a, difference), shown(b, difference))
        assert difference.shows[0] != difference.shows[1]
        of_event = difference.kind in (DifferenceKind.ACCEPTS, DifferenceKind.ALPHABET)
        trace = difference.trace[:-1] if of_event else difference.trace
        assert difference.states == (end(a, trace), end(b, trace))
    for effect in found.effects:
        for machine, side in ((a, 1), (b, 2)):
            transition = run(machine, own(machine, effect.trace))[-1].transition
            assert transition is not None
            effects = machine.effects(transition)
            assert all(effects[row[0]] is row[side] for row in effect.effects)
        assert all(x is not y for _, x, y in effect.effects)


# The two feedback modes ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def modes() -> Comparison:
    return compare(load("with-feedback"), load("without-feedback"))


def test_the_feedback_modes_differ_in_two_statuses(modes: Comparison) -> None:
    assert not modes.same
    assert modes.differences == (
        Difference(
            DifferenceKind.STATUS, ("awaiting", "awaiting"), ("relayed",), ("Pending", "Sent")
        ),
        Difference(
            DifferenceKind.STATUS,
            ("retrying", "retrying"),
            ("relayed", "soft_bounce"),
            ("Failed", "Sent"),
        ),
    )


def test_the_feedback_modes_have_one_skeleton(modes: Comparison) -> None:
    assert modes.skeleton is not None
    assert {p for p, _ in modes.skeleton} == {s.name for s in load("with-feedback").states}
    assert all(p == q for p, q in modes.skeleton)


def test_the_feedback_modes_agree_once_settled(modes: Comparison) -> None:
    assert modes.settlement is not None
    assert modes.settlement.reached_from_all
    assert modes.settlement.settled == (
        (("delivered", "delivered"), ("relayed", "delivered")),
        (("hard_bounced", "hard_bounced"), ("relayed", "hard_bounce")),
        (("retries_exhausted", "retries_exhausted"), ("relayed", "retry_failed")),
    )


def test_the_feedback_modes_count_a_soft_bounce_differently(modes: Comparison) -> None:
    found = [e for e in modes.effects if e.event == "soft_bounce"]
    assert [(e.states[0], e.effects) for e in found] == [
        ("awaiting", (("Bounces + errors", Effect.INCREASES, Effect.NO_CHANGE),))
    ]


def test_the_feedback_modes_in_words(modes: Comparison) -> None:
    lines = describe_comparison(modes)
    assert lines[:4] == [
        "with-feedback | without-feedback",
        "One skeleton: 6 states, the same events lead to the same states.",
        "status of awaiting: Pending | Sent; after: relayed",
        "status of retrying: Failed | Sent; after: relayed, soft_bounce",
    ]
    assert "effect of soft_bounce in awaiting: Bounces + errors increases | no change" in lines
    assert lines[-2:] == [
        "Both agree for good in: delivered, hard_bounced, retries_exhausted.",
        "Every message can get there: both agree once every message is settled.",
    ]


# The built-in machines -----------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_machine_is_the_same_as_itself(name: str) -> None:
    machine = load(name)
    found = compare(machine, load_bare(name))
    assert found.same
    assert found.differences == found.effects == ()
    assert found.skeleton is not None
    assert len(found.skeleton) == len(machine.states)
    assert found.settlement is not None
    assert len(found.settlement.settled) == len(machine.states)
    assert describe_comparison(found)[1] == "The same: no trace tells them apart."


@pytest.mark.parametrize(("a", "b"), list(product(NAMES, repeat=2)))
def test_every_trace_shows_its_difference(a: str, b: str) -> None:
    first, second = load_bare(a), load_bare(b)
    found = compare(first, second)
    assert_every_trace_shows_its_difference(found, first, second)
    assert found.same is (a == b)
    assert json.loads(json.dumps(found.as_dict())) == found.as_dict()
    assert all("\n" not in line for line in describe_comparison(found))


# Small charts --------------------------------------------------------------------------------


class Base(StateChart):
    class waiting(State.Compound, name="Waiting"):
        a = State(initial=True)
        b = State()

    class over(State.Compound, name="Over"):
        c = State(initial=True)
        d = State()

    go = waiting.a.to(waiting.b) | waiting.b.to(over.c)
    back = over.c.to(waiting.a)
    leap = waiting.b.to(over.d) | over.d.to.itself()


class OtherTarget(StateChart):
    class waiting(State.Compound, name="Waiting"):
        a = State(initial=True)
        b = State()

    class over(State.Compound, name="Over"):
        c = State(initial=True)
        d = State()

    go = waiting.a.to(waiting.b) | waiting.b.to(over.c)
    back = over.c.to(waiting.b)
    leap = waiting.b.to(over.d) | over.d.to.itself()


class MissingTransition(StateChart):
    class waiting(State.Compound, name="Waiting"):
        a = State(initial=True)
        b = State()

    class over(State.Compound, name="Over"):
        c = State(initial=True)
        d = State(final=True)

    go = waiting.a.to(waiting.b) | waiting.b.to(over.c)
    back = over.c.to(waiting.a)
    leap = waiting.b.to(over.d)


class OtherStatus(StateChart):
    class waiting(State.Compound, name="Waiting"):
        one = State(initial=True)
        two = State()
        four = State()

    class over(State.Compound, name="Over"):
        three = State(initial=True)

    go = waiting.one.to(waiting.two) | waiting.two.to(over.three)
    back = over.three.to(waiting.one)
    leap = waiting.two.to(waiting.four) | waiting.four.to.itself()


class Guarded(StateChart):
    brave = False

    class waiting(State.Compound, name="Waiting"):
        a = State(initial=True)
        b = State()

    class over(State.Compound, name="Over"):
        c = State(initial=True)
        d = State()

    go = waiting.a.to(waiting.b) | waiting.b.to(over.c)
    back = over.c.to(waiting.a)
    leap = waiting.b.to(over.d, cond="brave") | over.d.to.itself()


CASES = {
    "one target": (
        OtherTarget,
        [
            # The first trace after which the two can be told apart: both are back, one in a.
            ("status", ("b", "c"), ("go", "go", "back", "go"), ("Waiting", "Over"), None),
            (
                "accepts",
                ("a", "b"),
                ("go", "go", "back", "leap"),
                ("rejected", "accepted"),
                "leap",
            ),
        ],
    ),
    "one missing transition": (
        MissingTransition,
        [
            ("final", ("d", "d"), ("go", "leap"), ("not final", "final"), None),
            ("accepts", ("d", "d"), ("go", "leap", "leap"), ("accepted", "rejected"), "leap"),
        ],
    ),
    "one status": (
        OtherStatus,
        [("status", ("d", "four"), ("go", "leap"), ("Over", "Waiting"), None)],
    ),
    "a guard": (
        Guarded,
        [
            (
                "accepts",
                ("b", "b"),
                ("go", "leap[not brave]"),
                ("accepted", "rejected"),
                "leap[not brave]",
            ),
        ],
    ),
}


@pytest.mark.parametrize(("chart", "expected"), CASES.values(), ids=CASES)
def test_a_small_change_has_its_shortest_trace(chart: type, expected: list[object]) -> None:
    a, b = compile_chart(Base), compile_chart(chart)
    found = compare(a, b)
    facts = [(d.kind.value, d.states, d.trace, d.shows, d.event) for d in found.differences]
    # One changed target makes more pairs differ: the first ones are the shortest.
    assert all(fact in facts for fact in expected)
    assert [len(fact[2]) for fact in facts] == sorted(len(fact[2]) for fact in facts)
    assert min(len(fact[2]) for fact in facts) == len(expected[0][2])  # type: ignore[index]
    assert_every_trace_shows_its_difference(found, a, b)


def test_states_may_have_other_names() -> None:
    found = compare(compile_chart(Base), compile_chart(OtherStatus))
    assert found.skeleton == (("a", "one"), ("b", "two"), ("c", "three"), ("d", "four"))
    assert "status of d | four: Over | Waiting; after: go, leap" in describe_comparison(found)


def test_a_difference_that_lasts_is_not_settled() -> None:
    found = compare(compile_chart(Base), compile_chart(OtherStatus))
    assert found.settlement is not None
    assert found.settlement.settled == ()
    assert not found.settlement.reached_from_all
    assert describe_comparison(found)[-1] == "There is no state from which both agree for good."


def test_no_skeleton_no_settlement() -> None:
    found = compare(compile_chart(Base), compile_chart(OtherTarget))
    assert found.skeleton is None
    assert found.settlement is None
    assert "No common skeleton" in describe_comparison(found)[1]


# Machines written by hand --------------------------------------------------------------------


def machine(
    cells: dict[tuple[str, str], str], statuses: dict[str, str], name: str = "m", **facts: object
) -> Machine:
    """A machine from its cells; the first state of ``statuses`` is the initial one."""
    return Machine(
        name=name,
        title=name,
        states=tuple(MachineState(s, status, s, (s,)) for s, status in statuses.items()),
        events=tuple(sorted({event for _, event in cells})),
        transitions=tuple(Transition(s, e, t, e) for (s, e), t in cells.items()),
        initial=next(iter(statuses)),
        **facts,  # type: ignore[arg-type]
    )


def test_a_redundant_state_is_no_difference_but_another_skeleton() -> None:
    small = machine({("s", "x"): "s"}, {"s": "On"})
    large = machine({("s", "x"): "t", ("t", "x"): "s"}, {"s": "On", "t": "On"})
    found = compare(small, large)
    assert found.same
    assert found.skeleton is None


def test_what_lies_behind_a_lone_event_still_has_a_trace() -> None:
    a = machine({("s", "x"): "s"}, {"s": "On"})
    b = machine({("s", "y"): "t", ("t", "z"): "s", ("s", "x"): "s"}, {"s": "On", "t": "Off"})
    found = compare(a, b)
    assert [d.trace for d in found.differences] == [("y",), ("y", "z")]
    assert_every_trace_shows_its_difference(found, a, b)


def test_an_event_that_is_never_accepted_is_known_all_the_same() -> None:
    a = machine({("s", "x"): "s"}, {"s": "On"})
    b = Machine("b", "b", a.states, ("x", "idle"), a.transitions, "s")
    (difference,) = compare(a, b).differences
    assert (difference.kind, difference.trace) == (DifferenceKind.ALPHABET, ("idle",))


def test_traces_share_their_beginnings() -> None:
    def sizes(length: int) -> int:
        cells = {(f"s{i}", "x"): f"s{i + 1}" for i in range(length)}
        a, b = (machine(cells, {f"s{i}": on for i in range(length + 1)}) for on in ("On", "Off"))
        found = compare(a, b)
        assert [len(d.trace) for d in found.differences] == [*range(length + 1)]
        return len(pickle.dumps(found))

    assert sizes(400) < 2.2 * sizes(200)


def test_deadlines_are_compared() -> None:
    cells, statuses = {("s", "x"): "t", ("t", "y"): "s"}, {"s": "On", "t": "Off"}
    a = machine(cells, statuses, deadline=Deadline("x", "y", "t"))
    b = machine(cells, statuses)
    (difference,) = compare(a, b).differences
    assert difference.kind is DifferenceKind.DEADLINE
    assert difference.trace == ("x",)
    assert difference.shows == ("y, counted from x", None)
    assert "deadline in t: y, counted from x | none; after: x" in describe_comparison(compare(a, b))
    assert_every_trace_shows_its_difference(compare(a, b), a, b)


def test_indicators_are_compared() -> None:
    cells, statuses = {("s", "x"): "t", ("t", "y"): "s"}, {"s": "On", "t": "Off"}
    a = machine(cells, statuses, indicators=(Indicator("Lit", frozenset({"On"})),))
    b = machine(cells, statuses, indicators=(Indicator("Lit", frozenset({"Off"})),))
    c = machine(cells, statuses)
    assert compare(a, b).differences == ()
    assert not compare(a, b).same
    assert [e.trace for e in compare(a, b).effects] == [("x",), ("x", "y")]
    assert [d.shows for d in compare(a, c).differences] == [("Lit", None)]


# Final states --------------------------------------------------------------------------------


def ending(machine: Machine, *final: str) -> Machine:
    """The machine, of which exactly these states are final."""
    states = (replace(state, final=state.name in final) for state in machine.states)
    return replace(machine, states=tuple(states))


LAMP = machine(
    {("off", "on"): "lit", ("lit", "break"): "dark"}, dict.fromkeys(("off", "lit", "dark"), "x")
)


@pytest.mark.parametrize(
    ("a", "b", "traces"),
    [
        ((), (), []),
        (("dark",), ("dark",), []),
        (("dark",), (), [("on", "break")]),
        ((), ("off",), [()]),
        (("off",), ("lit",), [(), ("on",)]),
    ],
    ids=["neither", "both", "one at the end", "one at the start", "others"],
)
def test_final_states_are_compared(
    a: tuple[str, ...], b: tuple[str, ...], traces: list[tuple[str, ...]]
) -> None:
    first, second = ending(LAMP, *a), ending(LAMP, *b)
    found = compare(first, second)
    assert [(d.kind, d.trace) for d in found.differences] == [
        (DifferenceKind.FINAL, t) for t in traces
    ]
    assert found.same is not bool(traces)
    shortest = traces[0] if traces else None
    assert equivalent(first, second) == refines(first, second) == shortest
    assert_every_trace_shows_its_difference(found, first, second)


def test_a_final_state_is_told_from_one_that_only_rejects_everything() -> None:
    cells, statuses = {("s", "x"): "t", ("s", "y"): "u"}, {"s": "On", "t": "Off", "u": "Off"}
    plain = machine(cells, statuses)
    assert analyse(plain).equivalent == (("t", "u"),)
    assert len(quotient(plain).states) == 2
    final = ending(plain, "u")
    assert analyse(final).equivalent == ()
    assert quotient(final) == final
    assert equivalent(quotient(ending(plain, "t", "u")), ending(plain, "t", "u")) is None


# Guards --------------------------------------------------------------------------------------


class Shop(StateChart):
    cart = State(initial=True)
    paying = State()
    shipped = State(final=True)
    lost = State(final=True)
    pay = cart.to(paying)
    post = paying.to(shipped)
    lose = paying.to(lost)


class GuardedShop(StateChart):
    is_full = False
    cart = State(initial=True)
    paying = State()
    shipped = State(final=True)
    lost = State(final=True)
    pay = cart.to(paying, cond="is_full")
    post = paying.to(lost)
    lose = paying.to(shipped)


class OtherGuardShop(StateChart):
    is_known = False
    cart = State(initial=True)
    paying = State()
    shipped = State(final=True)
    lost = State(final=True)
    pay = cart.to(paying, cond="is_known")
    post = paying.to(shipped)
    lose = paying.to(lost)


class EitherWayShop(StateChart):
    is_full = False
    cart = State(initial=True)
    paying = State()
    shipped = State(final=True)
    lost = State(final=True)
    pay = cart.to(paying, cond="is_full") | cart.to(paying, unless="is_full")
    post = paying.to(shipped)
    lose = paying.to(lost)


GUARDS = {
    "one asks, and targets are swapped": (
        Shop,
        GuardedShop,
        ["pay[not is_full]", "pay[is_full] / post", "pay[is_full] / lose"],
        [("pay", (), ("is_full",))],
    ),
    "each asks for another guard": (
        OtherGuardShop,
        GuardedShop,
        [
            "pay[is_full, not is_known]",
            "pay[not is_full, is_known]",
            "pay[is_full, is_known] / post",
            "pay[is_full, is_known] / lose",
        ],
        [("pay", ("is_known",), ("is_full",))],
    ),
    "both do the same whatever the guard says": (
        Shop, EitherWayShop, [], [("pay", (), ("is_full",))],
    ),
    "the same guard": (GuardedShop, GuardedShop, [], []),
}  # fmt: skip


@pytest.mark.parametrize(("first", "second", "traces", "guards"), GUARDS.values(), ids=GUARDS)
@pytest.mark.parametrize("is_swapped", [False, True], ids=["there", "back"])
def test_an_event_corresponds_to_a_guarded_one_under_every_valuation(
    first: type, second: type, traces: list[str], guards: list[object], is_swapped: bool
) -> None:
    a, b = compile_chart(first), compile_chart(second)
    if is_swapped:
        a, b = b, a
        guards = [(event, theirs, ours) for event, ours, theirs in guards]  # type: ignore[misc]
    found = compare(a, b)
    assert sorted(" / ".join(d.trace) for d in found.differences) == sorted(traces)
    assert list(found.guards) == guards
    assert found.same is not bool(traces)
    assert_every_trace_shows_its_difference(found, a, b)
    counter = equivalent(a, b)
    assert (counter is None) is found.same
    assert refines(product_of(a, b), a) is None or not found.same
    for event, ours, theirs in found.guards:
        line = f"Guards of {event}: {', '.join(ours) or 'none'} | {', '.join(theirs) or 'none'}"
        assert f"{line}; compared under every valuation of them." in describe_comparison(found)


def test_the_product_asks_for_the_guards_of_both() -> None:
    both = product_of(compile_chart(OtherGuardShop), compile_chart(GuardedShop))
    assert both.guards["pay"] == ("is_full", "is_known")
    assert [t.event for t in both.transitions if t.trigger == "pay"] == ["pay[is_full, is_known]"]


def test_a_machine_from_a_format_without_guards_is_the_same() -> None:
    real = compile_chart(GuardedShop)
    read = replace(real, guards={})
    assert compare(real, read).same
    assert compare(read, real).guards == ()


# What cannot be compared ---------------------------------------------------------------------


def test_states_that_no_trace_of_both_leads_to_are_named() -> None:
    a = machine({("s", "x"): "t", ("t", "y"): "u"}, {"s": "On", "t": "On", "u": "Off"}, "a")
    b = machine({("s", "y"): "s", ("s", "x"): "s"}, {"s": "On"}, "b")
    c = replace(b, name="c", events=("x", "y"), transitions=b.transitions[:1])
    found = compare(a, c)
    assert found.not_compared == (("t", "u"), ())
    assert found.as_dict()["not_compared"] == {"a": ["t", "u"], "b": []}
    assert describe_comparison(found)[-1] == (
        "Not compared: t, u of a; no trace that both accept leads there."
    )
    assert compare(c, a).not_compared == ((), ("t", "u"))
    assert compare(a, a).not_compared == ((), ())


# Laws ----------------------------------------------------------------------------------------

STATES = ("p", "q", "r")


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    count = draw(st.integers(1, 3))
    states = STATES[:count]
    cells = draw(
        st.dictionaries(
            st.tuples(st.sampled_from(states), st.sampled_from("xyz")), st.sampled_from(states)
        )
    )
    return machine(cells, {s: draw(st.sampled_from(("On", "Off"))) for s in states})


def reaches(a: Machine, b: Machine, length: int) -> bool:
    """Whether some trace of this length at most tells two machines of one alphabet apart."""
    for size in range(length + 1):
        for trace in product(a.events, repeat=size):
            x, y = run(a, trace), run(b, trace)
            if a.status(end(a, trace)) != b.status(end(b, trace)):
                return True
            if any(bool(s.transition) != bool(t.transition) for s, t in zip(x, y, strict=True)):
                return True
    return False


@given(machines(), machines())
def test_the_command_prints_the_value_for_json(a: Machine, b: Machine) -> None:
    found = compare(a, b)
    assert "".join(json_parts(value_for_json(found))) == format_json(found.as_dict())


@given(machines(), machines())
def test_every_trace_of_random_machines_shows_its_difference(a: Machine, b: Machine) -> None:
    assert_every_trace_shows_its_difference(compare(a, b), a, b)


@given(machines(), machines())
def test_the_shortest_difference_is_the_shortest_of_all(a: Machine, b: Machine) -> None:
    found = compare(a, b)
    if a.alphabet != b.alphabet:
        assert not found.same
    elif found.same:
        assert not reaches(a, b, 4)
    else:
        shortest = len(found.differences[0].trace)
        assert reaches(a, b, min(shortest, 4)) or shortest > 4
        assert not reaches(a, b, min(shortest - 1, 4))


@given(machines(), machines())
def test_settled_pairs_are_the_greatest_closed_set_that_agrees(a: Machine, b: Machine) -> None:
    found = compare(a, b)
    if found.settlement is None or found.skeleton is None:
        return
    left = {(p, q) for p, q in found.skeleton if a.status(p) == b.status(q)}
    before: set[tuple[str, str]] = set()
    while left != before:
        before = left
        left = {
            (p, q)
            for p, q in before
            if all(
                (a.step(p, e) is None) or (_to(a, p, e), _to(b, q, e)) in before for e in a.events
            )
        }
    assert {pair for pair, _ in found.settlement.settled} == left
    for pair, trace in found.settlement.settled:
        assert (end(a, trace), end(b, trace)) == pair


def _to(machine: Machine, state: str, event: str) -> str:
    return run(machine, [event], state)[-1].after


@given(machines(), machines())
def test_comparing_the_other_way_round_finds_the_same(a: Machine, b: Machine) -> None:
    there, back = compare(a, b), compare(b, a)
    assert there.same == back.same
    assert {(d.kind, d.states) for d in there.differences} == {
        (d.kind, d.states[::-1]) for d in back.differences
    }
    assert (there.skeleton is None) == (back.skeleton is None)


@given(machines(), machines())
def test_pairs_that_are_alike_need_not_be_followed(a: Machine, b: Machine) -> None:
    followed = compare(a, b)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lockstep, "ALL_FOLLOWED", 0)
        found = compare(a, b)
    assert (found.differences, found.effects) == (followed.differences, followed.effects)
    assert found.not_compared == followed.not_compared


@pytest.mark.parametrize("counted", ["Failed", "Sent"])
def test_what_follows_alike_pairs_is_known(counted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    a = load("with-feedback")
    bounces = Indicator("Bounces + errors", frozenset({counted}))
    b = replace(a, indicators=(a.indicators[0], bounces))
    followed = compare(a, b)
    monkeypatch.setattr(lockstep, "ALL_FOLLOWED", 0)
    found = compare(a, b)
    assert (found.effects, found.not_compared) == (followed.effects, ((), ()))


def going_round(count: int) -> Machine:
    states = tuple(MachineState(f"s{i}", "On", f"s{i}", (f"s{i}",)) for i in range(count))
    steps = tuple(Transition(f"s{i}", "go", f"s{(i + 1) % count}", "go") for i in range(count))
    return Machine("round", "round", states, ("go",), steps, "s0")


def test_states_whose_timers_differ_are_not_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    a = going_round(5)
    b = replace(a, timers=(Timer("go", 60_000_000, ("s3",)),))
    monkeypatch.setattr(lockstep, "ALL_FOLLOWED", 0)
    (found,) = compare(a, b).differences
    assert (found.kind, found.trace) == (DifferenceKind.TIMER, ("go",) * 3)


def test_machines_whose_timers_differ_do_not_agree_for_good() -> None:
    a = going_round(3)
    five, six = (replace(a, timers=(Timer("go", n * 1_000_000, ("s1",)),)) for n in (5, 6))
    assert compare(five, six).settlement == Settlement((), {}, reached_from_all=False)
    assert classes_of(a) == (("s0", "s1", "s2"),)
    assert classes_of(five) == (("s0",), ("s1",), ("s2",))


@pytest.mark.parametrize(
    ("ours", "theirs", "shows"),
    [
        pytest.param(
            (Timer("go", 5, ("s0",)), Timer("go", 5, ("s1",))),
            (Timer("go", 5, ("s0", "s1")),),
            ("go after 0.000005 s started anew", "go after 0.000005 s runs on"),
            id="started-anew",
        ),
        pytest.param(
            (Timer("go", 5, ("s0",), stops=False),),
            (),
            ("go after 0.000005 s, which nothing stops", None),
            id="of-the-start",
        ),
    ],
)
def test_how_timers_differ(
    ours: tuple[Timer, ...], theirs: tuple[Timer, ...], shows: tuple[str, str | None]
) -> None:
    a = going_round(3)
    found = compare(replace(a, timers=ours), replace(a, timers=theirs)).differences
    assert [difference.shows for difference in found] == [shows]


def test_of_many_pairs_those_that_are_alike_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = going_round(97), going_round(101)
    monkeypatch.setattr(lockstep, "MOST_PAIRS", 97 * 101 // 2)
    found = compare(a, b)
    assert (found.same, found.skeleton, found.not_compared) == (True, None, ((), ()))
    odd = replace(b, states=(replace(b.states[0], status="Off"), *b.states[1:]))
    with pytest.raises(MachineError, match="more than 4,898 pairs of states that differ"):
        compare(a, odd)


def asking(guards: tuple[str, ...]) -> Machine:
    """Return a machine of one event that depends on these guards."""
    truths = product((True, False), repeat=len(guards))
    events = tuple(symbol("e", dict(zip(guards, row, strict=True))) for row in truths)
    state = MachineState("s", None, "s", ("s",))
    return Machine(guards[0], "", (state,), events, (), "s", guards={"e": guards})


def test_more_guards_than_can_be_compared_are_refused() -> None:
    mine, theirs = (tuple(f"{name}{n}" for n in range(7)) for name in "gh")
    for relate in (compare, equivalent, product_of):
        with pytest.raises(MachineError, match="'e': the two machines ask for 14 guards"):
            relate(asking(mine), asking(theirs))
    assert compare(asking(mine), asking(mine)).same


def test_the_guards_of_a_product_are_in_brackets() -> None:
    machines = [
        replace(asking((name,)), transitions=(Transition("s", f"e[{name}]", "s", "e", guard),))
        for name, guard in (("p", "p or p"), ("q", "q"))
    ]
    assert [t.guard for t in product_of(*machines).transitions] == ["(p or p) and q"]
