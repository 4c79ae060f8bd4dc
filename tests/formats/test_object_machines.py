"""Machines of transitions and models of Django-FSM, as objects that the caller names."""

import sys
from collections.abc import Iterator
from enum import Enum
from functools import partial
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from transitions import Machine as LibraryMachine
from transitions import MachineError as NotAllowed
from transitions.extensions import HierarchicalMachine
from transitions.extensions.states import Timeout, add_state_features

import fsm
from fsm.errors import MachineError
from fsm.formats.statecharts.transitions_objects import read_transitions_machine
from fsm.guard import symbol, valuations
from fsm.machine import Machine
from tests.depth import samples

STATES = ["off", {"name": "on", "initial": "dim", "children": ["dim", "lit"]}]
STEPS = [["press", "off", "on"], ["press", "on", "off"], ["up", "on_dim", "on_lit"]]
ARROWS = [
    ("off", "press", "on_dim"),
    ("on_dim", "press", "off"),
    ("on_dim", "up", "on_lit"),
    ("on_lit", "press", "off"),
]


def arrows(machine: Machine) -> list[tuple[str, str, str]]:
    return sorted((t.source, t.event, t.target) for t in machine.transitions)


def lamp() -> HierarchicalMachine:
    return HierarchicalMachine(states=STATES, transitions=STEPS, initial="off")


class Owner:
    def __init__(self) -> None:
        self.machine = lamp()


class Derived(LibraryMachine):
    def __init__(self) -> None:
        super().__init__(states=["a", "b"], initial="a", transitions=[["go", "a", "b"]])


class Needy(LibraryMachine):
    def __init__(self, name: str) -> None:
        super().__init__(states=[name], initial=name)


@pytest.fixture
def module() -> Iterator[ModuleType]:
    made = ModuleType("lamps_of_a_user")
    sys.modules[made.__name__] = made
    for kind in (Owner, Derived, Needy, Post):
        setattr(made, kind.__name__, kind)
        kind.__module__ = made.__name__
    made.machine, made.LibraryMachine = lamp(), LibraryMachine
    yield made
    del sys.modules[made.__name__]


@pytest.mark.parametrize("name", ["machine", "Owner"])
def test_a_machine_of_a_module(name: str, module: ModuleType) -> None:
    machine = fsm.load(f"{module.__name__}:{name}")
    assert arrows(machine) == ARROWS
    assert [state.status for state in machine.states][1:] == ["on", "on"]
    assert "to_STATE" in machine.assumed[-1]


def test_a_derived_machine(module: ModuleType) -> None:
    assert arrows(fsm.load("lamps_of_a_user:Derived")) == [("a", "go", "b")]


@add_state_features(Timeout)
class Timed(LibraryMachine):
    """A machine of which states have timeouts."""


def test_timeouts() -> None:
    machine = fsm.load(
        Timed(
            states=["a", {"name": "b", "timeout": 0.05, "on_timeout": ["to_c", print]},
                    {"name": "c", "timeout": 2, "on_timeout": "back"}],
            transitions=[["go", "a", "b"], ["back", "c", "a"]], initial="a",
        )
    )  # fmt: skip
    assert arrows(machine) == [("a", "go", "b"), ("b", "to_c", "c"), ("c", "back", "a")]
    timers = [(timer.event, timer.delay, timer.states) for timer in machine.timers]
    assert timers == [("to_c", 50_000, ("b",)), ("back", 2_000_000, ("c",))]
    assert machine.ignored == ("not read: 1 action",)
    first = {"name": "a", "timeout": 1, "on_timeout": "go"}
    steps = [["go", "a", "b"]]
    again = fsm.load(Timed(states=[first, "b"], transitions=steps, initial="a"))
    assert "the timeout of 'a' begins with the machine; in the library" in again.assumed[0]
    odd = {"name": "a", "timeout": 1, "on_timeout": print}
    with pytest.raises(MachineError, match="of 'a' calls no event of the machine; name one"):
        fsm.load(Timed(states=[odd, "b"], transitions=steps, initial="b"))


def test_the_object_itself() -> None:
    assert arrows(fsm.load(lamp())) == ARROWS


