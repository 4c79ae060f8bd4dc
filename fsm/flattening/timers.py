"""Where the timers of a chart start and stop, in the states of its machine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from fsm.chart import Chart, ChartTimer
from fsm.errors import MachineError
from fsm.flattening.stepper import Configuration, Macrostep
from fsm.machine_parts import State, Timer

__all__ = ["passed_at_start", "timers_of", "unheard_timers"]


def timers_of(
    chart: Chart,
    states: Mapping[Configuration, State],
    steps: Iterable[tuple[Configuration, str, Macrostep]],
    *,
    start: Configuration,
    passed: Collection[int],
) -> Iterator[Timer]:
    """Yield the timers of a machine, given its states and what every symbol does in them.

    A timer runs while its node is active; a step that leaves the node and enters it again restarts
    it. A timer that nothing stops starts whenever its node is entered, even where the same step
    leaves it again. Timers of nodes that are never active are left out.

    ``passed`` are the nodes that a new machine enters and leaves before it is in the configuration
    ``start``. A timer of theirs that nothing stops has its state among its own, so that it runs
    from the start.

    Raises :class:`MachineError` where one step enters the node of a timer that nothing stops twice:
    two of them would run; and where a step enters ``start`` without such a timer of the start.
    """
    heard = [timer for timer in chart.timers if timer.event in chart.events]
    taken = list(steps) if heard else []
    for timer in heard:
        begins = not timer.stops and timer.node in passed
        if begins and any(_comes_back(timer, start, c, step) for c, _, step in taken):
            raise MachineError(
                f"{chart.class_name}: the start leaves {chart.nodes[timer.node].id!r}, and nothing "
                f"stops the timer of {timer.event!r}, which does not run where the machine comes "
                "back: cancel it on exit, or begin in a state that waits for an event"
            )
        running = {c for c in states if timer.node in c.active or (begins and c is start)}
        active = tuple(s.name for c, s in states.items() if c in running)
        restarts = tuple(
            (states[configuration].name, text)
            for configuration, text, step in taken
            if _restarts(chart, timer, configuration, step, running)
        )
        scope = chart.nodes[timer.node].id
        if active or restarts:
            yield Timer(timer.event, timer.delay, active, restarts, timer.stops, scope)


def unheard_timers(chart: Chart) -> Iterator[str]:
    """Yield the timers whose event no transition has: they are left out."""
    for timer in chart.timers:
        if timer.event not in chart.events:
            where = f"the timer of {timer.event} in {chart.nodes[timer.node].id}"
            yield f"{where} has no effect: no transition has its event"


def passed_at_start(chart: Chart, entered: Sequence[int], start: Configuration) -> frozenset[int]:
    """Return the nodes that a new machine enters, and has left in its initial configuration."""
    for timer in chart.timers:
        _check_entries(chart, timer, entered)
    return frozenset(entered) - start.active


def _comes_back(
    timer: ChartTimer, start: Configuration, before: Configuration, step: Macrostep
) -> bool:
    """Whether a step leads back to the first configuration without entering a timer's node."""
    return step.after is start is not before and timer.node not in step.entered


def _check_entries(chart: Chart, timer: ChartTimer, entered: Sequence[int]) -> None:
    entries = entered.count(timer.node)
    if not timer.stops and timer.event in chart.events and entries > 1:
        raise MachineError(
            f"{chart.class_name}: one step enters {chart.nodes[timer.node].id!r} {entries} times, "
            f"and nothing stops the timer of {timer.event!r}: cancel it on exit"
        )


def _restarts(
    chart: Chart,
    timer: ChartTimer,
    before: Configuration,
    step: Macrostep,
    running: Collection[Configuration],
) -> bool:
    """Whether a step starts a timer anew, and not by leading to its node from outside of it."""
    _check_entries(chart, timer, step.entered)
    entries = step.entered.count(timer.node)
    is_after = step.after in running
    leads_there = is_after and before not in running
    return entries > 0 and not leads_there and (is_after or not timer.stops)
