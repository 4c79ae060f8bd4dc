"""What the names of events in a log may mean: guesses, each with its reason, and questions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from fsm.logs.draft.elimination import EventPlaces
from fsm.logs.draft.field_profile import FieldProfile
from fsm.logs.draft.words import (
    doubts_of,
    email_name,
    email_words,
    is_opposite,
    severity_of,
    stems_of,
    words_of,
)
from fsm.logs.mapping.event_mapping import (
    FAILED,
    MACHINE_EVENTS,
    NOTHING,
    SIDE_EVENTS,
    format_names,
    load_format,
)
from fsm.machine import Machine
from fsm.suggest import nearest

__all__ = [
    "EventGuess",
    "SampledEvent",
    "detail_of",
    "email_guess",
    "email_guesses",
    "machine_guesses",
    "sampled_events",
]

_AGREED = 0.75
"""Least share of the built-in formats that give a name one meaning."""
_LIKE, _LEAD = 0.5, 0.15
"""Least likeness of names, and least lead before the second best."""
_FITTING, _POSSIBLE = 0.9, 0.5
"""Least share of accepted events for a guess by place, and for one by likeness."""
_MOST_PLACED = 40
"""Names of events beyond which only their likeness counts."""
_FAILURES = {FAILED, "hard_bounce", "retry_failed"}
_GOOD_NEWS = {"delivered", "relayed", "opened", "clicked"}
"""Events of e-mail that no name with a word of doubt stands for without a question."""
_UNSURE_SOFT = ("soft_bounce", "retry_failed")
_SOFT = "retries follow (soft_bounce), or it is final (retry_failed)?"


@dataclass(frozen=True)
class SampledEvent:
    """What a sample says about the events of one name: its path, and of its records."""

    path: str
    name: str
    """The name without the detail behind it."""
    count: int
    line: int | None
    """The first line, where it is known."""
    codes: Counter[str]
    """The first digits of the codes and replies: 2, 4 and 5."""
    is_followed: bool
    """Whether a later event of the same message follows one of them."""
    severity: str | None = None
    """``soft`` or ``hard`` where another field says so."""


@dataclass(frozen=True)
class EventGuess:
    """What the events of one name mean, as far as that is certain."""

    choices: tuple[str, ...]
    """One event that is taken, or those among which the user chooses."""
    reason: str
    """Why, or the question."""

    @property
    def is_open(self) -> bool:
        """Whether it is a question."""
        return len(self.choices) != 1


# E-mail ----------------------------------------------------------------------------------------


@cache
def _meanings() -> Mapping[str, Counter[str]]:
    """Return what the built-in formats call each name of an event, by its words run together."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for form in map(load_format, format_names()):
        for path, meaning in form.meanings.items():
            name, _, detail = path.partition("/")
            if len(_run(name)) > 1:
                found[_run(name)][meaning.event] += not detail
    return found


def _run(name: str) -> str:
    return "".join(email_name(name))


@cache
def email_guess(name: str) -> EventGuess | None:
    """Return what a name means for messages of e-mail, by its words alone; None if unknown."""
    known = (*MACHINE_EVENTS, *SIDE_EVENTS, FAILED)
    exact = name.strip().lower().replace(" ", "_").replace("-", "_")
    words = email_words(name)
    if exact in known and exact not in _UNSURE_SOFT:
        return EventGuess((exact,), "its name")
    votes = _meanings().get(_run(name), Counter[str]())
    total = votes.total()
    if total and set(votes) <= _FAILURES:
        return EventGuess((FAILED,) if len(votes) > 1 else tuple(votes), "as built-in formats say")
    if total:
        (event, count), *_ = votes.most_common()
        if count >= _AGREED * total and "soft" not in _run(name):
            return EventGuess((event,), "as built-in formats say")
        if not words:
            return EventGuess(tuple(event for event, _ in votes.most_common()), "which one is it?")
    if not words:
        return None
    if set(words) & _GOOD_NEWS and doubts_of(name):
        return EventGuess(tuple(dict.fromkeys((*words, FAILED, NOTHING))), "which one is it?")
    return EventGuess(words, "the words of its name" if len(words) == 1 else "which one is it?")


def email_guesses(events: Sequence[SampledEvent]) -> dict[str, EventGuess]:
    """Return what the events of a log of e-mail mean, by their paths.

    Codes, replies and what follows in the same message settle what names leave open.
    """
    guesses = {event.path: _email_guess(event) for event in events}
    certain = {g.choices[0] for g in guesses.values() if not g.is_open}
    return {event.path: _settled(event, guesses[event.path], certain) for event in events}


