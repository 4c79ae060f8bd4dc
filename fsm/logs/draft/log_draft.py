"""The draft of a mapping file: what is certain of a log, and questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fsm.logs.draft.records import JOINED
from fsm.logs.draft.words import FIELD_ROLES
from fsm.questions import UNANSWERED, Question, toml_comment, toml_key
from fsm.text import quantity
from fsm.toml import toml_string

__all__ = ["DraftedEvent", "LogDraft"]

_SHOWN = 8
"""Choices that stand beside a question in the file."""


@dataclass(frozen=True)
class DraftedEvent:
    """The events of one name: how many a sample has, and what they mean."""

    path: str
    event: str | None
    """None where it is a question."""
    count: int
    line: int | None
    reason: str
    choices: tuple[str, ...] = ()

    @property
    def remark(self) -> str:
        """How many there are, and why the event was taken, for a comment."""
        where = f", first on line {self.line}" if self.line else ""
        return f"{quantity(self.count, 'record')}{where}; {self.reason}"


@dataclass(frozen=True)
class LogDraft:
    """How a log is to be read, as far as that is certain. It quotes no value of the log."""

    name: str
    extent: str
    records: int
    unit: str | None
    read: Mapping[str, object]
    fields: Mapping[str, object]
    """The field of each role; the time may be ``{"join": [...]}``."""
    details: Mapping[str, str]
    time: Mapping[str, str]
    events: tuple[DraftedEvent, ...]
    assumed: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    unread: int = 0

    @property
    def keys(self) -> tuple[str, ...]:
        """The entries that can be answered."""
        return (
            *(f"fields.{role}" for role in FIELD_ROLES),
            "time.format",
            "time.zone",
            *(f"events.{event.path}" for event in self.events),
        )

    def facts(self) -> dict[str, object]:
        """Return what is certain and what is not, as JSON has it."""
        return {
            "log": self.name,
            "sample": self.extent,
            "records": self.records,
            "not_read": self.unread,
            "unit": self.unit,
            "read": dict(self.read),
            "fields": dict(self.fields),
            "details": dict(self.details),
            "time": dict(self.time),
            "events": [
                {
                    "native": event.path,
                    "event": event.event,
                    "records": event.count,
                    "line": event.line,
                    "reason": event.reason,
                }
                for event in self.events
            ],
            "questions": [question._asdict() for question in self.questions],
            "assumed": list(self.assumed),
        }

    def toml(self) -> str:
        """Return the file."""
        return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        questions = {question.key: question for question in self.questions}
        yield 'kind = "mapping"'
        yield f"# drafted from {quantity(self.records, 'record')}, {self.extent}"
        yield from (f"# {toml_comment(remark)}" for remark in self.assumed)
        if self.unit:
            yield f"unit = {toml_string(self.unit)}  # what one message is called in results"
        yield "\n[read]"
        yield from (f"{key} = {_value(value)}" for key, value in self.read.items())
        yield "\n[fields]"
        yield from (f"{role} = {_value(name)}" for role, name in self.fields.items())
        for key, question in questions.items():
            if key.startswith("fields."):
                yield _open(key.removeprefix("fields."), question)
        if self.details:
            yield "\n[fields.detail]"
            yield from (f"{toml_key(k)} = {toml_string(v)}" for k, v in self.details.items())
        if self.time or "time.format" in questions:
            yield "\n[time]"
            yield from (f"{key} = {toml_string(value)}" for key, value in self.time.items())
            if "time.format" in questions:
                yield _open("format", questions["time.format"])
        yield from self._events(questions)

    def _events(self, questions: Mapping[str, Question]) -> Iterator[str]:
        if self.events:
            yield "\n[events]"
        for event in self.events:
            key = toml_key(event.path)
            question = questions.get(f"events.{event.path}")
            if question and event.event is None:
                yield f'{key} = "{UNANSWERED}"  # {toml_comment(event.remark)} {_choices(question)}'
            else:
                yield f"{key} = {toml_string(event.event or '')}  # {toml_comment(event.remark)}"
        if "events.*" in questions:
            yield _open('"*"', questions["events.*"])


def _open(key: str, question: Question) -> str:
    return f'{key} = "{UNANSWERED}"  # {toml_comment(question.text)} {_choices(question)}'.rstrip()


def _choices(question: Question) -> str:
    is_id = question.key == "fields.message_id"
    shown = ", ".join(
        _value({"join": choice.split(JOINED)} if is_id and JOINED in choice else choice)
        for choice in question.choices[:_SHOWN]
    )
    return toml_comment(shown + ", ..." * (len(question.choices) > _SHOWN))


def _value(value: object) -> str:
    """Return a value as TOML: a text, a list, or a table in braces."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_value(inner)}' for key, inner in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    text = str(value)
    is_plain = "\\" in text and "'" not in text and text.isprintable()
    return f"'{text}'" if is_plain else toml_string(text)
