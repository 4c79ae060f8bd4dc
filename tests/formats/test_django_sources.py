"""Models of Django-FSM and flows of viewflow in sources that are not imported."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fsm
from fsm.errors import MachineError
from fsm.formats.python_values import PythonSource, Unknown
from fsm.machine import Machine

USE = """
from django.db import models
from django_fsm import FSMField, transition
from project.elsewhere import Base, States
"""
DOOR = """
    @transition(field=state, source=SHUT, target=OPEN)
    def push(self): ...

    @transition(field="state", source=[OPEN, LOST], target=SHUT, conditions=[light, lambda m: m.ok])
    def pull(self): ...

    @transition(state, "*", LOST, permission="p")
    def lose(self): ...
"""
NAMED = {
    "texts": ("", "'shut'", "'open'", "'lost'"),
    "constants": ("SHUT, OPEN, LOST = 1, 2, 3\nA = 'shut'\nB = 'open'\nC = 'lost'", "A", "B", "C"),
    "members": (
        "class S(models.TextChoices):\n    A = 'shut', _('Shut')\n    B = 'open'\n    C = 'lost'",
        "S.A", "S.B", "S.C.value",
    ),
    "choices": (
        "S = Choices(('shut', 'A', 'Shut'), ('open', 'Open'), 'lost')", "S.A", "S.open", "S.lost",
    ),
    "items": ("S = ['lost', 'shut', 'open']", "S[1]", "S[-1]", "S[0]"),
}  # fmt: skip


def load(tmp_path: Path, text: str, name: str = "models.py") -> Machine:
    (tmp_path / name.partition("#")[0]).write_text(text)
    return fsm.load(str(tmp_path / name))


def model(names: tuple[str, str, str, str], name: str = "Door", base: str = "models.Model") -> str:
    before, shut, open_, lost = names
    body = DOOR.replace("SHUT", shut).replace("OPEN", open_).replace("LOST", lost)
    return f"{before}\nclass {name}({base}):\n    state = FSMField(default={shut})\n{body}"


def steps(machine: Machine) -> list[str]:
    return sorted({f"{t.source} {t.label} {t.target}" for t in machine.transitions})


@pytest.mark.parametrize("case", NAMED)
def test_one_model_in_many_writings(case: str, tmp_path: Path) -> None:
    machine = load(tmp_path, USE + model(NAMED[case]))
    assert machine.initial == "shut"
    assert steps(machine) == [
        "lost lose lost",
        "lost pull [light and m.ok] shut",
        "open lose lost",
        "open pull [light and m.ok] shut",
        "shut lose lost",
        "shut push open",
    ]
    assert any("permissions are not part of the table" in text for text in machine.assumed)


def test_a_transition_has_the_line_of_its_decorator(tmp_path: Path) -> None:
    machine = load(tmp_path, USE + model(NAMED["texts"]))
    lines = {t.event: t.origin and t.origin.line for t in machine.transitions}
    assert lines["push"] == 9
    assert lines["lose"] == 15


def test_titles_and_states_of_choices(tmp_path: Path) -> None:
    text = """
class Door(models.Model):
    class S(models.TextChoices):
        A = "shut", _("Shut tight")
        HALF_OPEN = "half"
    state = FSMField(default=S.A, choices=S.choices)
    @transition(field=state, source=S.A, target=S.HALF_OPEN, on_error=S.A)
    def push(self): ...
    @transition(field=state, source="+", target=RETURN_VALUE(S.A, S.HALF_OPEN))
    def turn(self): ...
"""
    machine = load(tmp_path, USE + text)
    assert [(s.name, s.status) for s in machine.states] == [
        ("shut", "Shut tight"), ("half", "Half Open"),
    ]  # fmt: skip
    assert {"push", "push raises", "turn = shut", "turn = half"} == set(machine.events)


def test_what_is_in_other_files_is_said(tmp_path: Path) -> None:
    names = ("", "States.A", "States.B", "States.C")
    machine = load(tmp_path, USE + model(names, base="Base, models.Model"))
    assert machine.initial == "States.A"
    said = "\n".join(machine.assumed)
    assert "3 values of other files, such as 'States." in said
    assert "models.py:6: 'Base' is not in this file; what it declares is not read" in said


def test_a_flow_of_viewflow(tmp_path: Path) -> None:
    text = """
from viewflow import fsm, this
class Flow:
    state = fsm.State(states=["a", "b"], default="a")
    @state.transition(source="a", target="b", conditions=[this.ready])
    def go(self): ...
    @state.transition(source=fsm.State.ANY, target="a")
    def back(self): ...
"""
    assert steps(load(tmp_path, text)) == ["a back a", "a go [ready] b", "b back a"]


def test_inherited_methods_count(tmp_path: Path) -> None:
    below = """
class Gate(Door):
    @transition(field="state", source="shut", target="broken")
    def push(self): ...
