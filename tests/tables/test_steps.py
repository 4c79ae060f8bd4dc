"""Tables of steps as machines: the order of rows, questions, faults, files with answers."""

import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import fsm
from fsm.catalog import load, machine_page
from fsm.errors import PageError
from fsm.machine import Indicator, Machine
from fsm.tables.declared.additions import documented_part
from fsm.tables.declared.draft import draft_table
from fsm.tables.declared.pages import load_page
from fsm.tables.declared.reading import readings_of
from fsm.tables.declared.steps import StepsReading
from fsm.tables.read.page import parse_page, read_page
from fsm.tables.words.binding import Binding, read_binding

MODES = ("with-feedback", "without-feedback")
NO_ANSWERS = Binding("", {}, {}, {})
HEAD = "| Step | Indicators | Status |\n|---|---|---|\n"
TICKET = HEAD + (
    "| It is opened | Solved starts at 0 % | New |\n"
    "| It is answered | Solved increases | Done |\n"
    "| It comes back | Solved decreases | New |\n"
)
ANSWERED = Binding("", {}, {}, {}, follows={2: (1, 3)})


def readings(text: str, binding: Binding = NO_ANSWERS) -> list[StepsReading]:
    return readings_of(parse_page(text, "page.md"), load, binding)


def arrows(machine: Machine) -> list[tuple[str, str, str]]:
    return [(t.source, t.event, t.target) for t in machine.transitions]


def steps_of(name: str, folder: Path) -> Path:
    """Return a page with the table of steps of a built-in machine, without its transitions."""
    page = folder / "steps.md"
    page.write_text(machine_page(name).read_text("utf-8").partition("| From |")[0], "utf-8")
    return page


def differences(machine: Machine, mode: str) -> tuple[object, ...]:
    comparison = fsm.compare(machine, documented_part(load(mode)))
    return (*comparison.differences, *comparison.effects)


@pytest.mark.parametrize("language", ["en", "fr-FR", "de-DE", "ja-JP"])
def test_a_published_page_gives_the_documented_part_of_both_machines(
    corpus: Path, language: str
) -> None:
    page = read_page(corpus / f"pages/{language}/confirming-the-send.md")
    found = readings_of(page, load)
    assert [r.questions for r in found] == [(), ()]
    for reading, mode in zip(found, MODES, strict=True):
        assert reading.machine is not None
        assert differences(reading.machine, mode) == ()


@pytest.mark.parametrize(
    ("mode", "answers"),
    [("with-feedback", "4 = 3\n5 = [3]"), ("without-feedback", "2 = 1\n3 = 1\n4 = 3\n5 = 3")],
)
def test_a_built_in_page_needs_few_answers(tmp_path: Path, mode: str, answers: str) -> None:
    file = tmp_path / "steps.toml"
    file.write_text(f'kind = "table"\npage = "{machine_page(mode)}"\n[follows]\n{answers}\n')
    machine = load_page(str(file), load)
    assert differences(machine, mode) == ()
    assert machine.transitions[0].origin is not None
    assert (machine.transitions[0].origin.label, machine.transitions[0].origin.line) == (
        "row 1",
        14,
    )


NAMES = {
    "to_send": "start",
    "awaiting": "relayed",
    "delivered": "retry_succeeded",
    "hard_bounced": "hard_bounce",
    "retrying": "soft_bounce",
    "retries_exhausted": "retry_failed",
}


@pytest.mark.parametrize("mode", MODES)
def test_prose_and_decisions_added_by_hand_make_the_whole_machine(
    tmp_path: Path, mode: str
) -> None:
    whole = load(mode)
    lines = ['kind = "table"', f'page = "{machine_page(mode)}"', "[follows]"]
    lines += ["2 = 1", "3 = 1", "4 = 3", "5 = 3"]
    for t in whole.transitions:
        assert t.origin is not None
        if t.origin.row is None:
            lines += ["[[transitions]]", f'from = "{NAMES[t.source]}"', f'event = "{t.event}"']
            lines += [f'to = "{NAMES[t.target]}"', f'source = "{t.origin.label}"']
            lines += ['reason = "The text says so."']
    lines += ["[deadline]", 'start = "relayed"', 'event = "retry_failed"', 'state = "soft_bounce"']
    (tmp_path / "whole.toml").write_text("\n".join(lines))
    comparison = fsm.compare(fsm.load(str(tmp_path / "whole.toml")), whole)
    assert (comparison.differences, comparison.effects) == ((), ())


