"""The declaration of a machine as the member ``chart`` of our JSON document, written and read.

States and transitions refer to states by their places in ``states``, from 0. Members with a default
are left out.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import MISSING, fields
from typing import Any

from msgspec import Struct

from fsm.chart import RULES, Chart, ChartEdge, ChartNode, ChartTimer
from fsm.guard import ALWAYS, Formula, Guard
from fsm.machine import Machine, Origin
from fsm.text import json_text

__all__ = ["DeclaredChart", "chart_faults", "chart_text", "read_chart_member"]

_OPERATORS = ("and", "or", "not", "name", "in")
_DEEPEST = 50
"""Formulas in formulas; Python reads no deeper text as a guard."""


class _Member(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """An object of the document."""


class _Formula(_Member):
    operator: str
    parts: tuple[_Formula, ...] = ()
    names: tuple[str, ...] = ()


class _Node(_Member):
    id: str
    title: str = ""
    parent: int | None = None
    children: tuple[int, ...] = ()
    entry: tuple[int, ...] = ()
    parallel: bool = False
    final: bool = False
    history: str = ""
    raised: tuple[str, ...] = ()
    raised_on_exit: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    sent_on_exit: tuple[str, ...] = ()


class _Source(_Member):
    label: str
    reason: str
    file: str = ""
    line: int = 0


class _Edge(_Member):
    source: int
    targets: tuple[int, ...] = ()
    events: tuple[str, ...] = ()
    internal: bool = False
    guard: str = ""
    formula: _Formula | None = None
    validator: str = ""
    validator_formula: _Formula | None = None
    raised: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    raised_after: tuple[str, ...] = ()
    sent_after: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    origin: _Source | None = None


class _Delay(_Member):
    node: int
    event: str
    delay: int
    stops: bool = True


class DeclaredChart(_Member):
    """The member ``chart`` of a document."""

    states: tuple[_Node, ...]
    initial: int
    transitions: tuple[_Edge, ...] = ()
    title: str = ""
    events: tuple[str, ...] = ()
    atomic_update: bool = False
    rules: str = "library"
    timers: tuple[_Delay, ...] = ()
    start: tuple[int, ...] = ()
    known: tuple[tuple[str, bool], ...] = ()
    has_data: bool = False
    looks_first: bool = False
    enters_itself: bool = True
    strict: bool = False
    begins_by: str = ""
    assumed: tuple[str, ...] = ()
    class_name: str = ""


# Writing -------------------------------------------------------------------------------------


def chart_text(chart: Chart) -> str:
    """Return the member for a chart; what the machine says as well is left out."""
    whole = _facts(chart, skip=_OF_THE_MACHINE | {"nodes", "edges", "timers"})
    parts = {
        "states": [_facts(node) for node in chart.nodes],
        "transitions": [_edge_facts(edge) for edge in chart.edges],
        "timers": [_facts(timer) for timer in chart.timers],
    }
    members = [f"    {json_text(key)}: {json_text(value)}" for key, value in whole.items()]
    members += [f"    {json_text(key)}: {_lines(rows)}" for key, rows in parts.items() if rows]
    return "{\n" + ",\n".join(members) + "\n  }"


_OF_THE_MACHINE = {"indicators", "deadline", "companion", "unit", "colours"}


def _lines(rows: Sequence[object]) -> str:
    return "[\n" + ",\n".join(f"      {json_text(row)}" for row in rows) + "\n    ]"


def _edge_facts(edge: ChartEdge) -> dict[str, Any]:
    facts = _facts(edge, skip={"guard", "validator", "origin"})
    guards = (("guard", "formula", edge.guard), ("validator", "validator_formula", edge.validator))
    for key, formula, guard in guards:
        if guard != ALWAYS:
            facts[key] = guard.text
            if guard != Guard.named(guard.text):
                facts[formula] = _formula_facts(guard.formula)
    if edge.origin:
        facts["origin"] = _facts(edge.origin)
    return facts


def _formula_facts(formula: Formula) -> dict[str, Any]:
    facts: dict[str, Any] = {"operator": formula.operator}
    if formula.parts:
        facts["parts"] = list(map(_formula_facts, formula.parts))
    if formula.names:
        facts["names"] = sorted(formula.names)
    return facts


def _facts(value: Any, skip: Container[str] = ()) -> dict[str, Any]:
    """Return the fields of a value that differ from their defaults; empty is the default of all."""
    facts = {}
    for field in fields(value):
        given = getattr(value, field.name)
        is_empty = given is None or given is False or given in ((), "")
        is_default = is_empty if field.default is MISSING else given == field.default
        if field.name not in skip and not is_default:
            facts[field.name] = list(given) if isinstance(given, tuple) else given
    return facts


# Reading -------------------------------------------------------------------------------------


def read_chart_member(document: DeclaredChart, machine: Machine) -> Chart:
    """Return the chart of a member that has no faults; the rest of it is that of the machine."""
    return Chart(
        class_name=document.class_name or machine.name,
        title=document.title or machine.title,
        nodes=tuple(ChartNode(**_plain(node)) for node in document.states),
        edges=tuple(map(_read_edge, document.transitions)),
        initial=document.initial,
        events=document.events,
        indicators=machine.indicators,
        deadline=machine.deadline,
        companion=machine.companion,
        atomic_update=document.atomic_update,
        unit=machine.unit,
        colours=tuple(machine.colours.items()),
        rules=document.rules,
        timers=tuple(ChartTimer(**_plain(timer)) for timer in document.timers),
        start=document.start,
        known=document.known,
        enters_itself=document.enters_itself,
        strict=document.strict,
        assumed=document.assumed,
    )


def _plain(member: _Member) -> dict[str, Any]:
    return {name: getattr(member, name) for name in member.__struct_fields__}


def _read_edge(edge: _Edge) -> ChartEdge:
    origin = edge.origin
    facts = _plain(edge) | {
        "guard": _read_guard(edge.guard, edge.formula),
        "validator": _read_guard(edge.validator, edge.validator_formula),
        "origin": Origin(**_plain(origin)) if origin else None,
    }
    del facts["formula"], facts["validator_formula"]
    return ChartEdge(**facts)


def _read_guard(text: str, formula: _Formula | None) -> Guard:
    return Guard(text, _read_formula(formula)) if formula else Guard.named(text)


def _read_formula(formula: _Formula) -> Formula:
    parts = tuple(map(_read_formula, formula.parts))
    return Formula(formula.operator, parts, frozenset(formula.names))


def chart_faults(chart: DeclaredChart, machine: Machine) -> Iterator[str]:
    """Yield what does not fit in a chart, or does not fit the table of its machine."""
    size = len(chart.states)
    if not size:
        yield "it has no states"
        return
    for place, node in enumerate(chart.states):
        yield from _node_faults(chart.states, place, node)
    places = [chart.initial, *chart.start, *(t.node for t in chart.timers)]
    places += [place for edge in chart.transitions for place in (edge.source, *edge.targets)]
    if not all(0 <= place < size for place in places):
        yield "it names a state that is not there"
    if chart.begins_by and not _begins_by_an_event(chart):
        yield f"it does not begin with the event {chart.begins_by!r} alone"
    if chart.rules not in RULES:
        yield f"the rules {chart.rules!r} are not known"
    for edge in chart.transitions:
        for text, formula in (
            (edge.guard, edge.formula),
            (edge.validator, edge.validator_formula),
        ):
            if formula and not _is_sound(formula):
                yield f"cannot read the formula of {text!r}"
    yield from _table_faults(chart, machine)


def _begins_by_an_event(chart: DeclaredChart) -> bool:
    """Whether one transition, by the event that it names first, leaves the first state."""
    leaving = [edge for edge in chart.transitions if edge.source == 0]
    is_one = [edge.events for edge in leaving] == [(chart.begins_by,)] and bool(leaving[0].targets)
    alone = not chart.states[0].children and chart.states[0].parent is None and chart.initial == 0
    inside = any(0 in edge.targets for edge in chart.transitions)
    timed = any(timer.node == 0 for timer in chart.timers)
    is_first = chart.transitions[:1] == tuple(leaving) and chart.events[:1] == (chart.begins_by,)
    return is_one and alone and is_first and bool(chart.assumed) and not (inside or timed)


def _node_faults(nodes: Sequence[_Node], place: int, node: _Node) -> Iterator[str]:
    if not all(0 <= ref < len(nodes) for ref in (*node.children, *node.entry)):
        yield f"{node.id!r} names a state that is not there"
    elif node.parent is not None and not 0 <= node.parent < place:
        yield f"{node.id!r} does not stand after the state around it"
    elif any(nodes[child].parent != place for child in node.children):
        yield f"{node.id!r} has a child with another state around it"
    if node.history not in ("", "shallow", "deep") or (node.history and node.children):
        yield f"{node.id!r}: history is 'shallow' or 'deep', without states inside"


def _is_sound(formula: _Formula, depth: int = 0) -> bool:
    known = formula.operator in _OPERATORS and depth < _DEEPEST
    few = formula.operator != "not" or len(formula.parts) == 1
    named = formula.operator != "name" or len(formula.names) == 1
    return known and few and named and all(_is_sound(part, depth + 1) for part in formula.parts)


def _table_faults(chart: DeclaredChart, machine: Machine) -> Iterator[str]:
    """Yield what the table says that the chart cannot make."""
    atoms = {node.id for node in chart.states if not node.children and not node.history}
    for state in machine.states:
        if not atoms.issuperset(state.atoms):
            yield f"the table has the state {state.name!r}, the chart does not"
            return
    for t in machine.transitions:
        edges = [chart.transitions[i] for i in t.edges if 0 <= i < len(chart.transitions)]
        unknown = any(not 0 <= i < len(chart.transitions) for i in t.followed)
        if (
            unknown
            or len(edges) < len(t.edges)
            or any(edge.events and t.trigger not in edge.events for edge in edges)
        ):
            yield f"the table takes for {t.event!r} in {t.source!r} what the chart does not have"
            return
