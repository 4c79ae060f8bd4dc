"""The names of a machine in all the forms in which a bound table may write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fsm.errors import PageError
from fsm.machine import Effect, Machine
from fsm.suggest import no_such
from fsm.tables.read.cell_text import normalise_name
from fsm.tables.words.binding import Binding
from fsm.tables.words.spelling import spelling_hint

__all__ = ["MachineNames"]


class MachineNames:
    """The names of a machine by kind, each a mapping of normalised forms to names.

    Raises :class:`PageError` for a label of the binding that stands for a name that the machine
    does not have, or that is itself another name of the same kind.
    """

    def __init__(self, machine: Machine, binding: Binding) -> None:
        titles = {normalise_name(state.title): state.name for state in machine.states}
        self.states = titles | _by_form(state.name for state in machine.states)
        events = {form: None for t in machine.transitions for form in (t.event, t.label, t.trigger)}
        self.events = _by_form(events)
        self.guards = _by_form(t.guard for t in machine.transitions)
        self.statuses = _by_form(machine.statuses)
        self.effects = _by_form(effect.value for effect in Effect)
        self.machine, self.binding = machine, binding
        self._check_labels()
        self._check_indicators()

    def state(self, text: str) -> str | None:
        """Return the state that a text stands for."""
        return self.binding.meaning(text, self.states)

    def hint(self, text: str, names: Mapping[str, str]) -> str:
        """Return a hint at the nearest name or label of a kind."""
        known = set(names.values())
        labels = {label: name for label, name in self.binding.labels.items() if name in known}
        return spelling_hint(text, {**names, **labels})

    def _check_labels(self) -> None:
        kinds = (self.states, self.events, self.guards, self.statuses, self.effects)
        every = {form: name for names in reversed(kinds) for form, name in names.items()}
        for label, name in self.binding.labels.items():
            of_kind = [names for names in kinds if name in names.values()]
            place = self.binding.place("labels", name)
            if not of_kind:
                hint = spelling_hint(name, every)
                raise PageError(
                    f"{place}: {self.machine.name} has no state, event, guard, status or effect "
                    f"{name!r}{hint}"
                )
            if all(names.get(label, name) != name for names in of_kind):
                raise PageError(f"{place}: {label!r} is itself the name of something else")

    def _check_indicators(self) -> None:
        known = [indicator.name for indicator in self.machine.indicators]
        for name in self.binding.indicators:
            if name not in known:
                place = self.binding.place("indicators", name)
                raise PageError(
                    f"{place}: {self.machine.name} has {no_such('indicator', name, known)}"
                )


def _by_form(names: Iterable[str]) -> dict[str, str]:
    """Return the names by their forms: as they are, and with blanks for underscores."""
    return {normalise_name(form): name for name in names for form in (name.replace("_", " "), name)}
