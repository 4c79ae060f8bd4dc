"""Pages whose state diagrams are the machines."""

import warnings
from pathlib import Path

import pytest

import fsm
from fsm.errors import AssumptionWarning, FsmError

MERMAID = "```mermaid\nstateDiagram-v2\n  [*] --> a\n  a --> b : go\n```\n"
FLOW = "```mermaid\ngraph TD\n  x --> y\n```\n"
PLANTUML = "~~~plantuml\n@startuml\n[*] --> a\na --> b : go\n@enduml\n~~~\n"
BARE = "```puml\n[*] --> a\na --> b : go\n```\n"
DOT = '```dot\ndigraph { a -> b [label="go"] }\n```\n'
PRICES = "| Item | Price |\n|---|---|\n| tea | 2 |\n"
TABLE = "| From | Event | To |\n|---|---|---|\n| x | y | z |\n"
_ARROWS = "stateDiagram\n[*] --&gt; a\na --&gt; b : go\n"
HTML = f'<html><body><pre class="mermaid">\n{_ARROWS}</pre></body></html>'
RST = ".. mermaid::\n\n   stateDiagram\n   [*] --> a\n   a --> b : go\n"
MARKED = "\ufeff" + f"# Door\n\n{MERMAID}".replace("\n", "\r\n")

READ = {
    "Mermaid": ("p.md", f"# Door\n\n{MERMAID}", "a go b 6"),
    "behind CRLF and a mark": ("p.md", MARKED, "a go b 6"),
    "beside a diagram of another kind": ("p.md", FLOW + MERMAID, "a go b 8"),
    "PlantUML": ("p.md", PLANTUML, "a go b 4"),
    "PlantUML without its frame": ("p.md", BARE, "a go b 3"),
    "DOT": ("p.md", DOT, "a go b 2"),
    "HTML": ("p.html", HTML, "a go b 4"),
    "reStructuredText": ("p.rst", RST, "a go b 5"),
    "a section": ("p.md#second", f"# First\n\n{DOT}\n# Second\n\n{MERMAID}", "a go b 12"),
    "a line": ("p.md#L6", f"{MERMAID}{MERMAID}", "a go b 9"),
    "a line inside": ("p.md#L8", f"{MERMAID}{MERMAID}", "a go b 9"),
    "a table goes first": ("p.md", MERMAID + "\n" + TABLE, "x y z 9"),
    "but not at a line": ("p.md#L1", MERMAID + "\n" + TABLE, "a go b 4"),
}  # fmt: skip


@pytest.mark.parametrize("case", READ)
def test_a_diagram_in_a_page_is_a_machine(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, text, expected = READ[case]
    monkeypatch.chdir(tmp_path)
    Path(name.partition("#")[0]).write_bytes(text.encode())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AssumptionWarning)
        (arrow,) = fsm.load(name).transitions
    assert arrow.origin is not None
    assert f"{arrow.source} {arrow.event} {arrow.target} {arrow.origin.line}" == expected


def test_tables_that_are_no_machine_are_counted(tmp_path: Path) -> None:
    page = tmp_path / "p.md"
    page.write_text(PRICES + "\n" + MERMAID)
    with pytest.warns(
        AssumptionWarning, match=r"p\.md:6: the state diagram is the machine; 1 table"
    ):
        fsm.load(str(page))


REFUSED = {
    "several": ("p.md", f"# One\n{MERMAID}# Two\n{MERMAID}{DOT}",
                "p.md: 3 state diagrams; name one: p.md#one, p.md#L9, p.md#L14"),
    "several of a section": ("p.md#one", f"# One\n{MERMAID}{DOT}",
                             "p.md#one: 2 state diagrams; name one: p.md#L3, p.md#L8"),
    "no diagram at the line": ("p.md#L99", MERMAID,
                               "p.md:99: no state diagram at this line; there are: p.md#L2"),
    "nothing": ("p.md", FLOW, "p.md: no table and no state diagram in this page"),
    "not read": ("p.md", MERMAID.replace("a --> b", "a -->"), "p.md:4: not understood"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_what_to_do(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, text, message = REFUSED[case]
    monkeypatch.chdir(tmp_path)
    Path("p.md").write_text(text)
    with pytest.raises(FsmError) as error:
        fsm.load(name)
    assert str(error.value).startswith(message)
