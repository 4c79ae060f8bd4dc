"""What reading and replaying XES costs: ``python tests/bench/event_logs.py [--runs 5]``.

Whole processes, interleaved, from the file to the counts: ``fsm replay`` on the log as it is
(scanned), on the same log with one comment in each trace (parsed), and, where ``--r4pm`` names a
Python that has it, r4pm (Rust), which reads the log and aligns each variant with the machine as a
Petri net. The log and the machine are those that ``--log`` and ``--machine`` name; by default the
road traffic fines of the corpus (``FSM_CORPUS``). The report is ``event_logs.md`` beside this file.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from measure import warm
from petri_nets import petri_net

from fsm.catalog import as_machine

HERE = Path(__file__)
LOG = "logs/process/road-traffic-fines.xes.zip"


# The harness ---------------------------------------------------------------------------------


def run(command: list[str]) -> tuple[float, float]:
    """Run a command; return its CPU seconds and its peak memory in megabytes."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command}: status {status}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--log", type=Path)
    parser.add_argument("--machine", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--r4pm", help="a Python with r4pm")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        log = given.log or unpacked(Path(os.environ["FSM_CORPUS"]) / LOG, Path(folder))
        odd = Path(folder) / "odd.xes"
        with log.open("rb") as lines, odd.open("wb") as file:
            file.writelines(line.replace(b"<trace>", b"<trace><!-- -->") for line in lines)
        jobs = {
            "fsm, scanned": [sys.executable, "-m", "fsm", "replay", str(log)],
            "fsm, parsed": [sys.executable, "-m", "fsm", "replay", str(odd)],
        }
        jobs = {name: [*job, "--machine", str(given.machine)] for name, job in jobs.items()}
        if given.r4pm:
            net = Path(folder) / "net.json"
            net.write_text(json.dumps(petri_net(as_machine(str(given.machine)))))
            script = HERE.with_name("conformance_r4pm.py")
            jobs["r4pm"] = [given.r4pm, str(script), str(log), str(net)]
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in jobs}
        for path in (log, odd):
            warm(path)
        for _ in range(given.runs):
            for name, job in jobs.items():
                taken[name].append(run(job))
                print(f"{name}: {taken[name][-1]}", file=sys.stderr)
        text = report(log, taken, given.runs)
    print(text)
    HERE.with_suffix(".md").write_text(text)


def unpacked(archive: Path, folder: Path) -> Path:
    with zipfile.ZipFile(archive) as opened:
        name = next(name for name in opened.namelist() if not name.startswith("__MACOSX"))
        return Path(opened.extract(name, folder))


def report(log: Path, taken: Mapping[str, list[tuple[float, float]]], runs: int) -> str:
    rows = [
        f"| {name} | {median(cpu for cpu, _ in laps):.2f} | {max(peak for _, peak in laps):,.0f} |"
        for name, laps in taken.items()
    ]
    size = log.stat().st_size / 1e6
    about = (
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores. XES of "
        f"{size:,.0f} MB, read and replayed in whole processes, medians of {runs} runs, interleaved, "
        "files in the cache. *scanned*: the log as it is; *parsed*: with one comment in each trace. "
        "r4pm reads the same file and aligns each variant. The machine was shared by many: compare "
        "within the table."
    )
    head = "<!-- written by `python tests/bench/event_logs.py`; do not edit -->"
    table = ["| Tool | CPU s | Peak MB |", "| --- | ---: | ---: |", *rows]
    return "\n".join(["# Logs of process mining, measured", "", head, "", about, "", *table, ""])


if __name__ == "__main__":
    main()
