"""Machines of any shape and with any names, as plain values."""

from hypothesis import strategies as st

from fsm.guard import symbol, valuations
from fsm.machine import Deadline, Indicator, Machine, Origin, State, Timer, Transition

__all__ = ["machines"]

NAMES = st.text(st.characters(exclude_categories=()), max_size=8) | st.sampled_from(
    ["a", "a_b", "a b", "]]>", "\\u{41}", "\\", "|", "<x>", '"', "\n", "\u202e", "\ud800", "end"]
)
GUARDS = st.sampled_from([(), (), ("g",), ("h", "g"), ("n > 3",), ("event",)])


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    states = draw(_states())
    guards = draw(st.dictionaries(NAMES, GUARDS, max_size=3))
    events = dict.fromkeys(
        symbol(event, v) for event, names in guards.items() for v in valuations(names, "")
    )
    some = [s.name for s in states]
    cells = [(state, event) for state in some for event in events]
    taken = draw(st.lists(st.sampled_from(cells), unique=True, max_size=6)) if cells else []
    transitions = tuple(draw(_transitions(some, cell)) for cell in taken)
    statuses = [s.status for s in states if s.status is not None]
    counted = st.frozensets(st.sampled_from(statuses)) if statuses else st.just(frozenset())
    deadlines = [Deadline(t.event, t.event, t.source) for t in transitions]
    return Machine(
        name=draw(NAMES),
        title=draw(NAMES),
        states=states,
        events=tuple(events),
        transitions=transitions,
        initial=draw(st.sampled_from(some)),
        indicators=tuple(
            draw(
                st.lists(
                    st.builds(Indicator, NAMES, counted), max_size=2, unique_by=lambda i: i.name
                )
            )
        ),
        deadline=draw(st.sampled_from([None, *deadlines])),
        companion=draw(st.none() | NAMES),
        guards=guards,
        unreachable=tuple(draw(st.lists(NAMES, max_size=2))),
        ignored=tuple(draw(st.lists(NAMES, max_size=2))),
        timers=tuple(draw(_timers([*events, *guards], some, taken))),
    )


def _timers(
    events: list[str], states: list[str], cells: list[tuple[str, str]]
) -> st.SearchStrategy[list[Timer]]:
    """Timers of events of the machine: input symbols, and events that depend on guards."""
    if not events:
        return st.just([])
    some_cells = st.lists(st.sampled_from(cells), max_size=2) if cells else st.just([])
    timer = st.builds(
        Timer,
        st.sampled_from(events),
        st.integers(0, 10**14),
        st.lists(st.sampled_from(states), min_size=1, unique=True).map(tuple),
        some_cells.map(tuple),
        st.booleans(),
        st.just("") | NAMES,
    )
    return st.lists(timer, max_size=2, unique_by=str)


@st.composite
def _states(draw: st.DrawFn) -> tuple[State, ...]:
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    statuses = st.none() | st.sampled_from(draw(st.lists(NAMES, min_size=1, max_size=2)))
    atoms = st.lists(NAMES, max_size=3).map(tuple)
    return tuple(
        State(
            name=name,
            status=draw(statuses),
            title=draw(st.just(name) | NAMES),
            atoms=draw(st.just((name,)) | atoms),
            final=draw(st.booleans()),
        )
        for name in names
    )


@st.composite
def _transitions(draw: st.DrawFn, states: list[str], cell: tuple[str, str]) -> Transition:
    return Transition(
        source=cell[0],
        event=cell[1],
        target=draw(st.sampled_from(states)),
        trigger=draw(st.just(cell[1]) | NAMES),
        guard=draw(st.just("") | NAMES),
        origin=draw(st.none() | st.builds(Origin, NAMES, NAMES)),
    )
