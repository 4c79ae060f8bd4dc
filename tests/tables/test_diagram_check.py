"""The diagrams of a page are compared with the documented table beside them."""

from pathlib import Path

import pytest

from fsm.catalog import machine_page
from fsm.checking import check
from fsm.drawing import draw
from fsm.machine import Machine, State, Transition
from fsm.tables.checks.finding import CheckReport
from fsm.tables.read.page import parse_page
from fsm.tables.words.binding import Binding

NAMES = ("new", "in_work", "done", "gone")
ARROWS = [
    ("new", "start", "in_work"),
    ("new", "drop", "gone"),
    ("in_work", "hold", "in_work"),
    ("in_work", "finish", "done"),
    ("in_work", "drop", "gone"),
]
MACHINE = Machine(
    "task",
    "Task",
    tuple(State(name, name, name, (name,), name in ("done", "gone")) for name in NAMES),
    ("start", "drop", "hold", "finish"),
    tuple(Transition(source, event, target, event) for source, event, target in ARROWS),
    "new",
    guards=dict.fromkeys(("start", "drop", "hold", "finish"), ()),
)
BINDING = Binding("task", {"from": "From", "event": "On", "to": "To"}, {}, {"give up": "drop"})
TABLE = [
    "# Task",
    "",
    "| From | On | To |",
    "| --- | --- | --- |",
    *(f"| {source.replace('_', ' ')} | {event} | {target} |" for source, event, target in ARROWS),
    "",
]
MARKS = ("new", "done", "gone")


def mermaid(
    arrows: list[tuple[str, str, str]] = ARROWS, marks: tuple[str, ...] = MARKS
) -> list[str]:
    return [
        "```mermaid",
        "stateDiagram-v2",
        f"[*] --> {marks[0]}",
        *(f"{source} --> {target} : {event}" for source, event, target in arrows),
        *(f"{final} --> [*]" for final in marks[1:]),
        "```",
    ]


def plantuml(
    arrows: list[tuple[str, str, str]] = ARROWS, marks: tuple[str, ...] = MARKS
) -> list[str]:
    inner = mermaid(arrows, marks)[2:-1]
    return ["```plantuml", "@startuml", *inner, "@enduml", "```"]


def dot(arrows: list[tuple[str, str, str]] = ARROWS, marks: tuple[str, ...] = MARKS) -> list[str]:
    return [
        "```dot",
        "digraph { p [shape=point]",
        f"p -> {marks[0]}",
        *(f'{source} -> {target} [label="{event}"]' for source, event, target in arrows),
        *(f"{final} [peripheries=2]" for final in marks[1:]),
        "} ",
        "```",
    ]


LANGUAGES = {"mermaid": mermaid, "plantuml": plantuml, "dot": dot}
FIRST = len(TABLE) + 1
"""The line of the fence."""


def checked(*lines: str, name: str = "page.md") -> CheckReport:
    page = parse_page("\n".join([*TABLE, *lines]) + "\n", name)
    return check([page], bindings=BINDING, load=lambda _: MACHINE)


def found(report: CheckReport) -> list[tuple[str, int, int]]:
    return [(f.code, f.line, f.related[0].line) for f in report.findings]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_diagram_that_agrees(language: str) -> None:
    report = checked(*LANGUAGES[language]())
    assert (report.findings, report.diagrams, report.other_diagrams) == ((), 1, 0)


def _renamed(i: int, event: str) -> list[tuple[str, str, str]]:
    changed = list(ARROWS)
    changed[i] = (changed[i][0], event, changed[i][2])
    return changed


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("i", range(len(ARROWS)), ids=["-".join(arrow) for arrow in ARROWS])
def test_every_changed_arrow_is_found_with_both_lines(language: str, i: int) -> None:
    source, event, target = ARROWS[i]
    other = "new" if target != "new" else "done"
    draw, row, line = LANGUAGES[language], 5 + i, FIRST + 3 + i

    def findings(arrow: tuple[str, str, str]) -> list[tuple[str, int, int]]:
        return found(checked(*draw([*ARROWS[:i], arrow, *ARROWS[i + 1 :]])))

    assert findings((source, event, other)) == [("diagram-target", line, row)]
    assert findings((source, "wait", target)) == [("diagram-event", line, row)]
    moved = findings(("done", event, target))
    assert moved == [("diagram-missing", row, FIRST + 1), ("diagram-extra", line, 3)]
    without = found(checked(*draw(ARROWS[:i] + ARROWS[i + 1 :])))
    assert without == [("diagram-missing", row, FIRST + 1)]
    more = found(checked(*draw([*ARROWS, ("done", event, target)])))
    assert more == [("diagram-extra", FIRST + 3 + len(ARROWS), 3)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        (("in_work", "done", "gone"), [("diagram-initial", 2)]),
        (("new", "done"), [("diagram-final", None)]),
        (("new", "done", "gone", "in_work"), [("diagram-final", 10)]),
        (("new",), []),
    ],
    ids=["initial", "final missing", "final too many", "no final at all"],
)
def test_marks(
    language: str, marks: tuple[str, ...], expected: list[tuple[str, int | None]]
) -> None:
    report = checked(*LANGUAGES[language](marks=marks))
    assert [f.code for f in report.findings] == [code for code, _ in expected]
    for finding, (_, offset) in zip(report.findings, expected, strict=True):
        assert finding.related[0].line == 3
        assert offset is None or finding.line == FIRST + offset


