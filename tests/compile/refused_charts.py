"""Charts that python-statemachine accepts and that do not do what they seem to.

Some cannot be compiled exactly: ``test_refusals.py`` lists the message for each of these. The
others are compiled, and do what the library does. A class whose name starts with an underscore is
only part of the declaration of the next or previous chart.
"""

# python-statemachine is typed only in part.
# mypy: disable-error-code="no-untyped-call,operator,type-arg"

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from statemachine import Event, HistoryState, State, StateChart, StateMachine
from statemachine.transition_list import TransitionList

from fsm.machine import Deadline


def two_states(**of_go: object) -> tuple[State, State, TransitionList, TransitionList]:
    """Declare states ``a`` and ``b``, a transition from ``a`` to ``b``, and one back."""
    a, b = State(initial=True), State()
    return a, b, a.to(b, **of_go), b.to(a)


# Transitions that are never taken


class Duplicate(StateMachine):
    a, b, c = State(initial=True), State(), State()
    go = a.to(b) | a.to(c)
    back = b.to(a) | c.to(a)


class Shadowed(StateMachine):
    ready = True
    a, b, c = State(initial=True), State(), State()
    go = a.to(b) | a.to(c, cond="ready")
    back = b.to(a) | c.to(a)


class ShadowedEventless(StateChart):
    a, b, c = State(initial=True), State(), State()
    a.to(b)
    a.to(c)
    go = b.to(a) | c.to(a)


# from_.any() and subclasses


class FromAny(StateMachine):
    a, b = State(initial=True), State()
    go = a.to(b)
    stop = a.from_.any()
    late = State()
    enter_late = b.to(late)
    leave_late = late.to(a)


class BaseChangedBySubclass(StateMachine):
    a, b, go, back = two_states()


class Subclass(BaseChangedBySubclass):
    stop = BaseChangedBySubclass.a.to.itself()


class SubclassOnTheSameEvent(StateMachine):
    a, b, go, back = two_states()


class _SameEvent(SubclassOnTheSameEvent):
    go = SubclassOnTheSameEvent.b.to.itself()


class ChangedByTheSubclassOfASubclass(StateMachine):
    a, b, go, back = two_states()


class _Quiet(ChangedByTheSubclassOfASubclass):
    pass


class _Loud(_Quiet):
    stop = ChangedByTheSubclassOfASubclass.a.to.itself()


class _Base(StateMachine):
    a, b, go, back = two_states()


class _Subclass(_Base):
    pass


class SubclassOfASubclass(_Subclass):
    pass


# Ids and values of states, names of events


class EqualValues(StateMachine):
    validate_disconnected_states = False
    a, b = State(initial=True, value=1), State(value=1)
    go = a.to(b) | b.to(a)


class EqualChildIds(StateChart):
    class one(State.Compound):
        x = State(initial=True)

    class two(State.Compound):
        x = State(initial=True)

    go = one.to(two) | two.to(one)


class TargetNamedLikeAnEvent(StateMachine):
    a, stop = State(initial=True), State()
    go = a.to(stop)
    stop = a.to.itself()


class SourceNamedLikeAnEvent(StateMachine):
    a, stop = State(initial=True), State()
    go = stop.to(a)
    stop = a.to.itself()


class StateAndEventByParameter(StateChart):
    a, go = State(initial=True), State()
    a.to(go, event="go")
    back = go.to(a)


class ChildrenWithoutNames(StateChart):
    a = State(states=[State(initial=True)], initial=True)
    go = a.to.itself()


class StateHidesTheLibrary(StateChart):
    a, send = State(initial=True), State()  # type: ignore[assignment]
    go = a.to(send)
    back = send.to(a)


class EventHidesTheLibrary(StateChart):
    a, b, raise_, back = two_states()


# Events


class Wildcard(StateChart):
    a, b = State(initial=True), State()
    a.to(b, event="*")
    back = b.to(a)


class Dotted(StateChart):
    a, b = State(initial=True), State()
    a.to(b, event="go.now")
    back = b.to(a)


class ErrorPrefix(StateChart):
    a, b, error_soft, back = two_states()


