"""Causes and remedies in words, for readers who know the process and not the machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from fsm.conformance.causes import Cause
from fsm.conformance.remedies import Remedy
from fsm.text import quantity
from fsm.unit import Unit

__all__ = ["CauseSentences"]


class CauseSentences:
    """What is wrong, and what would end it; ``name`` writes the name of a state or an event."""

    def __init__(self, unit: Unit, name: Callable[[str], str]) -> None:
        self.unit, self.name = unit, name

    def fault(self, cause: Cause) -> str:
        """Return what is missing or extra, in which state, and how often.

        >>> from fsm.conformance.alignment import Edit
        >>> from fsm.conformance.least_repair import CountedEdit
        >>> found = CountedEdit(Edit("sent", "missing", "note", "pay"), 3, 2, 2, ())
        >>> CauseSentences(Unit("fine"), repr).fault(Cause(found, 0.25))
        "'note' is missing in 'sent' before 'pay': 3 times in 2 fines (25.0 % of all repairs)"
        """
        edit, found = cause.edit, cause.found
        event = self.name(edit.event) if edit.event else "an event that the machine does not have"
        times = "" if found.count == found.messages else f"{quantity(found.count, 'time')} "
        return (
            f"{event} is {edit.kind} in {self.name(edit.state)}{self.context(cause)}: {times}in "
            f"{self.unit.count(found.messages)} ({100 * cause.share:.1f} % of all repairs)"
        )

    def context(self, cause: Cause) -> str:
        """Return what happens next where an event is missing, after a space; else nothing."""
        if not cause.is_missing:
            return ""
        return f" before {self.name(cause.edit.before)}" if cause.edit.before else " at the end"

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
            at_end = cause.is_missing and not cause.edit.before
            hint = "; --may-end all lets messages end in every state" if at_end else ""
            return f"no single new transition would end it{hint}"
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