@pytest.mark.parametrize(
    "lines",
    [
        ["new --> in_work : START / beep", "new --> gone : Give up"],
        ["new --> in_work", "new --> gone : drop [it is late]"],
        ['state "In work" as w', "new --> w : start", "new --> gone : drop"],
        ['state "New" as n', "n --> in_work : start", "n --> gone : drop"],
    ],
    ids=["letter case, label of the binding", "no event, a guard", "title", "title of the source"],
)
def test_names_are_compared_as_in_tables(lines: list[str]) -> None:
    rest = [arrow for arrow in mermaid()[3:] if not arrow.startswith("new -->")]
    if "as w" in lines[0]:
        rest = [line.replace("in_work", "w") for line in rest]
    report = checked("```mermaid", "stateDiagram-v2", *lines, *rest)
    assert report.findings == ()


@pytest.mark.parametrize(
    ("lines", "codes", "counts"),
    [
        (["```mermaid", "flowchart TD", "new --> done", "```"], [], (0, 1)),
        (["```mermaid", "sequenceDiagram", "new ->> done: hi", "```"], [], (0, 1)),
        (["```plantuml", "new -> done : hi", "```"], [], (0, 1)),
        (["```dot", "digraph { new -> done }", "```"], [], (0, 1)),
        (["```mermaid", "stateDiagram-v2", "off --> lit : push", "```"], [], (0, 1)),
        (["```mermaid", "stateDiagram-v2", "state f <<fork>>", "```"], ["diagram-unread"], (0, 1)),
        (["[a diagram](missing.mmd)"], ["diagram-unread"], (0, 1)),
        (["[a diagram](../secret.mmd)"], ["diagram-unread"], (0, 1)),
    ],
    ids=["flowchart", "sequence", "no states", "no events", "other states", "nested", "no file",
         "outside"],
)  # fmt: skip
def test_what_is_not_compared_is_counted(
    lines: list[str], codes: list[str], counts: tuple[int, int]
) -> None:
    report = checked(*lines)
    assert [finding.code for finding in report.findings] == codes
    assert all(finding.severity == "warning" for finding in report.findings)
    assert (report.diagrams, report.other_diagrams) == counts


def test_what_is_not_read_is_found_at_its_line() -> None:
    report = checked(
        "```mermaid", "stateDiagram-v2", "new --> done : x", "state c <<choice>>", "```"
    )
    assert [(f.code, f.line) for f in report.findings] == [("diagram-unread", FIRST + 3)]


def test_a_linked_file_is_compared_with_its_own_lines(tmp_path: Path) -> None:
    arrows = _renamed(2, "sleep")
    (tmp_path / "task.mmd").write_text("\n".join(mermaid(arrows)[1:-1]))
    report = checked("[as a diagram](task.mmd)", name=str(tmp_path / "page.md"))
    (finding,) = report.findings
    assert (Path(finding.file).name, finding.line) == ("task.mmd", 5)
    assert (Path(finding.related[0].file).name, finding.related[0].line) == ("page.md", 7)


def test_a_page_without_documented_tables_has_no_findings_in_diagrams() -> None:
    page = parse_page("\n".join(mermaid(ARROWS[:1])), "page.md")
    report = check([page])
    assert (report.findings, report.diagrams, report.other_diagrams) == ((), 0, 1)


def test_the_page_of_a_built_in_machine() -> None:
    lines = machine_page("engagement").read_text("utf-8").rstrip().split("\n")
    diagram = str(draw("engagement", "mermaid")).rstrip().split("\n")
    loop = diagram.index("    was_clicked --> was_clicked : opened<br/>clicked")
    diagram[loop] = "    was_clicked --> was_clicked : clicked"
    page = parse_page("\n".join([*lines, "", "```mermaid", *diagram, "```"]), "page.md")
    row = next(i for i, line in enumerate(lines, 1) if line.startswith("| was_clicked | opened"))
    assert found(check([page])) == [("diagram-missing", row, len(lines) + 3)]


def test_a_table_that_declares_its_machine_needs_no_binding() -> None:
    table = [line.replace("| On |", "| Event |").replace("in work", "in_work") for line in TABLE]
    page = parse_page("\n".join([*table, *mermaid(_renamed(2, "sleep"))]), "page.md")
    assert found(check([page])) == [("diagram-event", FIRST + 5, 7)]
