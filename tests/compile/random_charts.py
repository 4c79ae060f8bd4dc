"""Random statecharts: drawn as plain values, then declared as real python-statemachine classes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import strategies as st
from statemachine import HistoryState, State, StateChart, StateMachine

__all__ = ["Plan", "declare", "plans"]

EVENTS = ("e0", "e1", "e2")
CONDITIONS = (
    "g0",
    "g1",
    "not g0",
    "!g1",
    "g0 and g1",
    "g0 ^ g1",
    "g0 or not g1",
    "(g0 or g1) and g2",
    "n > 1",
    "not (n > 1) and g0",
    "is_open",
    "In('{}')",
    "not In('{}')",
    "g0 and In('{}')",
)


@dataclass(frozen=True)
class PlannedState:
    """A state; its number is its place in document order, its children are numbers too."""

    number: int
    kind: str
    parent: int | None
    children: tuple[int, ...]
    initial: int | None
    """The child marked initial, where it is not left to the document order."""

    entering: tuple[int, ...] = ()
    """The actions on entry, by their places in ``ACTIONS``."""
    leaving: tuple[int, ...] = ()
    default: int | None = None
    """Where a history state leads as long as it remembers nothing."""

    @property
    def id(self) -> str:
        return f"s{self.number}"

    @property
    def is_history(self) -> bool:
        return self.kind in {"shallow", "deep"}


@dataclass(frozen=True)
class PlannedEdge:
    """A transition; ``targets`` is empty where it has none."""

    source: int
    targets: tuple[int, ...]
    event: str | None
    cond: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    internal: bool = False
    on: tuple[int, ...] = ()
    after: tuple[int, ...] = ()


@dataclass
class Plan:
    """A whole chart."""

    base: type[StateChart]
    states: list[PlannedState] = field(default_factory=list)
    edges: list[PlannedEdge] = field(default_factory=list)
    initial: int = 0
    is_loud: bool = False
    """Whether actions may raise and send events."""

    def inside(self, number: int, ancestor: int) -> bool:
        parent = self.states[number].parent
        return parent is not None and (parent == ancestor or self.inside(parent, ancestor))

    @property
    def places(self) -> list[PlannedState]:
        """The states that can be active."""
        return [state for state in self.states if not state.is_history]

    def has(self, kind: str) -> bool:
        return any(state.kind == kind for state in self.states)

    @property
    def is_nested(self) -> bool:
        return any(state.children for state in self.states)

    @property
    def is_guarded(self) -> bool:
        return any(edge.cond or edge.unless for edge in self.edges)


def raise_e0(machine) -> None:
    machine.raise_("e0")


def raise_e1_and_e2(machine) -> None:
    machine.raise_("e1")
    machine.raise_("e2")


def send_e1(machine) -> None:
    machine.send("e1")


def send_e2_and_e0(machine) -> None:
    machine.send("e2")
    return machine.send("e0")


def raise_nothing_heard(machine) -> None:
    machine.raise_("unheard")


ACTIONS = (raise_e0, raise_e1_and_e2, send_e1, send_e2_and_e0, raise_nothing_heard)


def is_open(self) -> bool:
    return self.open


def fail(*_args) -> None:
    raise AssertionError("an action ran")


def declare(plan: Plan, **attributes: object) -> type[StateChart]:
    """Declare a plan as a class named ``Drawn``, with its guards as attributes."""
    built: dict[int, State] = {}
    for state in reversed(plan.states):
        built[state.number] = _state(plan, state, built)
    for edge in plan.edges:
        targets = [built[t] for t in edge.targets]
        built[edge.source].to(
            targets if len(targets) > 1 else targets[0] if targets else None,
            event=edge.event,
            cond=[is_open if text == "is_open" else text for text in edge.cond] or None,
            unless=[is_open if text == "is_open" else text for text in edge.unless] or None,
            internal=edge.internal,
            on=_actions(edge.on),
            after=_actions(edge.after),
        )
    for state in plan.states:
        if state.default is not None:
            built[state.number].to(built[state.default])
    top = {s.id: built[s.number] for s in plan.states if s.parent is None}
    facts = {
        "g0": False,
        "g1": False,
        "g2": False,
        "n": 0,
        "open": False,
        "is_open": is_open,
        "validate_trap_states": False,
        "validate_final_reachability": False,
        "validate_disconnected_states": False,
    }
    return type(plan.base)("Drawn", (plan.base,), {**top, **facts, **attributes})


def _actions(numbers: tuple[int, ...]) -> list[object] | None:
    return [ACTIONS[number] for number in numbers] or None


def _state(plan: Plan, state: PlannedState, built: dict[int, State]) -> State:
    parent = None if state.parent is None else plan.states[state.parent]
    marked = plan.initial if parent is None else parent.initial
    flags = {"initial": True} if marked == state.number else {}
    if state.is_history:
        return HistoryState(type=state.kind)
    actions = {"enter": _actions(state.entering), "exit": _actions(state.leaving)}
    if not state.children:
        return State(final=state.kind == "final", **flags, **actions)
    base = State.Parallel if state.kind == "parallel" else State.Compound
    inside = (s.number for s in plan.states if s.parent == state.number)
    children = {plan.states[n].id: built[n] for n in inside}
    return type(base)(state.id, (base,), children, **flags, **actions)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a chart: up to three levels of compound and parallel states, with every transition."""
    plan = Plan(draw(st.sampled_from([StateChart, StateChart, StateMachine])))
    plan.is_loud = draw(st.sampled_from([False, False, True]))
    shape = _Shape(draw, plan)
    top = shape.siblings(None, depth=0)
    plan.initial = draw(st.sampled_from([n for n in top if plan.states[n].kind != "final"]))
    wires = _Wires(draw, plan)
    for state in plan.places:
        wires.leave(state)
    return plan


