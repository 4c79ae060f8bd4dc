"""Every small change of the published pages is found at its line, with its kind."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice
from pathlib import Path

import pytest

from fsm.catalog import load
from fsm.machine import Effect
from fsm.tables.checks.finding import Finding
from fsm.tables.checks.pages import check_tables
from fsm.tables.read.page import parse_page
from fsm.tables.words.lexicon import Lexicon
from fsm.tables.words.lexicon_files import languages, load_lexicon
from tests.depth import DEEP

PAGES = {"en": "en", "fr": "fr-FR", "de": "de-DE", "ja": "ja-JP"}
ROWS = 5


@dataclass(frozen=True)
class Mutant:
    """A changed page, and the lines (counted from 1) where one of its findings has to be."""

    kind: str
    lines: tuple[str, ...]
    right: frozenset[int]


def findings(lines: tuple[str, ...]) -> tuple[Finding, ...]:
    lexicons = [load_lexicon(name) for name in languages()]
    return check_tables([parse_page("\n".join(lines), "page.md")], lexicons, load).findings


def replaced(lines: tuple[str, ...], changes: dict[int, str]) -> tuple[str, ...]:
    return tuple(changes.get(i, line) for i, line in enumerate(lines))


def mutants(page: tuple[str, ...], words: Lexicon) -> Iterator[Mutant]:
    heads = [i for i, line in enumerate(page) if line.startswith("|---")]
    tables = [list(range(head + 1, head + 1 + ROWS)) for head in heads]
    assert len(tables) == 2
    for rows in tables:
        header = rows[0] - 1  # counted from 1, the line above the dashes
        for kind, line in changed_headers(page[header - 1], words):
            yield Mutant(kind, replaced(page, {header - 1: line}), frozenset({header}))
        for kind, line in changed_titles(page[header - 3]):
            places = {header - 2} if line else {header - 4, header}
            yield Mutant(kind, replaced(page, {header - 3: line}), frozenset(places))
        for i in rows:
            for kind, line in changed_cells(page[i], words):
                yield Mutant(kind, replaced(page, {i: line}), frozenset({i + 1}))
            dropped = (*page[:i], *page[i + 1 :])
            yield Mutant("dropped row", dropped, frozenset({header}))
            for j in rows:
                doubled = (*page[: j + 1], page[i], *page[j + 1 :])
                places = {j + 2, i + 1} if j >= i else {i + 2, j + 2}
                yield Mutant("duplicated row", doubled, frozenset(places))
        for i, j in combinations(rows, 2):
            both = {i: page[j], j: page[i]}
            yield Mutant("swapped rows", replaced(page, both), frozenset({i + 1, j + 1}))
    first, second = tables
    body = {i: page[j] for i, j in zip((*first, *second), (*second, *first), strict=True)}
    right = frozenset(i + 1 for i in (*body, first[0] - 2, second[0] - 2))
    yield Mutant("swapped tables", replaced(page, body), right)


def changed_headers(line: str, words: Lexicon) -> Iterator[tuple[str, str]]:
    cells = line.strip().strip("|").split("|")
    for i in range(len(cells)):
        for kind, text in (("renamed", " ?? "), ("emptied", " "), ("noted", "#")):
            yield f"{kind} header", f"|{'|'.join([*cells[:i], text, *cells[i + 1 :]])}|"
        doubled = [*cells[:i], cells[i - 1], *cells[i + 1 :]]
        yield "doubled header", f"|{'|'.join(doubled)}|"
    for i, j in combinations(range(len(cells)), 2):
        swapped = list(cells)
        swapped[i], swapped[j] = cells[j], cells[i]
        yield "swapped headers", f"|{'|'.join(swapped)}|"
    role = words.preferred["columns", "note"]
    yield "header with a column of notes", f"|{cells[0]}|{role}|{cells[2]}|"


def changed_titles(line: str) -> Iterator[tuple[str, str]]:
    title = line.strip("* ")
    yield "emptied title", ""
    yield "unknown title", "**??**"
    if " " in title:
        yield "title without its first word", f"**{title.partition(' ')[2]}**"


def changed_cells(line: str, words: Lexicon) -> Iterator[tuple[str, str]]:
    step, effects, status = line.strip().strip("|").rsplit("|", 2)
    for name in ("Pending", "Sent", "Failed"):
        if words.status(status) != name:
            yield "status", f"|{step}|{effects}| {words.preferred['statuses', name]} |"
    items = [item for item in effects.replace("</li>", "<li>").split("<li>") if "UICONTROL" in item]
    for item in items:
        stated = words.effect(item)
        assert stated
        name = item[item.index("**") : item.rindex("**") + 2]
        for effect in Effect:
            other = words.preferred["effects", effect.value].replace("{indicator}", name)
            if effect is not stated.effect:
                yield "effect", f"|{step}|{effects.replace(item, other)}|{status}|"
                joined = effects.replace(item, f"{item} \\| {other}")
                yield "joined effects", f"|{step}|{joined}|{status}|"
        yield "unescaped pipe", f"|{step}|{effects.replace(item, f'{item} | x')}|{status}|"
    yield "unescaped pipe", f"|{step} | x|{effects}|{status}|"


@pytest.fixture(params=PAGES)
def published(request: pytest.FixtureRequest, corpus: Path) -> tuple[tuple[str, ...], Lexicon]:
    text = (corpus / f"pages/{PAGES[request.param]}/confirming-the-send.md").read_text()
    return tuple(text.split("\n")), load_lexicon(request.param)


def test_every_change_is_found_at_its_line(published: tuple[tuple[str, ...], Lexicon]) -> None:
    page, words = published
    known = {(f.code, f.message) for f in findings(page)}
    missed = []
    for mutant in islice(mutants(page, words), 0, None, 1 if DEEP else 3):
        new = [f for f in findings(mutant.lines) if (f.code, f.message) not in known]
        if not mutant.right & {f.line for f in new}:
            missed.append((mutant.kind, sorted(mutant.right), list(map(str, new))))
    assert missed == []


def test_swapped_tables_are_one_finding(published: tuple[tuple[str, ...], Lexicon]) -> None:
    page, words = published
    (mutant,) = (m for m in mutants(page, words) if m.kind == "swapped tables")
    errors = [f.code for f in findings(mutant.lines) if f.severity == "error"]
    assert errors == ["swapped-tables"]
