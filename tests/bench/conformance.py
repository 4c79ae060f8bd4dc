"""Least repairs, measured beside the tools of the field: ``python tests/bench/conformance.py``.

Whole processes, interleaved, from the file to the verdicts: ``fsm conform``, ``fsm replay``, and,
where ``--pm4py`` and ``--r4pm`` name a Python that has them, PM4Py (token-based replay, alignments)
and r4pm (Rust, alignments). The logs are public ones, in the directory that ``FSM_CORPUS`` names,
as XES and as CSV; the machines stand in ``processes.md``. Every tool gets the same file, and the
other tools get the machine as a Petri net with the same language (``petri_nets.py``). The report is
``conformance.md`` beside this file.
"""

import argparse
import compileall
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from conformance_samples import CONFORM, R4PM, REPLAY, TOKENS, Sample, Task

import fsm

HERE = Path(__file__)
LOGS = ("fines", "incidents", "problems")
NUMBERS = ("fitting", "not_fitting", "extra", "missing", "rejected")
PATHS = ("file", "machine", "net")
PIECE = 1 << 20
Command: TypeAlias = tuple[str, ...]


# The tools -----------------------------------------------------------------------------------


def _tools(pm4py: str | None, r4pm: str | None) -> Iterator[tuple[str, Command]]:
    """Yield the command line of each tool, with the names of the fields of a task in braces."""
    arguments = ("{file}", "--machine", "{machine}", "--json")
    program = (sys.executable, "-m", "fsm")
    yield CONFORM, (*program, "conform", *arguments, "--outside", "extra")
    yield REPLAY, (*program, "replay", *arguments)
    if r4pm:
        yield R4PM, (r4pm, str(HERE.with_name("conformance_r4pm.py")), "{file}", "{net}")
    if pm4py:
        script = str(HERE.with_name("conformance_pm4py.py"))
        yield "PM4Py, alignments", (pm4py, script, "align", "{file}", "{net}")
        yield TOKENS, (pm4py, script, "replay", "{file}", "{net}")


def _tasks(*arguments: str) -> list[Task]:
    """Write the files in another process; return what every tool is to do with them."""
    command = [sys.executable, str(HERE.with_name("conformance_files.py")), *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    parts = [task | {n: Path(task[n]) for n in PATHS} for task in json.loads(done.stdout)]
    return [Task(**part) for part in parts]


def _warm(log: Path) -> None:
    """Bring a log into the file cache."""
    with log.open("rb") as file:
        while file.read(PIECE):
            pass


def _run(command: Command, task: Task, sample: Sample, limit: int) -> None:
    """Run a tool in a process of its own, and add what it took and found to a sample.

    A tool that needs more than ``limit`` CPU seconds is stopped.
    """
    arguments = [part.format(**vars(task)) for part in command]
    environment = os.environ | {"PM4PY_SHOW_PROGRESS_BAR": "False"}
    # Otherwise every run would compile the modules again.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            ["prlimit", f"--cpu={limit}:", *arguments],
            stdout=output,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode()
    sample.cpu.append(used.ru_utime + used.ru_stime)
    sample.peak.append(used.ru_maxrss * 1024)
    if process.returncode == -signal.SIGXCPU:
        sample.stopped = True
        return
    if process.returncode not in {0, 1} or "{" not in text:
        raise SystemExit(f"{' '.join(arguments)}: status {process.returncode}")
    sample.found = _findings(json.loads(text[text.index("{") :]))


def _findings(answer: dict[str, Any]) -> dict[str, int]:
    """Return the numbers of an answer, by their names."""
    messages = answer.get("messages")
    flat = answer | messages if isinstance(messages, dict) else answer
    return {name: flat[name] for name in NUMBERS if name in flat}


def _version(python: str | None, package: str) -> str:
    if python is None:
        return f"{package} was not given: its rows are left out"
    code = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    return f"{package} {done.stdout.strip()}"


# One run -------------------------------------------------------------------------------------


def main() -> None:
    """Measure, and write the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pm4py", help="a Python that has pm4py 2.7 (AGPL)")
    parser.add_argument("--r4pm", help="a Python that has r4pm[polars]")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--logs", nargs="+", default=LOGS, choices=LOGS)
    parser.add_argument("--copies", type=int, default=10, help="of the fines; 0: only once")
    parser.add_argument("--limit", type=int, default=100, help="CPU seconds of a run")
    parser.add_argument("--output", type=Path, default=HERE.with_suffix(".md"))
    given = parser.parse_args()
    if "FSM_CORPUS" not in os.environ:
        raise SystemExit("FSM_CORPUS does not name the directory of the public logs")
    corpus = Path(os.environ["FSM_CORPUS"]) / "logs" / "process"
    tools = dict(_tools(given.pm4py, given.r4pm))
    compileall.compile_dir(Path(fsm.__file__).parent, quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        tasks = _tasks(str(corpus), folder, str(given.copies), *given.logs)
        samples = {task: {name: Sample() for name in tools} for task in tasks}
        for task in tasks:
            _warm(task.file)
            for lap in range(given.runs):
                for name, command in tools.items():
                    sample = samples[task][name]
                    if sample.stopped:
                        continue
                    _run(command, task, sample, given.limit)
                    taken = f"{sample.cpu[-1]:.2f} CPU s, {sample.peak[-1] / 1e6:.0f} MB"
                    print(f"{task.title}, {lap}: {name}: {taken}, {sample.found}", file=sys.stderr)
    versions = [_version(sys.executable, "polars"), _version(given.r4pm, "r4pm")]
    from conformance_page import page  # only now: what it imports is large

    text = page(samples, [*versions, _version(given.pm4py, "pm4py")])
    given.output.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
