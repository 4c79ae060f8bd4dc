"""Draft the TOML file that says how a table is to be read: what is certain, and questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fsm.errors import PageError
from fsm.questions import (
    GIVE_A_CHOICE,
    UNANSWERED,
    Question,
    Remark,
    choice_of,
    entry_lines,
    toml_comment,
    toml_key,
)
from fsm.tables.declared.column_proposal import proposed_columns, shown_headers
from fsm.tables.declared.reading import chosen_reading
from fsm.tables.declared.steps import StepsReading
from fsm.tables.declared.tables import Declared, read_declared
from fsm.tables.read.cell_text import normalise, plain
from fsm.tables.read.page import Page
from fsm.tables.read.table import Table
from fsm.tables.words.binding import ROLES, Binding
from fsm.toml import toml_string

__all__ = ["TableDraft", "answered", "draft_table"]

_COLUMNS = {
    "from": "which column has the states before?",
    "event": "which column has the events?",
    "to": "which column has the states afterwards?",
}
"""The questions about columns, by the roles that they decide."""


@dataclass(frozen=True)
class TableDraft:
    """How the table of a page is to be read, as far as that is certain."""

    page: str
    form: str
    title: str | None
    initial: str | None
    follows: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Of a table of steps: the rows after which a row happens, where it is certain or answered."""
    events: dict[int, str] = field(default_factory=dict)
    """What happens in each row of a table of steps."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Of other tables: the headers of the columns by their roles."""
    answers: Binding = field(default_factory=lambda: Binding("", {}, {}, {}))
    questions: tuple[Question, ...] = ()
    findings: tuple[Remark, ...] = ()
    assumed: tuple[Remark, ...] = ()

    def toml(self, page: str) -> str:
        """Return the file; ``page`` is the path of the page as the file is to name it."""
        return "".join(f"{line}\n" for line in self._lines(page))

    def _lines(self, page: str) -> Iterator[str]:
        questions = {question.key: question for question in self.questions}
        yield 'kind = "table"'
        yield f"page = {toml_string(page)}"
        if self.form:
            yield f"form = {toml_string(self.form)}"
        if self.title is not None or "title" in questions:
            yield from entry_lines("title", self.title, questions.get("title"))
        if self.initial is not None or "initial" in questions:
            yield from entry_lines("initial", self.initial, questions.get("initial"))
        if self.answers.final is not None:
            yield f"final = [{', '.join(map(toml_string, self.answers.final))}]"
        elif "final" in questions:
            yield f"# {toml_comment(questions['final'].text)}"
            names = ", ".join(map(toml_string, questions["final"].choices))
            yield f'final = "{UNANSWERED}"  # [{toml_comment(names)}]'
        for remark in self.findings:
            yield f"# {toml_comment(f'wrong in the table, {remark.place}: {remark.text}')}"
        for remark in self.assumed:
            yield f"# {toml_comment(f'assumed, {remark.place}: {remark.text}')}"
        yield from _section("columns", self.columns, self.questions)
        yield from _section("spellings", self.answers.spellings, self.questions)
        yield from self._rows(questions)

    def _rows(self, questions: Mapping[str, Question]) -> Iterator[str]:
        if self.events:
            yield "\n[follows]  # row = the rows after which it may happen; 0 is the start"
        for number, event in self.events.items():
            rows = self.follows.get(number)
            question = questions.get(f"follows.{number}")
            if rows is not None:
                yield f"{number} = {list(rows)}  # {toml_comment(event)}"
            elif question:
                yield from entry_lines(str(number), None, question)


def _section(name: str, entries: Mapping[str, str], questions: Sequence[Question]) -> Iterator[str]:
    """Yield a section with its entries and its questions, if it has any."""
    own = [(q.key.partition(".")[2], q) for q in questions if q.key.startswith(f"{name}.")]
    if entries or own:
        yield f"\n[{name}]"
    for word, value in entries.items():
        yield from entry_lines(toml_key(word), value, None)
    for word, question in own:
        yield from entry_lines(toml_key(word), None, question)


