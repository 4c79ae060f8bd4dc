"""What the names in a claim stand for: events, states and statuses of machines.

A name may be one of a machine or of its companions; the machine's own names come first. Where one
machine has several things of a name, ``event:NAME``, ``state:NAME`` or ``status:NAME`` says which.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from fsm.analysis.verdict import CLAIM_FORMS
from fsm.errors import FsmError
from fsm.machine import Machine
from fsm.suggest import nearest, remedy

__all__ = ["Names", "keep_together", "kinds_of", "misread", "read_names"]

_JOINTS = {"after", "before", "or"}
_SPACE = "\0"
"""Stands for the spaces of a name that is to be kept together."""
_QUOTES = re.compile(r'^(\w+:)?"(.*)"$')
_LISTED = 4  # events that differ in their guards

_ByKind: TypeAlias = Mapping[str, Mapping[str, frozenset[str]]]


class Names(NamedTuple):
    """The events and states of one machine that a part of a claim stands for."""

    events: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()


def keep_together(name: str) -> str:
    """Return a name in one word, so that no word in it is taken for a part of the claim."""
    return name.replace(" ", _SPACE)


def read_names(machines: Sequence[Machine], claim: str, text: str) -> tuple[Names, ...]:
    """Return what names joined by ``or`` stand for in each machine.

    Without a machine every name is that of an event. Raises :class:`FsmError` for a name that no
    machine has, and for one that is ambiguous.
    """
    texts = [name.strip().replace(_SPACE, " ") for name in text.split(" or ")]
    if not machines:
        return (Names(frozenset(_event(claim, _QUOTES.sub(r"\1\2", name)) for name in texts)),)
    known = [_by_kind(machine) for machine in machines]
    all_names = {name for by_kind in known for members in by_kind.values() for name in members}
    found = [Names() for _ in machines]
    for text in texts:
        name = text if text in all_names else _QUOTES.sub(r"\1\2", text)
        number, is_event, members = _resolved(machines, known, claim, name)
        events, states = found[number]
        found[number] = (
            Names(events | members, states) if is_event else Names(events, states | members)
        )
    return tuple(found)


def _event(claim: str, name: str) -> str:
    """Return the name of an event of a log."""
    kind, colon, rest = name.partition(":")
    if colon and kind in ("state", "status"):
        raise FsmError(f"{claim!r}: a log alone has no {name!r}; name a machine with --machine")
    event = rest if colon and kind == "event" else name
    _refuse_no_name(claim, event)
    return event


def _refuse_no_name(claim: str, name: str) -> None:
    if not name or {name.split()[0], name.split()[-1]} & _JOINTS:
        raise FsmError(f"{claim!r}: a name is missing; {CLAIM_FORMS}")


def kinds_of(machine: Machine, name: str) -> list[str]:
    """Return what is so named in a machine: an event, a state, a status, several or none."""
    return [kind for kind, members in _by_kind(machine).items() if name in members]


def misread(name: str) -> str:
    """Return what may be wrong in a name that nothing has, where a word of claims is in it."""
    words = set(name.split())
    if "within" in words:
        return "a time is written: P within 3.5d of Q"
    if words & {"after", "before"}:
        return "only never, always, eventually and possibly take 'after' or 'before', once"
    if "and" in words:
        return "names are joined by 'or'; what holds of both is two claims"
    return "'start' stands for the beginning only in 'of start'" if name == "start" else ""


def _by_kind(machine: Machine) -> _ByKind:
    return {
        "event": {event: frozenset({event}) for event in machine.events},
        "state": {state.name: frozenset({state.name}) for state in machine.states},
        "status": {
            status: frozenset(s.name for s in machine.states if s.status == status)
            for status in machine.statuses
        },
    }


def _resolved(
    machines: Sequence[Machine], known: Sequence[_ByKind], claim: str, name: str
) -> tuple[int, bool, frozenset[str]]:
    """Return the number of the machine that has a name, whether it is an event, its members."""
    kind, colon, rest = name.partition(":")
    kinds, looked_up = ([kind], rest) if colon and kind in known[0] else (list(known[0]), name)
    for number, by_kind in enumerate(known):
        matches = [kind for kind in kinds if looked_up in by_kind[kind]]
        if len(matches) > 1:
            several = " or ".join(f"{kind}:{looked_up}" for kind in matches)
            alone = rf'(?<![\w:"]){re.escape(looked_up)}(?!\w)'
            first = f"{matches[0]}:{looked_up}".replace("\\", r"\\")
            whole = re.sub(alone, first, claim)
            raise FsmError(
                f"{claim!r}: {looked_up!r} is ambiguous; write {several}, for example {whole!r}"
            )
        if matches:
            return number, matches[0] == "event", by_kind[matches[0]][looked_up]
    _refuse_no_name(claim, looked_up)
    for machine in machines:
        _refuse_without_guards(machine, claim, looked_up)
    names = [name for by_kind in known for members in by_kind.values() for name in members]
    advice = [misread(looked_up), remedy(looked_up, names, "fsm show MACHINE")]
    if not nearest(looked_up, names):
        advice.append("events of a log alone are claimed without --machine: fsm conform LOG")
    raise FsmError(
        f"{machines[0].name}: no event, state or status is named {looked_up!r}; "
        + "; ".join(filter(None, advice))
    )


def _refuse_without_guards(machine: Machine, claim: str, trigger: str) -> None:
    """Refuse an event that stands for several ones, one for each truth of its guards."""
    guarded = [event for event in machine.events if event.startswith(f"{trigger}[")]
    if guarded:
        more = " or ..." if guarded[_LISTED:] else ""
        raise FsmError(
            f"{claim!r}: the event {trigger!r} depends on guards; "
            f"write {' or '.join(guarded[:_LISTED])}{more}"
        )
