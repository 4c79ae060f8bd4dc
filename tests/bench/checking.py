"""What checking costs: ``python tests/bench/checking.py [PYTHON ...] [--pages DIR] [--runs N]``.

The CPU seconds (user and system) of ``fsm check`` on twelve pages in one call: medians of whole
processes with compiled modules. The pages are written in the languages that ship, or are those of
``--pages``. Several PYTHONs, each with its own fsm, are measured in turns: one before a change and
one after it.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from fsm.catalog import load
from fsm.machines import FEEDBACK_MODES
from fsm.tables.words.lexicon_files import languages, load_lexicon
from fsm.tables.write import markdown, steps_grid

MEASURED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(done.returncode, used.ru_utime + used.ru_stime)
"""
CLI = "from fsm.cli import main; main()"


def write_pages(directory: Path) -> None:
    """Write one page for each language: its two tables."""
    for language in languages():
        words = load_lexicon(language)
        tables = [
            f"**{words.preferred['titles', name]}**\n\n{markdown(steps_grid(load(name), words))}"
            for name in FEEDBACK_MODES
        ]
        (directory / f"{language}.md").write_text("\n\n".join(tables) + "\n")


def cpu_seconds(python: str, pages: Path, cache: str) -> float:
    """Run ``fsm check`` on the pages; return its CPU seconds."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", MEASURED, python, "-c", CLI, "check", str(pages)]
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        check=True,
        env=environment | {"PYTHONPYCACHEPREFIX": cache},
        cwd=cache.rpartition("/")[0],  # not where another fsm may lie
    )
    status, seconds = done.stdout.split()
    if int(status) > 1:
        raise SystemExit(f"{python}: fsm check: exit status {status.decode()}")
    return float(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pythons", nargs="*", default=[sys.executable])
    parser.add_argument("--pages", type=Path)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        pages = options.pages or Path(directory, "pages")
        if not options.pages:
            pages.mkdir()
            write_pages(pages)
        taken: dict[str, list[float]] = {python: [] for python in options.pythons}
        for _ in range(options.runs + 1):  # the first run compiles the modules
            for i, python in enumerate(taken):
                taken[python].append(cpu_seconds(python, pages, f"{directory}/cache{i}"))
        for python, seconds in taken.items():
            print(f"{python}: {median(seconds[1:]):.3f} CPU s, {len(list(pages.iterdir()))} pages")


if __name__ == "__main__":
    main()
