"""Check a log against a net in PM4Py: ``PYTHON conformance_pm4py.py METHOD LOG NET``, prints JSON.

``METHOD`` is ``replay`` (token-based) or ``align``. It runs in a Python that has ``pm4py`` (AGPL,
for this benchmark only), and imports nothing of this project.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pm4py  # type: ignore[import-not-found,unused-ignore]
from pm4py.objects.petri_net.obj import (  # type: ignore[import-not-found,unused-ignore]
    Marking,
    PetriNet,
)
from pm4py.objects.petri_net.utils import (  # type: ignore[import-not-found,unused-ignore]
    petri_utils,
)

Net = tuple[Any, Any, Any]
"""A net, its initial and its final marking."""


def read(log: str) -> Any:
    """Return a log, XES or CSV."""
    if not log.endswith(".csv"):
        return pm4py.read_xes(log)
    import pandas as pd  # type: ignore[import-not-found,import-untyped,unused-ignore]

    columns = {"case_id": "message_id", "activity_key": "event", "timestamp_key": "timestamp"}
    return pm4py.format_dataframe(pd.read_csv(log), **columns)


def build(parts: Mapping[str, Any]) -> Net:
    """Return the net that ``petri_nets.py`` wrote."""
    places = {key: PetriNet.Place(key) for key in parts["places"]}
    transitions = {
        key: PetriNet.Transition(key, transition["label"])
        for key, transition in parts["transitions"].items()
    }
    net = PetriNet("net", places.values(), transitions.values())
    nodes = places | transitions
    for arc in parts["arcs"]:
        source, target = arc["from_to"]["nodes"]
        petri_utils.add_arc_from_to(nodes[source], nodes[target], net)
    first, (last,) = parts["initial_marking"], parts["final_markings"]
    return (
        net,
        Marking({places[key]: tokens for key, tokens in first.items()}),
        Marking({places[key]: tokens for key, tokens in last.items()}),
    )


def replay(log: Any, net: Net) -> dict[str, int]:
    """Return how many cases fit."""
    cases = pm4py.conformance_diagnostics_token_based_replay(log, *net)
    fitting = sum(case["trace_is_fit"] for case in cases)
    return {"fitting": fitting, "not_fitting": len(cases) - fitting}


def align(log: Any, net: Net) -> dict[str, int]:
    """Return how many cases fit, and the edits of the others."""
    found = dict.fromkeys(("fitting", "not_fitting", "extra", "missing"), 0)
    for case in pm4py.conformance_diagnostics_alignments(log, *net):
        moves = case["alignment"]
        extra = sum(model == ">>" for _, model in moves)
        missing = sum(event == ">>" and model is not None for event, model in moves)
        found["not_fitting" if extra or missing else "fitting"] += 1
        found["extra"] += extra
        found["missing"] += missing
    return found


def main() -> None:
    """Print what a method finds."""
    method, log, net = sys.argv[1:]
    parts = build(json.loads(Path(net).read_text()))
    print(json.dumps({"replay": replay, "align": align}[method](read(log), parts)))


if __name__ == "__main__":
    main()
