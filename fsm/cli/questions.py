"""Questions of drafts, asked on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import click

from fsm.cli.text import print_message, printable
from fsm.files import hear_interrupts
from fsm.questions import Question
from fsm.text import quantity

__all__ = ["draft_with_answers", "print_open_questions"]

_LONGEST_ANSWER = 1000


class _Draft(Protocol):
    """What has questions left."""

    @property
    def questions(self) -> Sequence[Question]: ...


A = TypeVar("A")
D = TypeVar("D", bound=_Draft)


def draft_with_answers(
    draft_of: Callable[[A], D],
    answers: A,
    answered: Callable[[A, Question, str], A | str],
    *,
    is_asking: bool,
) -> D:
    """Return the draft that answers lead to; with ``is_asking``, ask what they leave open.

    ``answered`` adds the answer to a question to the answers, or returns why the text answers
    nothing; the question is then asked again. Each answer may change the questions that follow.
    """
    skipped: set[str] = set()
    while True:
        draft = draft_of(answers)
        question = next((q for q in draft.questions if q.key not in skipped), None)
        if not is_asking or question is None:
            return draft
        text = _ask(question)
        if not text:
            skipped.add(question.key)
            continue
        result = answered(answers, question, text)
        if isinstance(result, str):
            print_message(result)
        else:
            answers = result


def _ask(question: Question) -> str:
    """Ask a question on the terminal; an empty answer leaves it open."""
    is_rows = question.key.startswith("follows.")
    click.echo(printable(f"{question.place}: {question.text}", 500), err=True)
    for number, choice in enumerate(question.choices, 1):
        shown = choice if is_rows else f"{number}: {choice}"
        click.echo(printable(f"  {shown}", 500), err=True)
    click.echo("answer: ", err=True, nl=False)
    hear_interrupts()
    line = sys.stdin.buffer.readline(_LONGEST_ANSWER).decode("utf-8", "replace")
    if not line.endswith("\n"):
        click.echo(err=True)
    return line.strip()


def print_open_questions(questions: Sequence[Question], output: Path | None) -> None:
    """Print how many questions are left, if any."""
    if questions:
        where = f" in {output}" if output else ""
        print_message(f"{quantity(len(questions), 'question')} to answer{where}")
