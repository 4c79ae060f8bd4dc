"""Machines of the library transitions in sources that are not imported."""

from pathlib import Path

import pytest

import fsm
from fsm.errors import MachineError
from fsm.machine import Machine

USE = "from transitions import Machine, State\nimport project.elsewhere\n"
STEPS = (
    "dict(trigger='push', source='shut', dest='open', conditions=[lit, 'free'], after=ring)",
    "['pull', 'open', 'shut']",
)
SAME = {
    "a module": f"""
states = ['shut', State('open', on_enter=ring)]
steps = [{", ".join(STEPS)}]
door = Machine(None, states, 'shut', steps)
""",
    "a class": f"""
class Door:
    states = ['shut', 'open']
    def __init__(self, name):
        self.steps = [{", ".join(STEPS)}]
        self.machine = Machine(model=self, states=Door.states, transitions=self.steps,
                               initial=self.states[0])
""",
    "methods that add": """
class Door:
    def __init__(self, name):
        shut = 'shut'
        self.machine = Machine(self, states=[shut, {'name': 'open'}], initial=shut)
        self.prepare()
    def prepare(self):
        with lock:
            self.machine.add_transition('push', 'shut', 'open', conditions=[lit, 'free'])
        self.machine.add_transitions([['pull', 'open', 'shut']])
""",
    "a class of machines": f"""
class Door(Machine):
    def __init__(self):
        super().__init__(self, states=['shut', 'open'], initial='shut', transitions=[{STEPS[1]}])
        self.add_transition(trigger='push', source='shut', dest='open',
                            conditions=['lit', 'free'], before=[self.ring])
""",
}


def load(tmp_path: Path, text: str, name: str = "m.py") -> Machine:
    (tmp_path / name.partition("#")[0]).write_text(text)
    return fsm.load(str(tmp_path / name))


@pytest.mark.parametrize("case", SAME)
def test_one_machine_in_many_writings(case: str, tmp_path: Path) -> None:
    machine = load(tmp_path, USE + SAME[case])
    assert machine.initial == "shut"
    assert [f"{t.source} {t.label} {t.target}" for t in machine.transitions] == [
        "shut push [lit and free] open",
        "open pull shut",
    ]


def test_one_of_several(tmp_path: Path) -> None:
    text = USE + SAME["a class"] + SAME["a module"]
    assert load(tmp_path, text, "m.py#Door").name == "Door"
    with pytest.raises(MachineError, match=r"2 machines; name one: \S+m\.py#door, \S+m\.py#Door$"):
        load(tmp_path, text)


ADDED = "        self.machine.add_transition('x', 'shut', 'open')\n"
CLASS = SAME["a class"]
NEXT = "        m = self.machine\n        m.add_transition('x', 'shut', 'open')"
UNSURE = "it is not certain that this add_transition is run"
OTHERS = {
    "another name": "from transitions.extensions import HierarchicalMachine as Nested\n"
    "class Door:\n    def __init__(self):\n"
    "        m = self.machine = Nested(self, states=['a', 'b'], initial='a')\n"
    "        m.add_transition('go', 'a', 'b')\n        self.more()\n"
    "    def more(self):\n        self.machine.add_transition('back', 'b', 'a')\n",
    "beside a class that is not read": (
        "class Other:\n    def __init__(self):\n        m = self.machine = Machine(states=f())\n"
        "    def more(self):\n        self.machine.add_transition('x', 'a', 'b')\n"
        "class Door:\n    def __init__(self):\n"
        "        self.machine = Machine(self, states=['a', 'b'], initial='a', "
        "transitions=[['go', 'a', 'b'], ['back', 'b', 'a']])\n"
    ),
}


@pytest.mark.parametrize("case", OTHERS)
def test_each_machine_has_its_own_additions(case: str, tmp_path: Path) -> None:
    machine = load(tmp_path, USE + OTHERS[case], "m.py#Door")
    own = {t.event for t in machine.transitions if not t.event.startswith("to_")}
    assert own == {"go", "back"}


