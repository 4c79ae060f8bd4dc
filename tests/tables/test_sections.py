"""Sections and diagrams of pages, by the ids and links that readers use."""

from pathlib import Path

import pytest

from fsm.errors import PageError
from fsm.tables.read.diagrams import diagram_text
from fsm.tables.read.page import parse_page
from fsm.tables.read.sections import split_page_name

TABLE = "\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"


@pytest.mark.parametrize(
    ("above", "ids"),
    [
        pytest.param("## Life cycle", ("life-cycle",), id="heading"),
        pytest.param("## `a_b` & *c*!", ("a_b--c", "a-b-c"), id="marks"),
        pytest.param("## Übergänge", ("übergänge", "ubergange"), id="letters"),
        pytest.param("## 状態", ("状態",), id="no latin letters"),
        pytest.param("## Life {#own .x}", ("own", "life"), id="braces"),
        pytest.param("## Life {x}", ("life-x",), id="braces without an id"),
        pytest.param("(own)=\n## Life", ("own", "life"), id="myst"),
        pytest.param('<a name="own"></a>\n\n## Life', ("own", "life"), id="anchor above"),
        pytest.param('## <a id="own"></a>Life', ("own", "life"), id="anchor inside"),
        pytest.param('<h2 id="own">Life</h2>', ("own", "life"), id="html"),
        pytest.param("Life\n----", ("life",), id="underlined"),
    ],
)
def test_a_section_has_the_ids_of_its_heading(above, ids):
    (table,) = parse_page(above + TABLE, "p.md").tables
    assert table.section is not None
    assert table.section.ids == ids


def test_sections_are_nested_and_numbered():
    page = parse_page(f"# A\n## B{TABLE}\n## B{TABLE}\n# C{TABLE}", "p.md")
    assert [(s.id, s.level, s.line, s.end) for s in page.sections] == [
        ("a", 1, 1, 14), ("b", 2, 2, 8), ("b-1", 2, 8, 14), ("c", 1, 14, 20),
    ]  # fmt: skip
    assert [len(page.tables_of(page.section(name))) for name in ("a", "b", "c")] == [2, 1, 1]


def test_an_anchor_above_a_table_names_that_table_alone():
    page = parse_page(f'# A\n\n<a id="t"></a>{TABLE}{TABLE}', "p.md")
    assert [table.section and table.section.id for table in page.tables] == ["t", "a"]


def test_no_such_section_names_the_nearest():
    page = parse_page(f"# Orders{TABLE}", "p.md")
    with pytest.raises(PageError, match=r"p\.md: no section 'order'; did you mean 'orders'\?"):
        page.section("order")


def test_anchors_in_code_are_no_sections():
    assert parse_page('```\n<a id="x">\n# Y\n```\n', "p.md").sections == ()


def test_a_file_whose_name_has_the_mark_wins(tmp_path):
    path = tmp_path / "a#b.md"
    assert split_page_name(str(path)) == (str(tmp_path / "a"), "b.md")
    path.touch()
    assert split_page_name(str(path)) == (str(path), "")


@pytest.mark.parametrize(
    ("text", "diagram"),
    [
        ("```mermaid\ngraph\n```", ("mermaid", "graph\n", 2, 1, "")),
        ("- x\n\n  ~~~ puml\n  a -> b\n  ~~~", ("plantuml", "a -> b\n", 4, 3, "")),
        ("```{graphviz}\n:caption: c\n\ndigraph {}\n```", ("dot", "digraph {}\n", 4, 1, "")),
        (":::{mermaid}\ngraph\n:::", ("mermaid", "graph\n", 2, 1, "")),
        ("```\n@startuml\n@enduml\n```", ("plantuml", "@startuml\n@enduml\n", 2, 1, "")),
        ('<pre class="mermaid">\na --&gt; b</pre>', ("mermaid", "a --> b", 2, 1, "")),
        ("See [it](img/a%20b.puml).", ("plantuml", "img/a%20b.puml", 1, 10, "img/a b.puml")),
        ("```{graphviz} x.dot\n```", ("dot", "x.dot", 1, 15, "x.dot")),
    ],
    ids=["fence", "list", "options", "colons", "no language", "html", "link", "argument"],
)
def test_a_diagram_has_its_text_and_place(text, diagram):
    (found,) = parse_page(text, "p.md").diagrams
    source = found.source
    assert (found.kind, source.text, source.line, source.column, found.path) == diagram


@pytest.mark.parametrize(
    "text", ["```python\ngraph\n```", "`[a](b.puml)`", "[a](https://x.org/b.puml)", "a.puml"]
)
def test_other_text_is_no_diagram(text):
    assert parse_page(text, "p.md").diagrams == ()


def test_only_files_below_the_page_are_read(tmp_path: Path):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "a.mmd").write_text("graph", "utf-8")
    (tmp_path / "b.mmd").write_text("secret", "utf-8")
    (folder / "c.mmd").symlink_to(tmp_path / "b.mmd")
    name = str(folder / "p.md")
    page = parse_page("![](a.mmd) ![](../b.mmd) ![](c.mmd) ![](d.mmd)", name)
    first, *others = page.diagrams
    assert diagram_text(name, first) == "graph"
    texts = []
    for diagram in others:
        with pytest.raises(PageError) as error:
            diagram_text(name, diagram)
        texts.append(str(error.value).removeprefix(f"{name}:1: "))
    assert texts[:2] == [
        f"{path}: not read: outside the folder of the page" for path in ("../b.mmd", "c.mmd")
    ]
    assert "No such file" in texts[2]
