"""The same table in each format of pages gives the same cells, each with its place."""

from html import escape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fsm.catalog import load
from fsm.checking import check
from fsm.errors import PageError
from fsm.tables.read.cell_text import escaped_cell, plain
from fsm.tables.read.page import parse_page
from fsm.tables.words.lexicon_files import load_lexicon
from fsm.tables.write import steps_grid
from fsm.text import display_width, pad
from tests.depth import samples

Texts = list[list[str]]


def _markdown(rows: Texts) -> str:
    lines = ["| " + " | ".join(map(escaped_cell, row)) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def _html(rows: Texts) -> str:
    def line(row: list[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(text)}</{tag}>" for text in row) + "</tr>"

    return "\n".join(
        ["<table>", line(rows[0], "th"), *(line(row, "td") for row in rows[1:]), "</table>"]
    )


def _rst(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\*`|_-+:[]<>.#" else c for c in text)


def _grid(rows: Texts) -> str:
    cells = [[_rst(text) for text in row] for row in rows]
    widths = [max(display_width(row[i]) for row in cells) + 2 for i in range(len(cells[0]))]

    def border(mark: str) -> str:
        return "+" + "+".join(mark * width for width in widths) + "+"

    lines = [border("-")]
    for i, row in enumerate(cells):
        lines += ["|" + "|".join(pad(f" {t}", w) for t, w in zip(row, widths, strict=True)) + "|"]
        lines += [border("-" if i else "=")]
    return "\n".join(lines)


def _simple(rows: Texts) -> str:
    cells = [[_rst(text) or "\\" for text in row] for row in rows]
    widths = [max(display_width(row[i]) for row in cells) + 1 for i in range(len(cells[0]))]
    border = "  ".join("=" * width for width in widths)
    lines = ["  ".join(pad(t, w) for t, w in zip(row, widths, strict=True)) for row in cells]
    return "\n".join([border, lines[0], border, *lines[1:], border])


def _list_table(rows: Texts) -> str:
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in rows:
        lines += [f"   {' ' if i else '*'} - {_rst(text)}" for i, text in enumerate(row)]
    return "\n".join(lines)


def _csv(rows: Texts) -> str:
    return "\n".join(",".join('"' + text.replace('"', '""') + '"' for text in row) for row in rows)


def _rst_csv(rows: Texts) -> str:
    lines = _csv([[_rst(text) for text in row] for row in rows]).split("\n")
    return "\n".join(
        [".. csv-table::", "   :header-rows: 1", "", *(f"   {line}" for line in lines)]
    )


def _asciidoc(rows: Texts) -> str:
    def cell(text: str) -> str:
        marks = "*_`#^~{[<|+\\&:/("
        return "|" + "".join(f"&#{ord(c)};" if c in marks else c for c in text)

    lines = [" ".join(map(cell, row)) for row in rows]
    return "\n".join(['[options="header"]', "|===", *lines, "|==="])


def _myst_list(rows: Texts) -> str:
    lines = ["```{list-table}", ":header-rows: 1", ""]
    for row in rows:
        lines += [f"{' ' if i else '*'} - {escaped_cell(text)}" for i, text in enumerate(row)]
    return "\n".join([*lines, "```"])


WRITERS = {
    "markdown": ("md", _markdown),
    "html": ("html", _html),
    "grid": ("rst", _grid),
    "simple": ("rst", _simple),
    "list-table": ("rst", _list_table),
    "csv-table": ("rst", _rst_csv),
    "asciidoc": ("adoc", _asciidoc),
    "myst list-table": ("md", _myst_list),
}

TEXT = st.text("ab Z9*_`|\\<&é状[](){}^~-+#.:,'\"/!", min_size=1, max_size=8).map(
    lambda text: "x" + " ".join(text.split()) + "y"
)


@st.composite
def tables(draw: st.DrawFn) -> Texts:
    width = draw(st.integers(2, 4))
    row = st.lists(TEXT, min_size=width, max_size=width)
    return draw(st.lists(row, min_size=2, max_size=4))


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=samples(200, 12), deadline=None)
@given(tables())
@example([["xay", "xby"], ["x*y", "x|y"]])
def test_the_same_table_gives_the_same_cells(name: str, rows: Texts) -> None:
    suffix, write = WRITERS[name]
    text = f"\n{write(rows)}\n"
    (table,) = parse_page(text, f"page.{suffix}").tables
    read = [
        [plain(cell.text) for cell in cells]
        for cells in (table.header, *(r.cells for r in table.rows))
    ]
    assert read == [[plain(escaped_cell(text)) for text in row] for row in rows]
    lines = text.split("\n")
    for cells in (table.header, *(row.cells for row in table.rows)):
        for cell in cells:
            assert lines[cell.line - 1][cell.column - 1] == "x"


def test_a_documented_table_is_confirmed_in_each_format(tmp_path):
    grid = steps_grid(load("with-feedback"), load_lexicon("en"))
    rows = [list(row) for row in (grid.header, *grid.rows)]
    flat = [[text.replace("\n", "; ") for text in row] for row in rows]
    for name, (suffix, write) in WRITERS.items():
        page = tmp_path / f"page.{suffix}"
        title = "<p>With feedback service</p>" if suffix == "html" else "With feedback service"
        page.write_text(f"{title}\n\n{write(flat)}\n", "utf-8")
        report = check(page)
        assert (name, report.findings, report.tables) == (name, (), 1)


RST_TABLE = "== ==\na  b\n== ==\n1  2\n== ==\n"
ADOC_TABLE = "|===\n|a |b\n\n|1 |2\n|===\n"
HTML_TABLE = "<table><tr><th>a</th></tr><tr><td>1</td></tr></table>\n"


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        ("rst", f".. fsm:ignore\n\n{RST_TABLE}"),
        ("adoc", f"// fsm:ignore\n{ADOC_TABLE}"),
        ("html", f"<!-- fsm:ignore -->\n{HTML_TABLE}"),
    ],
)
def test_a_comment_leaves_out_the_table_below_it(suffix, text):
    page = parse_page(text, f"p.{suffix}")
    assert (page.tables, page.ignored, page.notices) == ((), 1, ())
    apart = parse_page(text.split("\n")[0] + "\n\ntext\n", f"p.{suffix}")
    assert [(notice.code, notice.place.line) for notice in apart.notices] == [("unused-ignore", 1)]


