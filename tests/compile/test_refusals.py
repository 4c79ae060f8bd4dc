"""What cannot be compiled exactly is refused with its reason, though python-statemachine accepts it.

``refused_charts.py`` declares the charts; each row of the table is one chart and its message.
"""

# ruff: noqa: E501 - a message is one line
# mypy: disable-error-code="type-arg"

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import refused_charts as charts
from statemachine import State, StateChart, StateMachine
from statemachine.exceptions import TransitionNotAllowed

from fsm.compile import compile_chart
from fsm.compile.crosscheck import cross_check
from fsm.errors import MachineError

# the chart: its message, after the name of the class
REFUSALS: dict[type[StateChart], str] = {
    # Transitions that are never taken
    # from_.any() and subclasses
    charts.BaseChangedBySubclass: "state 'a', event 'stop': added by the subclass Subclass; declare each machine whole",
    charts.SubclassOnTheSameEvent: "state 'b', event 'go': added by the subclass _SameEvent; declare each machine whole",
    charts.ChangedByTheSubclassOfASubclass: "state 'a', event 'stop': added by the subclass _Loud; declare each machine whole",
    # Moves without an event
    charts.SetsItsState: "after_go sets 'current_state_value', which moves the machine without an event; declare the move as a transition",
    charts.StartsElsewhere: "__init__ gives a start_value, which overrides the initial state; mark that state initial=True",
    charts.GivesListeners: "__init__ gives the machine listeners, whose actions are not read; declare them in the class: listeners = [...]",
    charts.AddsAListener: "__init__ gives the machine listeners, whose actions are not read; declare them in the class: listeners = [...]",
    charts.GivesAModel: "__init__ gives the machine a model, whose actions are not read; declare them in the class",
    charts.SendsByAnotherName: "on_enter_b uses 'send', so an event can cause another one; send it in a statement of its own, under no condition, or declare the whole move as one transition",
    charts.SendsFromAList: "on_enter_b uses 'send', so an event can cause another one; send it in a statement of its own, under no condition, or declare the whole move as one transition",
    # Ids and values of states, names of events
    charts.EqualValues: "states 'a' and 'b' have the same value 1",
    charts.EqualChildIds: "two states have the id 'x'; ids must be unique in the whole machine, also in sibling compounds",
    charts.TargetNamedLikeAnEvent: "state 'a', event 'go': leads to a state that is not in the class; a state and an event may not share one attribute name",
    charts.SourceNamedLikeAnEvent: "event 'go' leaves the state '', which is not in the class; a state and an event may not share one attribute name",
    charts.StateAndEventByParameter: "'go' is both a state and an event",
    charts.ChildrenWithoutNames: "state '' needs a plain name: it becomes part of a longer one",
    charts.StateHidesTheLibrary: "state 'send' hides an attribute of python-statemachine",
    charts.EventHidesTheLibrary: "event 'raise_' hides an attribute of python-statemachine",
    # Events
    charts.NestedEventWithoutId: "state 'x' has a transition on an Event() without an id, which is never heard below the top level; write Event(id=...)",
    # States
    charts.NestedFinalWithExits: "state 'end' is final and has transitions of its own",
    charts.FinalWithChildren: "state 'end' is final and has children",
    charts.Invoke: (
        "state 'b' invokes other work; write it as on_invoke_b, whose end is an input, or leave it out"
    ),
    charts.TwoInitialChildren: "state 'one' has several initial children, of which python-statemachine takes the first; mark one",
    charts.TwoTargetsInOneRegion: "event 'go' in state one+x+y: python-statemachine makes these states active together, which the declaration does not allow; target one state of each region",
    # Guards
    charts.GuardNamedLikeAnEvent: "state 'a', event 'go': the guard 'back' is also an event, and would send it",
    charts.EventInAComparison: "state 'a', event 'go': the guard 'back' is also an event, and would send it",
    charts.GuardNamedLikeANestedState: "state 'a', event 'go': the guard 'x' is also a state, and would always hold; to ask for the state write In('x')",
    charts.GuardOfTheLibrary: "state 'a', event 'go': the guard 'name' is an attribute of python-statemachine itself",
    charts.ConditionAndItsOpposite: "state 'a', event 'go': has a second condition (not ready) that python-statemachine takes for the first one; join them into one",
    charts.ConditionsTheLibraryConfuses: "state 'a', event 'go': has a second condition ((p or q) and r) that python-statemachine takes for the first one; join them into one",
    charts.QuestionForNoState: "state 'a', event 'go': In('nowhere') names no state of the machine",
    charts.StateVIsReadAsOr: "state 'v', event 'back': In(' or ') names no state of the machine",
    charts.GuardedFromTheStart: "the start: what follows depends on the guard 'ready', which has no value before the first event; start in a state that waits for an event",
    # Eventless transitions
    charts.EventlessCycle: "event 'go' in state b: eventless transitions go round for ever",
    charts.EventlessCycleWithEndlessDoneEvents: "event 'go' in state one+end: eventless transitions go round for ever",
    # Actions
    charts.NestedFunctionSends: "on_enter_b uses 'send', so an event can cause another one; send it in a statement of its own, under no condition, or declare the whole move as one transition",
    charts.InnerFunctionOfADecoratorSends: "on_enter_b uses 'send', so an event can cause another one; send it in a statement of its own, under no condition, or declare the whole move as one transition",
    charts.PartialActionSends: "send_event uses 'send', so an event can cause another one; send it in a statement of its own, under no condition, or declare the whole move as one transition",
    # Regions of a parallel state
    # Internal transitions
    charts.InternalToAChild: "state 'one', event 'go': an internal transition to a child leaves the old child and does not enter the new one; leave out internal=True or set enable_self_transition_entries = True",
    charts.InternalSelfInARegion: "event 'go' in state both+one+x+two+y+z: python-statemachine makes these states active together, which the declaration does not allow; target one state of each region",
    charts.InternalSelfBesideTheInitialState: "event 'go' in state both+one+w+x+two+y: python-statemachine makes these states active together, which the declaration does not allow; target one state of each region",
    charts.InternalSelfBeforeAnotherRegion: "event 'go' in state both+one+a+b+two+y: python-statemachine makes these states active together, which the declaration does not allow; target one state of each region",
    # Indicators, deadlines and companions
    charts.IndicatorsInAList: "indicators must map a name to statuses",
    charts.IndicatorOfNoStatus: "indicator 'Delivered' counts the status 'Sent'; there are: A",
    charts.DeadlineInWords: "deadline must be a Deadline",
    charts.DeadlineOfNoEvent: "the deadline's event 'expire' is not accepted in state 'a', or depends on guards",
    charts.DeadlineOfNoState: "the deadline's event 'go' is not accepted in state 'nowhere', or depends on guards",
    charts.DeadlineThatIsNotAccepted: "the deadline's event 'back' is not accepted in state 'a', or depends on guards",
    charts.DeadlineThatDependsOnAGuard: "the deadline's event 'back' is not accepted in state 'b', or depends on guards",
    charts.CompanionAsAClass: "companion must be a str",
}

