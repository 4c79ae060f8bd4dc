"""No name, text or file name reaches a terminal or a page with characters that nobody sees."""

import json
import re
from pathlib import Path

import pytest

from fsm.catalog import load
from fsm.formats.json_document import parse_document, to_json
from fsm.formats.scxml import to_scxml
from fsm.machine import Indicator, Machine, Origin, State, Transition
from fsm.suites import suite
from fsm.suites.execution.implementation import run_test
from fsm.suites.execution.reproduction import reproduce
from fsm.text import HIDDEN, json_text
from tests.command import Fsm

MARKS = "\x1b[31m\u202e\x9b\u2028\u200b\x07\x7f\u2066\U000e0041"
"""An escape sequence, marks that turn text around, line ends, and what has no width."""
LAYOUT = re.compile("[\n\t]")


def marked(name: str) -> str:
    return f"{name}{MARKS}"


def machine() -> Machine:
    a, b, go, stay = map(marked, ("a", "b", "go", "stay"))
    states = (State(a, marked("S"), marked("A"), (a,)), State(b, marked("T"), marked("B"), (b,)))
    cells = (
        Transition(a, go, b, go, "", Origin("D1", marked("why"))),
        Transition(a, stay, a, stay, marked("guard"), Origin("row 1", marked("row"))),
    )
    indicators = (Indicator(marked("I"), frozenset({marked("S")})),)
    return Machine(
        marked("m"), marked("title"), states, (go, stay), cells, a, indicators,
        unreachable=(marked("never"),),
    )  # fmt: skip


DOT = """digraph g {
 s0 [label="a\x1b[31m\u202e"];
 s1 [label="b\u202e"];
 __start0 [shape="none"];
 __start0 -> s0;
 s0 -> s1 [label="go\x1b\u202e/out\x1b\u202e"];
 s1 -> s0 [label="go\x1b\u202e/ok"];
}
"""
LOG = f"""message_id,event,timestamp,recipient
"{marked("id")}","{marked("go")}",2026-01-05T09:00:00Z,"r{MARKS}@x.example"
"{marked("id")}","{marked("no")}",2026-01-05T09:00:01Z,"r{MARKS}@x.example"
"""
PAGE = f"""**With feedback service{MARKS}**

| Step | Log status |
|---|---|
| A hard bounce is reported{MARKS} | Sent{MARKS} |
| the van leaves | Failed |
"""
KINDS = ("transitions {}", "matrix {}", "decisions {}", "mermaid {}", "changes {} engagement")
BLOCKS = "".join(f"<!-- fsm:{kind} -->\nold{MARKS}\n<!-- fsm:end -->\n" for kind in KINDS)
BINDING = 'machine = "m.json"\n[columns]\nevent = "Step"\nstatus = "Log status"\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Machines, a log, pages and a binding with marks in every name."""
    place = tmp_path_factory.mktemp("marked")
    made = machine()
    files = {
        "m.json": to_json(made),
        "m.scxml": to_scxml(made),
        "m.dot": DOT,
        "log.csv": LOG,
        "page.md": PAGE,
        "binding.toml": BINDING,
        f"log{MARKS}.csv": LOG,
        f"page{MARKS}.md": PAGE,
        **{f"{form}.md": BLOCKS.format(*[f"m.{form}"] * 5) for form in ("json", "scxml", "dot")},
    }
    for name, text in files.items():
        (place / name).write_text(text)
    return place