class _Shape:
    def __init__(self, draw: st.DrawFn, plan: Plan) -> None:
        self.draw, self.plan = draw, plan

    def siblings(self, parent: int | None, depth: int) -> tuple[int, ...]:
        count = self.draw(st.sampled_from([2, 3, 1] if parent is None else [2, 3]))
        numbers = [self.node(parent, depth)]
        numbers += [self.node(parent, depth, may_end=True) for _ in range(count - 1)]
        return tuple(numbers)

    def node(self, parent: int | None, depth: int, may_end: bool = False) -> int:
        kinds = ["atom", "atom"]
        if may_end:
            kinds.append("final")
        if depth < 3 and len(self.plan.states) < 10:
            kinds += ["compound", "compound", "parallel"]
        above = None if parent is None else self.plan.states[parent].kind
        if above == "parallel" and depth < 3:
            kinds = ["compound", "compound", "compound", *set(kinds) & {"parallel"}, "atom"]
        kind = self.draw(st.sampled_from(kinds))
        number = len(self.plan.states)
        self.plan.states.append(PlannedState(number, kind, parent, (), None))
        if kind in {"compound", "parallel"}:
            children = self.siblings(number, depth + 1)
            marked = self.draw(st.sampled_from([None, *children])) if kind == "compound" else None
            self.plan.states[number] = PlannedState(number, kind, parent, children, marked)
            if kind == "compound" and self.draw(st.sampled_from([True, False, False])):
                self.remember(number, children)
        state = self.plan.states[number]
        acts = [replace(state, entering=self.actions(), leaving=self.actions())]
        self.plan.states[number] = acts[0] if self.plan.is_loud else state
        return number

    def actions(self) -> tuple[int, ...]:
        return self.draw(st.sampled_from([(), (), (), (), (), (), (0,), (1,), (2,), (3,), (4, 2)]))

    def remember(self, parent: int, children: tuple[int, ...]) -> None:
        """Add a history state, most of them with a default."""
        kind = self.draw(st.sampled_from(["shallow", "deep"]))
        default = self.draw(st.sampled_from([*children, *children, *children, None]))
        number = len(self.plan.states)
        self.plan.states.append(PlannedState(number, kind, parent, (), None, default=default))