def test_what_cannot_be_read(module: ModuleType) -> None:
    with pytest.raises(MachineError, match=r"Needy: no object could be made .* module:machine"):
        fsm.load("lamps_of_a_user:Needy")
    odd = LibraryMachine(states=["a"], initial="a")
    odd.add_transition("go", "a", "a", conditions=[lambda: True])
    (named,) = fsm.load(odd).guards["go"]
    assert named.startswith("lambda_")
    odd.add_transition("by", "a", "a", conditions=[lambda: True, lambda: False])
    with pytest.raises(MachineError, match=r"'by': two different conditions have the name 'lam"):
        fsm.load(odd)
    twins = LibraryMachine(states=["a"], initial="a")
    for number in (1, 2):
        twins.add_transition(f"go{number}", "a", "a", conditions=[partial(ready, number)])
    with pytest.raises(
        MachineError, match=r"^\w+: trigger 'go2': two different conditions have the name 'ready'"
    ):
        fsm.load(twins)
    with pytest.raises(MachineError, match="not a machine"):
        fsm.load(SimpleNamespace(machine=3))


class _Model:
    truth: dict[str, bool] = {}

    def p(self) -> bool:
        return self.truth.get("p", False)

    def q(self) -> bool:
        return self.truth.get("q", False)


def random_declaration(random: Random) -> dict[str, Any]:
    """Return states, nested and in regions, with transitions between any of them."""
    names: list[str] = []

    def state(depth: int, prefix: str) -> Any:
        key = f"s{len(names)}"
        full = prefix + key
        names.append(full)
        if depth == 2 or random.random() < 0.5:
            return key
        children = [state(depth + 1, f"{full}_") for _ in range(2)]
        own = [child if isinstance(child, str) else child["name"] for child in children]
        initial = random.choice([{"initial": own[0]}, {"initial": own}, {}])
        return {"name": key, "children": children, **initial}

    states = [state(0, "") for _ in range(3)]
    steps = [
        {"trigger": trigger, "source": source, "dest": random.choice([*names, "=", None])}
        | random.choice([{}, {"conditions": ["p"]}, {"unless": ["q"]}, {"conditions": ["q"]}])
        for source in names
        for trigger in "abcd"
        if random.random() < 0.35
    ]
    first = states[0] if isinstance(states[0], str) else states[0]["name"]
    return {"states": states, "transitions": steps, "initial": first, "auto_transitions": False}


def leaves(state: Any) -> list[str]:
    nested = (leaves(each) for each in state) if isinstance(state, list) else ([state],)
    return sorted(name for each in nested for name in each)


def test_the_library_does_along_walks_what_the_table_says() -> None:
    random, read = Random(1), 0
    for _ in range(samples(1000, 60)):
        declaration = random_declaration(random)
        model = _Model()
        library = HierarchicalMachine(model=model, **declaration)
        try:
            machine = read_transitions_machine(library, "m")
        except MachineError:
            continue
        read += 1
        inputs = {
            symbol(event, v): (event, v)
            for event, names in machine.guards.items()
            for v in valuations(names, "")
        }
        at = machine.initial
        for chosen in random.choices(list(inputs), k=20) if inputs else ():
            event, model.truth = inputs[chosen]
            step = machine.step(at, chosen)
            at = step.target if step else at
            try:
                taken = bool(model.trigger(event))
            except (NotAllowed, AttributeError):  # an event that no state has now
                taken = False
            assert (leaves(model.state), taken) == (
                sorted(machine.state(at).atoms),
                step is not None,
            ), (declaration, chosen)
    assert read > samples(1000, 60) // 5


def ready(post: object) -> bool:
    return True


class Results:
    """Stands in for ``RETURN_VALUE``."""

    def __init__(self, *states: str) -> None:
        self.allowed_states = states

    def get_state(self) -> None: ...


def declared(**by_source: Any) -> Any:
    """Stand in for a method that Django-FSM has decorated; a source maps to target and more."""

    def method() -> None: ...

    made = {}
    for source, (target, *more) in by_source.items():
        facts = {"conditions": [], "on_error": None, "permission": None, **dict(*more)}
        made[{"any": "*", "other": "+"}.get(source, source)] = SimpleNamespace(
            target=target, name="method", **facts
        )
    method._django_fsm = SimpleNamespace(field=FIELD, transitions=made)
    return method


FIELD = SimpleNamespace(name="state", default="new", flatchoices=[("new", "New"), ("out", "Out")])


class Post:
    publish = declared(new=("out", {"conditions": [ready], "on_error": "odd"}))
    remove = declared(any=("gone",), new=("binned",))
    reset = declared(other=("new", {"permission": "p"}))
    look = declared(out=(None,))
    judge = declared(out=(Results("new", "gone"),))


