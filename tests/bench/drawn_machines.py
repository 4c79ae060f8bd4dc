"""The ten machines of ``drawings.py``: classes of python-statemachine, and a Mealy machine."""

from datetime import timedelta
from typing import Any

from statemachine import HistoryState, State, StateChart

from fsm.formats.dot import parse_dot
from fsm.machine_parts import Timer
from fsm.mealy import Mealy

__all__ = ["CLASSES", "counter"]


class Simple(StateChart):
    draft = State("Draft", initial=True)
    review = State("In review")
    published = State("Published", final=True)
    submit = draft.to(review)
    reject = review.to(draft)
    approve = review.to(published)


class Nested(StateChart):
    class off(State.Compound, name="Off"):
        cold = State("Cold", initial=True)
        warm = State("Warm")
        heat = cold.to(warm)

    class on(State.Compound, name="On"):
        idle = State("Idle", initial=True)

        class printing(State.Compound, name="Printing"):
            first = State("First page", initial=True)
            other = State("Other pages")
            page = first.to(other)

        job = idle.to(printing)
        finish = printing.to(idle)

    switch_on = off.to(on)
    switch_off = on.to(off)


class Regions(StateChart):
    class running(State.Parallel, name="Running"):
        class heater(State.Compound, name="Heater"):
            heater_off = State("Heater off", initial=True)
            heater_on = State("Heater on")
            heat = heater_off.to(heater_on)
            cool = heater_on.to(heater_off)

        class door(State.Compound, name="Door"):
            shut = State("Shut", initial=True)
            opened = State("Open")
            pull = shut.to(opened)
            push = opened.to(shut)

    unplugged = State("Unplugged", final=True)
    unplug = running.to(unplugged)


class Remembered(StateChart):
    class playing(State.Compound, name="Playing"):
        song = State("Song", initial=True)
        radio = State("Radio")
        last = HistoryState()
        tune = song.to(radio)
        stop_radio = radio.to(song)

    call = State("Phone call")
    ring = playing.to(call)
    hang_up = call.to(playing.last)


class Itself(StateChart):
    class active(State.Compound, name="Active"):
        low = State("Low", initial=True)
        high = State("High")
        rise = low.to(high)

    note = active.low.to.itself(internal=True, on="log")
    retry = active.high.to.itself()
    reset = active.to.itself()
    ended = State("Ended", final=True)
    end = active.to(ended)

    def log(self) -> None:
        """Do what is no part of the machine."""


class Guarded(StateChart):
    placed = State("Placed", initial=True)
    packed = State("Packed")
    waiting = State("Waiting")
    refused = State("Refused", final=True)
    shipped = State("Shipped", final=True)
    pay = (
        placed.to(packed, cond="in_stock")
        | placed.to(waiting, cond="can_be_ordered")
        | placed.to(refused)
    )
    arrive = waiting.to(packed, unless="is_damaged")
    ship = packed.to(shipped, cond="is_paid")
    in_stock = can_be_ordered = is_damaged = is_paid = True


class Timed(StateChart):
    red = State("Red", initial=True)
    green = State("Green")
    amber = State("Amber")
    broken = State("Blinking")
    go = red.to(green)
    slow = green.to(amber)
    halt = amber.to(red)
    fail = red.to(broken) | green.to(broken) | amber.to(broken)
    repair = broken.to(red)
    timers = (
        Timer.of("go", timedelta(seconds=30), "red"),
        Timer.of("slow", timedelta(seconds=45), "green"),
        Timer.of("halt", timedelta(seconds=3), "amber"),
    )


class ManyEvents(StateChart):
    opened = State("Open", initial=True)
    closed = State("Closed")
    solved = opened.to(closed)
    withdrawn = opened.to(closed)
    duplicate = opened.to(closed)
    expired = opened.to(closed)
    merged = opened.to(closed)
    rejected = opened.to(closed)
    reopened = closed.to(opened)
    appealed = closed.to(opened)
    commented = opened.to.itself() | closed.to.itself()


def mesh(size: int) -> type[StateChart]:
    """Return a machine in which each state leads to three others."""
    states = [State(f"State {i}", initial=i == 0) for i in range(size)]
    events: dict[str, Any] = {}
    for event, factor, leap in (("next", 1, 1), ("jump", 1, 5), ("twice", 2, 3)):
        for i, state in enumerate(states):
            way = state.to(states[(i * factor + leap) % size])
            events[event] = events[event] | way if event in events else way
    names = {f"s{i}": state for i, state in enumerate(states)}
    return type("Mesh", (StateChart,), names | events)


COINS = 7


def coins() -> list[tuple[int, str, str, int]]:
    """Return source, input, output and target: coins are counted, the seventh buys a ticket."""
    rows = []
    for i in range(COINS):
        rows.append((i, "coin", "ticket" if i == COINS - 1 else "thanks", (i + 1) % COINS))
        rows.append((i, "back", "coin" if i else "nothing", max(i - 1, 0)))
        rows.append((i, "look", "some" if i else "none", i))
    return rows


def counter() -> Mealy:
    """Return the counter of coins as a Mealy machine."""
    edges = [f's{a} -> s{b} [label="{event} / {answer}"]' for a, event, answer, b in coins()]
    return parse_dot("digraph {" + "; ".join(edges) + "}", "counter.dot")


def counter_class() -> type[StateChart]:
    """Return the counter as a class whose actions are the outputs."""
    states = [State(f"s{i}", initial=i == 0) for i in range(COINS)]
    events: dict[str, Any] = {}
    for i, event, answer, j in coins():
        way = states[i].to(states[j], on=answer)
        events[event] = events[event] | way if event in events else way
    names = {f"s{i}": state for i, state in enumerate(states)}
    answers = {answer: lambda self: None for _, _, answer, _ in coins() if answer != "coin"}
    return type("Counter", (StateChart,), {**names, **events, **answers})


CLASSES: dict[str, type[StateChart]] = {
    "simple": Simple,
    "nested": Nested,
    "parallel": Regions,
    "history": Remembered,
    "itself": Itself,
    "guards": Guarded,
    "timers": Timed,
    "many events": ManyEvents,
    "mesh": mesh(12),
    "mealy": counter_class(),
}
"""The machines by their names; the last one is :func:`counter` where outputs can be given."""