# What these do is surprising, and compiled exactly.
COMPILED = {
    value
    for name, value in vars(charts).items()
    if isinstance(value, type) and value.__module__ == charts.__name__ and name[0] != "_"
} - set(REFUSALS)

# These never come to rest or cannot be created.
CANNOT_RUN = {
    charts.ConditionsTheLibraryConfuses,
    charts.ConditionAndItsOpposite,
    charts.EventlessCycle,
    charts.EventlessCycleWithEndlessDoneEvents,
    charts.StateHidesTheLibrary,
}

# What python-statemachine does without an error. The chart: the events, the active states after them
SILENT: dict[type[StateChart], tuple[str, str]] = {
    charts.Duplicate: ("go", "b"),
    charts.Shadowed: ("go", "b"),
    charts.SubclassOnTheSameEvent: ("go go", "b"),
    charts.EqualValues: ("", "b"),
    charts.Wildcard: ("whatever", "b"),
    charts.Dotted: ("go.now.please", "b"),
    charts.DoneAlone: ("go", "b"),
    charts.NestedEventWithoutId: ("go", "one x"),
    charts.TwoInitialChildren: ("", "one x"),
    charts.TwoTargetsInOneRegion: ("go", "one x y"),
    charts.AnotherStart: ("", "b"),
    charts.GuardNamedLikeANestedState: ("go", "one x"),
    charts.GuardOfTheLibrary: ("go", "b"),
    charts.QuestionForNoState: ("go", "a"),
    charts.StateVIsReadAsOr: ("go back", "v"),
    charts.ActionSends: ("go", "a"),
    charts.NestedFunctionSends: ("go", "a"),
    charts.InnerFunctionOfADecoratorSends: ("go", "a"),
    charts.StaticActionSends: ("go", "a"),
    charts.ActionOfAGrandparentSends: ("go", "a"),
    charts.InlineActionSends: ("go", "a"),
    charts.EventAsAnAction: ("go", "a"),
    charts.ListenerSends: ("go", "a"),
    charts.GivesListeners: ("go", "a"),
    charts.AddsAListener: ("go", "a"),
    charts.SendsByAnotherName: ("go", "a"),
    charts.SendsFromAList: ("go", "a"),
    charts.SetsItsState: ("go", "a"),
    charts.StartsElsewhere: ("", "b"),
    charts.InternalToAChild: ("go", "one"),
    charts.InternalSelfInARegion: ("walk go", "both one two x y z"),
    charts.InternalSelfBeforeAnotherRegion: ("go go", "a b both one two y"),
    charts.InternalSelfBesideTheInitialState: ("walk go", "both one two w x y"),
}