class ErrorAlone(StateChart):
    a, b, error, back = two_states()


class DoneAlone(StateChart):
    class one(State.Compound):
        x, end = State(initial=True), State(final=True)
        go = x.to(end)

    b = State()
    done = one.to(b)
    back = b.to(one)


class Delayed(StateChart):
    a, b = State(initial=True), State()
    go = Event(a.to(b), delay=1)
    back = b.to(a)


class NestedEventWithoutId(StateChart):
    go = Event()

    class one(State.Compound):
        x, y = State(initial=True), State()

    one.x.to(one.y, event=go)
    walk = one.x.to(one.y)
    back = one.y.to(one.x)


# States


class NestedTrapState(StateChart):
    class one(State.Compound):
        x, stuck = State(initial=True), State()
        fall = x.to(stuck)

    class two(State.Compound):
        y = State(initial=True)

    go = one.x.to(two) | two.to(one)


class NestedFinalWithExits(StateChart):
    class one(State.Compound):
        x, end = State(initial=True), State(final=True)
        go = x.to(end)
        back = end.to(x)

    leave = one.to(one)


class FinalWithChildren(StateChart):
    class one(State.Compound):
        a = State(initial=True)

        class end(State.Compound, final=True):
            x = State(initial=True)

        go = a.to(end)

    back = one.to(one)


class History(StateChart):
    class one(State.Compound):
        x, y, last = State(initial=True), State(), HistoryState()
        go = x.to(y) | y.to(x)

    out = State()
    leave = one.to(out)
    back = out.to(one.last)


class Invoke(StateChart):
    a, b = State(initial=True), State(invoke=lambda: None)
    go = a.to(b)
    back = b.to(a)


class TwoInitialChildren(StateChart):
    class one(State.Compound):
        x, y = State(initial=True), State(initial=True)
        walk = x.to(y)

    go = one.to(one)


class TwoTargetsInOneRegion(StateChart):
    a = State(initial=True)

    class one(State.Compound):
        x, y = State(initial=True), State()
        walk = x.to(y)

    go = a.to([one.x, one.y])  # type: ignore[arg-type]
    back = one.to(a)


class AnotherStart(StateMachine):
    start_configuration_values = ["b"]
    a, b, go, back = two_states()


# Guards


class Validator(StateMachine):
    a, b, go, back = two_states(validators="check")

    def check(self) -> None:
        raise ValueError


class LambdaGuard(StateMachine):
    a, b, go, back = two_states(cond=lambda: True)


class GuardNamedLikeAnEvent(StateChart):
    a, b, go, back = two_states(cond="back")


class EventInAComparison(StateChart):
    a, b, go, back = two_states(cond="back == 1")


class GuardNamedLikeANestedState(StateChart):
    a = State(initial=True)

    class one(State.Compound):
        x = State(initial=True)

    go = a.to(one, cond="x")
    back = one.to(a)


class GuardOfTheLibrary(StateChart):
    a, b, go, back = two_states(cond="name")


def guard(answer: bool) -> Callable[[], bool]:
    def ready() -> bool:
        return answer

    return ready


class TwoGuardsWithOneName(StateChart):
    a, b = State(initial=True), State()
    go = a.to(b, cond=guard(True))
    back = b.to(a, cond=guard(False))


class ConditionAndItsOpposite(StateChart):
    ready = True
    a, b, go, back = two_states(cond="ready", unless="(ready)")


class ConditionsTheLibraryConfuses(StateChart):
    p, q, r = True, False, False
    a, b, go, back = two_states(cond=["p or (q and r)", "(p or q) and r"])


class QuestionForNoState(StateChart):
    a, b, go, back = two_states(cond="In('nowhere')")


class StateVIsReadAsOr(StateChart):
    a, v = State(initial=True), State()
    go = a.to(v)
    back = v.to(a, cond="In('v')")


class TooManyGuards(StateChart):
    g0 = g1 = g2 = g3 = g4 = g5 = g6 = True
    a, b, go, back = two_states(cond=["g0", "g1", "g2", "g3", "g4", "g5", "g6"])


