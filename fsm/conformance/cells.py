"""One verdict for each cell of a machine: what every source says about it, and who differs.

The document, the machine, the implementation and the log vote, see :mod:`fsm.conformance.votes`;
document and machine have one vote where the machine was made from the document. Tests have no vote:
they only tell whether somebody looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from fsm.conformance.votes import (
    DOCUMENT,
    IMPLEMENTATION,
    LOG,
    MACHINE,
    Judgement,
    Vote,
    judge,
    shown_in,
)
from fsm.machine import Machine, Origin
from fsm.read_only import hold_mappings
from fsm.text import quantity

if TYPE_CHECKING:
    from fsm.conformance.covered_cells import CoveredCell, CoveredCells
    from fsm.conformance.documents import DocumentedCells
    from fsm.conformance.probing import CellRun, ProbedCells
    from fsm.conformance.sightings import Believed, SightedCells, Sighting

__all__ = ["JOINT", "CellComparison", "CellKind", "ComparedCell", "compare_cells"]

CellKind: TypeAlias = Literal["disagree", "agree", "alone"]
"""What a cell is: sources disagree, several agree, or one alone says something."""

JOINT = "documented machine"
"""The one source that document and machine are where one was made from the other."""


@dataclass(frozen=True, slots=True)
class ComparedCell:
    """A cell, what each source says about it, and the evidence."""

    state: str
    """The state."""
    event: str
    """The event."""
    votes: tuple[Vote, ...]
    """What the sources say that are not silent."""
    judgement: Judgement
    """Whether they agree."""
    origins: tuple[Origin, ...] = ()
    """The documented rows, the prose or the decision."""
    sighting: Sighting | None = None
    """How often the log shows it."""
    place: str = ""
    """A place in the log where it was seen."""
    run: CellRun | None = None
    """The run of the implementation."""
    tests: CoveredCell | None = None
    """The tests that run it."""

    @property
    def kind(self) -> CellKind:
        """What the cell is."""
        if not self.judgement.agrees:
            return "disagree"
        return "agree" if len(self.votes) > 1 else "alone"

    @property
    def count(self) -> int:
        """How many events of the log met it."""
        return self.sighting.count if self.sighting else 0

    @property
    def is_accepted(self) -> bool:
        """Whether some source accepts the event."""
        return any(not vote.rejects for vote in self.votes)

    @property
    def verdict(self) -> str:
        """The verdict in a few words."""
        if self.judgement.odd_one_out:
            return f"{self.judgement.odd_one_out} differs"
        if self.judgement.agrees:
            return {"agree": "agree", "alone": f"only the {self._voters}"}[self.kind]
        camps = self.judgement.camps
        if camps and len(self.judgement.parties) > len(camps):
            return " against ".join(map(_listed, camps))
        return f"{_listed(self.judgement.parties)} disagree"

    @property
    def _voters(self) -> str:
        return _listed([vote.source for vote in self.votes]) or "tests"

    def as_dict(self) -> dict[str, object]:
        """Return the cell for JSON."""
        return {
            "state": self.state,
            "event": self.event,
            "verdict": self.kind,
            "odd_one_out": self.judgement.odd_one_out,
            "parties": list(self.judgement.parties),
            "votes": {vote.source: vote.text for vote in self.votes},
            "documented": [origin.as_dict() for origin in self.origins],
            "log": {"count": self.count, "place": self.place},
            "run": self.run and {"trace": list(self.run.trace), "answer": self.run.answer},
            "tests": {
                "count": self.tests.count if self.tests else 0,
                "names": self.tests.tests if self.tests else [],
            },
        }


@dataclass(frozen=True, repr=False)
class CellComparison:
    """The cells of a machine under every source."""

    machine: Machine
    """The machine."""
    cells: tuple[ComparedCell, ...]
    """The cells, state by state: those of the machine, and those that other sources add."""
    sources: Mapping[str, str]
    """The names of the sources that were compared, by their kinds."""
    has_tests: bool
    """Whether the coverage of tests was read."""
    notes: tuple[str, ...] = ()
    """What was assumed, and what was not compared."""

    def __post_init__(self) -> None:
        hold_mappings(self, "sources")

    def __repr__(self) -> str:
        counts = f"{len(self.cells):,} cells, {len(self.disagreements):,} with disagreements"
        return f"<CellComparison of {self.machine.name}: {counts}>"

    @cached_property
    def disagreements(self) -> tuple[ComparedCell, ...]:
        """The cells on which sources disagree: the most seen first, then in their order."""
        found = [cell for cell in self.cells if cell.kind == "disagree"]
        return tuple(sorted(found, key=lambda cell: -cell.count))

    @property
    def disputed(self) -> dict[tuple[str, str], frozenset[str]]:
        """The cells on which sources disagree, with the states to which they say these lead."""
        return {
            (cell.state, cell.event): frozenset().union(*(v.targets or () for v in cell.votes))
            for cell in self.disagreements
        }

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many cells there are of each kind; of accepted ones, how many have no evidence."""
        kinds = Counter(cell.kind for cell in self.cells)
        accepted = [cell for cell in self.cells if cell.is_accepted]
        counts = {"cells": len(self.cells), "disagree": kinds["disagree"], "agree": kinds["agree"]}
        counts["alone"] = kinds["alone"]
        counts["accepted"] = len(accepted)
        if LOG in self.sources:
            counts["unseen"] = sum(cell.sighting is None for cell in accepted)
        if self.has_tests:
            counts["untested"] = sum(cell.tests is None for cell in accepted)
        return counts

    def as_dict(self, most: int = 20_000) -> dict[str, object]:
        """Return at most so many cells for JSON, disagreements first; the shape is stable."""
        rest = [cell for cell in self.cells if cell.kind != "disagree"]
        ordered = [*self.disagreements, *rest]
        return {
            "cells": [cell.as_dict() for cell in ordered[:most]],
            "cells_left_out": max(0, len(ordered) - most),
            "cell_counts": self.counts,
            "cell_sources": dict(self.sources),
            "cell_notes": list(self.notes),
        }


