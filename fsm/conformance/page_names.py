"""The names of a page, read as those of a machine: states by what they show, guards by spelling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from fsm.alphabet import guarded_inputs
from fsm.conformance.votes import shows_states
from fsm.machine import Machine, symbol
from fsm.questions import Question
from fsm.tables.declared.tables import read_declared
from fsm.tables.read.cell_text import normalise_name
from fsm.tables.read.page import Page
from fsm.tables.read.table import Table
from fsm.tables.words.binding import Binding

__all__ = [
    "answers_of",
    "by_loose_form",
    "loose_form",
    "spelling_questions",
    "states_by_status",
    "unrelated_tables",
    "with_guards_of",
]


def states_by_status(machine: Machine, names: Iterable[str]) -> dict[str, str]:
    """Return the states for which a page writes what they show, by those names.

    Only a status of one state stands for it, and only where the page does not name that state.
    """
    if shows_states(machine):
        return {}
    known = {state.name for state in machine.states}
    counts = Counter(normalise_name(state.status) for state in machine.states if state.status)
    showing = {
        normalise_name(state.status): state.name
        for state in machine.states
        if state.status and counts[normalise_name(state.status)] == 1
    }
    written = list(dict.fromkeys(names))
    free = {name: showing.get(normalise_name(name)) for name in written if name not in known}
    return {name: state for name, state in free.items() if state and state not in written}


def answers_of(page: Page, tables: Iterable[Table], machine: Machine) -> Binding:
    """Return what a machine tells of words of a page that look alike: which name they mean."""
    names = {loose_form(name) for name in (*(s.name for s in machine.states), *machine.guards)}
    names |= {loose_form(t.trigger) for t in machine.transitions}
    spellings = {
        normalise_name(question.key.removeprefix(_SPELLINGS)): question.choices[0]
        for question in spelling_questions(page, tables, None)
        if {loose_form(choice) for choice in question.choices} & names
        if len({loose_form(choice) for choice in question.choices}) == 1
    }
    return Binding("", {}, {}, {}, spellings=spellings)


_SPELLINGS = "spellings."


def spelling_questions(
    page: Page, tables: Iterable[Table], binding: Binding | None
) -> list[Question]:
    """Return what is open about words that look alike."""
    questions = [q for table in tables for q in read_declared(page, table, binding).questions]
    return [question for question in questions if question.key.startswith(_SPELLINGS)]


def with_guards_of(machine: Machine, declared: Machine) -> Machine:
    """Return a declared machine whose guards have the names of a machine's, where they match."""
    ours = {loose_form(guard): guard for guards in machine.guards.values() for guard in guards}
    new = {
        guard: ours[loose_form(guard)]
        for guards in declared.guards.values()
        for guard in guards
        if guard not in ours.values() and loose_form(guard) in ours
    }
    if not new:
        return declared
    symbols: dict[str, str | None] = {event: event for event in declared.events}
    for old, (event, valuation) in guarded_inputs(declared).items():
        renamed = {(new.get(guard, guard), truth) for guard, truth in valuation}
        # Two spellings of one guard on a page are true together, or neither is.
        is_possible = len(dict(renamed)) == len(renamed)
        symbols[old] = symbol(event, dict(renamed)) if is_possible else None
    return replace(
        declared,
        events=tuple(name for event in declared.events if (name := symbols[event])),
        transitions=tuple(
            replace(t, event=name) for t in declared.transitions if (name := symbols[t.event])
        ),
        guards={
            event: tuple(sorted({new.get(guard, guard) for guard in guards}))
            for event, guards in declared.guards.items()
        },
    )


def by_loose_form(forms: Mapping[str, str]) -> dict[str, str]:
    """Return names by their forms without hyphens, as far as only one name has such a form."""
    found: dict[str, set[str]] = {}
    for form, name in forms.items():
        found.setdefault(loose_form(form), set()).add(name)
    return {form: next(iter(names)) for form, names in found.items() if len(names) == 1}


def loose_form(name: str) -> str:
    """Return a name without case, and with blanks for underscores and hyphens."""
    return normalise_name(name.replace("_", " ").replace("-", " "))


def unrelated_tables(
    tables: Sequence[Table], states: Mapping[int, Iterable[str]], machine: Machine
) -> list[Table]:
    """Return the tables none of whose states is the machine's, beside others that have some.

    ``states`` are the states that each line of the page names.
    """
    known = {state.name for state in machine.states}
    named = {
        n: {state for row in table.rows for state in states.get(row.line, ())}
        for n, table in enumerate(tables)
    }
    if all(known.isdisjoint(names) for names in named.values()):
        return []
    return [tables[n] for n, names in named.items() if names and known.isdisjoint(names)]
