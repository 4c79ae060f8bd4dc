"""Draft the TOML file that says how a table is to be read: what is certain, and questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fsm.tables.declared.question import Question, Remark
from fsm.tables.declared.reading import chosen_reading
from fsm.tables.declared.steps import StepsReading
from fsm.tables.read.cell_text import normalise
from fsm.tables.read.page import Page
from fsm.tables.words.binding import UNANSWERED, Binding
from fsm.text import HIDDEN
from fsm.toml import toml_string

__all__ = ["TableDraft", "answered", "draft_table"]


@dataclass(frozen=True)
class TableDraft:
    """How the table of a page is to be read, as far as that is certain."""

    page: str
    title: str | None
    initial: str | None
    follows: dict[int, tuple[int, ...]]
    """The rows after which a row happens, where that is certain or answered."""
    events: dict[int, str]
    """What happens in each row."""
    questions: tuple[Question, ...]
    findings: tuple[Remark, ...]
    assumed: tuple[Remark, ...]

    def toml(self, page: str) -> str:
        """Return the file; ``page`` is the path of the page as the file is to name it."""
        return "".join(f"{line}\n" for line in self._lines(page))

    def _lines(self, page: str) -> Iterator[str]:
        questions = {question.key: question for question in self.questions}
        yield 'kind = "table"'
        yield f"page = {toml_string(page)}"
        yield 'form = "steps"'
        if self.title is not None or "title" in questions:
            yield from _entry("title", self.title, questions.get("title"))
        if self.initial is not None or "initial" in questions:
            yield from _entry("initial", self.initial, questions.get("initial"))
        for remark in self.findings:
            yield f"# {_comment(f'wrong in the table, {remark.place}: {remark.text}')}"
        for remark in self.assumed:
            yield f"# {_comment(f'assumed, {remark.place}: {remark.text}')}"
        if not self.events:
            return
        yield "\n[follows]  # row = the rows after which it may happen; 0 is the start"
        for number, event in self.events.items():
            rows = self.follows.get(number)
            question = questions.get(f"follows.{number}")
            if rows is not None:
                yield f"{number} = {list(rows)}  # {_comment(event)}"
            elif question:
                yield from _entry(str(number), None, question)


def _entry(name: str, value: str | None, question: Question | None) -> Iterator[str]:
    """Yield an entry with its value, or as a question with the choices beside it."""
    if question is None or value is not None:
        yield f"{name} = {toml_string(value or '')}"
        return
    yield f"# {_comment(question.text)}"
    yield f'{name} = "{UNANSWERED}"  # {_comment(", ".join(question.choices))}'


def _comment(text: str) -> str:
    return HIDDEN.sub(" ", text.replace("\n", " "))


def draft_table(
    page: Page, readings: Sequence[StepsReading], section: str, answers: Binding
) -> TableDraft:
    """Return how the table of a page is to be read, with the answers that are known already.

    Where the page has several tables, which one it is about is the first question. Raises
    :class:`PageError` for a page without such a table.
    """
    several: list[StepsReading] = []
    if answers.title is None:
        part = page.section(section) if section else None
        several = [r for r in readings if part is None or part.has(r.table.line)]
    if len(several) > 1:
        titles = tuple(dict.fromkeys(r.table.title for r in several))
        places = f"{page.name}:{several[0].table.line}"
        question = Question("title", "which table is it?", titles, places)
        reading = several[0]
        return _draft(page, reading, None, answers, (question, *_shared(several)))
    reading = chosen_reading(page, readings, section, answers.title)
    is_only = len(readings) == 1
    return _draft(page, reading, None if is_only else reading.table.title, answers)


def _shared(readings: Sequence[StepsReading]) -> tuple[Question, ...]:
    """Return the questions of tables with the same steps, which share their answers."""
    first = readings[0]
    same = all(r.table.signature == first.table.signature for r in readings)
    return first.questions if same else ()


def _draft(
    page: Page,
    reading: StepsReading,
    title: str | None,
    answers: Binding,
    questions: tuple[Question, ...] | None = None,
) -> TableDraft:
    is_open = questions is not None and len(questions) == 1 and bool(reading.questions)
    return TableDraft(
        page.name,
        title,
        reading.table.initial if answers.initial is not None else None,
        {} if is_open else dict(reading.follows),
        {} if is_open else {step.number: step.event for step in reading.table.steps},
        reading.questions if questions is None else questions,
        reading.findings,
        reading.assumed,
    )


def answered(answers: Binding, question: Question, text: str) -> Binding | str:
    """Return the answers with one more, or why a text answers nothing.

    A choice of rows is given by numbers, any other one by its text or its place in the list.
    """
    section, _, name = question.key.partition(".")
    if section == "follows":
        known = {int(choice.partition(":")[0]) for choice in question.choices}
        words = text.replace(",", " ").split()
        rows = [int(word) for word in words if word.isascii() and word.isdigit()]
        if len(rows) != len(words) or not rows or not set(rows) <= known:
            return f"give numbers of rows: {', '.join(map(str, sorted(known)))}"
        return replace(answers, follows={**answers.follows, int(name): tuple(sorted(set(rows)))})
    by_text = {normalise(choice): choice for choice in question.choices}
    by_place = {str(i): choice for i, choice in enumerate(question.choices, 1)}
    choice = by_text.get(normalise(text)) or by_place.get(text.strip())
    if question.key == "title":
        return replace(answers, title=choice) if choice else "give one of the choices"
    return replace(answers, initial=choice or text.strip())
