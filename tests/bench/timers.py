"""What timers cost a replay: ``python tests/bench/timers.py [CHECKOUT ...] [--sizes N ...]``.

The CPU seconds, user and system, of a replay on the logs of ``logs.py``, in fresh processes and
without imports: of both feedback modes, without a validity period and with one; and of one of them,
whose validity period is found from the first events of messages, or followed with the states as
a timer that states start and stop. Several CHECKOUTs of the project are measured in turns: one
before a change and one after it; those before there were timers leave the last job out. That
checkouts find different figures is an error: exit status 1.
"""

import argparse
import json
import resource
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[2]
VALIDITY = timedelta(days=3.5)
JOBS = {
    "both modes": "without a validity period",
    "both modes, validity": "with one of 3.5 days",
    "one mode, validity": "one mode, with one",
    "one mode, timer": "one mode, the same as a timer of states",
}


def measured(checkout: str, log: str, job: str) -> dict[str, Any]:
    """Run a job with the fsm of a checkout, in this process."""
    sys.path[:0] = [checkout]
    from fsm.cli.environment import set_environment_defaults

    set_environment_defaults()
    from fsm.catalog import load_bare
    from fsm.engine import replay

    machines = [load_bare(name) for name in ("with-feedback", "without-feedback")]
    options: dict[str, Any] = {"companions": load_bare}
    if "one" in job:
        machines, options = machines[:1], {"companions": None}
    if "timer" in job:
        sys.path[:0] = [str(ROOT)]
        from tests.engine.timer_oracle import expiring

        machines = [expiring(machines[0], VALIDITY)]
    elif "validity" in job:
        options["validity"] = VALIDITY
    before = cpu_seconds()
    found = replay(log, machines, **options)
    taken = cpu_seconds() - before
    states: dict[str, int] = {}
    for name, result in found.machines.items():
        for state, count in result.states.items():
            key = f"{name.replace('expiring', 'with-feedback')}: {state.partition(' ')[0]}"
            states[key] = states.get(key, 0) + count
    return {"seconds": taken, "found": [states, found.events, found.messages]}


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def in_turns(checkouts: list[str], size: int, runs: int) -> dict[tuple[str, str], list[float]]:
    """Return the seconds of each job with each checkout."""
    from logs import log_of

    log = str(log_of(size, "parquet"))
    taken: dict[tuple[str, str], list[float]] = {}
    found: dict[str, Any] = {}
    for number in range(runs):
        for job in JOBS:
            for checkout in checkouts if number % 2 else checkouts[::-1]:
                if "timer" in job and not Path(checkout, "fsm/engine/firings.py").exists():
                    continue
                arguments = [__file__, "--measure", checkout, log, job]
                done = subprocess.run(
                    [sys.executable, *arguments], capture_output=True, text=True, check=True
                )
                answer = json.loads(done.stdout)
                kind = job.replace("timer", "validity")
                if found.setdefault(kind, answer["found"]) != answer["found"]:
                    sys.exit(f"{checkout}, {job}: {answer['found']}, elsewhere {found[kind]}")
                taken.setdefault((job, checkout), []).append(answer["seconds"])
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("checkouts", nargs="*", default=[str(ROOT)], metavar="CHECKOUT")
    parser.add_argument("--sizes", nargs="+", type=float, default=[1e6, 1e7], metavar="N")
    parser.add_argument("--runs", type=int, default=5)
    chosen = parser.parse_args()
    print("| events | job | checkout | median | least | runs |\n|---|---|---|---|---|---|")
    for size in map(int, chosen.sizes):
        for (job, checkout), seconds in in_turns(chosen.checkouts, size, chosen.runs).items():
            times = f"{median(seconds):.2f} s | {min(seconds):.2f} s | {len(seconds)}"
            print(f"| {size:,} | {JOBS[job]} | {Path(checkout).name} | {times} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measured(*sys.argv[2:])))
    else:
        main()
