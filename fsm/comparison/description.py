"""A comparison as lines of text; the first machine stands left of the bar."""

from __future__ import annotations

from collections.abc import Iterator

from fsm.comparison.result import (
    Comparison,
    Difference,
    DifferenceKind,
    EffectDifference,
    Settlement,
    StatePair,
)
from fsm.text import quantity

__all__ = ["comparison_lines", "describe_comparison", "remarks"]

_MOST_STATES = 12
"""How many states that were not compared are listed."""
_NOT_IN_ANSWERS = "final states, deadlines, timers and indicators are not compared."


def describe_comparison(comparison: Comparison) -> list[str]:
    """Return a comparison as lines for people; the first machine stands left of the bar."""
    return list(comparison_lines(comparison))


def comparison_lines(comparison: Comparison) -> Iterator[str]:
    """Yield the lines of :func:`describe_comparison`: together they may be long."""
    yield f"{comparison.a} | {comparison.b}"
    if comparison.same:
        yield "The same: no trace tells them apart."
    if not comparison.by_answers:
        yield _skeleton_line(comparison)
    yield from map(_difference_line, comparison.differences)
    yield from map(_effect_line, comparison.effects)
    if comparison.settlement and not comparison.same:
        yield from _settlement_lines(comparison.settlement)
    yield from remarks(comparison)


def remarks(comparison: Comparison) -> list[str]:
    """Return how guards were compared, and what could not be compared, as lines for people."""
    guards = [_guards_line(*guards) for guards in comparison.guards]
    answers = [f"Compared by answers alone ({comparison.by_answers}): {_NOT_IN_ANSWERS}"]
    return guards + (answers if comparison.by_answers else []) + _not_compared_lines(comparison)


def _skeleton_line(comparison: Comparison) -> str:
    if comparison.skeleton is None:
        return "No common skeleton: states and transitions do not correspond one to one."
    states = quantity(len(comparison.skeleton), "state")
    return f"One skeleton: {states}, the same events lead to the same states."


def _guards_line(event: str, ours: tuple[str, ...], theirs: tuple[str, ...]) -> str:
    what = " | ".join(", ".join(names) or "none" for names in (ours, theirs))
    return f"Guards of {event}: {what}; compared under every valuation of them."


def _not_compared_lines(comparison: Comparison) -> list[str]:
    return [
        f"Not compared: {_enumerated(states)} of {name}; no trace that both accept leads there."
        for name, states in zip((comparison.a, comparison.b), comparison.not_compared, strict=True)
        if states
    ]


def _enumerated(states: tuple[str, ...]) -> str:
    names, more = ", ".join(states[:_MOST_STATES]), len(states) - _MOST_STATES
    return f"{names} and {quantity(more, 'more state')}" if more > 0 else names


def _difference_line(difference: Difference) -> str:
    where, what = _name(difference.states), " | ".join(x or "none" for x in difference.shows)
    trace = ", ".join(difference.path)
    after = f"; after: {trace}" if difference.path else "; at the start"
    match difference.kind:
        case DifferenceKind.STATUS:
            return f"status of {where}: {what}{after}"
        case DifferenceKind.FINAL:
            return f"final state in {where}: {what}{after}"
        case DifferenceKind.ACCEPTS | DifferenceKind.ANSWER:
            return f"event {difference.event} in {where}: {what}; trace: {trace}"
        case DifferenceKind.ALPHABET:
            return f"event {difference.event}: {what}; trace: {trace}"
        case DifferenceKind.DEADLINE:
            return f"deadline in {where}: {what}{after}"
        case DifferenceKind.TIMER:
            return f"timers in {where}: {what}{after}"
        case DifferenceKind.INDICATOR:
            return f"indicator: {what}"


def _effect_line(effect: EffectDifference) -> str:
    changes = "; ".join(f"{name} {x.value} | {y.value}" for name, x, y in effect.effects)
    return f"effect of {effect.event} in {_name(effect.states)}: {changes}"


def _settlement_lines(settlement: Settlement) -> list[str]:
    if not settlement.pairs:
        return ["There is no state from which both agree for good."]
    names = ", ".join(map(_name, settlement.pairs))
    lines = [f"Both agree for good in: {names}."]
    if settlement.reached_from_all:
        lines.append("Every message can get there: both agree once every message is settled.")
    else:
        lines.append("Not every message gets there: some differences last.")
    return lines


def _name(pair: StatePair) -> str:
    return pair[0] if pair[0] == pair[1] else " | ".join(pair)
