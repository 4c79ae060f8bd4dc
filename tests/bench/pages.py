"""What reports cost: ``python tests/bench/pages.py [LOG ...] [--messages N] [--runs N]``.

For each log, and for a simulated one of ``--messages``: the CPU seconds of ``fsm report`` and its
peak memory, beside ``fsm replay`` on the same log in the same run (medians, whole processes); the
size of the page; and the milliseconds until Chromium has loaded it and run its scripts. Arguments
for a log (such as ``--column event=activity``) follow it after a colon, parted by blanks:
``"log.csv.gz: --column event=activity"``.
"""

import argparse
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

CLI = "from fsm.cli import main; main()"
MEASURED = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024]))
"""


def measured(*words: str) -> tuple[float, int]:
    """Run a command; return its CPU seconds and its peak memory in bytes."""
    command = [sys.executable, "-c", MEASURED, sys.executable, "-c", CLI, *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    status, cpu, peak = json.loads(done.stdout)
    if status:
        raise SystemExit(f"fsm {' '.join(words)}: exit status {status}")
    return cpu, peak


def loading(page: Path, runs: int) -> list[float]:
    """Return the milliseconds until the page is loaded; none without a browser."""
    program = shutil.which("chromium")
    if program is None or importlib.util.find_spec("playwright") is None:
        return []
    from playwright.sync_api import sync_playwright

    taken = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        for _ in range(runs):
            opened = browser.new_page()
            opened.goto(page.as_uri())
            entry = "performance.getEntriesByType('navigation')[0].loadEventEnd"
            taken.append(float(opened.evaluate(entry)))
            opened.close()
        browser.close()
    return taken


def row(name: str, words: list[str], place: Path, runs: int) -> str:
    page = place / "page.html"
    reports, replays = [], []
    for _ in range(runs):
        reports.append(measured("report", *words, "-o", str(page)))
        replays.append(measured("replay", *words))
    shown = median(loading(page, 5) or [float("nan")])
    return (
        f"| {name} | {median(c for c, _ in reports):.2f} | {median(c for c, _ in replays):.2f} "
        f"| {max(p for _, p in reports) / 2**30:.2f} | {max(p for _, p in replays) / 2**30:.2f} "
        f"| {page.stat().st_size / 1e6:.2f} | {shown:.0f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("logs", nargs="*")
    parser.add_argument("--messages", type=float, default=1e5)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    print(
        "| log | report, CPU-s | replay, CPU-s | report, GiB | replay, GiB | page, MB | load, ms |"
    )
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="fsm-") as directory:
        place = Path(directory)
        for log in given.logs:
            path, _, words = log.partition(": ")
            print(row(Path(path).name, [path, *words.split()], place, given.runs), flush=True)
        simulated = place / "simulated.parquet"
        count = int(given.messages)
        measured(
            "simulate",
            "with-feedback",
            "--messages",
            str(count),
            "--seed",
            "1",
            "-o",
            str(simulated),
        )
        print(row(f"simulated, {count:,} messages", [str(simulated)], place, given.runs))


if __name__ == "__main__":
    main()
