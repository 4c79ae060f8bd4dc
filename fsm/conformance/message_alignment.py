"""The alignment of one message: its events, and which are extra or missing, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from fsm.arguments import check_choice
from fsm.arrays import Index
from fsm.catalog import as_machine, built_in_companion
from fsm.conformance.alignment import Alignments, Edit
from fsm.conformance.conforming import MAY_END, OUTSIDE, with_plain_events
from fsm.conformance.cost_vectors import CostVectors
from fsm.conformance.repair_model import model_repairs
from fsm.engine.explanation import folded_message
from fsm.engine.folded_rows import FoldedRows
from fsm.engine.replaying import check_replay_arguments, with_companions
from fsm.errors import LogError
from fsm.logs.canonical_columns import place_of
from fsm.logs.log import Log
from fsm.logs.open import open_log
from fsm.machine import Machine

__all__ = ["AlignedEvent", "MessageAlignment", "align_message"]


@dataclass(frozen=True, slots=True)
class AlignedEvent:
    """One event of a message, or one that is missing."""

    kind: str
    """``accepted``, ``extra``, ``missing``, ``outside`` (the machine does not have the event),
    ``expiry`` (the end of the validity period), or ``timer`` (one fired)."""
    event: str
    """The event."""
    before: str
    """The state before it."""
    after: str
    """The state after it."""
    timestamp: datetime | None
    """When it happened, in UTC; ``None`` for a missing event."""
    place: str
    """Where it stands in the log, as ``file:line``; empty for what no log records."""


@dataclass(frozen=True, slots=True)
class MessageAlignment:
    """The least repair of one message (of one recipient, where the log has recipients)."""

    message: str
    """The id of the message."""
    recipient: str | None
    """The recipient; ``None`` where the log has none."""
    cost: int
    """How many events are extra or missing."""
    events: tuple[AlignedEvent, ...]
    """The events in order, those that are missing among them."""

    def as_dict(self) -> dict[str, object]:
        """Return the alignment for JSON."""
        return asdict(self)


def align_message(
    source: object,
    message: str,
    machine: Machine | str,
    *,
    may_end: str = "any",
    outside: str = "beside",
    companions: Callable[[str], Machine] | None = built_in_companion,
    validity: timedelta | None = None,
    as_of: datetime | None = None,
    dedupe: bool = False,
) -> tuple[MessageAlignment, ...]:
    """Return the least repair of every message with this id: one for each of its recipients.

    The arguments are those of :func:`fsm.conform`; raises what it raises, and
    :class:`fsm.errors.LogError` where there is no such message.
    """
    check_choice("may_end", may_end, MAY_END)
    check_choice("outside", outside, OUTSIDE)
    check_replay_arguments(companions, validity, as_of)
    machine, log = as_machine(machine), open_log(source)
    machines = with_companions(with_plain_events(machine), companions)
    folded = folded_message(log, message, machines, validity, as_of, dedupe)
    alphabet = folded.products[0].codes
    model = model_repairs(machine, alphabet, may_end=may_end, outside=outside)
    alignments = Alignments(CostVectors(model))
    aligner = _Aligner(log, folded, alignments)
    return tuple(aligner.messages())


class _Aligner:
    """Aligns the messages of some rows."""

    def __init__(self, log: Log, folded: FoldedRows, alignments: Alignments) -> None:
        self.alignments, self.model = alignments, alignments.model
        self.timelines, self.keys = folded.timelines, log.keys
        self.events = folded.events()
        self.proofs = log.proofs(self.events.select("file", "row").drop_nulls())

    def messages(self) -> Iterator[MessageAlignment]:
        """Yield the alignment of each message, in the order of their identities."""
        offsets, lengths = self.timelines.offsets, self.timelines.lengths
        codes = self.timelines.codes
        cells, first = self.alignments.vectors.fold(codes, offsets, lengths)
        if (first < 0).any():
            raise LogError("the least repair of this message is too much work")
        steps, final = self.alignments.align(cells, offsets, lengths)
        found = []
        for begin, length, end in zip(
            offsets.tolist(), lengths.tolist(), final.tolist(), strict=True
        ):
            places = range(begin, begin + length)
            events = tuple(self._aligned(places, steps, end))
            if not self._is_compared(places):
                events = tuple(event for event in events if event.kind != "missing")
            identity = self.events.row(begin, named=True)
            cost = sum(event.kind in ("extra", "missing") for event in events)
            recipient = identity["recipient"] if "recipient" in self.keys else None
            found.append(MessageAlignment(identity["message_id"], recipient, cost, events))
        yield from sorted(found, key=lambda aligned: (aligned.message, aligned.recipient or ""))

    def _is_compared(self, places: range) -> bool:
        """Whether some event is one of the machine; a message without one is not repaired."""
        codes = self.timelines.codes[places.start : places.stop]
        return bool(self.model.may_be_extra.take(codes).any())

    def _aligned(self, places: range, steps: Index, end: int) -> Iterator[AlignedEvent]:
        """Yield the events of one message, and what is missing between them."""
        state = self.model.states[self.model.start]
        for place in places:
            edits = self.alignments.edits_of(int(steps[place]))
            missing = [edit for edit in edits if edit.kind == "missing"]
            after = self.model.states[int(self.alignments.after(steps[place : place + 1])[0])]
            yield from self._missing(missing)
            state = self._after_missing(state, missing)
            event = self._event(place, state, after, is_extra=len(missing) < len(edits))
            # The end of a period that changes nothing is no event: what it waited for had come.
            if event.kind not in ("expiry", "timer") or after != state:
                yield from self._with_expiry(event)
            state = after
        yield from self._missing(self.alignments.edits[self.alignments.edits_at_end(end)])

    def _with_expiry(self, event: AlignedEvent) -> Iterator[AlignedEvent]:
        """Yield an event, and the end of the period where that was over and the event led on."""
        machine = self.model.machine
        deadline = machine.deadline
        if deadline and event.kind in ("accepted", "timer"):
            step = machine.step(event.before, event.event)
            if step and step.target == deadline.state != event.after:
                expiry = replace(event, kind="expiry", event=deadline.event, place="")
                yield replace(event, after=deadline.state)
                yield replace(expiry, before=deadline.state)
                return
        yield event

    def _event(self, place: int, before: str, after: str, *, is_extra: bool) -> AlignedEvent:
        row = self.events.row(place, named=True)
        code = int(self.timelines.codes[place])
        kind = "extra" if is_extra else "accepted" if code in self.model.inside else "outside"
        event = row["event"]
        if row["row"] is None:
            is_firing = code >= self.model.alphabet.first_timer
            kind, event = "timer" if is_firing else "expiry", self.alignments.name(code)
        proof = self.proofs.get((row["file"], row["row"]))
        at = place_of(*proof[:2]) if proof else ""
        return AlignedEvent(kind, event, before, after, row["timestamp"], at)

    def _missing(self, edits: list[Edit] | tuple[Edit, ...]) -> Iterator[AlignedEvent]:
        for edit in edits:
            after = self._after_missing(edit.state, [edit])
            yield AlignedEvent("missing", edit.event, edit.state, after, None, "")

    def _after_missing(self, state: str, edits: list[Edit]) -> str:
        """Return the state after missing events."""
        for edit in edits:
            step = self.model.machine.step(edit.state, edit.event)
            state = step.target if step else state
        return state