class GuardedFromTheStart(StateChart):
    ready = True

    class one(State.Compound):
        end = State(initial=True, final=True)

    b = State()
    done_state_one = one.to(b, cond="ready")
    go = b.to(one)


# Eventless transitions


class GuardedEventless(StateChart):
    ready = False
    a, b = State(initial=True), State()
    a.to(b, cond="ready")
    go = b.to(a) | a.to.itself()


class EventlessCycle(StateChart):
    a, b, c = State(initial=True), State(), State()
    go = a.to(b)
    b.to(c)
    c.to(b)


class EventlessCycleWithEndlessDoneEvents(StateChart):
    a = State(initial=True)

    class one(State.Compound):
        x, end = State(initial=True), State(final=True)
        x.to(end)

    go = a.to(one)
    one.to(one, cond="In('end')")
    done_state_one = one.to(a)


# Actions


class ActionSends(StateChart):
    a, b, go, back = two_states()

    def on_enter_b(self) -> None:
        self.send("back")


class NestedFunctionSends(StateChart):
    a, b, go, back = two_states()

    def on_enter_b(self) -> None:
        def hurry() -> list[object]:
            return [send() for send in (lambda: self.send("back"),)]

        hurry()


def decorated(action: Callable[[Any], None]) -> Callable[[StateChart], None]:
    @wraps(action)
    def call(self: StateChart) -> None:
        action(self)

    return call


class InnerFunctionOfADecoratorSends(StateChart):
    a, b, go, back = two_states()

    @decorated
    def on_enter_b(self) -> None:
        self.send("back")


class StaticActionSends(StateChart):
    a, b, go, back = two_states()

    @staticmethod
    def on_enter_b(machine: StateChart) -> None:
        machine.send("back")


def send_event(event: str, machine: StateChart) -> None:
    machine.send(event)


class PartialActionSends(StateChart):
    a, b, go, back = two_states(on=partial(send_event, "back"))


class _Sender(StateChart):
    def on_enter_b(self) -> None:
        self.send("back")


class _Between(_Sender):
    pass


class ActionOfAGrandparentSends(_Between):
    a, b, go, back = two_states()


def hurry(machine: InlineActionSends) -> None:
    machine.back()


class InlineActionSends(StateChart):
    a, b = State(initial=True), State(enter=hurry)
    go = a.to(b)
    back = b.to(a)


class EventAsAnAction(StateChart):
    a, b, go, back = two_states(after="back")


class _Listener:
    def on_enter_b(self, machine: StateChart) -> None:
        machine.send("back")


class ListenerSends(StateChart):
    listeners = [_Listener]
    a, b, go, back = two_states()


# Regions of a parallel state


class RegionsConflict(StateChart):
    class both(State.Parallel):
        class one(State.Compound):
            x = State(initial=True)

        class two(State.Compound):
            y = State(initial=True)

    out, other = State(), State()
    go = both.one.x.to(out) | both.two.y.to(other)
    back = out.to(both) | other.to(both)


class ThreeLevelsConflict(StateChart):
    class both(State.Parallel):
        class one(State.Compound):
            class inner(State.Parallel):
                class left(State.Compound):
                    x = State(initial=True)

                class right(State.Compound):
                    y = State(initial=True)

        class two(State.Compound):
            z = State(initial=True)

    out = State()
    go = both.one.inner.left.x.to(out) | both.one.inner.to(out) | both.to(out)
    back = out.to(both)


class DoneAtOnce(StateChart):
    class both(State.Parallel):
        class one(State.Compound):
            x, x_end = State(initial=True), State(final=True)
            go = x.to(x_end)

        class two(State.Compound):
            y, y_end = State(initial=True), State(final=True)
            go = y.to(y_end)

    left, right = State(), State()
    done_state_one = both.to(left)
    done_state_two = both.to(right)
    back = left.to(both) | right.to(both)


class EndsByOrder(StateChart):
    class both(State.Parallel):
        class one(State.Compound):
            x, x_end = State(initial=True), State(final=True)
            first = x.to(x_end)

        class two(State.Parallel):
            class inner(State.Compound):
                y, y_end = State(initial=True), State(final=True)
                second = y.to(y_end)


