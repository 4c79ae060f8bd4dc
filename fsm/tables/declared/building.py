"""Build the machine of what a table states, or ask what it does not decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from fsm.errors import MachineError
from fsm.machine import Machine, Origin, State, Transition, symbol
from fsm.suggest import no_such
from fsm.tables.declared.cells import Condition
from fsm.tables.declared.statements import StatedRow, Statements

__all__ = ["MAX_GUARDS", "build_machine"]

MAX_GUARDS = 6
"""An event that depends on more guards has more than 64 symbols and gives no machine."""
_MAX_CELLS = 1_000_000


@dataclass(frozen=True, slots=True)
class _Arrow:
    """A row as it applies to one state."""

    row: StatedRow
    target: str
    is_explicit: bool
    """Whether the row names the state, rather than ``any``."""


@dataclass
class _Building:
    stated: Statements
    initial: str = ""
    final: set[str] = field(default_factory=set)
    arrows: dict[tuple[str, str], list[_Arrow]] = field(default_factory=dict)
    """The rows that apply, by state and event, in their order."""

    @property
    def states(self) -> list[str]:
        return list(self.stated.states.shown.values())


def build_machine(stated: Statements, name: str, title: str) -> Machine | None:
    """Return the machine, or ``None`` where findings or questions stand against it."""
    building = _Building(stated)
    stated.questions.extend(stated.states.lookalikes())
    derived = {f"to {state}" for state in building.states}
    if not derived >= set(stated.events.shown.values()):
        stated.questions.extend(stated.events.lookalikes())
    if not stated.rows:
        stated.find(stated.line, "no row of this table is a transition")
        return None
    _find_final(building)
    _spread(building)
    _find_initial(building)
    if stated.findings or stated.questions:
        return None
    guards = _guards(building)
    cells = len(building.states) * sum(2 ** len(guards[event]) for event in guards)
    if any(len(names) > MAX_GUARDS for names in guards.values()) or cells > _MAX_CELLS:
        most = max(guards, key=lambda event: len(guards[event]))
        stated.find(
            stated.line, f"the event {most!r} has too many guards, or the table too many cells"
        )
        return None
    transitions = _transitions(building, guards)
    if stated.findings:
        return None
    _say_unreached(building, transitions)
    return _machine(building, name, title, transitions, guards)


def _say_unreached(building: _Building, transitions: Sequence[Transition]) -> None:
    """Say which states no trace reaches: a word that is no state, or a row that is missing."""
    after: dict[str, list[str]] = {}
    for transition in transitions:
        after.setdefault(transition.source, []).append(transition.target)
    reached, waiting = {building.initial}, [building.initial]
    while waiting:
        new = [state for state in after.get(waiting.pop(), ()) if state not in reached]
        reached.update(new)
        waiting += new
    names = building.stated.states
    for state in building.states:
        if state not in reached:
            text = f"no trace from {building.initial!r} reaches {state!r}"
            building.stated.assume(names.lines[names.form(state)], text)


# States --------------------------------------------------------------------------------------


def _find_final(building: _Building) -> None:
    """Find the final states: of a file, by marks, else those that no row leaves."""
    stated = building.stated
    binding = stated.binding
    if binding and binding.final is not None:
        building.final = {_named(stated, "final", name) for name in binding.final}
        return
    leaving = {state for row in stated.rows for state in row.sources}
    for state, line in stated.ends.items():
        rows = [row for row in stated.rows if state in row.sources]
        if rows:
            text = f"nothing follows {state!r} here, but line {rows[0].line} leads on from it"
            stated.find(line, text)
    building.final = set(stated.final)
    others = [s for s in building.states if s not in leaving and s not in building.final]
    others = [s for s in others if s not in _start_only(stated)]
    if others:
        stated.assume(stated.line, f"final, because no row leads on: {', '.join(others)}")
        building.final |= set(others)
    if stated.starred:
        _read_stars(building)


def _start_only(stated: Statements) -> set[str]:
    """Return the states that only ``any`` leaves, since they are where it begins."""
    entered = {row.target for row in stated.rows if row.target}
    if not any(row.quantifier for row in stated.rows):
        return set()
    return {state for state in stated.initial if state not in entered}


def _read_stars(building: _Building) -> None:
    """Decide what asterisks mark: final states beside an arrow, as automata are written."""
    stated = building.stated
    binding = stated.binding
    line = next(iter(stated.starred.values()))
    names = ", ".join(stated.starred)
    if stated.initial or (binding and binding.initial):
        building.final |= set(stated.starred)
        stated.assume(line, f"an asterisk marks final states: {names}")
    elif not (binding and binding.final is not None):
        text = f"does the asterisk at {names} mark the initial state, or final ones?"
        stated.ask("initial", text, tuple(building.states), line)


def _named(stated: Statements, entry: str, name: str) -> str:
    """Return the state that a file names; one that the table does not have is a finding."""
    found = stated.states.get(name)
    if found is None:
        place = stated.binding.place("", entry) if stated.binding else stated.file
        raise MachineError(f"{place}: {no_such('state', name, stated.states.shown.values())}")
    return found


def _find_initial(building: _Building) -> None:
    """Find the initial state: of a file, by its mark, else by the order of the rows."""
    stated, states = building.stated, building.states
    binding = stated.binding
    if binding and binding.initial:
        building.initial = _named(stated, "initial", binding.initial)
        return
    if len(stated.initial) > 1:
        marks = ", ".join(f"{name} (line {line})" for name, line in stated.initial.items())
        text = f"several states are marked as the initial one: {marks}"
        stated.ask("initial", text, tuple(stated.initial), next(iter(stated.initial.values())))
        return
    if stated.initial:
        building.initial = next(iter(stated.initial))
        return
    entered = {
        arrow.target
        for (source, _), arrows in building.arrows.items()
        for arrow in arrows
        if arrow.target != source
    }
    named = [state for row in stated.rows for state in row.sources]
    first = named[0] if named else states[0]
    free = [state for state in states if state not in entered]
    if free == [first] or not free:
        why = "no row leads to it" if free else "it comes first"
        building.initial = first
        stated.assume(stated.line, f"initial: {first}, because {why}")
        return
    shown = ", ".join(free)
    text = (
        f"which state is the initial one? the first row starts in {first}, no row leads to {shown}"
    )
    stated.ask("initial", text, tuple(dict.fromkeys((first, *free))), stated.line)


# Rows ----------------------------------------------------------------------------------------


def _spread(building: _Building) -> None:
    """Apply each row to the states that it starts from."""
    stated = building.stated
    explicit = {(state, row.trigger) for row in stated.rows for state in row.sources}
    unguarded = {(s, r.trigger) for r in stated.rows if not r.guard for s in r.sources}
    for row in stated.rows:
        for source in row.sources:
            arrow = _Arrow(row, row.target or source, is_explicit=True)
            building.arrows.setdefault((source, row.trigger), []).append(arrow)
    for row in stated.rows:
        if row.quantifier is None:
            continue
        left = [s for s in building.states if s not in building.final and s not in row.excluded]
        if row.quantifier.others:
            left = [s for s in left if (s, row.trigger) not in explicit]
        kept = [s for s in left if (s, row.trigger) not in unguarded]
        if kept != left:
            own = ", ".join(s for s in left if s not in kept)
            stated.assume(row.line, f"{own}: its own row for {row.trigger!r} goes before 'any'")
        if building.final:
            names = ", ".join(s for s in building.states if s in building.final)
            stated.assume(row.line, f"'any' leaves final states out: {names}")
        for source in kept:
            arrow = _Arrow(row, row.target or source, is_explicit=False)
            building.arrows.setdefault((source, row.trigger), []).append(arrow)


def _guards(building: _Building) -> dict[str, tuple[str, ...]]:
    """Return the named guards of each event, and read ``no x`` as ``not x`` where ``x`` is one."""
    names: dict[str, dict[str, None]] = {}
    for row in building.stated.rows:
        of_event = names.setdefault(row.trigger, {})
        for name, _ in row.guard.parts if row.guard else ():
            of_event.setdefault(name)
    return {event: tuple(sorted(of_event)) for event, of_event in names.items()}


def _transitions(building: _Building, guards: Mapping[str, Sequence[str]]) -> list[Transition]:
    order = {state: at for at, state in enumerate(building.states)}
    found = []
    for (source, event), arrows in sorted(
        building.arrows.items(), key=lambda item: (order[item[0][0]], item[1][0].row.number)
    ):
        kept = _checked(building.stated, source, event, arrows)
        for values in product((True, False), repeat=len(guards[event])):
            truths = dict(zip(guards[event], values, strict=True))
            arrow = next((a for a in kept if _holds(a, kept, truths)), None)
            if arrow:
                found.append(_transition(building, source, event, truths, arrow, kept))
    return found


def _holds(arrow: _Arrow, arrows: Sequence[_Arrow], truths: Mapping[str, bool]) -> bool:
    """Whether a row applies: its guard holds, or no other one of its event and state does."""
    guard = arrow.row.guard
    if guard is None:
        return True
    if guard.otherwise and any(
        _holds(other, (), truths)
        for other in arrows
        if other.row.guard and not other.row.guard.otherwise
    ):
        return False
    return all(truths[name] == truth for name, truth in guard.parts)


def _checked(stated: Statements, source: str, event: str, arrows: Sequence[_Arrow]) -> list[_Arrow]:
    """Return the rows of one state and event, each once; rows that contradict are a finding."""
    kept: list[_Arrow] = []
    for arrow in arrows:
        same = next((a for a in kept if a.row.guard == arrow.row.guard), None)
        if same is None:
            kept.append(arrow)
        elif same.target != arrow.target:
            text = (
                f"{event!r} in {source!r} leads to {arrow.target!r}, "
                f"line {same.row.line} leads to {same.target!r}"
            )
            stated.find(arrow.row.line, f"not deterministic: {text}")
        elif same.row.number != arrow.row.number:
            stated.assume(arrow.row.line, f"row {arrow.row.number} repeats row {same.row.number}")
    plain_rows = [a for a in kept if a.row.guard is None]
    guarded = [a for a in kept if a.row.guard is not None]
    if plain_rows and guarded:
        line = plain_rows[0].row.line
        text = f"{event!r} in {source!r} without a guard: where no guard of the other rows holds"
        stated.assume(line, text)
    conditions = [a.row.guard for a in guarded if a.row.guard and not a.row.guard.otherwise]
    targets = {a.target for a in guarded}
    if len(conditions) > 1 and len(targets) > 1 and not _exclude_each_other(conditions):
        line = guarded[-1].row.line
        text = f"{event!r} in {source!r}: where several guards hold, the earlier row wins"
        stated.assume(line, text)
    last = [a for a in guarded if a.row.guard and a.row.guard.otherwise]
    return [*(a for a in guarded if a not in last), *last, *plain_rows]


def _exclude_each_other(conditions: Sequence[Condition]) -> bool:
    pairs = [(a, b) for i, a in enumerate(conditions) for b in conditions[i + 1 :]]
    return all(
        any((name, not truth) in other.parts for name, truth in one.parts) for one, other in pairs
    )


def _transition(
    building: _Building,
    source: str,
    event: str,
    truths: Mapping[str, bool],
    arrow: _Arrow,
    arrows: Sequence[_Arrow],
) -> Transition:
    row = arrow.row
    guard = row.guard.text if row.guard else ""
    if row.guard and row.guard.otherwise:
        guard = _otherwise(arrows)
    origin = Origin(f"row {row.number}", row.reason, building.stated.file, row.line)
    return Transition(source, symbol(event, truths), arrow.target, event, guard, origin)


def _otherwise(arrows: Sequence[_Arrow]) -> str:
    """Return the guard that holds where none of the others does, in their words."""
    literals = []
    for arrow in arrows:
        if arrow.row.guard and not arrow.row.guard.otherwise:
            parts = arrow.row.guard.parts
            if len(parts) != 1:
                return "otherwise"
            ((name, truth),) = parts
            literals.append(f"not {name}" if truth else name)
    return " and ".join(dict.fromkeys(literals)) or "otherwise"


def _machine(
    building: _Building,
    name: str,
    title: str,
    transitions: list[Transition],
    guards: Mapping[str, Sequence[str]],
) -> Machine:
    stated = building.stated
    states = []
    for state in building.states:
        status: str | None = state
        if stated.has_statuses:
            status = stated.statuses.get(state, (None, 0))[0]
            if state not in stated.statuses:
                stated.assume(stated.line, f"{state} shows no status: no row tells it")
        states.append(State(state, status, state, (state,), final=state in building.final))
    events = [
        symbol(event, dict(zip(guards.get(event, ()), values, strict=True)))
        for event in stated.events.shown.values()
        for values in product((True, False), repeat=len(guards.get(event, ())))
    ]
    return Machine(
        name=name,
        title=title,
        states=tuple(states),
        events=tuple(events),
        transitions=tuple(transitions),
        initial=building.initial,
        guards={event: tuple(names) for event, names in guards.items() if names},
    )
