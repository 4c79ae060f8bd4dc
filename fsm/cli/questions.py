"""Questions of drafts, asked on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from fsm.cli.text import print_message, printable
from fsm.questions import Question
from fsm.text import quantity

__all__ = ["ask_question", "print_open_questions"]

_LONGEST_ANSWER = 1000


def ask_question(question: Question) -> str:
    """Ask a question on the terminal; an empty answer leaves it open."""
    is_rows = question.key.startswith("follows.")
    click.echo(printable(f"{question.place}: {question.text}", 500), err=True)
    for number, choice in enumerate(question.choices, 1):
        shown = choice if is_rows else f"{number}: {choice}"
        click.echo(printable(f"  {shown}", 500), err=True)
    click.echo("answer: ", err=True, nl=False)
    line = sys.stdin.buffer.readline(_LONGEST_ANSWER).decode("utf-8", "replace")
    if not line.endswith("\n"):
        click.echo(err=True)
    return line.strip()


def print_open_questions(questions: Sequence[Question], output: Path | None) -> None:
    """Print how many questions are left, if any."""
    if questions:
        where = f" in {output}" if output else ""
        print_message(f"{quantity(len(questions), 'question')} to answer{where}")
