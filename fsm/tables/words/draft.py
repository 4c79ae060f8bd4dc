"""Draft a lexicon from a page in a language without one, or add a page's words to a lexicon.

Documented tables have the same rows and columns in the same order in every language, so the
position of each word in a table of the same shape tells what it means. A word at positions of two
meanings is a fault of the page, or a poor translation: it becomes a question, not an entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from fsm.errors import PageError
from fsm.machine import Machine
from fsm.tables.read.cell_text import cell_lines, is_unspaced, normalise, plain
from fsm.tables.read.page import Page
from fsm.tables.read.table import Cell, Table
from fsm.tables.words.lexicon import DocumentedStep, Lexicon
from fsm.text import HIDDEN, quantity
from fsm.toml import toml_string

__all__ = [
    "REVIEW",
    "DraftedWords",
    "comment_text",
    "draft_lexicon",
    "drafted_words",
    "lookalikes",
    "toml_list",
]

REVIEW = "REVIEW"
"""Begins the comments of a draft on what a person must decide."""

_ROLES = ("step", "indicators", "status")
_MARKED = (re.compile(r"\[!UICONTROL\s+([^\]]*)\]"), re.compile(r"\*\*([^*]+)\*\*"))
"""How pages mark the name of an indicator in a sentence."""
_SLOT = "{indicator}"


def lookalikes(page: Page, rows: int) -> tuple[Table, ...]:
    """Return the tables that look documented: two titled ones of three columns with the same steps,
    or one of five columns, with headers in common. Returns nothing where there are none.
    """
    tables = [table for table in page.tables if len(table.rows) == rows]
    shaped = [t for t in tables if len(t.header) == len(_ROLES) and t.title]
    pair = next((pair for pair in pairwise(shaped) if _steps(pair[0]) == _steps(pair[1])), ())
    return pair or tuple(table for table in tables if _modes_in_headers(table))[:1]


def _steps(table: Table) -> list[str]:
    return [plain(row.cells[0].text) for row in table.rows]


def draft_lexicon(page: Page, machines: Sequence[Machine], known: Lexicon) -> str:
    """Return a lexicon as TOML, with the words of the tables of a page that look documented.

    ``machines`` are those of the tables; ``known`` is a lexicon of both. Every line needs a review;
    those that the page leaves open are marked. Raises :class:`PageError` where the page has no such
    tables.
    """
    words = drafted_words(page, machines, known)
    steps = known.documented[machines[0].name]
    sources = {step.event: step.source for step, _ in steps}
    lines = _lines(words, [machine.name for machine in machines], sources)
    return "".join(f"{line}\n" for line in lines)


@dataclass
class DraftedWords:
    """The labels of a page by section and name, and the questions that it leaves open.

    Steps are named by their events.
    """

    labels: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    questions: dict[str, list[str]] = field(default_factory=dict)
    """By section, as whole sentences."""


def drafted_words(page: Page, machines: Sequence[Machine], known: Lexicon) -> DraftedWords:
    """Return the words of the tables of a page that look documented, with their meanings.

    Raises :class:`PageError` where the page has no such tables.
    """
    steps = known.documented[machines[0].name]
    tables = lookalikes(page, len(steps))
    reading = _Reading(known)
    if len(tables) == 2:
        for machine, table in zip(machines, tables, strict=True):
            reading.use("titles", machine.name, table.above[0], table.title)
            reading.read(table, machine, {role: i for i, role in enumerate(_ROLES)})
    elif tables:
        _read_both_modes(reading, tables[0], machines)
    else:
        raise PageError(
            f"{page.name}: no two tables of {len(_ROLES)} columns and the same {len(steps)} steps, "
            "and no such table of 5 columns; "
            "begin with a copy of a lexicon that ships: fsm check --show-lexicon en"
        )
    return reading.settled()


# One table for both modes --------------------------------------------------------------------


def _modes_in_headers(table: Table) -> tuple[str, str] | None:
    """Return how the headers of five columns name their two modes, if they do.

    Both headers of summaries have words in common and so do both headers of statuses; each summary
    has several lines, and the statuses do not change alike.
    """
    if len(table.header) != 2 * len(_ROLES) - 1:
        return None
    headers = [plain(cell.text).split() for cell in table.header]
    modes = _different_words(headers[1], headers[3])
    if not modes or not all(modes) or not _different_words(headers[2], headers[4]):
        return None
    effects = (row.cells[i].text for row in table.rows for i in (1, 3) if i < row.width)
    if not all(len(cell_lines(cell)) > 1 for cell in effects):
        return None
    return modes if _repeats(table, 2) != _repeats(table, 4) else None


def _repeats(table: Table, column: int) -> list[int]:
    """Return for each cell of a column which cell is the first one like it."""
    cells = [normalise(r.cells[column].text) if column < r.width else "" for r in table.rows]
    return list(map(cells.index, cells))


def _different_words(first: list[str], second: list[str]) -> tuple[str, str] | None:
    """Return what two headers have not in common at their end or at their beginning."""
    if first == second:
        return None
    start = next((i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), 0)
    if start:
        return " ".join(first[start:]), " ".join(second[start:])
    ends = list(zip(reversed(first), reversed(second), strict=False))
    end = next((i for i, (a, b) in enumerate(ends) if a != b), 0)
    if not end:
        return None
    return " ".join(first[: len(first) - end]), " ".join(second[: len(second) - end])


def _read_both_modes(reading: _Reading, table: Table, machines: Sequence[Machine]) -> None:
    """Read a table of five columns; the statuses of its rows tell which mode comes first."""
    modes = _modes_in_headers(table) or ("", "")
    pairs = [{"step": 0, "indicators": 1, "status": 2}, {"step": 0, "indicators": 3, "status": 4}]
    order = [machine for machine in machines if reading.fits(table, machine, 2)]
    first = order[0] if len(order) == 1 else machines[0]
    second = next(machine for machine in machines if machine is not first)
    if len(order) != 1:
        fault = f"the statuses do not tell whether columns 2 and 3 are those of {first.name}"
        reading.ask("titles", f"{fault}, as it is assumed here")
    for machine, mode, columns in zip((first, second), modes, pairs, strict=True):
        reading.use("titles", machine.name, table.header[columns["indicators"]], mode)
        reading.read(table, machine, columns, mode)


# Rows ----------------------------------------------------------------------------------------


@dataclass
class _Reading:
    """What the positions of the words in some tables say about their meanings."""

    known: Lexicon
    uses: dict[str, dict[str, list[tuple[str, int, str]]]] = field(default_factory=dict)
    """Of each section and normalised label: the names it stands for, with line and label."""
    lines: list[tuple[str, str, Cell, str, str]] = field(default_factory=list)
    """The lines about effects: indicator, effect, cell, text and the marked word, if any."""
    questions: dict[str, list[str]] = field(default_factory=dict)

    def use(self, section: str, name: str, cell: Cell, label: str) -> None:
        """Note that a label stands for a name."""
        shown = plain(label)
        if shown and name:
            labels = self.uses.setdefault(section, {})
            labels.setdefault(normalise(shown), []).append((name, cell.line, shown))

    def ask(self, section: str, question: str) -> None:
        """Note a question, once."""
        questions = self.questions.setdefault(section, [])
        if question not in questions:
            questions.append(question)

    def fits(self, table: Table, machine: Machine, column: int) -> bool:
        """Whether the cells of a column are alike where the statuses of a machine are."""
        cells = [normalise(r.cells[column].text) if column < r.width else "" for r in table.rows]
        steps = (step.transition(machine) for step, _ in self.known.documented[machine.name])
        statuses = [machine.status(t.target) if t else None for t in steps]
        pairs = set(zip(cells, statuses, strict=True))
        return len(pairs) == len(set(cells)) == len(set(statuses))

    def read(
        self, table: Table, machine: Machine, columns: Mapping[str, int], mode: str = ""
    ) -> None:
        """Read the headers and rows of one mode, whose name in the headers is left out of them."""
        for role, i in columns.items():
            header = plain(table.header[i].text)
            header = " ".join(header.replace(mode, " ").split()) if mode else header
            self.use("columns", role, table.header[i], header)
        for (step, _), row in zip(self.known.documented[machine.name], table.rows, strict=True):
            if row.width != len(table.header):
                fault = f"line {row.line} has {row.width} cells under {len(table.header)} headers"
                self.ask("steps", f"{fault}; it was not read")
                continue
            self._read_row(machine, step, {role: row.cells[i] for role, i in columns.items()})

    def _read_row(self, machine: Machine, step: DocumentedStep, cells: Mapping[str, Cell]) -> None:
        transition = step.transition(machine)
        if transition is None:
            return
        self.use("steps", step.event, cells["step"], cells["step"].text)
        status = machine.status(transition.target) or ""
        self.use("statuses", status, cells["status"], cells["status"].text)
        effects = machine.effects(transition).items()
        stated = list(_sentences(cells["indicators"].text))
        if len(stated) != len(effects):
            fault = f"line {cells['indicators'].line} states {quantity(len(stated), 'effect')}"
            self.ask("effects", f"{fault}, not {len(effects)}; they were not read")
            return
        for (name, effect), (word, text) in zip(effects, stated, strict=True):
            self.lines.append((name, effect.value, cells["indicators"], text, word))

    def settled(self) -> DraftedWords:
        """Return the labels with one meaning each, and a question for every other one."""
        self._settle_effects()
        words = DraftedWords(questions=self.questions)
        for section in ("titles", "columns", "statuses", "indicators", "effects", "steps"):
            names = words.labels.setdefault(section, {})
            for uses in self.uses.get(section, {}).values():
                name = self._meaning(section, uses)
                if name and uses[0][2] not in names.setdefault(name, []):
                    names[name].append(uses[0][2])
            words.labels[section] = {name: labels for name, labels in names.items() if labels}
        return words

    def _settle_effects(self) -> None:
        """Note the words for indicators and the patterns of effects."""
        phrases = {name: self._common_phrase(name) for name, *_ in self.lines}
        for name, effect, cell, text, marked in self.lines:
            others = [phrase for other, phrase in phrases.items() if other != name]
            word = marked or _without_shared_ends(phrases[name], others)
            if not word or word not in text:
                self.ask("effects", f"put {_SLOT} for the word of {name!r} in {text!r}, {effect}")
                continue
            self.use("indicators", name, cell, word)
            self.use("effects", effect, cell, text.replace(word, _SLOT, 1))

    def _common_phrase(self, name: str) -> str:
        """Return the longest text that all lines of an indicator have, and no line of others."""
        own = [text for indicator, _, _, text, _ in self.lines if indicator == name]
        others = [text for indicator, _, _, text, _ in self.lines if indicator != name]
        is_common = (
            phrase
            for phrase in _phrases(own[0])
            if all(phrase in text for text in own) and not any(phrase in text for text in others)
        )
        return next(is_common, "") if len(set(own)) > 1 else ""

    def _meaning(self, section: str, uses: Sequence[tuple[str, int, str]]) -> str:
        """Return what a label stands for; one of several meanings only if most uses have it."""
        lines: dict[str, list[int]] = {}
        for name, line, _ in uses:
            lines.setdefault(name, []).append(line)
        if len(lines) == 1:
            return uses[0][0]
        names = sorted(lines, key=lambda name: -len(lines[name]))
        told = " and ".join(f"{name!r} ({_places(lines[name])})" for name in names)
        usual = names[0] if 2 * len(lines[names[0]]) > len(uses) + 1 else ""
        answer = f"taken for {usual!r}" if usual else "left out"
        self.ask(section, f"{uses[0][2]!r} stands for {told}: a fault of the page? It is {answer}")
        return usual


def _places(lines: Sequence[int]) -> str:
    numbers = ", ".join(map(str, sorted(set(lines))))
    return f"line {numbers}" if len(set(lines)) == 1 else f"lines {numbers}"


def _phrases(text: str) -> Iterator[str]:
    """Yield the parts of a text, the longest first: of words, or of letters without blanks."""
    parts = list(text) if is_unspaced(text) else text.split()
    joint = "" if is_unspaced(text) else " "
    for length in range(len(parts), 0, -1):
        for start in range(len(parts) - length + 1):
            phrase = joint.join(parts[start : start + length]).strip()
            if any(map(str.isalpha, phrase)):
                yield phrase


def _alike(texts: Sequence[str]) -> int:
    """Return with how many letters that are the same all texts begin."""
    columns = enumerate(zip(*texts, strict=False))
    return next((i for i, letters in columns if len(set(letters)) > 1), min(map(len, texts)))


def _without_shared_ends(phrase: str, others: Sequence[str]) -> str:
    """Return a phrase without the words with which all others begin or end, too.

    >>> _without_shared_ends("Delivered percentage", ["Bounces percentage"])
    'Delivered'
    """
    if not others or not all(others):
        return phrase
    start = _alike([phrase, *others])
    end = _alike([text[::-1] for text in (phrase, *others)])
    if not is_unspaced(phrase):  # only whole words
        while start and phrase[start - 1].isalnum():
            start -= 1
        while (
            end and phrase[len(phrase) - end].isalnum() and phrase[len(phrase) - end - 1].isalnum()
        ):
            end -= 1
    return phrase[start : len(phrase) - end].strip()


def _sentences(cell: str) -> Iterator[tuple[str, str]]:
    """Yield each line of a cell with the marked word for its indicator, empty without one."""
    for part in re.split(r"</li>|<br\s*/?>", cell):
        texts = cell_lines(part)
        if texts:
            marked = next((match for mark in _MARKED if (match := mark.search(part))), None)
            yield plain(marked[1]) if marked else "", texts[0]


# TOML ----------------------------------------------------------------------------------------


def _lines(
    words: DraftedWords, machines: Sequence[str], sources: Mapping[str, str | None]
) -> Iterator[str]:
    """Yield the lines of the TOML file; ``sources`` are the source states of the steps."""
    yield "# Drafted from the positions of the words in a page: review every line."
    yield 'kind = "lexicon"'
    yield f'language = "xx"  # {REVIEW}: the code of the language'
    yield "tolerated = []"
    for section, names in words.labels.items():
        if section != "steps":
            yield f"\n[{section}]"
        elif words.questions.get(section):
            yield ""
        yield from (
            f"# {REVIEW}: {comment_text(text)}" for text in words.questions.get(section, ())
        )
        for name, labels in names.items():
            if section != "steps":
                review = f"  # {REVIEW}: several words" if len(labels) > 1 else ""
                yield f"{toml_string(name)} = {toml_list(labels)}{review}"
                continue
            yield "\n[[steps]]"
            yield f"machines = {toml_list(machines)}"
            yield f"event = {toml_string(name)}"
            if source := sources[name]:
                yield f"from = {toml_string(source)}"
            yield f"labels = {toml_list(labels)}"


def comment_text(text: str) -> str:
    """Return a text that fits into a comment of TOML."""
    return HIDDEN.sub("?", " ".join(text.split()))


def toml_list(texts: Sequence[str]) -> str:
    """Return a list of texts as TOML."""
    return f"[{', '.join(map(toml_string, texts))}]"
