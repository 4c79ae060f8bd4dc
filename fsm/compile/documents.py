"""Documents of python-statemachine (its JSON and YAML), loaded as its ``io.load`` loads them.

The library evaluates no expression and runs no script of a document that is loaded so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from fsm.errors import MachineError
from fsm.machine import Machine

__all__ = ["KnownAtStart", "compile_document"]

KnownAtStart: TypeAlias = Callable[[Iterable[str]], Iterable[tuple[str, bool]]]
"""Which of some guards the data of a document decide at its start, each with its truth."""


def compile_document(
    document: Mapping[str, object], name: str, max_cells: int, known: KnownAtStart | None = None
) -> Machine:
    """Return the machine of a document; ``known`` is given for one that has data.

    Raises :class:`MachineError` for what cannot be exact.
    """
    from statemachine.exceptions import StateMachineError
    from statemachine.io import load

    from fsm.compile.chart_reader import read_chart
    from fsm.flattening.configurations import flatten

    try:
        chart_class = load(json.dumps(document), format="json", name=name)
    except (
        StateMachineError,
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        SyntaxError,
    ) as error:
        # What follows tells where objects are in the memory of this run.
        told = " ".join(str(error).partition(" from definition:")[0].split())
        detail = told or type(error).__name__
        raise MachineError(f"python-statemachine does not load it: {detail}") from error
    except RecursionError as error:
        raise MachineError("nested too deeply for a machine") from error
    chart = read_chart(chart_class)
    if known:
        names = sorted({name for edge in chart.edges for name in edge.guard.names})
        chart = replace(chart, known=tuple(known(names)))
    return flatten(chart, name, max_cells)