def _email_guess(event: SampledEvent) -> EventGuess:
    guess = email_guess(event.name) or EventGuess((), "what does it mean?")
    is_failure = set(guess.choices) & {*_FAILURES, "soft_bounce"}
    if event.severity == "hard" and is_failure:
        return EventGuess(("hard_bounce",), "its detail")
    if event.severity == "soft" and is_failure:
        return EventGuess(_UNSURE_SOFT, _SOFT)
    if set(guess.choices) == set(_UNSURE_SOFT):
        return EventGuess(_UNSURE_SOFT, _SOFT)
    return guess


def _settled(event: SampledEvent, guess: EventGuess, certain: set[str]) -> EventGuess:
    digits = {digit for digit, count in event.codes.items() if count}
    if set(guess.choices) == set(_UNSURE_SOFT):
        if event.is_followed:
            return EventGuess(("soft_bounce",), "other events of the message follow")
        if "soft_bounce" in certain:
            return EventGuess(("retry_failed",), "the log has deferrals besides")
    if set(guess.choices) == {"relayed", "delivered"}:
        if digits == {"2"} and "delivered" not in certain:
            return EventGuess(("delivered",), "the receiver's reply accepts it")
        if "delivered" in certain and "relayed" not in certain:
            return EventGuess(("relayed",), "the log has deliveries besides")
        if "relayed" in certain and "delivered" not in certain:
            return EventGuess(("delivered",), "the log has hand-overs besides")
    if not guess.choices:
        by_code = {"2": "delivered", "4": "soft_bounce", "5": FAILED}
        if event_of_code := by_code.get("".join(sorted(digits))):
            return EventGuess((event_of_code,), "the receiver's reply")
        choices = (*MACHINE_EVENTS, FAILED, *SIDE_EVENTS, NOTHING)
        return EventGuess(choices, guess.reason)
    return guess


# Other machines --------------------------------------------------------------------------------


def machine_guesses(
    events: Sequence[SampledEvent], machine: Machine, messages: Sequence[Sequence[str]]
) -> dict[str, EventGuess]:
    """Return which events of a machine the events of a log are.

    Names that are equal are certain, those that are alike a guess, unless a word of one of them
    says that the event did not happen, or another name is nearer to the event: these are questions.
    For the others, only one event of the machine may be possible where they stand in ``messages``,
    the names of the events of each message. An event of the machine whose name is that of one in
    the log is no choice for the others, unless none is left.
    """
    machine_events = machine.events
    exact = {
        event.path: found
        for event in events
        if (found := _equal(event.path, machine_events)) is not None
    }
    free = [name for name in machine_events if name not in exact.values()] or list(machine_events)
    guesses = {
        event.path: EventGuess((exact[event.path],), "its name")
        if event.path in exact
        else _by_likeness(event.path, free, machine_events)
        for event in events
    }
    asked = _doubtful(guesses, exact, machine_events)
    guesses |= asked
    places = EventPlaces(machine, messages)
    for path, guess in guesses.items():
        if path not in exact and path not in asked and len(guesses) <= _MOST_PLACED:
            guesses[path] = _by_place(path, guess, guesses, places)
    return guesses


def _doubtful(
    guesses: Mapping[str, EventGuess], exact: Mapping[str, str], events: Sequence[str]
) -> dict[str, EventGuess]:
    """Return questions for names that only look like those of an event.

    A word of one of the two says that it did not happen (not, failed, requested), or another name
    in the log is nearer to the event.
    """
    claims: dict[str, dict[str, int]] = defaultdict(dict)
    questions: dict[str, str] = {}
    for path, guess in guesses.items():
        doubts = doubts_of(path)
        if path in exact:
            claims[exact[path]][path] = 3
        elif guess.is_open:
            if doubts and all(doubts_of(event) != doubts for event in events):
                questions[path] = guess.reason
        elif doubts != doubts_of(guess.choices[0]) or is_opposite(path, guess.choices[0]):
            questions[path] = f"is it {guess.choices[0]}, or that it did not happen?"
        else:
            claims[guess.choices[0]][path] = _nearness(path, guess.choices[0])
    for event, paths in claims.items():
        best = max(paths.values())
        lesser = [path for path, nearness in paths.items() if nearness < best or not best]
        if len(paths) > 1:
            questions |= dict.fromkeys(lesser, f"other names are like {event} too; is it that?")
    return {
        path: EventGuess(
            tuple(dict.fromkeys((*guesses[path].choices[:1], NOTHING, *events))), question
        )
        for path, question in questions.items()
    }


def _nearness(name: str, event: str) -> int:
    """Return 2 for a form of an event's name, 1 for words of the same meaning, 0 for others."""
    if stems_of(name) != stems_of(event):
        return 0
    words = words_of(name)
    return 1 + all(any(word.startswith(w) for word in words) for w in words_of(event))


def _choices(*groups: Sequence[str]) -> tuple[str, ...]:
    """Return choices, each once and "nothing" last."""
    found = dict.fromkeys(choice for group in groups for choice in group if choice != NOTHING)
    return (*found, NOTHING)


