"""Align a log with a net in r4pm (Rust): ``PYTHON conformance_r4pm.py LOG NET``, prints JSON.

It runs in a Python that has ``r4pm[polars]``, and imports nothing of this project.
"""

import json
import sys
from pathlib import Path
from typing import Any

import r4pm  # type: ignore[import-not-found,unused-ignore]
from r4pm import bindings  # type: ignore[import-not-found,unused-ignore]

NAMES = {
    "message_id": "case:concept:name",
    "event": "concept:name",
    "timestamp": "time:timestamp",
}


def read(log: str) -> Any:
    """Return the number by which r4pm knows a log, XES or CSV."""
    if not log.endswith(".csv"):
        return r4pm.import_item("EventLog", log)
    import polars as pl

    rows = pl.read_csv(log).rename(NAMES)
    time = pl.col("time:timestamp").str.to_datetime(time_zone="UTC")
    return r4pm.import_item_from_df("EventLog", rows.with_columns(time))


def main() -> None:
    """Print how many cases fit, and what the edits of the others are."""
    log, net_file = sys.argv[1:]
    net = json.loads(Path(net_file).read_text())
    labels = {key: transition["label"] for key, transition in net["transitions"].items()}
    variants = bindings.log_to_activity_projection(read(log))
    found = dict.fromkeys(("fitting", "not_fitting", "extra", "missing"), 0)
    for variant in bindings.align_variants(net=net, projection=variants):
        count, moves = variant["frequency"], variant["result"]["Ok"]["moves"]
        extra = sum("LogMove" in move for move in moves)
        added = (move["ModelMove"]["transition"] for move in moves if "ModelMove" in move)
        missing = sum(labels[transition] is not None for transition in added)
        found["not_fitting" if extra or missing else "fitting"] += count
        found["extra"] += count * extra
        found["missing"] += count * missing
    print(json.dumps(found))


if __name__ == "__main__":
    main()