UNREAD = {
    "in a branch": "if x:\n    door = Machine(states=['a'], initial='a')",
    "given to a function": "doors = wrap(Machine(states=['a'], initial='a'))",
    "a base without a call": "class Door(Machine): ...\ndoor = Door(states=['a'])",
    "a partial": "make = partial(Machine, initial='a')",
    "a factory": "from transitions.extensions import MachineFactory\n"
    "door = MachineFactory.get_predefined()(states=['a'])",
}


@pytest.mark.parametrize("case", UNREAD)
def test_a_use_that_is_not_understood_is_told(case: str, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"this use of 'Machine(Factory)?' is not read; assign"):
        load(tmp_path, USE + UNREAD[case])


REFUSED = {
    "one of a list": (CLASS + "        [self.machine.add_transition(s, 'shut', 'open') for s in x]",
                      10, UNSURE),
    "by another name": (CLASS + "        add = self.machine.add_transition", 10, UNSURE),
    "behind a return": (CLASS + "        if x:\n            return\n" + ADDED[4:], 12, UNSURE),
    "two machines of one name": (
        CLASS + "        if x:\n            self.machine = None", 11, "self.machine is assigned",
    ),
    "a constant in a branch": ("s = ['a']\nif x:\n    s = ['b']\nm = Machine(states=s)", 6,
                               "s is computed"),
    "a list that is given away": ("s = ['a']\nf(s)\nm = Machine(states=s)", 5, "s is computed"),
    "a loop": (CLASS + f"        for x in y:\n    {ADDED}", 11, UNSURE),
    "a condition": (CLASS + f"        if x:\n    {ADDED}", 11, UNSURE),
    "a method that may not be called": (CLASS + f"    def f(self):\n{ADDED}", 11, UNSURE),
    "another name": (CLASS + NEXT, 11, UNSURE),
    "a list that grows": (
        CLASS + "    def f(self):\n        Door.states.append('x')", 8, "Door.states is computed",
    ),
    "a list of two values": (CLASS + "        self.steps = 1", 8, "self.steps is computed"),
    "states of other files": ("m = Machine(states=elsewhere.S)", 3, "elsewhere.S is computed"),
    "a state of another file": (CLASS.replace("'open']", "OPEN]", 1), 8, "Door.states is computed"),
    "a parameter": (
        "s = ['a']\ndef f(s):\n    m = Machine(states=s)", 5, "s is computed",
    ),
    "more arguments": ("m = Machine(**options)", 3, "the arguments of the machine are computed"),
    "what is not read": (CLASS + "        self.machine.add_ordered_transitions()", 10, "not read"),
    "no state": (CLASS.replace("'shut', 'open'", "'shut', 'opne'"), 7, "no state 'open'"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_its_line(case: str, tmp_path: Path) -> None:
    text, line, message = REFUSED[case]
    with pytest.raises(MachineError) as error:
        load(tmp_path, USE + text)
    assert f"m.py:{line}: " in str(error.value)
    assert message in str(error.value)


def test_a_source_without_the_library_has_no_machine(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="1: no machine of Django-FSM, viewflow or transitions"):
        load(tmp_path, SAME["a module"])


@pytest.mark.parametrize(
    ("library", "hint"),
    [
        ("from transitions import Machine", "; to read it without importing it: door_source.py#D"),
        ("from django_fsm import FSMField", "; to read it without importing it: door_source.py#D"),
        ("x = 1  # transitions", ""),
    ],
    ids=["transitions", "Django-FSM", "neither"],
)
def test_a_module_that_cannot_be_imported_may_be_read(
    library: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("door_source.py").write_text(f"import zzz\n{library}\n")
    with pytest.raises(MachineError) as error:
        fsm.load("door_source:D")
    assert "cannot import 'door_source': No module named 'zzz'" in str(error.value)
    assert str(error.value).endswith(hint)
    assert ("to read it" in str(error.value)) == bool(hint)