OF_MACHINES = [
    *(f"show {{}} --format {form}" for form in ("md", "csv", "json")),
    *(f"show {{}} --matrix --format {form}" for form in ("md", "csv", "json")),
    "compare {} engagement",
    "compare engagement {} --json",
    "compare {} m.json",
    "analyse {}",
    "analyse {} --json",
    "analyse {} --claim nonsense",
    "analyse {} --refines engagement",
    *(f"suite {{}} --format {form}" for form in ("json", "csv", "md", "pytest")),
    "suite {} --summary",
    "suite {} --mutation-score --mutants 3",
    "suite {} --to nowhere",
    *(f"draw {{}} --format {form}" for form in ("dot", "mermaid", "plantuml", "d2", "xstate")),
    "draw {} --format json",
    "draw {} --format scxml",
    "draw {} --focus nowhere",
    "draw {} --diff engagement",
    "draw {} --counts log.csv",
    "docs --check {form}.md",
    "replay log.csv --machine {}",
    "replay log.csv --machine {} --json",
    "explain log.csv --machine {} --message nobody",
]
OTHERS = [
    *(f"check page.md --format {form}" for form in ("text", "json", "sarif", "github")),
    "check page.md --draft-lexicon",
    "check page.md --binding binding.toml",
    f"check page{MARKS}.md --format github",
    f"check page{MARKS}.md --format sarif",
    f"replay log{MARKS}.csv --machine m.json",
    f"replay none{MARKS}.csv",
    f"explain log.csv --machine m.json --message id{MARKS}",
    f"explain log.csv --machine m.json --json --message id{MARKS}",
    f"show {MARKS}",
    f"show {MARKS}:X",
    f"learn {MARKS}:X m.json",
    f"docs {MARKS}.md",
    f"docs page{MARKS}.md",
]
ALL = [
    *(line.replace("{form}", form).replace("{}", f"m.{form}")
      for line in OF_MACHINES for form in ("json", "dot")),
    "show m.scxml",
    "docs --check scxml.md",
    *OTHERS,
]  # fmt: skip


@pytest.mark.parametrize("line", ALL, ids=lambda line: HIDDEN.sub("^", line))
def test_nothing_unseen_is_printed(
    folder: Path, fsm: Fsm, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.chdir(folder)
    result = fsm(*line.split(" "))
    assert result.out or result.err
    assert "internal error" not in result.err
    assert HIDDEN.findall(LAYOUT.sub("", result.out + result.err)) == []


@pytest.mark.parametrize("form", ["json", "dot"])
def test_nothing_unseen_is_written_into_a_page(
    folder: Path, fsm: Fsm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, form: str
) -> None:
    monkeypatch.chdir(folder)
    page = tmp_path / "page.md"
    page.write_text(BLOCKS.replace(MARKS, "").format(*[f"m.{form}"] * 5))
    assert fsm("docs", page).status == 0
    assert "[U+202E]" in page.read_text()
    assert HIDDEN.findall(LAYOUT.sub("", page.read_text())) == []


def test_json_and_files_keep_each_name(folder: Path, fsm: Fsm, tmp_path: Path) -> None:
    rows = json.loads(fsm("show", folder / "m.json", "--json").out)
    assert rows[0]["event"] == marked("go")
    assert parse_document(json_text(json.loads(to_json(machine())))) == machine()
    out = tmp_path / "tests.csv"
    assert fsm("suite", folder / "m.json", "-o", out).status == 0
    assert marked("go") in out.read_text()


def test_a_log_keeps_its_texts_but_on_a_terminal(
    folder: Path, fsm: Fsm, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulate = ("simulate", folder / "m.json", "--messages", "3")
    assert marked("go") in fsm(*simulate).out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    shown = fsm(*simulate).out
    assert "go[U+001B][31m[U+202E]" in shown
    assert HIDDEN.findall(shown.replace("\n", "")) == []


class Marked:
    """An implementation whose answers hold marks."""

    def reset(self) -> None: ...
    def send(self, event: str) -> str:
        return marked("no")

    def observe(self) -> str:
        return marked("gone")


def test_a_failing_test_shows_nothing_unseen() -> None:
    mealy = suite(machine()).mealy
    run = run_test(Marked(), mealy, (marked("go"),))
    assert not run.agrees
    told = f"{run}\n{reproduce(Marked(), mealy, run)}"
    assert "[U+202E]" in told
    assert HIDDEN.findall(told.replace("\n", "")) == []


def test_titles_of_machines_are_text_in_pages(
    tmp_path: Path, fsm: Fsm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fsm.drawing.draw", lambda *_, **__: "<svg/>")
    monkeypatch.chdir(tmp_path)
    facts = json.loads(to_json(load("engagement"))) | {"title": "<script>](javascript:x)\\"}
    Path("m.json").write_text(json.dumps(facts))
    Path("page.md").write_text("<!-- fsm:diagram m.json file=m.svg -->\n<!-- fsm:end -->\n")
    assert fsm("docs", "page.md").status == 0
    assert "![&lt;script>\\](javascript:x)\\\\](m.svg)" in Path("page.md").read_text()