def compare_cells(
    machine: Machine,
    *,
    document: DocumentedCells | None = None,
    implementation: ProbedCells | None = None,
    see: Callable[[Believed], SightedCells] | None = None,
    places: Callable[[Sequence[int]], Sequence[str]] | None = None,
    tests: CoveredCells | None = None,
    unit: str = "message",
) -> CellComparison:
    """Return the verdict on each cell of a machine under those sources that there are.

    ``see`` returns what a log shows, given where events lead as far as the other sources agree;
    ``places`` returns the places of rows of the log, given their numbers in ascending order;
    ``unit`` is what one message is called.
    """
    comparing = _Comparing(machine, document, implementation, see, tests, unit)
    cells = comparing.cells(places)
    sources = {MACHINE: machine.name}
    if document and document.is_origin:
        sources = {JOINT: document.page}
        if any(vote.source == DOCUMENT for cell in cells for vote in cell.votes):
            sources |= {DOCUMENT: document.page, MACHINE: machine.name}
    elif document:
        sources = {DOCUMENT: document.page, **sources}
    if implementation:
        sources[IMPLEMENTATION] = implementation.name
    if see:
        sources[LOG] = ""
    return CellComparison(machine, cells, sources, tests is not None, comparing.notes())


_Key: TypeAlias = tuple[str, str]


