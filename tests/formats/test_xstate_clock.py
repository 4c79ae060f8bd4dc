"""Timers fire in a replay as they fire in XState, whose clock is simulated."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
from test_tools import node

from fsm.catalog import load
from fsm.engine import replay
from tests.depth import at_full_depth

START = datetime(2026, 1, 5, tzinfo=UTC)
EVENTS = "AB"
END = 3000


def config(random: Random) -> dict[str, Any]:
    """Return a random configuration: a compound state, or regions, with other states beside."""
    numbers = iter(range(99))

    def region(depth: int) -> dict[str, Any]:
        names = [f"s{next(numbers)}" for _ in range(random.randint(2, 3))]
        states = {}
        for name in names:
            state: dict[str, Any] = region(depth - 1) if depth and random.random() < 0.4 else {}
            delays = random.sample(range(1, 997), random.choice((0, 1, 1, 2)))
            state["after"] = {str(delay): random.choice(names) for delay in sorted(delays)}
            if random.random() < 0.15:
                state["after"]["0"] = random.choice(names[names.index(name) + 1 :] or [None])
            state["on"] = {
                event: {"target": random.choice(names), "reenter": True}
                for event in EVENTS
                if random.random() < 0.6
            }
            states[name] = state
        return {"initial": names[0], "states": states}

    if random.random() < 0.5:
        return {"id": "m", **region(2)}
    return {
        "id": "m",
        "type": "parallel",
        "states": {name: region(1) for name in ("left", "right")},
    }


def message(random: Random) -> dict[str, Any]:
    times = sorted(random.randrange(END // 2) for _ in range(random.randint(1, 6)))
    events = [[time, random.choice(EVENTS)] for time in times]
    return {"events": events, "end": END}


@at_full_depth
def test_timers_fire_as_in_xstate(tmp_path: Path) -> None:
    random = Random(20)
    configs = [
        {"config": config(random), "messages": [message(random) for _ in range(5)]}
        for _ in range(100)
    ]
    lines = node(tmp_path, "xstate_clock.mjs", "xstate", json.dumps({"configs": configs}))
    for number, (case, line) in enumerate(zip(configs, lines, strict=True)):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(case["config"]))
        machine = load(str(path))
        rows = [
            (str(m), START + timedelta(milliseconds=time), event)
            for m, each in enumerate(case["messages"])
            for time, event in each["events"]
        ]
        log = pl.DataFrame(rows, ["message_id", "timestamp", "event"], orient="row")
        end = START + timedelta(milliseconds=END)
        found = replay(log.sort("timestamp"), machine, as_of=end, statuses=True).statuses
        states = dict(found.select("message_id", f"{machine.name}.state").iter_rows())
        atoms = [list(machine.state(states[str(m)]).atoms) for m in range(len(states))]
        ends = [sorted(atom.rpartition(".")[2] for atom in each) for each in atoms]
        assert ends == json.loads(line), case
