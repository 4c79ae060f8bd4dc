"""Missing cells of a partial machine, completed on request."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np

from fsm.errors import MachineError
from fsm.mealy import NOTHING, REJECTED, Mealy
from fsm.text import quantity

__all__ = ["Completion", "completed", "describe_completion", "describe_missing"]

Completion: TypeAlias = Literal["reject", "loop"]
"""What an implementation does where a cell is missing; it stays in its state in either case.

``reject``: it answers ``rejected``; ``loop``: it answers nothing, ``-``.
"""

ANSWERS: dict[Completion, str] = {"reject": REJECTED, "loop": NOTHING}


def completed(mealy: Mealy, completion: Completion) -> Mealy:
    """Return a machine whose missing cells stay in their state, with one answer.

    Raises :class:`MachineError` where no cell is missing.
    """
    if mealy.is_complete:
        raise MachineError(
            f"{mealy.name}: no cell is missing, so there is nothing to complete; leave out "
            "--complete (complete)"
        )
    answer = ANSWERS[completion]
    outputs = tuple(dict.fromkeys((*mealy.outputs, answer)))
    missing = mealy.next < 0
    stay = np.arange(len(mealy.states), dtype=np.int32)[:, None]
    return replace(
        mealy,
        outputs=outputs,
        next=np.where(missing, stay, mealy.next),
        output=np.where(missing, outputs.index(answer), mealy.output),
    )


def describe_missing(count: int) -> str:
    """Return how many cells are missing, as the beginning of a sentence.

    >>> describe_missing(1), describe_missing(2)
    ('1 cell is missing', '2 cells are missing')
    """
    return "1 cell is missing" if count == 1 else f"{quantity(count, 'cell')} are missing"


def describe_completion(mealy: Mealy, completion: Completion) -> str:
    """Return what was assumed about the missing cells of a machine, as a sentence."""
    return (
        f"{describe_missing(len(mealy.missing))} in the machine and completed "
        f"(--complete {completion}): the state stays, and the answer is {ANSWERS[completion]!r}."
    )
