"""Hand-overs that were added stand before the row they belong to, wherever a block ends."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from fsm.logs.mapping.missing_handovers import (
    AddedHandovers,
    find_missing_handovers,
    with_handovers,
)
from fsm.logs.mapping.to_canonical import READ_SCHEMA

START = datetime(2026, 5, 4, tzinfo=UTC)
LOG = [  # message and event, in the order of the file
    ("a", "soft_bounce"),
    ("b", "relayed"),
    ("c", "delivered"),
    ("a", "retry_succeeded"),
    ("b", "delivered"),
    ("d", "hard_bounce"),
]
EXPECTED = [
    ("a", "relayed", 0),
    ("a", "soft_bounce", 0),
    ("b", "relayed", 1),
    ("c", "relayed", 2),
    ("c", "delivered", 2),
    ("a", "retry_succeeded", 3),
    ("b", "delivered", 4),
    ("d", "relayed", 5),
    ("d", "hard_bounce", 5),
]


def rows() -> pl.DataFrame:
    facts = [
        {
            "message_id": message,
            "recipient": f"{message}@x.example",
            "event": event,
            "timestamp": START + timedelta(minutes=number),
            "file": "log",
            "line": number + 1,
        }
        for number, (message, event) in enumerate(LOG)
    ]
    return pl.DataFrame(facts, schema_overrides={"timestamp": READ_SCHEMA["timestamp"]}).select(
        pl.col(name).cast(kind) if name in facts[0] else pl.lit(None, kind).alias(name)
        for name, kind in READ_SCHEMA.items()
    )


@pytest.mark.parametrize("block", [1, 2, 3, 4, 6], ids="blocks of {}".format)
def test_each_stands_before_its_row(block: int) -> None:
    log, added = rows(), AddedHandovers()
    missing = find_missing_handovers(log.lazy(), wanted=True)
    blocks = [log[start : start + block] for start in range(0, log.height, block)]
    found = pl.concat(with_handovers(blocks, missing, added))
    minutes = (found["timestamp"] - START).dt.total_minutes()
    assert list(zip(found["message_id"], found["event"], minutes, strict=True)) == EXPECTED
    assert added.counts == {"log": 3}
