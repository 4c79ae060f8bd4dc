"""Where the timers of a chart start and stop, in the states of its machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from fsm.chart import Chart, ChartTimer
from fsm.errors import MachineError
from fsm.flattening.stepper import Configuration, Macrostep
from fsm.machine_parts import State, Timer

__all__ = ["refuse_lost_timers", "timers_of", "unheard_timers"]


def timers_of(
    chart: Chart,
    states: Mapping[Configuration, State],
    steps: Iterable[tuple[Configuration, str, Macrostep]],
) -> Iterator[Timer]:
    """Yield the timers of a machine, given its states and what every symbol does in them.

    A timer runs while its node is active; a step that leaves the node and enters it again restarts
    it. A timer that nothing stops starts whenever its node is entered, even where the same step
    leaves it again. Timers of nodes that are never active are left out.

    Raises :class:`MachineError` where one step enters the node of a timer that nothing stops twice:
    two of them would run.
    """
    heard = [timer for timer in chart.timers if timer.event in chart.events]
    taken = list(steps) if heard else []
    for timer in heard:
        active = tuple(s.name for c, s in states.items() if timer.node in c.active)
        restarts = tuple(
            (states[configuration].name, text)
            for configuration, text, step in taken
            if _restarts(chart, timer, configuration, step)
        )
        scope = chart.nodes[timer.node].id
        if active or restarts:
            yield Timer(timer.event, timer.delay, active, restarts, timer.stops, scope)


def refuse_lost_timers(chart: Chart, entered: tuple[int, ...], start: Configuration) -> None:
    """Refuse a timer that nothing stops and that the start sets going in passing, or twice.

    The start may enter a state and leave it by eventless transitions and raised events; a machine
    has no timer that runs from the start in states that it does not name.
    """
    for timer in chart.timers:
        if timer.stops or timer.event not in chart.events:
            continue
        if entered.count(timer.node) > (timer.node in start.active):
            raise MachineError(
                f"{chart.class_name}: the start leaves {chart.nodes[timer.node].id!r}, and nothing "
                f"stops the timer of {timer.event!r}: cancel it on exit, or begin in a state that "
                "waits for an event"
            )


def unheard_timers(chart: Chart) -> Iterator[str]:
    """Yield the timers whose event no transition has: they are left out."""
    for timer in chart.timers:
        if timer.event not in chart.events:
            where = f"the timer of {timer.event} in {chart.nodes[timer.node].id}"
            yield f"{where} has no effect: no transition has its event"


def _restarts(chart: Chart, timer: ChartTimer, before: Configuration, step: Macrostep) -> bool:
    """Whether a step starts a timer anew, and not by leading to its node from outside of it."""
    entries = step.entered.count(timer.node)
    if not timer.stops and entries > 1:
        raise MachineError(
            f"{chart.class_name}: one step enters {chart.nodes[timer.node].id!r} {entries} times, "
            f"and nothing stops the timer of {timer.event!r}: cancel it on exit"
        )
    is_after = timer.node in step.after.active
    leads_there = is_after and timer.node not in before.active
    return entries > 0 and not leads_there and (is_after or not timer.stops)