"""
    machine = load(tmp_path, USE + model(NAMED["texts"]) + below, "models.py#Gate")
    assert "shut push broken" in steps(machine)
    assert "shut push open" not in steps(machine)


FOLLOWED = {
    "another name": (
        "back",
        "from django_fsm import transition as tr",
        "tr(field=s, source='b', target='a')",
    ),
    "a name of the module": ("back", "import django_fsm as d", "d.transition(s, 'b', 'a')"),
    "a second name": ("back", "tr = transition", "tr(field=s, source='b', target='a')"),
    "constants of a tuple": (
        "back",
        "A, B = 'a', 'b'",
        "transition(field=s, source=B, target=A)",
    ),
    "the last of two methods": ("go", "", "transition(field=s, source='a', target='c')"),
    "a class that is no base": (
        "back",
        "A = 'a'\nclass Other:\n    A = 'x'",
        "transition(field=s, source='b', target=A)",
    ),
}


@pytest.mark.parametrize("case", FOLLOWED)
def test_followed_as_python_does(case: str, tmp_path: Path) -> None:
    method, before, decorator = FOLLOWED[case]
    text = f"""{before}
class Door(models.Model):
    s = FSMField(default='a')
    @transition(field=s, source='a', target='b')
    def go(self): ...
    @{decorator}
    def {method}(self): ...
"""
    expected = ["b back a", "a go b"] if method == "back" else ["a go c"]
    assert steps(load(tmp_path, USE + text)) == sorted(expected)


UNCERTAIN = {
    "in a branch": (
        "",
        (
            "if X:\n        @transition(field=s, source='b', target='a')\n"
            "        def back(self): ..."
        ),
        ":11: this use of 'transition' is not read",
    ),
    "no decorator": (
        "",
        "back = transition(field=s, source='b', target='a')(f)",
        ":10: this use of 'transition' is not read",
    ),
    "a partial": (
        "from functools import partial\ntr = partial(transition, field='s')",
        "",
        ":6: this use of 'transition' is not read",
    ),
    "assigned in a branch": (
        "A = 'a'\nif X:\n    A = 'b'",
        ("@transition(field=s, source='b', target=A)\n    def back(self): ..."),
        ": a state is computed: A;",
    ),
    "appended": (
        "L = ['b']\nL.append('a')",
        ("@transition(field=s, source=L, target='a')\n    def back(self): ..."),
        ": a state is computed: L;",
    ),
    "appended by another name": (
        "L = ['b']\nM = L\nM.append('a')",
        ("@transition(field=s, source=L, target='a')\n    def back(self): ..."),
        ": a state is computed: L;",
    ),
    "a method that is replaced": ("", "go = cached(go)", "what 'go' is, is decided when"),
    "a field in a branch": (
        "",
        "if X:\n        s = FSMField(default='b')",
        "the field 's' is not in this file, or not for certain",
    ),
    "a field of another file": (
        "",
        ("@transition(field='t', source='b', target='a')\n    def back(self): ..."),
        "the field 't' is not in this file",
    ),
    "conditions that are computed": (
        "",
        ("@transition(field=s, source='b', conditions=f())\n    def back(self): ..."),
        "the conditions are computed: f()",
    ),
    "a class that is defined twice": ("class Door: ...", "", "the class 'Door' is defined more"),
}


@pytest.mark.parametrize("case", UNCERTAIN)
def test_what_is_not_certain_is_refused(case: str, tmp_path: Path) -> None:
    before, inside, message = UNCERTAIN[case]
    text = f"""
class Door(models.Model):
    s = FSMField(default='a')
    @transition(field=s, source='a', target='b')
    def go(self): ...
    {inside}
"""
    name = "models.py#Door.t" if "'t'" in inside else "models.py#Door"
    with pytest.raises(MachineError) as error:
        load(tmp_path, USE + before + text, name)
    assert message in str(error.value)


REFUSED = {
    "several": (model(NAMED["texts"]) + model(NAMED["texts"], "Gate"), "models.py",
                ":1: 2 machines; name one: "),
    "no such model": (model(NAMED["texts"]), "models.py#Dor",
                      ":1: no machine 'Dor'; did you mean 'Door'?"),
    "no model": ("x = 1", "models.py", ":1: no machine of Django-FSM"),
    "no default": (model(NAMED["texts"]).replace("default='shut'", ""), "models.py",
                   ":7: the field has no default; give it one"),
    "a state that is computed": (model(NAMED["texts"]).replace("target='open'", "target=f()"),
                                 "models.py", ":9: a state is computed: f();"),
    "no Python": ("class Door(:\n", "models.py", ":5: not Python: invalid syntax"),
    "deep": ("x = " + "(" * 5000, "models.py", ":5: not Python: too many nested parentheses"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_its_line(case: str, tmp_path: Path) -> None:
    text, name, message = REFUSED[case]
    with pytest.raises(MachineError) as error:
        load(tmp_path, USE + text, name)
    assert f"models.py{message}" in str(error.value)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=9))
def test_literals_are_their_values(value: object) -> None:
    source = PythonSource(f"x = {value!r}", "m.py")
    assert source.value(source.constants["x"]) == value


def test_names_that_are_assigned_twice_are_unknown() -> None:
    source = PythonSource("x = 1\nx = 2\ny = x\nz = y", "m.py")
    assert source.value(source.constants["z"]) == Unknown("y")
