"""Which fields of a log hold what an event needs, by their names and by their values."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fsm.logs.draft.field_profile import TRIED, FieldProfile
from fsm.logs.draft.notations import (
    TimeGuess,
    are_addresses,
    is_address,
    is_code,
    is_hour_in_digits,
    is_number,
    is_offset,
    is_reply,
    looks_like_time,
    time_guesses,
    times_of,
)
from fsm.logs.draft.records import SampledRecords
from fsm.logs.draft.words import is_unlike, words_of

__all__ = ["UNNAMED", "ProposedFields", "propose_fields"]

_MOST_EVENTS = 100
"""Different values beyond which a field holds no names of events."""
_LEAD = 0.08
"""Two fields nearer than this are a question, unless they say the same."""
_CANDIDATES = 12
_NAMED = 0.5
"""Least likeness of a name at which the only field that may have a role has it."""

UNNAMED = re.compile(r"(?:field|column|address)_?\d*")
"""The names of fields that a draft made up."""

IsEventName = Callable[[str], bool]
"""Whether a text is the name of an event that is known."""


@dataclass(frozen=True)
class ProposedFields:
    """The field of each role, as far as that is certain."""

    fields: Mapping[str, str] = field(default_factory=dict)
    time: tuple[str, ...] = ()
    """The field of the time; two where date and hour stand apart."""
    notations: Sequence[TimeGuess] = ()
    open: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The roles that are questions, with their choices."""
    score: float = 0.0
    """How well the fields fit; ways of reading a log are compared by it."""


def propose_fields(
    records: SampledRecords, is_event: IsEventName, answers: Mapping[str, str], *, is_email: bool
) -> ProposedFields:
    """Return which fields hold what; ``answers`` are those that the user gave, by role."""
    profiles = {name: FieldProfile(name, values) for name, values in records.columns.items()}
    given = {role: name for role, name in answers.items() if name in profiles}
    time, notations, time_score = _time(profiles, given.get("time"), answers.get("time.format"))
    others = [p for name, p in profiles.items() if name not in time and not p.notations]
    unnamed = not records.named
    event, identity, score, questions = _event_and_id(others, is_event, given, unnamed=unnamed)
    certain = {"message_id": identity, "event": event}
    found = {role: name for role, name in certain.items() if role not in questions}
    left = [p for p in others if p.name not in (event, identity)]
    found |= _others(left, profiles.get(identity), given, is_email=is_email)
    bonus = 0.3 * ("recipient" in found) + 0.1 * ("reply" in found)
    return ProposedFields(
        {role: name for role, name in found.items() if name},
        time,
        notations,
        questions,
        score + time_score + bonus,
    )


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


# Times -----------------------------------------------------------------------------------------


def _time(
    profiles: Mapping[str, FieldProfile], given: str | None, form: str | None
) -> tuple[tuple[str, ...], Sequence[TimeGuess], float]:
    """Return the field of the time, or those of date and hour, their notations, and a score.

    ``given`` is the field, ``form`` the format that the user gave.
    """
    if given and form and not profiles[given].notations:
        has_zone = any(letter in form for letter in ("%z", "%:z", "%#z", "%+"))
        return (given,), [TimeGuess(form, has_zone=has_zone)], 1.0
    if given:
        return (given,), _in_order(profiles[given].filled, profiles[given].notations), 1.0
    rated = sorted(
        ((_time_score(p), -place, p) for place, p in enumerate(profiles.values()) if p.notations),
        reverse=True,
    )
    if not rated or rated[0][0] < 0:
        return (), (), 0.0
    score, _, best = rated[0]
    if best.notations[0].part:
        other = "hour" if best.notations[0].part == "date" else "date"
        pair = next((p for _, _, p in rated if p.notations[0].part == other), None)
        if other == "hour" and pair is None:
            pair = next((p for p in profiles.values() if _holds_hours(p)), None)
        if pair is not None:
            date, hour = (best, pair) if other == "hour" else (pair, best)
            return *_joined((date, hour), profiles), score + 0.3
        if best.notations[0].part == "hour":
            return (), (), 0.0
    return *_joined((best,), profiles), score


def _joined(
    parts: tuple[FieldProfile, ...], profiles: Mapping[str, FieldProfile]
) -> tuple[tuple[str, ...], Sequence[TimeGuess]]:
    """Return the fields that make the time, with one of offsets beside them, and its notations."""
    texts = _texts(parts)
    notations = _in_order(texts, parts[0].notations if len(parts) == 1 else time_guesses(texts))
    if notations and not notations[0].has_zone and notations[0].part != "date":
        for offset in profiles.values():
            if offset.filled and offset.share_of(is_offset) == 1:
                texts = _texts((*parts, offset))
                with_zone = time_guesses(texts)
                if with_zone and with_zone[0].has_zone:
                    parts, notations = (*parts, offset), _in_order(texts, with_zone)
                    break
    return tuple(part.name for part in parts), notations


def _texts(parts: Sequence[FieldProfile]) -> list[str]:
    rows = zip(*(part.values for part in parts), strict=True)
    return [" ".join(filter(None, row)) for row in rows if all(row)]