# Internal transitions


class InternalToAChild(StateMachine):
    class one(State.Compound):
        x, y = State(initial=True), State()
        walk = x.to(y) | y.to(x)

    one.to(one.y, event="go", internal=True)


class InternalSelfOfACompound(StateChart):
    class one(State.Compound):
        x, y = State(initial=True), State()
        walk = x.to(y)

    go = one.to(one, internal=True)


class InternalSelfInARegion(StateChart):
    class both(State.Parallel):
        class one(State.Compound):
            x = State(initial=True)
            go = x.to.itself(internal=True)

        class two(State.Compound):
            y, z = State(initial=True), State()
            walk = y.to(z)
            back = z.to(y)


class InternalSelfBesideTheInitialState(StateMachine):
    class both(State.Parallel):
        class one(State.Compound):
            w, x = State(initial=True), State()
            walk = w.to(x)
            go = x.to.itself(internal=True)
            back = x.to(w)

        class two(State.Compound):
            y = State(initial=True)


class InternalSelfBeforeAnotherRegion(StateChart):
    class both(State.Parallel):
        class one(State.Compound):
            a, b = State(initial=True), State()
            go = a.to(b) | b.to.itself()

        class two(State.Compound):
            y = State(initial=True)
            go = y.to.itself(internal=True)


# Indicators, deadlines and companions


class IndicatorsInAList(StateMachine):
    indicators = ["Delivered"]
    a = State(initial=True)
    go = a.to.itself()


class IndicatorOfNoStatus(StateMachine):
    indicators = {"Delivered": "Sent"}
    a = State(initial=True)
    go = a.to.itself()


class DeadlineInWords(StateMachine):
    deadline = "3.5d"
    a = State(initial=True)
    go = a.to.itself()


class DeadlineOfNoEvent(StateMachine):
    deadline = Deadline("go", "expire", "a")
    a = State(initial=True)
    go = a.to.itself()


class DeadlineOfNoState(StateMachine):
    deadline = Deadline("go", "go", "nowhere")
    a = State(initial=True)
    go = a.to.itself()


class DeadlineThatIsNotAccepted(StateChart):
    deadline = Deadline("go", "back", "a")
    a, b, go, back = two_states()


class DeadlineThatDependsOnAGuard(StateChart):
    deadline = Deadline("go", "back", "b")
    late = True
    a, b = State(initial=True), State()
    go = a.to(b)
    back = b.to(a, cond="late")


class CompanionAsAClass(StateMachine):
    companion = StateMachine
    a = State(initial=True)
    go = a.to.itself()


# Moves without an event


class SetsItsState(StateChart):
    a, b, go, back = two_states()

    def after_go(self) -> None:
        self.current_state_value = "a"


class StartsElsewhere(StateChart):
    a, b, go, back = two_states()

    def __init__(self) -> None:
        super().__init__(start_value="b")


class _Listener:
    def after_go(self, machine: StateChart) -> None:
        machine.send("back")


class GivesListeners(StateChart):
    a, b, go, back = two_states()

    def __init__(self) -> None:
        super().__init__(listeners=[_Listener()])


class AddsAListener(StateChart):
    a, b, go, back = two_states()

    def __init__(self) -> None:
        super().__init__()
        self.add_listener(_Listener())


class GivesAModel(StateChart):
    a, b, go, back = two_states()

    def __init__(self) -> None:
        super().__init__(_Listener())


def _send_back(machine: StateChart) -> None:
    machine.send("back")


class SendsByAnotherName(StateChart):
    a, b, go, back = two_states()

    def on_enter_b(self) -> None:
        machine = self
        _send_back(machine)


class SendsFromAList(StateChart):
    a, b, go, back = two_states()

    def on_enter_b(self) -> None:
        for machine in [self]:
            _send_back(machine)


class PassesItsModelOn(StateChart):
    """Not refused: whoever makes the machine gives it the model."""

    a, b, go, back = two_states()

    def __init__(self, model: object = None) -> None:
        super().__init__(model)