@dataclass
class _Comparing:
    machine: Machine
    document: DocumentedCells | None
    implementation: ProbedCells | None
    see: Callable[[Believed], SightedCells] | None
    tests: CoveredCells | None
    unit: str

    def __post_init__(self) -> None:
        self.states = {state.name for state in self.machine.states}
        self.open_cells = frozenset(self.machine.open_cells)
        self.keys = list(self._keys())
        self.first = {key: list(self._stated(*key)) for key in self.keys}
        self.sighted = self.see(self._believed) if self.see else None

    def _keys(self) -> Iterator[_Key]:
        """Yield the cells of the machine, then those that the document adds."""
        rows = self.document.rows if self.document else {}
        events = dict.fromkeys((*self.machine.events, *(event for _, event in rows)))
        for state in dict.fromkeys((*self.machine_states, *(state for state, _ in rows))):
            for event in events:
                is_own = state in self.states and event in self.machine.alphabet
                if is_own or (state, event) in rows:
                    yield state, event

    @property
    def machine_states(self) -> list[str]:
        return [state.name for state in self.machine.states]

    def _stated(self, state: str, event: str) -> Iterator[Vote]:
        """Yield the votes of all sources but the log, each source once."""
        document = self.document.vote(state, event) if self.document else None
        machine = self._machine_vote(state, event)
        is_one = self.document is not None and self.document.is_origin
        if machine is None:
            if document:
                yield self._with_status(document)
        elif document and is_one and judge([document, machine]).agrees:
            yield Vote(JOINT, machine.rejects, machine.targets, machine.shown, machine.text)
        else:
            if document:
                yield self._with_status(document)
            yield machine
        if self.implementation and (vote := self.implementation.vote(state, event)):
            yield vote

    def _with_status(self, vote: Vote) -> Vote:
        """Return a vote on a target with what the machine shows there, where it tells no more."""
        if vote.shown is not None or not vote.targets or not vote.targets <= self.states:
            return vote
        shown = {shown_in(self.machine, state) for state in vote.targets}
        return replace(vote, shown=frozenset(s for s in shown if s is not None) or None)

    def _machine_vote(self, state: str, event: str) -> Vote | None:
        """Return what the machine says; ``None`` of a cell that it leaves open."""
        if (state, event) in self.open_cells:
            return None
        if state not in self.states:
            return Vote.rejects_it(MACHINE, "has no such state")
        if event not in self.machine.alphabet:
            return Vote.rejects_it(MACHINE, "has no such event")
        step = self.machine.step(state, event)
        if step is None:
            return Vote.rejects_it(MACHINE)
        return Vote.goes_to(MACHINE, step.target, shown_in(self.machine, step.target))

    def _believed(self, state: str, event: str) -> str | None:
        """Return where an event leads as far as the sources agree, see ``Believed``."""
        votes = self.first.get((state, event), [])
        judgement = judge(votes)
        if not judgement.agrees:
            if judgement.odd_one_out is None:
                return None
            votes = [vote for vote in votes if vote.source != judgement.odd_one_out]
        if votes and all(vote.rejects and not vote.targets for vote in votes):
            return ""
        told = [vote.targets for vote in votes if vote.targets is not None]
        possible = frozenset.intersection(*told) if told else frozenset()
        (target,) = possible if len(possible) == 1 else (None,)
        return target if target in self.states else None

    def cells(
        self, places: Callable[[Sequence[int]], Sequence[str]] | None
    ) -> tuple[ComparedCell, ...]:
        seen = self.sighted.cells if self.sighted else {}
        rows = sorted({sighting.row for sighting in seen.values()})
        found: Mapping[int, str] = dict(zip(rows, places(rows), strict=True)) if places else {}
        return tuple(self._cell(key, seen.get(key), found) for key in self.keys)

    def _cell(
        self, key: _Key, sighting: Sighting | None, places: Mapping[int, str]
    ) -> ComparedCell:
        votes = list(self.first[key])
        if self.sighted and (vote := self.sighted.vote(*key)):
            votes.append(vote)
        return ComparedCell(
            *key,
            tuple(votes),
            judge(votes),
            self._origins(*key),
            sighting,
            places.get(sighting.row, "") if sighting else "",
            self.implementation.runs.get(key) if self.implementation else None,
            self.tests.tests(*key) if self.tests else None,
        )

    def _origins(self, state: str, event: str) -> tuple[Origin, ...]:
        """Return where a cell is documented: in the page, else as the machine says."""
        if self.document and (origins := self.document.origins(state, event)):
            return origins
        step = self.machine.step(state, event) if state in self.states else None
        return (step.origin,) if step and step.origin else ()

    def notes(self) -> tuple[str, ...]:
        parts = (self.document, self.implementation, self.tests)
        notes = [note for part in parts if part for note in part.notes]
        if self.sighted and self.sighted.uncertain:
            count = quantity(self.sighted.uncertain, "event")
            notes.append(
                f"{count} of the log not used for cells: the state of a {self.unit} is not known "
                "after what does not fit, and where sources or guards leave open where it goes"
            )
        return tuple(notes)


def _listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence.

    >>> _listed(["a"]), _listed(["a", "b"]), _listed(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""