def _in_order(values: Sequence[str], notations: Sequence[TimeGuess]) -> Sequence[TimeGuess]:
    """Return the one notation under which the times of a log never go back, where only one is so.

    Day and month are told apart by it.
    """
    ordered = [
        notation
        for notation in notations
        if (times := times_of(values[:TRIED], notation.format or "")) == sorted(times)
    ]
    if len(notations) > 1 and len(ordered) == 1:
        return [replace(ordered[0], is_by_order=True)]
    return notations


def _holds_hours(profile: FieldProfile) -> bool:
    """Whether a field has hours as bare digits, such as 093000."""
    return profile.likeness("time") >= 0.3 and profile.share_of(is_hour_in_digits) == 1


def _time_score(profile: FieldProfile) -> float:
    part = {"": 0.5, "date": 0.2, "hour": -0.2}[profile.notations[0].part]
    varied = 0.5 * profile.distinct / max(1, len(profile.filled))
    return part + profile.likeness("time") + varied + profile.share - 1 - profile.depth


# Events and ids ----------------------------------------------------------------------------------


def _event_and_id(
    profiles: Sequence[FieldProfile],
    is_event: IsEventName,
    given: Mapping[str, str],
    *,
    unnamed: bool,
) -> tuple[str, str, float, dict[str, tuple[str, ...]]]:
    """Return the fields of the event and of the message, a score, and what is not certain."""
    events = _rated(profiles, lambda p: _event_score(p, is_event), given.get("event"))
    ids = _rated(profiles, _id_score, given.get("message_id"))
    pairs = sorted(
        (
            (event_score + id_score + _variation(event, identity), -e, -i, event, identity)
            for e, (event_score, event) in enumerate(events)
            for i, (id_score, identity) in enumerate(ids)
            if event is not identity
        ),
        key=lambda pair: pair[:3],
        reverse=True,
    )
    if not pairs:
        questions = {
            "event": tuple(p.name for _, p in events),
            "message_id": tuple(p.name for _, p in ids) or tuple(p.name for p in profiles),
        }
        return "", "", 0.0, {k: v[:_CANDIDATES] for k, v in questions.items() if k not in given}
    score, _, _, event, identity = pairs[0]
    questions = {}
    rival_events = [
        pair[3]
        for pair in pairs[1:]
        if pair[4] is identity and pair[0] > score - _LEAD and not _same(pair[3], event)
    ]
    rival_ids = [
        pair[4]
        for pair in pairs[1:]
        if pair[3] is event and pair[0] > score - _LEAD and not _same(pair[4], identity)
    ]
    weak = 0.0 if unnamed else 0.35
    if (rival_events or _event_score(event, is_event) < weak) and "event" not in given:
        questions["event"] = _names([event, *rival_events, *(p for _, p in events)])
    grouping = _grouping(identity, [p for p in profiles if p is not event])
    is_weak = bool(rival_ids or grouping) or _id_score(identity) < weak
    if is_weak and "message_id" not in given:
        questions["message_id"] = _names([*grouping, identity, *rival_ids, *(p for _, p in ids)])
    if "event" in questions and "message_id" not in questions:
        questions["event"] = tuple(n for n in questions["event"] if n != identity.name)
    for role, profile in (("event", event), ("message_id", identity)):
        if len(questions.get(role, ())) == 1 and profile.likeness(role) >= _NAMED:
            del questions[role]  # the only one, and named so
    return event.name, identity.name, score, questions


def _grouping(identity: FieldProfile, profiles: Sequence[FieldProfile]) -> list[FieldProfile]:
    """Return fields named like ids whose values come again, where those of the id never do."""
    if not identity.distinct == len(identity.filled) > 2:
        return []
    return [
        p
        for p in profiles
        if p.likeness("message_id") >= 0.3
        and not is_unlike(p.name, "message_id")
        and p.share >= 0.5
        and p.distinct < len(p.filled)
        and p.share_of(_is_id) > 0.5
    ]


def _names(profiles: Sequence[FieldProfile]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(profile.name for profile in profiles))[:6]


def _rated(
    profiles: Sequence[FieldProfile], rate: Callable[[FieldProfile], float], given: str | None
) -> list[tuple[float, FieldProfile]]:
    if given:
        return [(2.0, profile) for profile in profiles if profile.name == given]
    rated = [(rate(profile), profile) for profile in profiles]
    rated = [pair for pair in rated if pair[0] > -0.5]
    return sorted(rated, key=lambda pair: -pair[0])[:_CANDIDATES]


