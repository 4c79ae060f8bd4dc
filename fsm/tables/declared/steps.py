"""A table of steps as a machine: what happens, its effects on indicators, what is shown.

Such a table names no states. Each row leads to a state of its own, with the status of the row;
:mod:`fsm.tables.declared.step_order` tells after which rows it may happen. Where that is not
certain, it is a question, ``[follows]`` in a TOML file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fsm.machine import Effect, Indicator, Machine, Origin, State, Transition, symbol
from fsm.questions import Question, Remark
from fsm.tables.declared.step_order import START, StepOrder, StepRow, StepTable
from fsm.tables.read.cell_text import normalise, plain
from fsm.tables.read.page import Page
from fsm.tables.read.table import Row
from fsm.tables.recognition import DocumentedTable, Load, documented_tables
from fsm.tables.stated_effects import effect_lines
from fsm.tables.transition_rows import column_roles
from fsm.tables.words.binding import Binding
from fsm.tables.words.lexicon import Lexicon

__all__ = ["StepsReading", "read_steps", "step_tables"]

_START = "start"


@dataclass(frozen=True)
class StepsReading:
    """What one table of steps says: a machine, or why there is none."""

    table: StepTable
    machine: Machine | None
    assumed: tuple[Remark, ...] = ()
    findings: tuple[Remark, ...] = ()
    questions: tuple[Question, ...] = ()
    follows: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """The rows before each row, where that is certain or answered."""


def step_tables(
    page: Page, lexicon: Lexicon, load: Load
) -> Iterator[tuple[StepTable, tuple[Remark, ...]]]:
    """Yield the tables of steps of a page, each with the cells that were not understood.

    A table with columns for several machines is yielded once for each.
    """
    for table in page.tables:
        documented = documented_tables(table, lexicon, load)
        roles = column_roles(table, lexicon)
        if not documented and {"step", "status"} <= roles.keys():
            cell = (*table.above, table.header[0])[0]
            documented = [DocumentedTable(table, "", cell, roles)]
        for each in documented:
            if not each.is_transitions and "step" in each.columns:
                yield _step_table(page, each, lexicon)


def _step_table(
    page: Page, documented: DocumentedTable, lexicon: Lexicon
) -> tuple[StepTable, tuple[Remark, ...]]:
    findings: list[Remark] = []
    steps = tuple(
        _step(page, documented, row, number, lexicon, findings)
        for number, row in enumerate(documented.table.rows, 1)
    )
    title = plain(documented.name_cell.text)
    return StepTable(title, page.name, documented.table.line, steps), tuple(findings)


def _step(
    page: Page,
    documented: DocumentedTable,
    row: Row,
    number: int,
    lexicon: Lexicon,
    findings: list[Remark],
) -> StepRow:
    columns = documented.columns
    texts = {role: row.cells[i].text for role, i in columns.items() if i < row.width}
    place = f"{page.name}:{row.line}"
    if row.width != len(documented.table.header):
        wanted = len(documented.table.header)
        findings.append(Remark(place, f"{row.width} cells under {wanted} headers"))
    label = plain(texts.get("step", ""))
    if not label:
        findings.append(Remark(place, "a row without a step"))
    known = lexicon.step(documented.name, label) if documented.name else None
    event, guard = _event(known.event) if known else (label, "")
    shown = texts.get("status", label)
    status = lexicon.status(shown) or plain(shown)
    if not status:
        findings.append(Remark(place, "a row without a status"))
    effects: dict[str, Effect] = {}
    cell = row.cells[columns["indicators"]] if "indicators" in texts else None
    for part in effect_lines(cell, lexicon) if cell else ():
        stated = _effect(part.text, lexicon)
        if stated is None:
            findings.append(Remark(place, f"no effect is known as {plain(part.text)!r}"))
        elif effects.setdefault(stated[0], stated[1]) is not stated[1]:
            findings.append(Remark(place, f"two effects on {stated[0]!r}"))
    return StepRow(number, row.line, event, effects, status, guard, label)


def _event(name: str) -> tuple[str, str]:
    """Split an input symbol of a lexicon into event and guard."""
    event, _, guard = name.partition("[")
    return event, guard.removesuffix("]")


def _effect(text: str, lexicon: Lexicon) -> tuple[str, Effect] | None:
    """Return indicator and effect that a sentence states; an unknown indicator is its own name."""
    if stated := lexicon.effect(text):
        return stated.indicator, stated.effect
    shown = plain(text)
    label = normalise(text)
    found: list[tuple[int, str, Effect]] = []
    for pattern, effect in lexicon.effects:
        head, _, tail = pattern.partition("{indicator}")
        is_longer = len(label) > len(head) + len(tail)
        if is_longer and label.startswith(head) and label.endswith(tail):
            word = shown.rstrip(".")[len(head) : len(shown.rstrip(".")) - len(tail)].strip()
            found.append((len(head) + len(tail), word, effect))
    if not found:
        return None
    _, word, effect = max(found, key=lambda each: each[0])
    return word, effect


def read_steps(
    page: Page, lexicon: Lexicon, load: Load, binding: Binding | None = None
) -> list[StepsReading]:
    """Return what each table of steps of a page says, with the answers of a binding."""
    found = list(step_tables(page, lexicon, load))
    initial = binding.initial if binding else None
    tables = [
        StepTable(t.title, t.file, t.line, t.steps, None if t.begins else initial) for t, _ in found
    ]
    readings = []
    for table, (_, faults) in zip(tables, found, strict=True):
        together = [other for other in tables if other.signature == table.signature]
        follows = binding.follows if binding else {}
        readings.append(_reading(table, together, faults, follows))
    return readings


def _reading(
    table: StepTable,
    together: Sequence[StepTable],
    faults: tuple[Remark, ...],
    follows: Mapping[int, tuple[int, ...]],
) -> StepsReading:
    """Return what a table says; ``together`` are all tables with its steps, itself included."""
    order = StepOrder(together, follows).solve()
    findings = [*faults, *order.findings]
    if not table.steps:
        findings.append(Remark(f"{table.file}:{table.line}", "a table without rows"))
    questions = tuple(_questions(table, order))
    if not questions and not findings:
        findings += _disorder(table, order)
    certain = {
        number: tuple(sorted(rows))
        for number, rows in order.before.items()
        if rows and number not in order.open
    }
    if findings or questions:
        return StepsReading(table, None, (), tuple(findings), questions, certain)
    machine, assumed = _machine(table, order, together.index(table))
    return StepsReading(table, machine, assumed, follows=certain)


def _disorder(table: StepTable, order: StepOrder) -> Iterator[Remark]:
    """Yield what is wrong with an order of rows that is certain."""
    reached = {START}
    size = 0
    while size != (size := len(reached)):
        reached |= {number for number, rows in order.before.items() if rows & reached}
    for number in sorted(order.before.keys() - reached):
        text = f"no order of rows leads from the start to row {number}"
        yield Remark(table.place(number), text)
    first: dict[tuple[int, str, str], int] = {}
    for step in table.steps:
        for source in sorted(order.before[step.number]):
            row = first.setdefault((source, step.event, step.guard), step.number)
            if row != step.number:
                text = f"rows {row} and {step.number} are the same event after the same row"
                yield Remark(table.place(step.number), text)


def _questions(table: StepTable, order: StepOrder) -> Iterator[Question]:
    place = f"{table.file}:{table.line}"
    if not table.begins and table.initial is None:
        text = "what is shown before the first row?"
        statuses = dict.fromkeys(step.status for step in table.steps)
        yield Question("initial", text, tuple(statuses), place)
    for number, rows in order.open.items():
        event = table.steps[number - 1].event
        choices = tuple(
            f"{i}: {table.steps[i - 1].event}" if i else f"{START}: the start" for i in rows
        )
        text = f"after which rows may row {number} happen ({event})?"
        yield Question(f"follows.{number}", text, choices, table.place(number))


def _machine(table: StepTable, order: StepOrder, at: int) -> tuple[Machine, tuple[Remark, ...]]:
    """Return the machine of a table whose rows are in a certain order, and what was assumed."""
    names = _state_names(table)
    transitions = tuple(
        _transition(table, step, names[source], names[step.number])
        for step in table.steps
        for source in sorted(order.before[step.number])
    )
    left = {t.source for t in transitions}
    initial = State(names[START], table.initial or None, names[START], (names[START],))
    states = [initial] + [
        State(name, step.status, name, (name,), final=name not in left)
        for step in table.steps
        for name in [names[step.number]]
    ]
    guards: dict[str, set[str]] = {}
    for step in table.steps:
        if step.guard:
            guards.setdefault(step.event, set()).add(step.guard.removeprefix("not "))
    machine = Machine(
        table.title,
        table.title,
        tuple(states),
        tuple(dict.fromkeys(t.event for t in transitions)),
        transitions,
        names[START],
        tuple(_indicators(table, order, at)),
        guards={event: tuple(sorted(names)) for event, names in guards.items()},
    )
    place = f"{table.file}:{table.line}"
    final = [state.name for state in states if state.final]
    assumed = [Remark(place, f"final, because no row follows: {', '.join(final)}")] if final else []
    return machine, tuple(assumed)


def _state_names(table: StepTable) -> dict[int, str]:
    """Return the name of the state after each row: its event, which is what brought it about."""
    counts = Counter(step.event for step in table.steps)
    names = {
        step.number: step.event if counts[step.event] == 1 else f"{step.event} (row {step.number})"
        for step in table.steps
    }
    start = table.initial or _START
    return {START: f"{start} ({_START})" if start in names.values() else start} | names


def _transition(table: StepTable, step: StepRow, source: str, target: str) -> Transition:
    name = step.guard.removeprefix("not ")
    event = symbol(step.event, {name: name == step.guard} if name else {})
    origin = Origin(f"row {step.number}", step.label, table.file, step.line)
    return Transition(source, event, target, step.event, step.guard, origin)


def _indicators(table: StepTable, order: StepOrder, at: int) -> Iterator[Indicator]:
    names = dict.fromkeys(name for step in table.steps for name in step.effects)
    for name in names:
        statuses = {step.status for step in table.steps} | {table.initial or ""}
        counted = {s for s in statuses if s and order.counted.get((at, name, s))}
        if counted:
            yield Indicator(name, frozenset(counted))