def test_effects_tell_the_order_of_rows_or_leave_a_question() -> None:
    (reading,) = readings(TICKET)
    (question,) = reading.questions
    choices = ("1: It is opened", "3: It comes back")
    assert (question.key, question.choices, question.place) == ("follows.2", choices, "page.md:4")
    assert reading.follows == {1: (0,), 3: (2,)}


def test_a_row_may_follow_several_rows() -> None:
    (reading,) = readings(TICKET, ANSWERED)
    assert reading.machine is not None
    assert arrows(reading.machine) == [
        ("start", "It is opened", "It is opened"),
        ("It is opened", "It is answered", "It is answered"),
        ("It comes back", "It is answered", "It is answered"),
        ("It is answered", "It comes back", "It comes back"),
    ]
    assert reading.machine.indicators == (Indicator("Solved", frozenset({"Done"})),)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("| A | X starts at 0 % | P |\n| B | X increases | P |", "which other rows contradict"),
        ("| A | X starts at 0 % | P |\n| B | X decreases | Q |", "which other rows contradict"),
        ("| A | X starts at 0 % | P |\n| B | X goes up a bit | Q |", "no effect is known as"),
        ("| A | X starts at 0 % | P |\n| B | | |", "a row without a status"),
    ],
)
def test_rows_that_contradict_each_other_are_found(rows: str, message: str) -> None:
    (reading,) = readings(HEAD + rows + "\n")
    assert reading.machine is None
    found = [remark for remark in reading.findings if message in remark.text]
    assert [remark.place for remark in found] == ["page.md:4"]


def test_an_answer_that_the_effects_rule_out_is_found() -> None:
    (reading,) = readings(TICKET, Binding("", {}, {}, {}, follows={3: (1,)}))
    assert [r.text for r in reading.findings if "row 3 cannot follow 1" in r.text]


@pytest.mark.parametrize("name", ["with-feedback", "engagement", "quarantine"])
def test_an_unanswered_question_stops_whoever_reads_the_file(tmp_path: Path, name: str) -> None:
    page = read_page(steps_of(name, tmp_path))
    draft = draft_table(page, readings_of(page, load), "", NO_ANSWERS)
    file = tmp_path / "steps.toml"
    file.write_text(draft.toml(page.name))
    lines = file.read_text().splitlines()
    first = next(i for i, line in enumerate(lines, 1) if '"?"' in line)
    with pytest.raises(PageError, match=rf"steps\.toml:{first}: .* is not answered"):
        read_binding(file)


def test_a_draft_without_questions_is_the_machine_of_the_page(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(TICKET)
    page = read_page(tmp_path / "page.md")
    (reading,) = readings_of(page, load, ANSWERED)
    draft = draft_table(page, [reading], "", ANSWERED)
    (tmp_path / "page.toml").write_text(draft.toml("page.md"))
    assert draft.questions == ()
    machine = load_page(str(tmp_path / "page.toml"), load)
    assert reading.machine is not None
    assert replace(machine, name=reading.machine.name, assumed=()) == reading.machine


def test_questions_are_asked_on_a_terminal(tmp_path: Path) -> None:
    main_end, terminal = pty.openpty()
    os.write(main_end, b"9\n3\n3\n")
    command = [sys.executable, "-m", "fsm", "draft", str(steps_of("with-feedback", tmp_path))]
    run = subprocess.run(
        [*command, "--ask", "-o", str(tmp_path / "steps.toml")],
        stdin=terminal,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    os.close(terminal)
    os.close(main_end)
    assert "give numbers of rows: 2, 3, 5" in run.stderr
    assert differences(load_page(str(tmp_path / "steps.toml"), load), "with-feedback") == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('page = ""', r":2: write page = "),
        ('page = "p.md"\ninitial = "?"', r":3: initial is not answered"),
        ('page = "p.md"\n[follows]\n4 = "?"', r":4: follows\.4 is not answered"),
        ('page = "p.md"\n[follows]\nx = 1', r":4: write numbers of rows"),
        ('page = "p.md"\nfinal = "a"', r":3: write final = "),
        ('page = "p.md"\ndistinct = ["a"]', r":3: write distinct = "),
        ('page = "p.md"\n[[transitions]]\nfrom = "a"', r"write \[\[transitions\]\] with from"),
        ('page = "p.md"\n[deadline]\nstart = "a"', r"write \[deadline\] with start"),
        ('machine = "m"', "needs machine = NAME"),
    ],
)
def test_files_about_tables_that_cannot_be_read(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "t.toml").write_text(f'kind = "table"\n{text}\n')
    with pytest.raises(PageError, match=message):
        read_binding(tmp_path / "t.toml")
