"""Tables in other layouts are read alike, and their faults are found at their place."""

import pytest

from fsm.catalog import load
from fsm.tables.checks.finding import CheckReport
from fsm.tables.checks.pages import check_tables
from fsm.tables.read.page import parse_page
from fsm.tables.words.lexicon_files import languages, load_lexicon
from fsm.tables.write import markdown, steps_grid

MODES = ("without-feedback", "with-feedback")
LEXICONS = [load_lexicon(name) for name in languages()]
WORDS = load_lexicon("en")
TITLES = {mode: WORDS.preferred["titles", mode] for mode in MODES}
GRIDS = {mode: steps_grid(load(mode), WORDS) for mode in MODES}


def check(text: str) -> CheckReport:
    return check_tables([parse_page(text, "page.md")], LEXICONS, load)


def five_columns(join: str = "<br>") -> str:
    step, *rest = GRIDS[MODES[0]].header
    header = [step, *(f"{name}{join}{TITLES[mode]}" for mode in MODES for name in rest)]
    lines = [header, ["---"] * 5]
    for a, b in zip(*(GRIDS[mode].rows for mode in MODES), strict=True):
        lines.append([cell.replace("\n", "<br>") for cell in (*a, *b[1:])])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def html(mode: str) -> str:
    grid = GRIDS[mode]
    head = "".join(f"<th>{cell}</th>" for cell in grid.header)
    rows = []
    for step, effects, status in grid.rows:
        listed = "".join(f"\n  <li><b>{item}</b></li>" for item in effects.split("\n"))
        rows.append(f"<tr><td>{step}</td>\n<td><ul>{listed}</ul></td>\n<td>{status}</td></tr>\n")
    return (
        f"<p><strong>{TITLES[mode]}</strong></p>\n\n"
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n\n{''.join(rows)}</tbody></table>\n"
    )


def spanned() -> str:
    """Two header rows, the modes above their columns, in HTML."""
    step, *rest = GRIDS[MODES[0]].header
    top = "".join(f'<th colspan="2">{TITLES[mode]}</th>' for mode in MODES)
    below = "".join(f"<th>{name}</th>" for _ in MODES for name in rest)
    rows = ""
    for a, b in zip(*(GRIDS[mode].rows for mode in MODES), strict=True):
        cells = (cell.replace("\n", "<br/>") for cell in (*a, *b[1:]))
        rows += "".join(["<tr>", *(f"<td>{cell}</td>" for cell in cells), "</tr>"])
    return f'<table><tr><th rowspan="2">{step}</th>{top}</tr><tr>{below}</tr>\n{rows}</table>\n'


def quoted() -> str:
    blocks = (f"**{TITLES[mode]}**\n\n{markdown(GRIDS[mode])}" for mode in MODES)
    return "".join(f"> {line}\n" for block in blocks for line in [*block.split("\n"), ""])


LAYOUTS = {
    "five columns": five_columns(),
    "five columns, one line": five_columns(", "),
    "html": html(MODES[0]) + "\nText.\n\n" + html(MODES[1]),
    "html with spans": spanned(),
    "quoted": quoted(),
    "a sentence between": "".join(
        f"## {TITLES[m]} {{#{m}}}\n\nThe table shows each step.\n\n{markdown(GRIDS[m])}\n"
        for m in MODES
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_confirmed(layout: str) -> None:
    report = check(LAYOUTS[layout])
    assert report.findings == ()
    assert report.confirmed == dict.fromkeys(MODES, 5)
    assert report.tables == (1 if "five" in layout or "spans" in layout else 2)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_wrong_status_is_found_where_it_stands(layout: str) -> None:
    lines = LAYOUTS[layout].split("\n")
    places = [
        (i, at)
        for i, line in enumerate(lines)
        for at in range(len(line))
        if line.startswith("Failed", at)
    ]
    assert len(places) == 5
    for i, at in places:
        line = f"{lines[i][:at]}Sent{lines[i][at + len('Failed') :]}"
        (finding,) = check("\n".join([*lines[:i], line, *lines[i + 1 :]])).findings
        assert (finding.line, finding.column, finding.end) == (i + 1, at + 1, at + 5)
        assert finding.code == "wrong-status"


def test_a_table_in_a_code_block_is_an_example() -> None:
    for fence in ("```html\n{}```\n", "~~~\n{}~~~\n"):
        assert check(fence.format(html(MODES[0]))).tables == 0
        assert check(fence.format(markdown(GRIDS[MODES[0]]))).tables == 0


def test_two_html_rows_under_one_step_are_read() -> None:
    text = '<table><tr><th>A</th><th>B</th></tr><tr><td rowspan="2">x</td><td>1</td></tr><tr><td>2'
    (table,) = parse_page(text + "</table>", "page.md").tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [["x", "1"], ["x", "2"]]
