"""The start of a machine: guards without a value, and an event in its place."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace

from fsm.chart import Chart, ChartEdge, ChartNode
from fsm.errors import MachineError
from fsm.guard import ALWAYS

__all__ = ["GuardAtStartError", "ValuationAtStart", "started_by_event", "without_start_event"]

_NAMES = ("start", "start of the machine")


class GuardAtStartError(MachineError):
    """What a machine does at its start depends on a guard."""


class ValuationAtStart(dict[str, bool]):
    """The valuation at the start: no event has given the guards a value yet.

    python-statemachine looks at eventless transitions again with the first event, so until then
    they may wait. What a raised event does is decided once, and an SCXML document has values.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.may_wait = False
        self.names: dict[str, None] = {}

    def __missing__(self, name: str) -> bool:
        if not self.may_wait:
            raise GuardAtStartError(
                f"{self.where}: what follows depends on the guard {name!r}, which has no value "
                "before the first event; start in a state that waits for an event"
            )
        self.names[name] = None
        return False


def started_by_event(chart: Chart) -> Chart:
    """Return a chart that waits in one more state for an event, which does what the start does.

    The guards that decide at the start are then those of that event.
    """
    state = _unused({node.id for node in chart.nodes})
    event = _unused(chart.events)
    targets = chart.start or (chart.initial,)
    first = ChartNode(state, state, None, (), (), parallel=False, final=False)
    edge = ChartEdge(0, _moved(targets, 1), (event,), internal=False, guard=ALWAYS)
    said = f"data decide where the machine begins: the event {event!r} is that it begins"
    return replace(
        chart,
        nodes=(first, *(_moved_node(node, 1) for node in chart.nodes)),
        edges=(edge, *(_moved_edge(edge, 1) for edge in chart.edges)),
        timers=tuple(replace(timer, node=timer.node + 1) for timer in chart.timers),
        events=(event, *chart.events),
        initial=0,
        start=(),
        begins_by=event,
        assumed=(*chart.assumed, said),
    )


def without_start_event(chart: Chart) -> Chart:
    """Return the chart of which :func:`started_by_event` has made a chart."""
    if not chart.begins_by:
        return chart
    (edge,) = chart.outgoing[0]
    first = edge.targets[0]
    return replace(
        chart,
        nodes=tuple(_moved_node(node, -1) for node in chart.nodes[1:]),
        edges=tuple(_moved_edge(edge, -1) for edge in chart.edges[1:]),
        timers=tuple(replace(timer, node=timer.node - 1) for timer in chart.timers),
        events=chart.events[1:],
        initial=(first, *chart.ancestors[first])[-1] - 1,
        start=_moved(edge.targets, -1) if chart.ancestors[first] else (),
        begins_by="",
        assumed=chart.assumed[:-1],
    )


def _moved(nodes: Iterable[int], by: int) -> tuple[int, ...]:
    """Return the numbers of nodes behind one node more or less."""
    return tuple(node + by for node in nodes)


def _moved_node(node: ChartNode, by: int) -> ChartNode:
    parent = None if node.parent is None else node.parent + by
    children, entry = _moved(node.children, by), _moved(node.entry, by)
    return replace(node, parent=parent, children=children, entry=entry)


def _moved_edge(edge: ChartEdge, by: int) -> ChartEdge:
    return replace(edge, source=edge.source + by, targets=_moved(edge.targets, by))


def _unused(taken: Container[str]) -> str:
    """Return a name for the start that is not taken."""
    return next((name for name in _NAMES if name not in taken), f"{_NAMES[-1]} itself")
