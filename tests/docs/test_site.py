"""The documentation site, built by ``make site``: in a browser, by keys, on small screens."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from accessibility import faults

from tests.depth import at_full_depth

ROOT = Path(__file__).parents[2]
WIDTHS = (375, 768, 1280, 1920)
THEMES: dict[str, tuple[int, tuple[str, ...]]] = {
    "light": (375, ()),
    "dark": (1280, ("color-contrast",)),
}
"""The themes, each with the width and the rules, or all, by which every page is examined."""
EVERYWHERE = ("index.html", "diagrams/with-feedback.html", "fsm/guide/sphinx.html")
"""The pages that are examined at every width by all rules, which takes seconds each."""
DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""Resolved when a page has been drawn anew and has heard of its new size."""
pytestmark = at_full_depth


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("site")
    command = ["make", "--no-print-directory", "site", f"SITE={directory}"]
    environment = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return directory / "site"


@pytest.fixture
def page(browser: Any, site: Path) -> Iterator[Any]:
    """A page without a network, which asks for nothing outside of the site."""
    context = browser.new_context(offline=True)
    opened, wrong = context.new_page(), []
    opened.on("console", lambda said: wrong.append(f"console: {said.text}"))
    opened.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    opened.on("requestfailed", lambda asked: wrong.append(f"failed: {asked.url}"))
    opened.on("request", lambda asked: wrong.extend(outside(asked.url, site)))
    yield opened
    context.close()
    assert not wrong


def outside(address: str, site: Path) -> list[str]:
    return [] if address.startswith((site.as_uri(), "data:", "blob:")) else [address]


def pages(site: Path) -> list[Path]:
    found = (path.relative_to(site) for path in site.rglob("*.html"))
    return sorted(path for path in found if path.parts[0] not in ("_downloads", "_static"))


@pytest.mark.parametrize("theme", THEMES)
def test_every_page_is_accessible(page: Any, site: Path, theme: str) -> None:
    found = []
    least, rules = THEMES[theme]
    page.emulate_media(color_scheme=theme)
    for path in pages(site):
        page.goto((site / path).as_uri())
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(DRAWN)
            wide = page.evaluate("document.documentElement.scrollWidth")
            found += [f"{path} at {width}: {wide} pixels wide"] * (wide > width)
            is_thorough = str(path) in EVERYWHERE
            if is_thorough or width == least:
                wrong = faults(page, None, () if is_thorough else rules)
                found += [f"{path} at {width}: {fault}" for fault in wrong]
    assert found == []


def test_the_search_finds_an_event_of_a_diagram(page: Any, site: Path) -> None:
    page.goto((site / "search.html").as_uri() + "?q=retries_exhausted")
    # Results come one after the other; reading the list at the first one would miss some.
    result = page.wait_for_selector("#search-results li a:has-text('feedback service')")
    assert "with-feedback" in result.get_attribute("href")


def test_a_diagram_follows_the_theme_that_the_reader_chooses(page: Any, site: Path) -> None:
    page.goto((site / "diagrams" / "with-feedback.html").as_uri())
    fill = (
        "getComputedStyle(document.querySelector('svg.fsm .node path, svg.fsm .node polygon')).fill"
    )
    light = page.evaluate(fill)
    page.evaluate("document.body.dataset.theme = 'dark'")
    dark = page.evaluate(fill)
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(24, 34, 44)")
    page.emulate_media(color_scheme="dark")
    page.evaluate("document.body.dataset.theme = 'light'")
    assert page.evaluate(fill) == light
    page.evaluate("document.body.dataset.theme = 'auto'")
    assert page.evaluate(fill) == dark


def test_a_reader_sorts_a_table(page: Any, site: Path) -> None:
    page.goto((site / "diagrams" / "with-feedback.html").as_uri())
    table = page.locator("table.fsm-table-decisions")
    header = table.locator("th.head").first
    orders = []
    for _ in range(3):
        header.get_by_role("button").click()
        labels = table.locator("tbody th").all_inner_texts()
        orders.append((header.get_attribute("aria-sort"), labels))
    labels = ["D2", "D3", "D4", "D5", "D6"]
    assert orders == [("ascending", labels), ("descending", labels[::-1]), (None, labels)]
