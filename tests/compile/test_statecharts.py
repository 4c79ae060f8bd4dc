"""History, sent events, guards by state, validators and inheritance, as the library has them."""

# python-statemachine is typed only in part.
# mypy: disable-error-code="no-untyped-call,operator,type-arg"

from __future__ import annotations

from collections.abc import Callable

import pytest
from refused_charts import two_states
from statemachine import Event, HistoryState, State, StateChart, StateMachine

from fsm.compile import compile_chart
from fsm.compile.crosscheck import cross_check
from fsm.errors import MachineError
from fsm.formats.json_document import parse_document, to_json
from fsm.formats.scxml import parse_scxml, to_scxml
from fsm.machine_parts import refinements


class Player(StateChart):
    class play(State.Compound):
        song, radio, last = State(initial=True), State(), HistoryState()
        switch = song.to(radio) | radio.to(song)

    paused, off = State(), State(final=True)
    pause = play.to(paused)
    resume = paused.to(play.last)
    stop = play.to(off) | paused.to(off)


class RememberedInVain(StateChart):
    """Nothing leads to the history state any more once ``over`` is active."""

    class play(State.Compound):
        song, radio, last = State(initial=True), State(), HistoryState()
        switch = song.to(radio) | radio.to(song)

    paused, over = State(), State(final=True)
    pause = play.to(paused)
    resume = paused.to(play.last)
    finish = paused.to(over)


class Guarded(StateChart):
    g1 = g2 = g3 = g4 = g5 = g6 = g7 = True
    a, b, c = State(initial=True), State(), State(final=True)
    go = a.to(b, cond="g1 and g2 and g3") | b.to(c, cond="g4 and g5 and g6 and g7")


class Chain(StateChart):
    """Ten states, each of which asks for a guard of its own."""

    s0, s1, s2, s3, s4, s5, s6, s7 = (State(initial=not n) for n in range(8))
    end = State(final=True)
    go = (
        s0.to(s1, cond="g0") | s1.to(s2, cond="g1") | s2.to(s3, cond="g2")
        | s3.to(s4, cond="g3") | s4.to(s5, cond="g4") | s5.to(s6, cond="g5")
        | s6.to(s7, cond="g6") | s7.to(end, cond="g7")
    )  # fmt: skip
    g0 = g1 = g2 = g3 = g4 = g5 = g6 = g7 = True


class Validated(StateMachine):
    a, b, c = State(initial=True), State(), State()
    go = a.to(b, validators="is_paid", cond="ready") | a.to(c)
    back = b.to(a) | c.to(a)
    ready = True

    def is_paid(self) -> None:
        raise ValueError


class RaisesBeforeSending(StateChart):
    a, b, c, d, wrong = State(initial=True), State(), State(), State(), State()
    go = a.to(b)
    inner = b.to(c) | a.to(wrong)
    outer = b.to(wrong) | c.to(d)
    back = d.to(a) | wrong.to(a)

    def on_go(self) -> None:
        self.send("outer")
        self.raise_("inner")


class InternalEvent(StateChart):
    a, b, c = State(initial=True), State(), State()
    go = a.to(b, after="note")
    note = Event(b.to(c), internal=True)
    back = c.to(a)


class StaysWithoutEntering(StateChart):
    enable_self_transition_entries = False
    ready = True
    a, b, c = State(initial=True), State(enter="ring"), State()
    come = a.to(b)
    ring = b.to(c, cond="ready")
    stay = b.to.itself(internal=True)
    back = c.to(a)


class StaysInARegion(StateMachine):
    class both(State.Parallel):
        class one(State.Compound):
            x = State(initial=True)
            stay = x.to.itself(internal=True)

        class two(State.Compound):
            y = State(initial=True)

    over = State(final=True)
    off = both.to(over)


class RestoredInOrder(StateMachine):
    validate_disconnected_states = False
    ready = True

    class whole(State.Parallel, initial=True):
        class one(State.Compound):
            a, b, c = State(initial=True), State(), State()

        class two(State.Compound):
            d, e = State(initial=True), State()

        x = State()
        before = HistoryState(type="deep")

    again = whole.x.to(whole, cond="ready")
    come = whole.one.a.to(whole.one.c, cond="ready") | whole.two.d.to(whole.two.e)
    restore = whole.to(whole.before)
    stay = whole.one.c.to(whole.one.c) | whole.two.to.itself()

    def after_restore(self) -> None:
        self.raise_("come")