@pytest.mark.parametrize(
    ("cell", "lines"),
    [
        pytest.param("*a* ``b`` **c**", ["a b c"], id="marks"),
        pytest.param("`a <http://x.org>`__ b_", ["a b"], id="links"),
        pytest.param(":kbd:`a` :ref:`b <c>`", ["a b"], id="roles"),
        pytest.param("a [1]_ [#x]_", ["a"], id="notes"),
        pytest.param("|s|", ["hey you"], id="substitution"),
        pytest.param("a :sup:`1`", ["a"], id="raised mark"),
    ],
)
def test_marks_of_restructured_text(cell, lines):
    text = f".. |s| replace:: hey *you*\n\n.. list-table::\n\n   * - x\n   * - {cell}\n"
    (table,) = parse_page(text, "p.rst").tables
    assert [plain(part.text) for part in table.rows[0].cells[0].parts()] == lines


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        pytest.param("2+|a", ["a", "a"], id="columns"),
        pytest.param("2*|a", ["a", "a"], id="repeated"),
        pytest.param(".2+|a |b\n|c", ["a", "b", "a", "c"], id="rows"),
        pytest.param("|a\n|b", ["a", "b"], id="one a line"),
        pytest.param("|a\nb |c", ["a b", "c"], id="two lines"),
        pytest.param("|a +\nb |c", ["a/b", "c"], id="break"),
        pytest.param("a|* x\n* y |c", ["x/y", "c"], id="list"),
        pytest.param("|*a* `b` _c_ |xref:x[d] <<y,e>>", ["a b c", "d e"], id="marks"),
        pytest.param("|a footnote:[n] |{who} \\| ^1^", ["a", "us/"], id="notes"),
        pytest.param("^.>s|a >|b", ["a", "b"], id="alignment"),
    ],
)
def test_cells_of_asciidoc(cells, read):
    (table,) = parse_page(f":who: us\n|===\n|x |y\n\n{cells}\n|===\n", "p.adoc").tables
    assert [plain(cell.text) for cell in table.header] == ["x", "y"]
    texts = [
        "/".join(plain(part.text) for part in cell.parts())
        for row in table.rows
        for cell in row.cells
    ]
    assert texts == [text.rstrip("/") for text in read]