def test_a_model_of_django(module: ModuleType) -> None:
    machine = fsm.load("lamps_of_a_user:Post")
    assert arrows(machine) == sorted(
        [
            ("new", "publish[ready]", "out"),
            ("new", "publish raises[ready]", "odd"),
            ("new", "remove", "binned"),
            *((state, "remove", "gone") for state in ("out", "odd", "binned", "gone")),
            *((state, "reset", "new") for state in ("out", "odd", "binned", "gone")),
            ("out", "look", "out"),
            ("out", "judge = new", "new"),
            ("out", "judge = gone", "gone"),
        ]
    )
    assert (machine.initial, machine.status("out")) == ("new", "Out")
    assert machine.assumed == ("lamps_of_a_user:Post: permissions are not part of the table",)
    assert fsm.load("lamps_of_a_user:Post.state").transitions == machine.transitions


def test_a_field_that_is_none(module: ModuleType) -> None:
    with pytest.raises(MachineError, match="no field with transitions 'stat'; did you mean"):
        fsm.load("lamps_of_a_user:Post.stat")


class Paid(Enum):
    NEW, OUT, GONE = "new", "out", "gone"


def of_viewflow(class_name: str, **facts: Any) -> Any:
    """Return an object of a class of viewflow, which need not be installed."""
    kind = type(class_name, (), {"__module__": "viewflow.fsm.base"})
    made = kind()
    vars(made).update(facts)
    return made


def step_of_viewflow(source: Any, target: Any, **facts: Any) -> SimpleNamespace:
    several = getattr(target, "allowed_states", getattr(target, "states", None))
    targets = [target] if several is None else list(several)
    defaults = {"conditions": [], "permission": of_viewflow("MARKER"), "func": ready}
    return SimpleNamespace(
        source=source, target=target, declared_targets=lambda: targets, **{**defaults, **facts}
    )


def method_of_viewflow(state: Any, *steps: SimpleNamespace) -> SimpleNamespace:
    return SimpleNamespace(_state=state, _descriptor=None, get_transitions=lambda: steps)


ANY = of_viewflow("MARKER")
STATE, OTHER = of_viewflow("State", _default=Paid.NEW), of_viewflow("State", _default="x")


class Flow:
    state = STATE
    send = method_of_viewflow(
        STATE,
        step_of_viewflow(Paid.NEW, Paid.OUT, conditions=[of_viewflow("ThisObject", name="ok")]),
        step_of_viewflow(Paid.GONE, Paid.OUT, permission=ready),
    )
    remove = method_of_viewflow(STATE, step_of_viewflow(ANY, Paid.GONE))
    look = method_of_viewflow(STATE, step_of_viewflow(Paid.OUT, ANY))
    judge = method_of_viewflow(
        STATE,
        step_of_viewflow(Paid.OUT, of_viewflow("RETURN_VALUE", allowed_states=(Paid.NEW,))),
    )


class Flows(Flow):
    other = OTHER
    go = method_of_viewflow(OTHER, step_of_viewflow("x", "y"))


def test_a_flow_of_viewflow() -> None:
    machine = fsm.load(Flow)
    assert arrows(machine) == sorted(
        [
            ("new", "send[ok]", "out"),
            *(("gone", f"send[{ok}]", "out") for ok in ("ok", "not ok")),
            *((state, "remove", "gone") for state in ("new", "out", "gone")),
            ("out", "look", "out"),
            ("out", "judge = new", "new"),
        ]
    )
    assert machine.initial == "new"
    assert machine.assumed == ("Flow: permissions are not part of the table",)


def test_a_state_of_a_flow(module: ModuleType) -> None:
    vars(module)["Flows"] = Flows
    assert arrows(fsm.load("lamps_of_a_user:Flows.other")) == [("x", "go", "y")]
    with pytest.raises(MachineError, match=r"several states .* lamps_of_a_user:Flows.other, lam"):
        fsm.load("lamps_of_a_user:Flows")
    with pytest.raises(MachineError, match="no state with transitions 'stat'; did you mean"):
        fsm.load("lamps_of_a_user:Flows.stat")


def test_a_flow_that_computes_its_state() -> None:
    step = step_of_viewflow("x", of_viewflow("GET_STATE", states=[]))
    flow = type("Computing", (), {"state": OTHER, "go": method_of_viewflow(OTHER, step)})
    with pytest.raises(MachineError, match="Computing: ready: the next state is computed"):
        fsm.load(flow)