def rows(table: Mapping[type[StateChart], object]) -> list[Any]:
    return [pytest.param(chart, value, id=chart.__name__) for chart, value in table.items()]


def after(chart_class: type[StateChart], events: str) -> StateChart:
    """Send the events to an instance, as python-statemachine runs it."""
    chart = chart_class()
    for event in events.split():
        chart.send(event)
    return chart


def active(chart: StateChart) -> str:
    return " ".join(sorted(state.id for state in chart.configuration))


@pytest.mark.parametrize(("chart", "message"), rows(REFUSALS))
def test_the_message_names_the_class_and_the_reason(chart: type, message: str) -> None:
    with pytest.raises(MachineError) as refusal:
        compile_chart(chart)
    assert str(refusal.value) == f"{chart.__name__}: {message}"


def test_a_class_declared_in_a_function_is_named_in_full() -> None:
    class Base(StateMachine):
        a, b, go, back = charts.two_states()

    class Local(Base):
        stop = Base.a.to.itself()

    with pytest.raises(MachineError) as refusal:
        compile_chart(Base)
    end = f"added by the subclass {Local.__qualname__}; declare each machine whole"
    assert str(refusal.value).endswith(end)


@pytest.mark.parametrize("chart", sorted(COMPILED, key=lambda chart: chart.__name__))
def test_what_is_not_refused_does_what_the_library_does(chart: type[StateChart]) -> None:
    assert cross_check([compile_chart(chart)]).is_complete


@pytest.mark.parametrize("chart", [c for c in REFUSALS if c not in CANNOT_RUN])
def test_python_statemachine_accepts_the_chart(chart: type[StateChart]) -> None:
    assert chart().configuration


@pytest.mark.parametrize(("chart", "row"), rows(SILENT))
def test_what_python_statemachine_does_without_an_error(
    chart: type[StateChart], row: tuple[str, str]
) -> None:
    events, states = row
    assert active(after(chart, events)) == states


def test_from_any_leaves_out_the_states_declared_later() -> None:
    chart = after(charts.FromAny, "go enter_late")
    with pytest.raises(TransitionNotAllowed):
        chart.send("stop")


@pytest.mark.parametrize(("events", "ends"), [("first second", False), ("second first", True)])
def test_one_configuration_ends_a_machine_or_not(events: str, ends: bool) -> None:
    assert after(charts.EndsByOrder, events).is_terminated is ends


def test_a_failing_callback_causes_the_event_error() -> None:
    class Fails:
        def on_exit_b(self) -> None:
            raise ValueError

    chart = charts.ErrorAlone(listeners=[Fails()])
    chart.send("error")
    chart.send("back")
    assert active(chart) == "b"


@pytest.mark.parametrize("thing", [object, StateMachine, 3], ids=["class", "no states", "value"])
def test_what_is_not_a_declared_machine_is_refused(thing: Any) -> None:
    with pytest.raises(MachineError, match=r"not a StateChart|declares no states"):
        compile_chart(thing)


class ThreeStates(StateMachine):
    a, b, c = State(initial=True), State(), State()
    go = a.to(b) | b.to(c) | c.to(a)


def test_too_many_states_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["fsm.flattening.configurations"], "MAX_STATES", 2)
    with pytest.raises(MachineError, match="more than 2 states"):
        compile_chart(ThreeStates)


def test_guards_may_be_nested_functions_and_come_from_a_grandparent() -> None:
    def made(answer: bool) -> Callable[[], bool]:
        def is_ready() -> bool:
            return answer

        return is_ready

    class Asked(StateChart):
        door: bool

        def is_open(self) -> bool:
            def look() -> bool:
                return self.door

            return look()

    class Between(Asked):
        pass

    class Fine(Between):
        a, b = State(initial=True), State()
        go = a.to(b, cond=made(True))
        back = b.to(a, cond="is_open")

    machine = compile_chart(Fine)
    assert machine.guards == {"go": ("is_ready",), "back": ("is_open",)}
    assert cross_check([machine]).is_complete


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [("colors", {"Won": "bad"}, "colours"), ("indicator", {}, "indicators"), ("other", {}, "")],
)
def test_attributes_that_are_not_read_are_told(name: str, value: object, meant: str) -> None:
    class Deal(StateChart):
        lead, won = State(initial=True), State(final=True)
        win = lead.to(won)

    setattr(Deal, name, value)
    told = (f"{name} is not read; did you mean {meant!r}?",) if meant else ()
    assert compile_chart(Deal).assumed == told


def test_a_subclass_that_only_sets_attributes_leaves_its_base_alone() -> None:
    class Subclass(ThreeStates):
        ready = True

    assert Subclass.ready
    assert len(compile_chart(ThreeStates).states) == 3
