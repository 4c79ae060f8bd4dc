"""What exports call their columns, and what the texts in them mean: data, built in and given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from fsm.errors import LogError
from fsm.file_kinds import misplaced_toml
from fsm.logs.mapping.event_mapping import FAULTS
from fsm.suggest import remedy
from fsm.tables.read.cell_text import normalise_name
from fsm.tables.words.lexicon_files import languages, load_lexicon
from fsm.toml import read_toml

__all__ = ["KINDS", "ROLES", "STATUSES", "Labels", "Reason", "load_labels", "squash"]

ROLES = (
    "message_id",
    "recipient",
    "delivery_id",
    "status",
    "reason",
    "kind",
    "exported",
    "changed",
)
"""What columns can be."""
STATUSES = ("waiting", "pending", "taken", "sent", "delivered", "failed", "excluded")
KINDS = ("hard", "soft", "unsaid")

_DOCUMENTED = {"Pending": "pending", "Sent": "sent", "Failed": "failed"}
_SECTIONS = ("kind", "columns", "statuses", "kinds", "reasons", "time_format", "feedback")


@dataclass(frozen=True)
class Reason:
    """Why a message failed: ``hard``, ``soft`` or ``unsaid``, and whose fault it is.

    Rows without a failure have a ``blank`` one, too.
    """

    kind: str
    fault: str | None = None
    blank: bool = False


@dataclass(frozen=True)
class Labels:
    """The words of exports. All labels are folded, names of columns also squashed."""

    columns: Mapping[str, Sequence[str]]
    """The names a role has, the best first."""
    statuses: Mapping[str, str]
    kinds: Mapping[str, str]
    reasons: Mapping[str, Reason]
    time_format: str | None = None
    """How times are written that are not ISO 8601."""
    feedback: bool | None = None
    """Whether the feedback service was on; None where only the rows can tell."""

    def roles(self, names: Sequence[str]) -> dict[str, int]:
        """Return which column has which role.

        >>> load_labels().roles(["Email", "Status", "Shoe size"])
        {'recipient': 0, 'status': 1}
        """
        places = {squash(name): place for place, name in reversed(list(enumerate(names)))}
        found = {}
        for role in ROLES:
            place = next((places[n] for n in self.columns.get(role, ()) if n in places), None)
            if place is not None:
                found[role] = place
        return found

    def fit(self, names: Sequence[str]) -> bool:
        """Whether columns of these names are those of an export."""
        roles = self.roles(names)
        return "status" in roles and ("message_id" in roles or "recipient" in roles)


def squash(name: str) -> str:
    """Return the form in which names of columns are compared.

    >>> squash("Delivery log-ID"), squash("deliveryLogId")
    ('deliverylogid', 'deliverylogid')
    """
    return "".join(letter for letter in normalise_name(name) if letter.isalnum())


def load_labels(name: str | None = None) -> Labels:
    """Return the built-in labels, those of a TOML file before them.

    Raises :class:`fsm.errors.LogError`, naming the file and what is wrong in it.
    """
    own = _built_in()
    if name is None:
        return own
    given = _read(Path(name), name)
    columns = {role: given.columns.get(role, ()) or own.columns.get(role, ()) for role in ROLES}
    return Labels(
        columns,
        {**own.statuses, **given.statuses},
        {**own.kinds, **given.kinds},
        {**own.reasons, **given.reasons},
        given.time_format,
        given.feedback,
    )


@cache
def _built_in() -> Labels:
    """Return the labels that ship, and the statuses of the documented tables."""
    own = _read(Path(__file__).parent / "labels.toml", "labels.toml")
    return replace(own, statuses={**_of_pages(), **own.statuses})


def _read(path: Path, name: str) -> Labels:
    body = read_toml(path, LogError).data
    if wrong := misplaced_toml(body, "labels"):
        raise LogError(f"{name}: {wrong}")
    _check_among(name, "", body, _SECTIONS)
    time_format, feedback = body.get("time_format"), body.get("feedback")
    if not isinstance(time_format, str | None):
        raise LogError(f"{name}: time_format is no text; write for example '%d/%m/%Y %H:%M'")
    if not isinstance(feedback, bool | None):
        raise LogError(f"{name}: feedback is true or false, not {feedback!r}")
    return Labels(
        {role: tuple(map(squash, names)) for role, names in _lists(name, "columns", body, ROLES)},
        _by_label(name, "statuses", body, STATUSES),
        _by_label(name, "kinds", body, KINDS),
        dict(_reasons(name, _table(name, "reasons", body))),
        time_format,
        feedback,
    )


def _of_pages() -> Mapping[str, str]:
    """Return the statuses of the documented tables, in the languages that have a lexicon."""
    lexicons = [load_lexicon(language) for language in languages()]
    return {
        label: _DOCUMENTED[status]
        for lexicon in lexicons
        for label, status in lexicon.statuses.items()
        if status in _DOCUMENTED
    }


def _by_label(
    name: str, section: str, body: Mapping[str, object], known: Sequence[str]
) -> dict[str, str]:
    found = _lists(name, section, body, known)
    return {normalise_name(label): value for value, labels in found for label in labels}


def _lists(
    name: str, section: str, body: Mapping[str, object], known: Sequence[str]
) -> Iterator[tuple[str, Sequence[str]]]:
    table = _table(name, section, body)
    _check_among(name, f"{section}: ", table, known)
    for key, labels in table.items():
        yield key, _texts(f"{name}: {section}: {key}", labels)


def _table(name: str, section: str, body: Mapping[str, object]) -> Mapping[str, object]:
    table = body.get(section, {})
    if not isinstance(table, dict):
        raise LogError(f"{name}: {section} is no table; write [{section}] on a line of its own")
    return table


def _texts(where: str, labels: object) -> Sequence[str]:
    """Return one label or several as several."""
    given = labels if isinstance(labels, list) else [labels]
    texts = [text for text in given if isinstance(text, str)]
    if len(texts) != len(given):
        raise LogError(f'{where}: labels are texts; write ["one", "another"]')
    return texts


def _check_among(name: str, where: str, keys: Mapping[str, object], known: Sequence[str]) -> None:
    unknown = next((key for key in keys if key not in known), None)
    if unknown is not None:
        raise LogError(f"{name}: {where}no {unknown!r}; {remedy(unknown, known)}")


def _reasons(name: str, table: Mapping[str, object]) -> Iterator[tuple[str, Reason]]:
    for reason, facts in table.items():
        where = f"{name}: reasons: {reason}"
        if not isinstance(facts, dict):
            raise LogError(f'{where}: no table; write {{ kind = "soft", fault = "mailbox_full" }}')
        _check_among(where, "", facts, ("kind", "fault", "labels", "blank"))
        kind, fault = facts.get("kind", "unsaid"), facts.get("fault")
        if kind not in KINDS or (fault is not None and fault not in FAULTS):
            raise LogError(
                f"{where}: kind is one of {', '.join(KINDS)}, fault one of {', '.join(FAULTS)}"
            )
        blank = facts.get("blank", False)
        if not isinstance(blank, bool):
            raise LogError(f"{where}: blank is true or false, not {blank!r}")
        for label in _texts(f"{where}: labels", facts.get("labels", [reason])):
            yield normalise_name(label), Reason(kind, fault, blank)
