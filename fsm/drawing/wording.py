"""The words of a diagram: those of the machine, or those of a lexicon.

A lexicon holds the words of documented pages. Steps of its documented tables are the labels of
events, unless its section ``[events]`` has shorter ones; ``[states]`` has the titles of states.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fsm.epoch import exact_duration
from fsm.machine import Effect, Machine, State, Timer, Transition
from fsm.text import quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fsm.chart import ChartTimer
    from fsm.tables.words.lexicon import Lexicon

__all__ = [
    "AS_DECLARED",
    "CLOCK",
    "IMAGE_CLOCK",
    "UNSTOPPED",
    "Wording",
    "after_text",
    "timer_text",
    "untranslated",
]

CLOCK = "⏱"
"""What stands before the event of a timer."""
IMAGE_CLOCK = "◷"
"""The same in images: few fonts have :data:`CLOCK`, most have this one."""
UNSTOPPED = " unstopped"
"""What stands after the delay of a timer that leaving its state does not stop."""

_MOST = 4
"""Maximum number of missing words that a message lists."""
_SIGNS = {Effect.INCREASES: "↑", Effect.DECREASES: "↓"}


@dataclass(frozen=True)
class Wording:
    """How a diagram calls the parts of a machine; without a lexicon, as the machine does.

    A part for which the lexicon has no word keeps its own: see :func:`untranslated`.
    """

    lexicon: Lexicon | None = None
    """The lexicon; ``None``: the words of the machine."""

    @property
    def language(self) -> str | None:
        """The language of the lexicon."""
        return self.lexicon.language if self.lexicon else None

    def title(self, machine: Machine) -> str:
        """Return the title of a machine."""
        return self._word("titles", machine.name) or machine.title

    def status(self, status: str) -> str:
        """Return the label of a status."""
        return self._word("statuses", status) or status

    def state(self, state: State) -> str:
        """Return the title of a state; a state that is called like its status follows it."""
        title = state.title or state.name
        word = self._word("states", state.name)
        return word or (self.status(title) if title == state.status else title)

    def event(self, machine: str, transition: Transition) -> str:
        """Return the label of a transition's event."""
        return self._event(machine, transition) or transition.label

    def declared_event(self, machine: str, cells: Iterable[Transition], text: str) -> str:
        """Return the word for the event of a declared transition with some cells, or its text."""
        words = (self._event(machine, transition) for transition in cells)
        return next(filter(None, words), text)

    def indicator(self, name: str) -> str:
        """Return the label of an indicator."""
        return self._word("indicators", name) or name

    def effect(self, indicator: str, effect: Effect) -> str:
        """Return an effect on an indicator, with an arrow where it increases or decreases."""
        name = self.indicator(indicator)
        if sign := _SIGNS.get(effect):
            return f"{name} {sign}"
        pattern = self._word("effects", effect.value)
        text = pattern.replace("{indicator}", name) if pattern else f"{name} {effect.value}"
        return text.replace(" %", "\xa0%") if pattern else text

    def missing(self, machine: Machine) -> Iterator[str]:
        """Yield the words of a machine that the lexicon does not have."""
        if not self._word("titles", machine.name):
            yield machine.title
        for status in machine.statuses:
            if not self._word("statuses", status):
                yield status
        for state in machine.states:
            has_label = state.title == state.status and self._word("statuses", state.title)
            if not (has_label or self._word("states", state.name)):
                yield state.title or state.name
        for transition in machine.transitions:
            if not self._event(machine.name, transition):
                yield transition.label
        for indicator in machine.indicators:
            if not self._word("indicators", indicator.name):
                yield indicator.name

    def _event(self, machine: str, transition: Transition) -> str | None:
        if word := self._word("events", transition.event):
            return word
        steps = self.lexicon.documented.get(machine, ()) if self.lexicon else ()
        labels = {step.source: label for step, label in steps if step.event == transition.event}
        return labels.get(transition.source) or next(iter(labels.values()), None)

    def _word(self, section: str, name: str) -> str | None:
        return self.lexicon.preferred.get((section, name)) if self.lexicon else None


AS_DECLARED = Wording()


def after_text(timer: Timer | ChartTimer) -> str:
    """Return when a timer ends, and whether leaving its state does not stop it.

    >>> after_text(Timer("expire", 90_000_000, ("waiting",), stops=False))
    'after 1 min 30 s unstopped'
    """
    return f"after {exact_duration(timer.delay)}{'' if timer.stops else UNSTOPPED}"


def timer_text(machine: Machine, transition: Transition, text: str) -> str:
    """Return the label of a transition; with the clock, where a timer may be its cause.

    The delay is told where the state of the transition starts the timer. ``text`` is the label
    without both.
    """
    timers = [timer for timer in machine.timers if timer.event == transition.event]
    for timer in timers:
        if transition.source in timer.states:
            return f"{CLOCK} {text} {after_text(timer)}"
    return text if all(timer.stops for timer in timers) else f"{CLOCK} {text}"


def untranslated(machine: Machine, wording: Wording) -> str:
    """Return a message that names the words a lexicon lacks for a machine, or an empty text."""
    missing = list(dict.fromkeys(wording.missing(machine))) if wording.lexicon else []
    if not missing:
        return ""
    listed = ", ".join(repr(word) for word in missing[:_MOST])
    more = f" and {len(missing) - _MOST} more" if missing[_MOST:] else ""
    return (
        f"the lexicon {wording.language!r} lacks {quantity(len(missing), 'word')} of "
        f"{machine.name}, written as declared: {listed}{more}"
    )