def draft_table(
    page: Page, readings: Sequence[StepsReading], section: str, answers: Binding
) -> TableDraft:
    """Return how the table of a page is to be read, with the answers that are known already.

    ``readings`` are those of its tables of steps, which are drafted where no other table declares
    a machine. Where the page has several tables, which one it is about is the first question.
    Raises :class:`PageError` for a page without a table.
    """
    tables = page.tables_of(page.section(section)) if section else page.tables
    if answers.title is not None:
        tables = [t for t in tables if normalise(t.title) == normalise(answers.title)] or tables
    answers = _with_last_column(tables, answers)
    declared = [each for t in tables if (each := read_declared(page, t, answers)).form]
    if declared:
        return _draft_of_declared(page, declared, answers)
    lines = {table.line for table in tables}
    steps = [reading for reading in readings if reading.table.line in lines]
    if steps:
        return _draft_of_steps(page, steps, section, answers)
    if not tables:
        raise PageError(f"{page.name}{'#' * bool(section)}{section}: no table")
    return _draft_of_unknown(page, tables, answers)


def _with_last_column(tables: Sequence[Table], answers: Binding) -> Binding:
    """Return the answers with the role of the only column that is left, where one is."""
    missing = _COLUMNS.keys() - answers.columns.keys()
    if len(tables) != 1 or len(missing) != 1 or not answers.columns:
        return answers
    left = [h for h in shown_headers(tables[0]) if h not in answers.columns.values()]
    if len(left) != 1:
        return answers
    return replace(answers, columns={**answers.columns, missing.pop(): left[0]})


# Tables of transitions, of successors, matrices ----------------------------------------------


def _draft_of_declared(page: Page, declared: Sequence[Declared], answers: Binding) -> TableDraft:
    if len(declared) > 1:
        return TableDraft(page.name, "", None, None, questions=(_which(page, declared),))
    (only,) = declared
    initial = only.machine.initial if only.machine else None
    columns = {role: header for role, header in only.columns.items() if role in ROLES and header}
    return TableDraft(
        page.name,
        only.form,
        plain(only.table.title) if len(page.tables) > 1 and only.table.title else None,
        answers.initial or initial,
        columns=columns,
        answers=answers,
        questions=tuple(_merged(only.questions)),
        findings=only.findings,
        assumed=only.assumed,
    )


def _merged(questions: Sequence[Question]) -> Iterator[Question]:
    """Yield the questions; those that one entry answers become one."""
    finals = [question for question in questions if question.key == "final"]
    yield from (question for question in questions if question.key != "final")
    if finals:
        choices = tuple(dict.fromkeys(choice for q in finals for choice in q.choices))
        yield Question("final", "which states without a row are final?", choices, finals[0].place)


def _which(page: Page, tables: Sequence[Declared]) -> Question:
    titles = tuple(dict.fromkeys(plain(each.table.title) for each in tables))
    if len(titles) < len(tables) or not all(titles):
        ids = [each.table.section.id for each in tables if each.table.section]
        ways = ", ".join(f"{page.name}#{each}" for each in dict.fromkeys(ids))
        lines = ", ".join(str(each.table.line) for each in tables)
        hint = f"name a section: {ways}" if len(set(ids)) > 1 else "give each a heading of its own"
        raise PageError(f"{page.name}: tables at lines {lines} declare machines; {hint}")
    place = f"{page.name}:{tables[0].table.line}"
    return Question("title", "which table is it?", titles, place)


