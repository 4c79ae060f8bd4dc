"""The way of reading a log whose fields fit best: its container, and where its records stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from fsm.errors import LogError
from fsm.logs.draft.csv_records import read_csv_sample
from fsm.logs.draft.event_meanings import email_guess
from fsm.logs.draft.field_profile import FieldProfile
from fsm.logs.draft.fields import ProposedFields, propose_fields
from fsm.logs.draft.json_records import json_samples
from fsm.logs.draft.line_pattern import lines_sample
from fsm.logs.draft.notations import is_address
from fsm.logs.draft.records import SampledRecords, with_joined
from fsm.logs.draft.sample import LogSample
from fsm.logs.draft.text_records import form_sample, pairs_sample, xml_samples
from fsm.logs.mapping.event_mapping import MACHINE_EVENTS
from fsm.machine import Machine
from fsm.suggest import no_such
from fsm.text import visible

__all__ = ["best_way", "refuse_other_forms"]

_IDENTIFYING = re.compile(r"@|\d{5}")
"""What a name has that may be of somebody, where names are values: it is not shown."""
_EMAIL_SHARE = 0.5
"""Least share of names of events that are those of e-mail."""
_CONTAINERS: tuple[Callable[[LogSample], Sequence[SampledRecords]], ...] = (
    json_samples,
    xml_samples,
    lambda sample: [found for read in (form_sample, pairs_sample) if (found := read(sample))],
    lambda sample: _csv_or_lines(sample),
)
"""The containers in the order in which they are tried; the first cannot be taken for others."""


def best_way(
    sample: LogSample, machine: Machine | None, answers: Mapping[str, str]
) -> tuple[SampledRecords, ProposedFields, str]:
    """Return the way of reading a sample whose fields fit best, and what its events are of."""
    given = {k.removeprefix("fields."): v for k, v in answers.items() if k.startswith("fields.")}
    ways = _with_fields(_ways(sample), given)
    if "time.format" in answers:
        given["time.format"] = answers["time.format"]
    found = [(records, *_proposal(records, machine, given)) for records in ways]
    if not found:
        raise LogError(
            f"{sample.name}: no records found: neither CSV, JSON, XML, key=value, form posts nor "
            "lines of one form; write a mapping by hand: fsm guide log-formats"
        )
    records, fields, mode = max(found, key=lambda way: way[1].score - _cost(way[0], way[1]))
    _refuse_what_is_no_log(records, fields, sample.name)
    return records, fields, mode


def _ways(sample: LogSample) -> Sequence[SampledRecords]:
    return next((ways for read in _CONTAINERS if (ways := read(sample))), ())


def refuse_other_forms(samples: Sequence[LogSample]) -> None:
    """Raise :class:`LogError` where the files of a log need mappings of their own."""
    forms = [_form(sample) for sample in samples]
    for sample, form in zip(samples[1:], forms[1:], strict=True):
        if form != forms[0]:
            form_text, first = form[0], forms[0][0]
            what = f"read as {form_text}, {samples[0].name} as {first}"
            if form_text == first:
                what = f"not of the form of {samples[0].name}: its columns are others"
            raise LogError(f"{sample.name}: {what}; draft a mapping for each form by itself")


def _form(sample: LogSample) -> tuple[str, frozenset[str]]:
    """Return the container of a sample, and the columns of a table that names them."""
    first = next(iter(_ways(sample)), None)
    if first is None:
        return "text without records", frozenset()
    container = str(first.read["container"])
    is_table = container == "csv" and first.named
    return container, frozenset(first.columns if is_table else ())


def _with_fields(
    ways: Sequence[SampledRecords], given: Mapping[str, str]
) -> Sequence[SampledRecords]:
    """Return the ways of reading under which records have the fields that the user gave.

    A message may be told by several fields, written as "shop + order". Raises :class:`LogError`
    for a field that no record has.
    """
    ways = [with_joined(records, given.get("message_id", "")) for records in ways]
    for role, name in given.items():
        having = [r for r in ways if name in r.columns or (not r.named and name == role)]
        if not having and ways:
            known = dict.fromkeys(column for records in ways for column in records.columns)
            names = [column for column in known if not _IDENTIFYING.search(column)]
            raise LogError(f"--answer fields.{role}: {no_such('field', name, names)}")
        ways = having
    return ways


def _proposal(
    records: SampledRecords, machine: Machine | None, given: Mapping[str, str]
) -> tuple[ProposedFields, str]:
    """Return the fields of records, and what their events are of: email, machine, or names."""
    known = frozenset(machine.events if machine else ())
    is_of_mail = bool(known) and known <= set(MACHINE_EVENTS)
    if machine is None or is_of_mail:
        fields = propose_fields(records, _is_email_event, given, is_email=True)
        if is_of_mail or _is_email(records, fields):
            return fields, "email"
    fields = propose_fields(records, known.__contains__, given, is_email=False)
    return fields, "machine" if known else "names"


def _refuse_what_is_no_log(records: SampledRecords, fields: ProposedFields, name: str) -> None:
    """Raise :class:`LogError` where nothing could be the time, or the name of an event."""
    what = f"read as {records.read['container']}"
    names = (column for column in records.columns if not _IDENTIFYING.search(column))
    listed = ", ".join(visible(column[:40]) for column in islice(names, 12))
    if not fields.time:
        raise LogError(
            f"{name}: {what}, but no field has times that are known ({listed or 'no fields'}); "
            "where one has, write --answer fields.time=NAME --answer time.format=FORMAT"
        )
    if "event" not in fields.fields and not fields.open.get("event"):
        raise LogError(
            f"{name}: {what}, but no field names an event ({listed}); a log has a record for each "
            "event. Where one does, write --answer fields.event=NAME"
        )


def _cost(records: SampledRecords, fields: ProposedFields) -> float:
    """Return what speaks against a way of reading: what it leaves out, and what it needs."""
    lost = 2 * records.lost / (len(records) + records.lost + 1)
    unread = records.unread / (len(records) + records.unread + 1)
    is_within = records.each is not None and fields.fields.get("message_id", "").startswith(".")
    needs = 0.02 * ("records" in records.read) + 0.02 * (records.each is not None)
    needs += 0.3 * ("pattern" in records.read) + 0.3 * is_within
    needs += 0.05 * (".0" in fields.fields.get("recipient", ""))  # only the first of several
    return lost + unread + needs


def _is_email_event(name: str) -> bool:
    return email_guess(name) is not None


def _is_email(records: SampledRecords, fields: ProposedFields) -> bool:
    """Whether a log is one of e-mail: it has addresses, and its events are those of messages."""
    event = fields.fields.get("event") or next(iter(fields.open.get("event", ())), None)
    if event is None:
        return False
    names = {name for name in records.columns[event] if name}
    known = sum(map(_is_email_event, names)) / max(1, len(names))
    addressed = any(
        FieldProfile(name, values[:200]).share_of(is_address) > 0.5
        for name, values in records.columns.items()
        if any(values[:200])
    )
    plain = len(names & set(MACHINE_EVENTS)) > 1
    return (addressed and known >= _EMAIL_SHARE) or (plain and known == 1)


def _csv_or_lines(sample: LogSample) -> list[SampledRecords]:
    table = read_csv_sample(sample)
    if table is not None and (table.named or len(table.columns) > 2):
        return [table]
    found = (table, lines_sample(sample))
    return [records for records in found if records is not None]
