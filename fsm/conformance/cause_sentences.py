"""Causes and remedies in words, for readers who know the process and not the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from fsm.conformance.causes import Cause, Context
from fsm.conformance.remedies import Remedy
from fsm.text import quantity
from fsm.unit import Unit

__all__ = ["CauseSentences"]

_CONTEXTS = 3
"""Contexts that are named; the others are counted."""


class CauseSentences:
    """What is wrong, and what would end it; ``name`` writes the name of a state or an event."""

    def __init__(self, unit: Unit, name: Callable[[str], str]) -> None:
        self.unit, self.name = unit, name

    def fault(self, cause: Cause) -> str:
        """Return what is missing or extra, in which state, and how often.

        >>> from fsm.conformance.causes import Cause
        >>> cause = Cause("sent", "extra", "pay", 3, 0.25, 2, (), ())
        >>> CauseSentences(Unit("fine"), repr).fault(cause)
        "'pay' is extra in 'sent': 3 times in 2 fines (25.0 % of all repairs)"
        """
        event = self.name(cause.event) if cause.event else "an event that the machine does not have"
        times = "" if cause.count == cause.messages else f"{quantity(cause.count, 'time')} "
        return (
            f"{event} is {cause.kind} in {self.name(cause.state)}: {times}in "
            f"{self.unit.count(cause.messages)} ({100 * cause.share:.1f} % of all repairs)"
        )

    def context(self, cause: Cause) -> str:
        """Return what happens next where an event is missing; empty for an extra event."""
        if not cause.contexts:
            return ""
        shown = [self._context(context) for context in cause.contexts[:_CONTEXTS]]
        rest = sum(context.count for context in cause.contexts[_CONTEXTS:])
        if rest:
            shown.append(f"elsewhere ({rest:,})")
        return ", ".join(shown)

    def _context(self, context: Context) -> str:
        before = f"before {self.name(context.before)}" if context.before else "at the end"
        return f"{before} ({context.count:,})"

    def examples(self, places: Iterable[str]) -> str:
        """Return places, each file named once; empty without any.

        >>> CauseSentences(Unit(), repr).examples(["a.csv:2", "a.csv:5", "b.csv:1"])
        'a.csv:2, :5, b.csv:1'
        """
        texts, last = [], None
        for place in places:
            file, colon, line = place.rpartition(":")
            texts.append(f"{colon}{line}" if file == last else place)
            last = file
        return ", ".join(texts)

    def remedy(self, cause: Cause) -> str:
        """Return what would end a cause, and what that does to the log; empty if not looked for."""
        if not cause.is_remedy_known:
            return ""
        if cause.remedy is None:
            return "no single new transition would end it"
        return ", ".join(self._remedy(cause.remedy))

    def _remedy(self, remedy: Remedy) -> Iterator[str]:
        least = "" if remedy.is_whole else "at least "
        effect = f"save {least}{quantity(remedy.saved, 'repair')}"
        if remedy.mended:
            effect = f"mend {least}{self.unit.count(remedy.mended)} and {effect}"
        else:
            effect += f" without mending any {self.unit.name} alone"
        yield f"{self._change(remedy)} would {effect}"
        if remedy.contradicts is not None:
            rows = " and ".join(origin.citation for origin in remedy.contradicts)
            yield f"and contradicts {rows or 'no documented row'}"

    def _change(self, remedy: Remedy) -> str:
        state = self.name(remedy.state)
        if not remedy.event:
            return f"letting {self.unit.several} end in {state}"
        event, target = self.name(remedy.event), self.name(remedy.target)
        if remedy.target == remedy.state:
            return f"accepting {event} in {state}, without leaving it,"
        return f"a transition from {state} to {target} on {event}"