def _draft_of_unknown(page: Page, tables: Sequence[Table], answers: Binding) -> TableDraft:
    """Return the draft of a table whose headers are not known, by its cells or with questions."""
    proposals = [(table, columns) for table in tables if (columns := proposed_columns(table))]
    if len(proposals) == 1 and not answers.columns:
        ((table, columns),) = proposals
        declared = read_declared(page, table, replace(answers, columns=columns))
        if declared.form:
            draft = _draft_of_declared(page, [declared], answers)
            names = " and ".join(repr(columns[role]) for role in ("from", "to"))
            text = f"the columns {names} name states, because their cells have the same names"
            remark = Remark(f"{page.name}:{table.line}", text)
            return replace(draft, assumed=(remark, *draft.assumed))
    if len(tables) > 1:
        lines = ", ".join(str(table.line) for table in tables)
        raise PageError(
            f"{page.name}: no columns of the tables at lines {lines} are known; name a section "
            "with one table, or write its columns in a file: fsm guide machines"
        )
    (table,) = tables
    if not table.rows:
        raise PageError(f"{page.name}:{table.line}: the table has no rows")
    place, headers = f"{page.name}:{table.line}", shown_headers(table)
    free = tuple(h for h in headers if h not in answers.columns.values())
    roles = [role for role in _COLUMNS if role != "event" or len(headers) > len(_COLUMNS) - 1]
    questions = tuple(
        Question(f"columns.{role}", _COLUMNS[role], free, place)
        for role in roles
        if role not in answers.columns
    )
    if not questions:
        known = ", ".join(f"{role} = {header!r}" for role, header in answers.columns.items())
        raise PageError(f"{place}: with {known} the table declares no machine")
    return TableDraft(
        page.name, "", None, None, columns=answers.columns, answers=answers, questions=questions
    )


# Tables of steps -----------------------------------------------------------------------------


def _draft_of_steps(
    page: Page, readings: Sequence[StepsReading], section: str, answers: Binding
) -> TableDraft:
    if answers.title is None and len(readings) > 1:
        titles = tuple(dict.fromkeys(r.table.title for r in readings))
        place = f"{page.name}:{readings[0].table.line}"
        question = Question("title", "which table is it?", titles, place)
        return _steps_draft(page, readings[0], None, answers, (question, *_shared(readings)))
    reading = chosen_reading(page, readings, section, answers.title)
    is_only = len(readings) == 1 and answers.title is None
    return _steps_draft(page, reading, None if is_only else reading.table.title, answers)


def _shared(readings: Sequence[StepsReading]) -> tuple[Question, ...]:
    """Return the questions of tables with the same steps, which share their answers."""
    first = readings[0]
    same = all(r.table.signature == first.table.signature for r in readings)
    return first.questions if same else ()


def _steps_draft(
    page: Page,
    reading: StepsReading,
    title: str | None,
    answers: Binding,
    questions: tuple[Question, ...] | None = None,
) -> TableDraft:
    is_open = questions is not None and len(questions) == 1 and bool(reading.questions)
    return TableDraft(
        page.name,
        "steps",
        title,
        reading.table.initial if answers.initial is not None else None,
        {} if is_open else dict(reading.follows),
        {} if is_open else {step.number: step.event for step in reading.table.steps},
        questions=reading.questions if questions is None else questions,
        findings=reading.findings,
        assumed=reading.assumed,
    )


# Answers -------------------------------------------------------------------------------------


def answered(answers: Binding, question: Question, text: str) -> Binding | str:
    """Return the answers with one more, or why a text answers nothing.

    Rows are given by their numbers, other choices by their texts or places in the list. Several
    final states are separated by commas.
    """
    section, _, name = question.key.partition(".")
    if section == "follows":
        known = {int(choice.partition(":")[0]) for choice in question.choices}
        words = text.replace(",", " ").split()
        rows = [int(word) for word in words if word.isascii() and word.isdigit()]
        if len(rows) != len(words) or not rows or not set(rows) <= known:
            return f"give numbers of rows: {', '.join(map(str, sorted(known)))}"
        return replace(answers, follows={**answers.follows, int(name): tuple(sorted(set(rows)))})
    if section == "final":
        names = [choice_of(question, part, normalise) for part in text.split(",")]
        known_names = tuple(choice for choice in names if choice)
        return replace(answers, final=known_names) if all(names) else GIVE_A_CHOICE
    choice = choice_of(question, text, normalise)
    if section == "initial":
        if normalise(text) == "nothing":
            return replace(answers, initial="")
        return replace(answers, initial=choice) if choice is not None else GIVE_A_CHOICE
    if choice is None:
        return GIVE_A_CHOICE
    if section == "title":
        return replace(answers, title=choice)
    if section == "columns":
        return replace(answers, columns={**answers.columns, name: choice})
    return replace(answers, spellings={**answers.spellings, normalise(name): choice})