def _by_place(
    path: str, guess: EventGuess, guesses: Mapping[str, EventGuess], places: EventPlaces
) -> EventGuess:
    """Return a guess that fits where a name stands among the others.

    A guess by likeness is dropped where the machine would reject most of its events. A name
    without a guess is the only event that is left and fits, if what follows needs one.
    """
    known = {name: g.choices[0] for name, g in guesses.items() if not g.is_open and name != path}
    events = [event for event in places.machine.events if event not in known.values()]
    shares = {event: places.acceptance(known, path, event) for event in events}
    if not guess.is_open:
        is_possible = shares.get(guess.choices[0], 1.0) >= _POSSIBLE
        if is_possible:
            return guess
        question = f"its name is like {guess.choices[0]}, which is not possible there; which is it?"
        return EventGuess(_choices(_best_first(shares), guess.choices), question)
    fitting = [event for event in _best_first(shares) if shares[event] >= _FITTING]
    alike = [event for event in places.machine.events if _likeness(path, event) >= _LIKE]
    if len(fitting) == 1 and (not alike or fitting[0] in alike):
        if places.acceptance_without(known, path) < _FITTING:
            return EventGuess((fitting[0],), "without it, what follows is not possible")
        question = f"only {fitting[0]} is left and possible there; is it that?"
        return EventGuess((fitting[0], NOTHING), question)
    return EventGuess(_choices(fitting, guess.choices), guess.reason)


def _best_first(shares: Mapping[str, float]) -> list[str]:
    return sorted(shares, key=lambda event: -shares[event])


def _equal(name: str, events: Sequence[str]) -> str | None:
    if name in events:
        return name
    return next((event for event in events if words_of(event) == words_of(name)), None)


def _by_likeness(name: str, free: Sequence[str], all_events: Sequence[str]) -> EventGuess:
    rated = sorted(((_likeness(name, event), event) for event in free), reverse=True)
    best, event = rated[0]
    second = rated[1][0] if len(rated) > 1 else 0.0
    if best >= _LIKE and best - second >= _LEAD:
        return EventGuess((event,), "the likeness of the names")
    likely = [event for score, event in rated if score >= 0.3][:3]
    return EventGuess(_choices(likely, free, all_events), "which event is it?")


def _likeness(name: str, event: str) -> float:
    """Return how alike two names are: words that they share, else their letters."""
    one, two = stems_of(name), stems_of(event)
    shared = len(one & two)
    if shared:
        return shared / len(one | two) * 0.5 + shared / min(len(one), len(two)) * 0.5
    return 0.55 if nearest(_run(name), [_run(event)]) else 0.0


# The events of a sample --------------------------------------------------------------------------


def sampled_events(
    names: FieldProfile,
    identity: FieldProfile | None,
    lines: Sequence[int | None],
    evidence: Sequence[FieldProfile],
    details: Mapping[str, FieldProfile],
) -> list[SampledEvent]:
    """Return the events of a sample by their paths, in the order in which they come.

    ``evidence`` are the fields of codes and replies; ``details`` the field behind each name.
    """
    order: dict[str, list[int]] = defaultdict(list)
    for row, name in enumerate(names.values):
        if name:
            order[_path(name, details, row)].append(row)
    last: dict[str, int] = {}
    for row, value in enumerate(identity.values if identity else ()):
        if value:
            last[value] = row
    found = []
    for path, rows in order.items():
        name = names.values[rows[0]] or ""
        detail = details.get(name)
        found.append(
            SampledEvent(
                path,
                name,
                len(rows),
                lines[rows[0]],
                Counter(d for row in rows for d in _digits(evidence, row)),
                any(identity and last.get(identity.values[row] or "", 0) > row for row in rows),
                severity_of(detail.values[rows[0]] or "") if detail else None,
            )
        )
    return sorted(found, key=lambda event: -event.count)


def _path(name: str, details: Mapping[str, FieldProfile], row: int) -> str:
    detail = details.get(name)
    value = detail.values[row] if detail else None
    return f"{name}/{value}" if value else name


def _digits(evidence: Sequence[FieldProfile], row: int) -> Iterator[str]:
    for profile in evidence:
        value = profile.values[row]
        if value and value[0] in "245":
            yield value[0]
            return


def detail_of(
    name: str, names: FieldProfile, profiles: Sequence[FieldProfile]
) -> FieldProfile | None:
    """Return the field that tells whether a failure is soft or hard, where one does."""
    rows = [row for row, value in enumerate(names.values) if value == name]
    for profile in profiles:
        values = [profile.values[row] for row in rows if profile.values[row]]
        is_short = len(set(values)) <= 12 and all(len(v or "") <= 40 for v in values)
        if values and is_short and all(severity_of(v or "") for v in values):
            return profile
    return None