class _Wires:
    def __init__(self, draw: st.DrawFn, plan: Plan) -> None:
        self.draw, self.plan = draw, plan

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) >= 100 - percent

    def leave(self, state: PlannedState) -> None:
        """Add the transitions of one state; a second one on an event follows a guarded one."""
        if state.kind == "final":
            return
        is_region = state.parent is not None and self.plan.states[state.parent].kind == "parallel"
        least, most = (0, 2) if state.children else (1, 3)
        if is_region and self.chance(90):
            # Two regions that leave their parallel state on one event are refused.
            least, most = 0, 0
        events = self.draw(st.sets(st.sampled_from(EVENTS), min_size=least, max_size=most))
        for event in sorted(events):
            if self.chance(30):
                self.add(state, event, guarded=True)
            self.add(state, event, guarded=self.chance(40))
        both = set(EVENTS) - events
        if most and len(both) > 1 and self.chance(15):
            self.add(state, " ".join(sorted(both)[:2]), guarded=self.chance(40))
        if self.chance(60) and any(self.plan.states[c].kind == "final" for c in state.children):
            self.add(state, f"done.state.{state.id}", guarded=self.chance(20))
        if state.kind == "parallel" and self.chance(60):
            self.add(state, f"done.state.{state.id}", guarded=self.chance(20))
        if self.chance(1 if state.children else 4):
            self.add(state, None, guarded=True)

    def add(self, state: PlannedState, event: str | None, guarded: bool) -> None:
        cond: list[str] = []
        unless: list[str] = []
        if guarded:
            (unless if self.chance(30) else cond).append(self.condition(event))
            if self.chance(20):
                (unless if self.chance(50) else cond).append(self.condition(event))
        targets = self.targets(state, event)
        internal = len(targets) == 1 and self.may_be_internal(state, targets[0])
        edge = PlannedEdge(state.number, targets, event, tuple(cond), tuple(unless), internal)
        if self.plan.is_loud:
            some = st.sampled_from([(), (), (), (), (0,), (2,), (3,)])
            edge = replace(edge, on=self.draw(some), after=self.draw(some))
        self.plan.edges.append(edge)

    def may_be_internal(self, state: PlannedState, target: int) -> bool:
        """Draw an internal transition where the library allows one, seldom where we refuse it."""
        in_parallel = any(
            p.kind == "parallel" and self.plan.inside(state.number, p.number)
            for p in self.plan.states
        )
        if target == state.number:
            return self.chance(2 if state.children or in_parallel else 40)
        if self.plan.inside(target, state.number):
            return self.chance(2 if issubclass(self.plan.base, StateMachine) else 50)
        return False

    def condition(self, event: str | None) -> str:
        is_quiet = not event and self.chance(70)
        texts = [t for t in CONDITIONS if not is_quiet or (t.endswith("In('{}')") and "g" not in t)]
        atoms = [s for s in self.plan.places if not s.children and s.parent is not None]
        asked = self.draw(st.sampled_from(atoms or self.plan.places)).id
        return self.draw(st.sampled_from(texts)).format(asked)

    def targets(self, state: PlannedState, event: str | None) -> tuple[int, ...]:
        if event and self.chance(8):
            return ()
        if self.chance(5 if event else 0):
            return (state.number,)
        everywhere = [s.number for s in self.plan.places]
        near = [s.number for s in self.plan.places if s.parent == state.parent]
        histories = [s.number for s in self.plan.states if s.is_history]
        if histories and event and self.chance(25):
            return (self.draw(st.sampled_from(histories)),)
        parallels = [s for s in self.plan.states if s.kind == "parallel"]
        in_region = any(self.plan.inside(state.number, p.number) for p in parallels)
        if parallels and self.chance(2 if in_region else 10):
            return self.one_in_each_region(self.draw(st.sampled_from(parallels)))
        pool = near if self.chance(97 if in_region else 50) else everywhere
        if not event:
            pool = [n for n in pool if n != state.number] or everywhere
        return (self.draw(st.sampled_from(pool)),)

    def one_in_each_region(self, parallel: PlannedState) -> tuple[int, ...]:
        inside = [
            [s.number for s in self.plan.places if s.number == c or self.plan.inside(s.number, c)]
            for c in parallel.children
        ]
        return tuple(self.draw(st.sampled_from(numbers)) for numbers in inside)
