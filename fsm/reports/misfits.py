"""What does not fit: the least repair of a log by each machine, its causes, and their diagram."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from fsm.conformance import Conformance, conform
from fsm.conformance.cause_sentences import CauseSentences
from fsm.conformance.causes import Cause
from fsm.conformance.remedies import REMEDIES
from fsm.drawing.model import Look
from fsm.drawing.repair_marking import repair_overlay
from fsm.errors import LogError, MachineError, MissingToolError
from fsm.page import draw_for_page
from fsm.reports.figures import Figures
from fsm.reports.machines import Side
from fsm.reports.names import short_name
from fsm.text import quantity

__all__ = ["MisfitRow", "Misfits", "misfits_of"]

_CAUSES = REMEDIES
"""Causes that are listed: those for which a remedy was looked for."""


@dataclass(frozen=True, slots=True)
class MisfitRow:
    """A row of the table of causes. ``width`` is its share, in percent of the largest one."""

    cause: Cause
    width: float
    context: str
    examples: str
    remedy: str


@dataclass(frozen=True)
class Misfits:
    """What does not fit one machine, and those that move through the same states."""

    sides: tuple[Side, ...]
    conformance: Conformance | None
    """The least repair; ``None`` where the log cannot be compared with the machine."""
    sentence: str
    rows: tuple[MisfitRow, ...] = ()
    drawing: Markup | None = None
    """The diagram; ``None`` where everything fits, and without Graphviz."""


def misfits_of(figures: Figures, **options: Any) -> Iterator[Misfits]:
    """Yield what does not fit each group of machines; the options are those of drawings.

    The log is read again for each group.
    """
    replay = figures.replay
    companions = {machine.name: machine for machine in replay.counts.machines}
    for group in figures.groups:
        try:
            result = conform(
                replay.log,
                group[0].machine,
                companions=companions.__getitem__,
                validity=replay.validity,
                as_of=replay.as_of,
                dedupe=replay.dedupe,
                memory=replay.options.memory,
            )
        except (LogError, MachineError) as error:
            yield Misfits(group, None, str(error))
            continue
        yield Misfits(
            group, result, _sentence(result), tuple(_rows(result)), _drawn(result, figures, options)
        )


def _sentence(result: Conformance) -> str:
    """Return how much fits, in words."""
    repair, unit = result.repair, result.unit
    if repair is None:
        return ""
    whole = repair.fitting + repair.not_fitting
    if not repair.not_fitting:
        text = f"Everything that was compared fits the machine: {unit.count(whole)}."
    else:
        text = (
            f"{repair.not_fitting:,} of {unit.count(whole)} do not fit the machine as they are. "
            f"The smallest repair adds {quantity(repair.missing, 'missing event')} and leaves out "
            f"{quantity(repair.extra, 'extra event')}."
        )
    if repair.without_events:
        text += f" Not compared: {unit.count(repair.without_events)} without events of the machine."
    if repair.outside:
        outside = quantity(sum(repair.outside.values()), "event")
        text += f" Left alone: {outside} that the machine does not have."
    if repair.bounded:
        text += (
            f" Not repaired, too much work: {unit.count(repair.bounded)}, between "
            f"{repair.bounds[0]:,} and {repair.bounds[1]:,} more edits."
        )
    if len(result.causes) > _CAUSES:
        text += f" The {_CAUSES} most frequent of {len(result.causes):,} causes are listed."
    return text


def _rows(result: Conformance) -> Iterator[MisfitRow]:
    sentences = CauseSentences(result.unit, _quoted)
    most = max((cause.count for cause in result.causes), default=1)
    for cause in result.causes[:_CAUSES]:
        yield MisfitRow(
            cause,
            round(100 * cause.count / most, 2),
            sentences.context(cause).strip(),
            sentences.examples(map(short_name, cause.places)),
            sentences.remedy(cause),
        )


def _quoted(name: str) -> str:
    return f"“{name}”"


def _drawn(result: Conformance, figures: Figures, options: dict[str, Any]) -> Markup | None:
    if not result.causes:
        return None
    name = ", ".join(figures.names)
    machine, overlay = repair_overlay(result.machine, result.causes, name, result.unit.several)
    try:
        svg = draw_for_page(machine, Look(overlay=overlay), **options).svg
    except MissingToolError:
        return None
    return Markup(svg)  # noqa: S704 - escaped when drawn