def _event_score(profile: FieldProfile, is_event: IsEventName) -> float:
    """Return how likely a field holds names of events: few different words, and known ones."""
    count, values = len(profile.filled), list(dict.fromkeys(profile.filled))[:TRIED]
    length = sum(map(len, values)) / max(1, len(values))
    if not count or profile.distinct > _MOST_EVENTS or length > 60:
        return -1.0
    addressed = sum("@" in value for value in values) / len(values)
    if addressed > 0.1 or profile.share_of(is_number) > 0.5:
        return -1.0
    score = profile.likeness("event") + 0.8 * sum(map(is_event, values)) / len(values)
    score -= 0.6 * (profile.distinct == 1 and count > 3)
    score -= 0.4 * (count > 3 and profile.distinct == count)
    score -= 0.6 * (count >= 20 and profile.distinct > 0.5 * count)
    score -= 0.4 * sum(_has_digit(value) for value in values) / len(values)
    score -= 0.3 * is_unlike(profile.name, "event")
    return score - (1 - profile.share) - profile.depth


def _id_score(profile: FieldProfile) -> float:
    """Return how likely a field tells messages apart: many values, that come again."""
    count = len(profile.filled)
    if not count or profile.share < 0.5:
        return -1.0
    score = profile.likeness("message_id")
    if profile.share_of(is_address) > 0.5 and not any("id" in w for w in words_of(profile.name)):
        score -= 0.5
    if profile.share_of(looks_like_time) > 0.5:
        score -= 0.3
    score += 0.3 * (1 < profile.distinct < count)
    score += 0.2 * profile.share_of(_is_id)
    score -= 0.5 * (count >= 20 and profile.distinct < 0.02 * count)
    score -= 0.6 * (profile.distinct == 1 and count > 2)
    score -= 0.1 * bool(UNNAMED.fullmatch(profile.name))
    score -= 0.4 * is_unlike(profile.name, "message_id")
    spaced = sum(" " in value for value in profile.filled[:TRIED]) / min(count, TRIED)
    return score - 0.5 * spaced - (1 - profile.share) - profile.depth


def _is_id(text: str) -> bool:
    return len(text) >= 2 and _has_digit(text) and " " not in text


def _variation(event: FieldProfile, identity: FieldProfile) -> float:
    """Return how much the events of one message differ, from 0 to 0.5."""
    by_id: dict[str, list[str]] = defaultdict(list)
    for name, value in zip(event.values[:TRIED], identity.values[:TRIED], strict=True):
        if name and value:
            by_id[value].append(name)
    several = [names for names in by_id.values() if len(names) > 1]
    if not several:
        return 0.0
    varied = sum(len(set(names)) / len(names) for names in several) / len(several)
    return 0.5 * varied - 0.3 * (len(by_id) == 1 and len(several[0]) > 6)


def _same(one: FieldProfile, two: FieldProfile) -> bool:
    """Whether two fields group the records alike, so that it does not matter which is taken."""
    pairs = set(zip(one.values[:TRIED], two.values[:TRIED], strict=True))
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


# The fields that an event may do without ---------------------------------------------------------


def _others(
    profiles: Sequence[FieldProfile],
    identity: FieldProfile | None,
    given: Mapping[str, str],
    *,
    is_email: bool,
) -> dict[str, str]:
    tests: dict[str, Callable[[FieldProfile], float]] = {"event_id": _event_id_score}
    if is_email:
        tests |= {
            "recipient": lambda p: _kind_score(p, "recipient", are_addresses, 0.8),
            "code": lambda p: _kind_score(p, "code", is_code, 0.8),
            "reply": lambda p: _kind_score(p, "reply", is_reply, 0.3),
            "delivery_id": lambda p: p.likeness("delivery_id") - 0.6,
        }
    else:
        tests["recipient"] = lambda p: _named_recipient_score(p, identity)
    found: dict[str, str] = {}
    for role, rate in tests.items():
        if role in given:
            found[role] = given[role]
            continue
        free = [p for p in profiles if p.name not in found.values()]
        rated = sorted(((rate(p), -n, p.name) for n, p in enumerate(free)), reverse=True)
        if rated and rated[0][0] > 0:
            found[role] = rated[0][2]
    return found


def _kind_score(
    profile: FieldProfile, role: str, is_kind: Callable[[str], bool], least: float
) -> float:
    share = profile.share_of(is_kind) if profile.filled else 0.0
    likeness = profile.likeness(role)
    if share < least or is_unlike(profile.name, role):
        return 0.0
    is_plain = is_kind is not is_code and share > 0.95
    return likeness + 0.2 * is_plain - profile.depth if likeness >= 0.3 or is_plain else 0.0


def _named_recipient_score(profile: FieldProfile, identity: FieldProfile | None) -> float:
    """Return how likely a field has the one recipient of each message, by its name and values."""
    if identity is None or profile.share_of(is_address) < 0.95 or not profile.filled:
        return 0.0
    pairs = {(i, to) for i, to in zip(identity.values, profile.values, strict=True) if i and to}
    is_one = len(pairs) == len({i for i, _ in pairs})
    return profile.likeness("recipient") - 0.59 if is_one else 0.0


def _event_id_score(profile: FieldProfile) -> float:
    is_unique = profile.distinct == len(profile.filled) == len(profile.values)
    if not is_unique or len(profile.values) < 2 or profile.share_of(is_address) > 0:
        return 0.0
    return profile.likeness("event_id") - 0.6
