"""Documents of python-statemachine (its JSON and YAML), loaded as its ``io.load`` loads them.

The library evaluates no expression and runs no script of a document that is loaded so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from fsm.errors import MachineError
from fsm.machine import Machine

__all__ = ["compile_document"]


def compile_document(document: Mapping[str, object], name: str, max_cells: int) -> Machine:
    """Return the machine of a document; raises :class:`MachineError` for what cannot be exact."""
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
    return flatten(read_chart(chart_class), name, max_cells)