@pytest.mark.parametrize(
    ("suffix", "text", "ids"),
    [
        ("rst", f".. _own:\n\nLife cycle\n==========\n\n{RST_TABLE}", "own life-cycle"),
        ("rst", f"====\nLife\n====\n\n{RST_TABLE}", "life"),
        ("adoc", f"[#own]\n== Life cycle\n\n{ADOC_TABLE}", "own _life_cycle life-cycle"),
        ("adoc", f"[[own]]\n== Life\n\n{ADOC_TABLE}", "own _life life"),
        ("html", f'<h2 id="own">Life cycle</h2>{HTML_TABLE}', "own life-cycle"),
        ("html", f'<section id="own"><h2>Life</h2>\n{HTML_TABLE}', "own life"),
    ],
)
def test_sections_of_each_format(suffix, text, ids):
    (table,) = parse_page(text, f"p.{suffix}").tables
    assert table.section is not None
    assert table.section.ids == tuple(ids.split())


@pytest.mark.parametrize(
    ("suffix", "text", "diagram"),
    [
        ("rst", ".. mermaid::\n\n   graph\n", ("mermaid", "graph", 3, 4)),
        ("rst", ".. uml::\n   :caption: c\n\n   a -> b\n", ("plantuml", "a -> b", 4, 4)),
        ("rst", ".. code-block:: dot\n\n   digraph {}\n", ("dot", "digraph {}", 3, 4)),
        ("rst", ".. graphviz:: a.dot\n", ("dot", "a.dot", 1, 1)),
        ("rst", "`x <a.puml>`_\n", ("plantuml", "a.puml", 1, 3)),
        ("adoc", "[source,mermaid]\n----\ngraph\n----\n", ("mermaid", "graph\n", 3, 1)),
        ("adoc", "[plantuml]\n....\na\n....\n", ("plantuml", "a\n", 3, 1)),
        ("adoc", "graphviz::a.dot[]\n", ("dot", "a.dot", 1, 11)),
        ("html", '<pre class="mermaid">graph</pre>', ("mermaid", "graph", 1, 22)),
    ],
)
def test_diagrams_of_each_format(suffix, text, diagram):
    (found,) = parse_page(text, f"p.{suffix}").diagrams
    source = found.source
    assert (found.kind, source.text, source.line, source.column) == diagram


def test_nothing_that_a_page_names_is_opened(tmp_path, capfd):
    secret = tmp_path / "secret.csv"
    secret.write_text("secret,b\n1,2\n", "utf-8")
    names = ("include", "literalinclude", "csv-table", "raw", "figure", "image")
    text = "".join(
        f".. {name}:: {secret if name not in ('csv-table', 'raw') else 'html'}\n"
        f"   :file: {secret}\n   :figwidth: image\n\n"
        for name in names
    )
    page = parse_page(f"{text}\n.. nonsense\n`x\n===\n:bad:`x`\n|no|\n", str(tmp_path / "p.rst"))
    assert (page.tables, page.unread_tables) == ((), 1)
    assert "secret,b" not in " ".join(text.text for text in page.texts)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        pytest.param("rst", "+---+---+\n|   |   |\n" * 90_000, id="grid"),
        pytest.param("rst", "+" + "---+" * 4000 + "\n", id="wide grid"),
        pytest.param("rst", "\n".join(" " * i + "* x" for i in range(1500)), id="nested"),
        pytest.param("rst", "* " * 5000 + "x\n", id="items"),
        pytest.param("rst", "x" * 2_000_000, id="line"),
        pytest.param("adoc", "|===\n" + "|a\n" * 40_000 + "|===\n", id="asciidoc cells"),
        pytest.param("adoc", "|===\n9999*|a\n|===\n" * 50, id="asciidoc repeats"),
        pytest.param("html", "<table>" + "<tr><td>x" * 20_000 + "</table>", id="html"),
    ],
)
def test_a_page_that_would_take_minutes_is_refused(suffix, text):
    with pytest.raises(PageError):
        parse_page(text, f"p.{suffix}")
