"""The report in a browser: read, zoomed, searched, sorted, taken away; by pointer and by keys."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from accessibility import faults

from fsm.catalog import load
from fsm.engine import replay
from fsm.engine.explanation import explain
from fsm.logs.open import open_log
from fsm.reports import report
from fsm.text import HIDDEN, inert
from tests.command import Fsm
from tests.conftest import SAMPLE

Visit = Callable[..., Any]
MODES = ("with-feedback", "without-feedback")
MORE = """m4,relayed,2026-03-09T09:00:00Z,20
m5,relayed,2026-03-09T09:00:00Z,21
m5,soft_bounce,2026-03-09T09:00:01Z,22
m5,=cmd(),2026-03-09T09:00:02Z,23
m2,delivered,2026-03-09T09:00:03Z,24
"""


def written(log: Path, page: Path) -> Path:
    machines = [load(name) for name in MODES]
    page.write_text(report(replay(open_log([log]), machines, companions=load)))
    return page


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "log.csv"
    rows = (SAMPLE + MORE).splitlines()
    deliveries = [
        "delivery_id",
        *("spring" if row[:2] in ("m1", "m2") else "autumn" for row in rows[1:]),
    ]
    path.write_text("".join(f"{row},{name}\n" for row, name in zip(rows, deliveries, strict=True)))
    return path


@pytest.fixture(scope="module")
def page_file(log: Path) -> Path:
    return written(log, log.with_suffix(".html"))


def labelled(page: Any) -> list[str]:
    """What a chart says of the instant it is read at."""
    return page.locator(".plot").first.get_attribute("aria-valuetext").split(": ", 1)


def test_charts_are_read_with_the_keyboard(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    plot = page.get_by_role("slider", name="Delivered")
    plot.focus()
    page.keyboard.press("Home")
    assert labelled(page) == [
        "2026-03-02 09:00:00 UTC",
        "With feedback service 0.00 %, 0 messages; Without feedback service 0.00 %, 0 messages",
    ]
    page.keyboard.press("End")
    moment, values = labelled(page)
    assert moment.startswith("2026-03-09 09:0")
    assert values.startswith("With feedback service 40.00 %, 2 messages; Without")
    for key in ("ArrowLeft", "PageDown", "+", "-", "0"):
        page.keyboard.press(key)
    assert labelled(page)[0] < moment
    readings = page.locator(".reading").all_inner_texts()
    assert len(readings) == 3
    assert len({reading.splitlines()[0] for reading in readings}) == 1


def test_charts_are_zoomed_together(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    ticks = "uPlot.sync('time').plots.map((p) => [p.scales.x.min, p.scales.x.max])"
    whole = page.evaluate(ticks)
    page.locator(".plot").first.scroll_into_view_if_needed()
    box = page.locator(".plot .u-over").first.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 60, steps=4)
    page.mouse.up()
    near = page.evaluate(ticks)
    assert len({tuple(span) for span in near}) == 1
    assert near[0][1] - near[0][0] < (whole[0][1] - whole[0][0]) / 2
    page.locator(".plot .u-over").first.dblclick()
    assert page.evaluate(ticks) == whole


def test_machines_of_other_shapes_have_a_page_too(visit: Visit, tmp_path: Path, fsm: Fsm) -> None:
    drawn = tmp_path / "lamp.dot"
    drawn.write_text(
        'digraph g { off -> on [label="press / light"]; on -> off [label="press / dark"] }'
    )
    log = tmp_path / "log.csv"
    log.write_text(SAMPLE.replace("relayed", "press"))
    lamp = ("--machine", drawn)
    others = ("--machine", "delivery", "--machine", "with-feedback")
    mail = "Message or recipient"
    for words, charts, search in (
        (lamp, 0, "Message"),  # what is no e-mail has no recipients
        (others, 3, mail),
        ((*lamp, *others), 3, mail),
    ):
        page = tmp_path / "page.html"
        done = fsm("report", log, *words, "-o", page)
        assert done.status == 0, done.err
        opened = visit(page)
        assert opened.locator(".plot canvas").count() == charts
        opened.get_by_label(search, exact=True).fill("m1")
        opened.locator("#results button").click()
        assert opened.locator("#history tbody tr").count() == 3


def test_where_most_happens_is_shown_first(visit: Visit, tmp_path: Path) -> None:
    rows = [f"m{i},relayed,2026-03-02T09:{i // 60:02}:{i % 60:02}Z" for i in range(100)]
    log = tmp_path / "log.csv"
    log.write_text(
        "\n".join(["message_id,event,timestamp", *rows, "z,relayed,2026-04-02T09:00:00Z"])
    )
    page = visit(written(log, tmp_path / "page.html"))
    busy, all_of_it = page.locator("#spans button").all()
    assert [b.get_attribute("aria-pressed") for b in (busy, all_of_it)] == ["true", "false"]
    all_of_it.click()
    assert [b.get_attribute("aria-pressed") for b in (busy, all_of_it)] == ["false", "true"]


def test_a_message_is_found_and_told_as_explain_tells_it(
    visit: Visit, page_file: Path, log: Path
) -> None:
    page = visit(page_file)
    page.get_by_label("Message or recipient").fill("M1")
    assert page.inner_text("#found") == "1 message found."
    page.locator("#results button").click()
    assert page.evaluate("document.activeElement.innerText") == "m1"
    (story,) = explain(open_log([log]), "m1", [load(name) for name in MODES], companions=load)
    rows = [row.inner_text() for row in page.locator("#history tbody tr").all()]
    assert len(rows) == len(story.entries)
    for row, entry in zip(rows, story.entries, strict=True):
        assert entry.event in row
        assert f"log.csv:{entry.place.rpartition(':')[2]}" in row
        for change in entry.changes:
            assert str(change.status) in row
            assert change.reason in row
    assert "Bounces + errors ↑" in rows[1]
    assert "Delivered ↑\nBounces + errors ↓" in rows[2]
    assert page.evaluate("location.hash") == "#message=m1"


def test_a_link_leads_to_a_message_and_back(visit: Visit, page_file: Path) -> None:
    page = visit(page_file, "#message=m5")
    assert page.locator("#history h3").inner_text() == "m5"
    assert "This event is not defined in any machine. It changed nothing." in page.inner_text(
        "#history"
    )
    page.get_by_label("Final state").select_option(label="retrying (1)")
    assert page.locator("#results button").all_inner_texts() == ["m5"]
    assert page.locator("#results .status").all_inner_texts() == ["Failed", "Sent"]
    assert page.locator("#results .why > code").inner_text() == "soft_bounce"
    page.get_by_label("Final state").select_option(label="delivered (2)")
    page.locator("#results button").first.click()
    assert page.locator("#history h3").inner_text() == "m1"
    page.go_back()
    assert page.locator("#history h3").inner_text() == "m5"
    nobody = visit(page_file, "#message=%3Cb%3E")
    assert nobody.inner_text("#found") == "This page does not contain message <b>."


def test_the_search_says_which_messages_the_page_has(visit: Visit, tmp_path: Path) -> None:
    log, page_file = tmp_path / "log.csv", tmp_path / "page.html"
    rows = [f"m{i:02},relayed,2026-03-02T09:00:{i:02}Z" for i in range(50)]
    log.write_text("\n".join(["message_id,event,timestamp", *rows]))
    machines = [load(name) for name in MODES]
    page_file.write_text(report(replay(open_log([log]), machines, companions=load), messages=45))
    page = visit(page_file)
    page.get_by_label("Message or recipient").fill("m")
    counts = "45 messages found among the 45 of 50 in this page"
    assert page.inner_text("#found") == f"{counts}; the first 20 are listed."
    for listed in (40, 45):
        page.get_by_text("Show more").click()
        assert page.locator("#results li").count() == listed
    assert page.inner_text("#found") == f"{counts}."
    assert page.get_by_text("Show more").is_hidden()
    page.get_by_label("Message or recipient").fill("m49")
    assert page.inner_text("#found") == "0 messages found among the 45 of 50 in this page."


def test_curves_fit_on_paper(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 690, "height": 1000})  # A4 without its margins
    for chart in page.locator(".chart").all():
        outer, inner = chart.bounding_box(), chart.locator("canvas").bounding_box()
        assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 1


def test_rejected_events_are_told_in_the_history(visit: Visit, page_file: Path) -> None:
    page = visit(page_file, "#message=m2")
    last = page.locator("#history tbody tr").last.inner_text()
    assert "✗ rejected" in last
    assert "Rejected: not accepted in delivered. It changed nothing." in last


def test_tables_are_sorted_and_filtered(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    names = page.locator("#deliveries tbody th")
    assert names.all_inner_texts() == ["autumn", "spring"]
    header = page.locator("#deliveries thead th").nth(1)
    orders = []
    for _ in range(3):
        header.get_by_role("button").click()
        orders.append((header.get_attribute("aria-sort"), names.all_inner_texts()))
    assert orders == [
        ("ascending", ["spring", "autumn"]),
        ("descending", ["autumn", "spring"]),
        ("none", ["autumn", "spring"]),
    ]
    page.get_by_label("Filter deliveries").fill("SPR")
    assert names.locator("visible=true").all_inner_texts() == ["spring"]


def taken(page: Any, name: str) -> list[list[str]]:
    with page.expect_download() as started:
        page.get_by_role("button", name=f"CSV of {name}", exact=True).click()
    text = Path(started.value.path()).read_text("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_tables_are_taken_away_as_csv(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    page.locator("#series summary").click()
    curves = taken(page, "indicators over time")
    assert curves[0][:3] == [
        "Time",
        "Delivered, With feedback service",
        "Delivered, Without feedback service",
    ]
    assert curves[1] == ["2026-03-02 09:00:00 UTC", *["0"] * (len(curves[0]) - 1)]
    assert curves[-1][1:3] == ["2", "4"]
    deliveries = taken(page, "deliveries")
    assert deliveries[1][:2] == ["autumn", "3"]
    states = taken(page, "states")
    assert [row[0] for row in states[1:]] == [s.name for s in load(MODES[0]).states]
    rejected = taken(page, "rejected events")
    assert "'=cmd()" in [row[1] for row in rejected]


def test_cells_are_made_inert_as_in_all_tables(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    texts = ["=1+1", "-1+1", "-1", "-", "-Wx_9", "'=1", "@x", "+49 30", "1,2", 'say "x"', "a=b"]
    cells = page.evaluate("texts => texts.map(cellOf)", texts)
    assert [next(csv.reader([cell]))[0] for cell in cells] == [inert(text) for text in texts]


def test_the_theme_is_switched_and_paper_is_light(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    painted = """(wanted) => {
        const c = document.querySelector('canvas');
        const copy = new OffscreenCanvas(c.width, c.height);
        const context = copy.getContext('2d', { willReadFrequently: true });
        context.drawImage(c, 0, 0);
        const data = context.getImageData(0, 0, c.width, c.height).data;
        for (let i = 0; i < data.length; i += 4)
            if (wanted.every((part, k) => data[i + k] === part)) return true;
        return false;
    }"""
    light, dark = [0, 121, 90, 255], [60, 207, 160, 255]
    for theme, shown in (("Light", light), ("Dark", dark)):
        page.get_by_role("radio", name=theme).check(force=True)
        page.wait_for_function(painted, arg=shown)
        assert not page.evaluate(painted, dark if shown is light else light)
    page.emulate_media(media="print")
    page.wait_for_function(painted, arg=light)
    assert not page.evaluate(painted, dark)


def test_the_keyboard_is_enough(visit: Visit, page_file: Path) -> None:
    page = visit(page_file)
    wanted = [".plot", "summary", "button.csv", ".view", "#deliveries button", "#search", "#state"]
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.closest('{wanted[0]}') !== null"):
            wanted.pop(0)
        if not wanted:
            break
    assert not wanted
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("m3")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#history h3").inner_text() == "m3"


@pytest.mark.parametrize("width", [375, 1024, 1920])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_cut_off_and_axe_finds_no_fault(
    visit: Visit, page_file: Path, width: int, theme: str
) -> None:
    page = visit(page_file, "#message=m1", width, theme)
    page.locator("#series summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert faults(page) == []


@pytest.mark.parametrize("width", [375, 1280])
def test_every_hostile_name_is_text(visit: Visit, tmp_path: Path, width: int) -> None:
    from test_report_page import hostile_log

    page = visit(
        written(hostile_log(tmp_path / "]]> 'x'.parquet"), tmp_path / "page.html"), width=width
    )
    page.get_by_label("Message or recipient").fill("<script>")
    page.locator("#results button").first.click()
    assert (
        page.locator("#history h3").inner_text().startswith("<script>alert(1)</script> to <script>")
    )
    shown = page.evaluate("document.querySelector('main').innerText")
    assert not HIDDEN.search(shown.replace("\n", "").replace("\t", ""))
    assert page.locator("main script, main b").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") == width
    again = visit(tmp_path / "page.html", page.evaluate("location.hash"))
    assert again.inner_text("#history h3") == page.inner_text("#history h3")
    for cells in (taken(page, "deliveries"), taken(page, "rejected events")):
        assert not any(cell[:1] in ("=", "@") for row in cells for cell in row)
    assert faults(page) == []


def test_the_times_of_a_log_with_one_event_are_told_apart(visit: Visit, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("message_id,event,timestamp\nm1,relayed,2026-03-02T09:00:00Z\n")
    page = visit(written(log, tmp_path / "page.html"))
    ticks = page.evaluate("uPlot.sync('time').plots[0].axes[0]._values")
    assert [tick.split("\n")[0] for tick in ticks] == ["09:00:00", "09:00:01"]
