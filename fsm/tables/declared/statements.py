"""What the rows of a table state: transitions, marks of states, statuses, and what is open."""

from __future__ import annotations

from dataclasses import dataclass, field

from fsm.questions import Question, Remark
from fsm.tables.declared.cells import Condition, Quantifier
from fsm.tables.declared.names import NameTable
from fsm.tables.words.binding import Binding

__all__ = ["StatedRow", "Statements"]


@dataclass(frozen=True, slots=True)
class StatedRow:
    """One transition as a row states it, from one state or from many."""

    sources: tuple[str, ...]
    quantifier: Quantifier | None
    """Which states it starts from where it does not name them."""
    excluded: tuple[str, ...]
    trigger: str
    guard: Condition | None
    target: str | None
    """The state afterwards; ``None`` where the state stays."""
    number: int
    line: int
    reason: str


@dataclass
class Statements:
    """All that a table states, in its order."""

    file: str
    line: int
    binding: Binding | None
    states: NameTable = field(init=False)
    events: NameTable = field(init=False)
    rows: list[StatedRow] = field(default_factory=list)
    initial: dict[str, int] = field(default_factory=dict)
    """States with a mark of the initial one, and the line of the mark."""
    final: dict[str, int] = field(default_factory=dict)
    """States with a mark of a final one, or a row that says that nothing follows."""
    ends: dict[str, int] = field(default_factory=dict)
    """States with a row that says that nothing follows, and its line."""
    starred: dict[str, int] = field(default_factory=dict)
    """States marked by an asterisk, which may mean either."""
    statuses: dict[str, tuple[str | None, int]] = field(default_factory=dict)
    """What is shown in a state, and the line that says so."""
    has_statuses: bool = False
    """Whether the table has a column of statuses."""
    assumed: list[Remark] = field(default_factory=list)
    findings: list[Remark] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.states = NameTable("state", self.file, self.binding)
        self.events = NameTable("event", self.file, self.binding)

    def place(self, line: int) -> str:
        """Return file and line."""
        return f"{self.file}:{line}"

    def assume(self, line: int, text: str) -> None:
        """Note a convention that was applied; the same one in many lines is noted once."""
        if all(remark.text != text for remark in self.assumed):
            self.assumed.append(Remark(self.place(line), text))

    def find(self, line: int, text: str) -> None:
        """Note a cell that was not understood, or a contradiction."""
        remark = Remark(self.place(line), text)
        if remark not in self.findings:
            self.findings.append(remark)

    def ask(self, key: str, text: str, choices: tuple[str, ...], line: int) -> None:
        """Note what the table does not decide."""
        question = Question(key, text, choices, self.place(line))
        if question not in self.questions:
            self.questions.append(question)

    def show(self, state: str, status: str | None, line: int) -> None:
        """Note what is shown in a state; two rows that disagree are a finding."""
        known, before = self.statuses.setdefault(state, (status, line))
        if known != status:
            text = f"status {status!r} for {state!r}, line {before} says {known!r}"
            self.find(line, text)
