"""Ids that are counted per shop, site or line: alone they would merge several messages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from fsm.logs.draft.elimination import EventPlaces
from fsm.logs.draft.event_meanings import machine_guesses, sampled_events
from fsm.logs.draft.field_profile import FieldProfile
from fsm.logs.draft.fields import ProposedFields
from fsm.logs.draft.records import JOINED, SampledRecords, with_joined
from fsm.machine import Machine

__all__ = ["with_split_ids"]

_MOST_FIELDS = 40
"""Fields that are tried beside the id."""


def with_split_ids(
    records: SampledRecords, fields: ProposedFields, machine: Machine
) -> ProposedFields:
    """Return the id as a question where only with another field the machine accepts its events."""
    identity, event = fields.fields.get("message_id"), fields.fields.get("event")
    if not identity or not event:
        return fields
    names = FieldProfile(event, records.columns[event])
    alone = _messages(names, records.columns[identity])
    guesses = machine_guesses(sampled_events(names, None, records.lines, (), {}), machine, alone)
    known = {path: g.choices[0] for path, g in guesses.items() if not g.is_open}
    least = EventPlaces(machine, alone).accepted(known)
    if least == 1:
        return fields
    found = []
    for other in list(records.columns)[:_MOST_FIELDS]:
        profile = FieldProfile(other, records.columns[other])
        is_free = other not in (identity, event, *fields.time) and not profile.notations
        if is_free and profile.share == 1 and 1 < profile.distinct < len(profile.values):
            name = f"{other}{JOINED}{identity}"
            messages = _messages(names, with_joined(records, name).columns[name])
            if EventPlaces(machine, messages).accepted(known) == 1:
                found.append(name)
    if not found:
        return fields
    left = {role: name for role, name in fields.fields.items() if role != "message_id"}
    return replace(fields, fields=left, open={**fields.open, "message_id": (*found, identity)})


def _messages(names: FieldProfile, ids: Sequence[str | None]) -> list[list[str]]:
    """Return the names of the events of each message, in the order of the log."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, value in zip(names.values, ids, strict=True):
        if name and value:
            found[value].append(name)
    return list(found.values())