class Child(Player):
    title = "Child"

    def on_pause(self) -> None:
        """Do nothing more."""


# the chart: its states, and how many symbols it has
COMPILED: dict[type[StateChart], tuple[str, int]] = {
    Player: ("song radio paused@song paused@radio off", 4),
    RememberedInVain: ("song radio paused@song paused@radio over", 4),
    Guarded: ("a b c", 8),
    Chain: ("s0 s1 s2 s3 s4 s5 s6 s7 end", 9),
    Validated: ("a b c", 5),
    RaisesBeforeSending: ("a d wrong", 4),
    InternalEvent: ("a c", 3),
    StaysWithoutEntering: ("a b c", 6),
    StaysInARegion: ("x+y over", 2),
    RestoredInOrder: ("a+d+x a+e+x c+e+x c+e+x@2", 7),
    Child: ("song radio paused@song paused@radio off", 4),
}
CHARTS = pytest.mark.parametrize("chart", COMPILED, ids=lambda chart: chart.__name__)


@CHARTS
def test_the_table_is_that_of_the_library(chart: type[StateChart]) -> None:
    machine = compile_chart(chart)
    states, symbols = COMPILED[chart]
    assert " ".join(state.name for state in machine.states) == states
    assert len(machine.events) == symbols
    assert cross_check([machine]).is_complete


@CHARTS
def test_documents_keep_it(chart: type[StateChart]) -> None:
    machine = compile_chart(chart)
    assert parse_document(to_json(machine)) == machine
    assert parse_scxml(to_scxml(machine).encode()) == machine


def test_a_title_says_what_is_remembered() -> None:
    titles = {state.title for state in compile_chart(Player).states}
    assert {"Paused (remembers Song)", "Paused (remembers Radio)"} <= titles


def test_each_state_tells_its_cases_apart_and_every_symbol_is_a_whole_valuation() -> None:
    machine = compile_chart(Guarded)
    refined = refinements(machine.guards, machine.events)
    assert all(sorted(held) == sorted(machine.guards["go"]) for _, held in refined.values())
    accepted = {t.source: {n for n, held in refined[t.event][1].items() if held}
                for t in machine.transitions}  # fmt: skip
    assert accepted == {"a": {"g1", "g2", "g3"}, "b": {"g4", "g5", "g6", "g7"}}


def returns_before_it_sends(self: Player) -> None:
    if self.model:
        return
    self.send("back")


def sends_in_a_loop(self: Player) -> None:
    for event in ("back",):
        self.send(event)


def sends_what_it_computes(self: Player) -> None:
    self.send("ba" + "ck")


def sends_later(self: Player) -> None:
    self.send("back", delay=100)


def sends_to_somebody(self: Player, other: Player) -> None:
    other.send("back")


def sends_what_is_sent(self: Player) -> None:
    self.send("go", self.send("back"))


@pytest.mark.parametrize(
    "action",
    [
        returns_before_it_sends,
        sends_in_a_loop,
        sends_what_it_computes,
        sends_later,
        sends_to_somebody,
        sends_what_is_sent,
    ],
)
def test_an_action_that_may_send_is_refused(action: Callable[..., None]) -> None:
    class Sends(StateChart):
        a, b, go, back = two_states()
        on_enter_b = action

    with pytest.raises(MachineError, match=r"on_enter_b uses '(send|back)', so an event can cause"):
        compile_chart(Sends)


def test_an_event_that_nobody_hears_is_said() -> None:
    class Loud(StateChart):
        a, b, go, back = two_states()

        def on_enter_b(self) -> None:
            self.raise_("bang")

    machine = compile_chart(Loud)
    assert machine.ignored == ("the event bang of b does nothing: no transition has it",)
    assert cross_check([machine]).is_complete


def test_a_strict_machine_that_sends_itself_an_error_is_refused() -> None:
    class Strict(StateMachine):
        a, b, go, back = two_states()

        def on_enter_b(self) -> None:
            self.send("go")

    with pytest.raises(MachineError, match="the machine sends itself 'go', which is an error"):
        compile_chart(Strict)
