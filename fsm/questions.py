"""What the draft of a TOML file leaves open: questions, as lines of the file that they stop.

Whoever loads a file in which :data:`UNANSWERED` still stands is told which line to answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from fsm.errors import FsmError
from fsm.text import HIDDEN
from fsm.toml import Toml, toml_string

__all__ = [
    "GIVE_A_CHOICE",
    "UNANSWERED",
    "Question",
    "Remark",
    "choice_of",
    "entry_lines",
    "refuse_unanswered",
    "toml_comment",
    "toml_key",
]

UNANSWERED = "?"
"""Stands in place of an answer."""
GIVE_A_CHOICE = "give one of the choices"
"""Said of an answer that is none of the choices."""


class Question(NamedTuple):
    """A question that is left to the user."""

    key: str
    """The entry of a TOML file that answers it: ``initial``, or ``follows.4`` in a section."""
    text: str
    choices: tuple[str, ...]
    """What may be answered; empty where any text may."""
    place: str
    """File and line of what it is about."""


class Remark(NamedTuple):
    """A fault of a table, or a convention that was applied to it, with file and line."""

    place: str
    text: str


def toml_comment(text: str) -> str:
    """Return a text of one line for a comment."""
    return HIDDEN.sub(" ", text.replace("\n", " "))


def toml_key(word: str) -> str:
    """Return a key of TOML.

    >>> toml_key("message_id"), toml_key("Create Fine")
    ('message_id', '"Create Fine"')
    """
    is_bare = word.isascii() and word.replace("_", "").replace("-", "").isalnum()
    return word if is_bare else toml_string(word)


def entry_lines(name: str, value: str | None, question: Question | None) -> Iterator[str]:
    """Yield an entry with its value, or as a question with the choices beside it.

    >>> question = Question("initial", "which is the first?", ("new", "open"), "page.md:3")
    >>> list(entry_lines("initial", None, question))
    ['# which is the first?', 'initial = "?"  # new, open']
    """
    if question is None or value is not None:
        yield f"{name} = {toml_string(value or '')}"
        return
    yield f"# {toml_comment(question.text)}"
    yield f'{name} = "{UNANSWERED}"  # {toml_comment(", ".join(question.choices))}'


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def choice_of(question: Question, text: str, fold: Callable[[str], str] = _folded) -> str | None:
    """Return the choice that a text names, by its words or its place; None where it names none.

    Texts are compared in the form that ``fold`` gives them.

    >>> question = Question("initial", "which is the first?", ("new", "open"), "page.md:3")
    >>> choice_of(question, "Open"), choice_of(question, "1"), choice_of(question, "shut")
    ('open', 'new', None)
    """
    by_text = {fold(choice): choice for choice in question.choices}
    by_place = {str(place): choice for place, choice in enumerate(question.choices, 1)}
    return by_text.get(fold(text)) or by_place.get(text.strip())


def refuse_unanswered(toml: Toml, refusal: type[FsmError]) -> None:
    """Raise ``refusal`` for the questions that nobody has answered, the first one with its line."""
    sections = [("", toml.data), *((k, v) for k, v in toml.data.items() if isinstance(v, dict))]
    unanswered = [
        (section, name)
        for section, entries in sections
        for name, value in entries.items()
        if value == UNANSWERED
    ]
    if unanswered:
        section, name = unanswered[0]
        shown = f"{section}.{name}" if section else name
        more = f" ({len(unanswered) - 1} more below)" if len(unanswered) > 1 else ""
        raise refusal(
            f"{toml.name}:{toml.line(section, name)}: {shown} is not answered; write one of the "
            f'choices in place of "{UNANSWERED}"{more}'
        )
