"""A story ends with its log, in whichever file the last event stands."""

from datetime import timedelta
from pathlib import Path

import pytest

from fsm.catalog import load_bare
from fsm.engine.explanation import explain
from fsm.logs.open import open_log

HEAD = "message_id,event,timestamp\n"
FIRST = "a,relayed,2026-05-04T08:00:00Z\na,soft_bounce,2026-05-04T08:01:00Z\n"
LAST = "b,relayed,2026-05-04T13:00:00Z\n"
MACHINE = load_bare("with-feedback")


@pytest.mark.parametrize("names", [("first", "last"), ("last", "first")], ids=" ".join)
def test_a_period_is_over_by_the_last_event_of_any_file(
    names: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "first.csv").write_text(HEAD + FIRST)
    (tmp_path / "last.csv").write_text(HEAD + LAST)
    log = open_log([str(tmp_path / f"{name}.csv") for name in names])
    told = {}
    for hours in (4, 5, 6):
        (story,) = explain(log, "a", [MACHINE], validity=timedelta(hours=hours))
        told[hours] = [entry.event for entry in story.entries]
    alive = ["relayed", "soft_bounce"]
    assert told == {4: [*alive, "retry_failed"], 5: [*alive, "retry_failed"], 6: alive}
