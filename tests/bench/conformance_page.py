"""The report of ``conformance.py`` in Markdown: goals, verdicts, costs, who needs least."""

import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence

from conformance_samples import CONFORM, R4PM, REPLAY, TOKENS, Sample, Task
from figures import machine
from report import memory, table

__all__ = ["page"]

HEAD = """\
# Conformance to public logs, measured

<!-- written by `make bench-conformance`; do not edit -->

{machine}. {versions}.

Public logs of process mining research, and machines written for them: [processes.md](processes.md).
Each row is a whole process, from the file to the verdicts, interpreter and imports included: the
median of its runs ({runs}), tools interleaved, files in the cache. CPU seconds are user and system
time of all threads; peak memory is that of the process. Every tool reads the same file; the other
tools get the machine as a Petri net with the same language, in which every state but the first may
end. *Cost* is the least number of edits, extra and missing events together, over all cases; an
event that the machine does not have is extra (`fsm conform --outside extra`). The machine that
measured was shared with other work: compare within a table.
"""


Samples = Mapping[Task, Mapping[str, Sample]]


def page(samples: Samples, versions: Sequence[str]) -> str:
    """Return the whole report."""
    runs = max(len(s.cpu) for of_task in samples.values() for s in of_task.values())
    about = ", ".join((f"Python {platform.python_version()}", *versions))
    parts = [
        HEAD.format(machine=machine(), versions=about, runs=runs),
        _goals(samples),
        _list("Verdicts", _agreements(samples)),
        _list("Where another tool needs less", _losses(samples)),
        *(_section(task, of_task) for task, of_task in samples.items()),
    ]
    return "\n".join(parts)


def _list(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"## {title}", "", *(f"- {line}" for line in lines), ""])


def _goals(samples: Samples) -> str:
    rows: list[tuple[str, str, str, str]] = []

    def add(what: str, limit: float, value: float, unit: str) -> None:
        verdict = "reached" if value <= limit else "**not reached**"
        rows.append((what, f"≤ {limit:g} {unit}", f"{value:.2f} {unit}", verdict))

    for task, of_task in samples.items():
        conform = of_task[CONFORM]
        if task.log == "fines":
            ratio = conform.seconds / of_task[REPLAY].seconds
            add(f"{task.title}: `fsm conform` against `fsm replay`", 1.2, ratio, "×")
        elif task.log == "fines × 10":
            add(f"{task.title}: CPU", 5, conform.seconds, "s")
            add(f"{task.title}: memory", 0.7, conform.size / 1e9, "GB")
        elif task.log == "incidents":
            add(f"{task.title}: CPU", 0.86, conform.seconds, "s")
            if R4PM in of_task:
                ratio = conform.seconds / of_task[R4PM].seconds
                add(f"{task.title}: `fsm conform` against r4pm", 1, ratio, "×")
    return f"## Goals\n\n{table(('what', 'goal', 'measured', 'result'), rows, 'lrrl')}"


def _agreements(samples: Samples) -> Iterator[str]:
    """Yield what the tools agree on, and where they do not."""
    for task, of_task in samples.items():
        costs = {name: s.cost for name, s in of_task.items() if s.cost is not None}
        ours = of_task[CONFORM].found
        verdicts = {n: s.found for n, s in of_task.items() if "not_fitting" in s.found}
        if len(costs) == 1:
            yield f"{task.title}: no other tool was given."
        elif len(set(costs.values())) == 1:
            yield f"{task.title}: all alignments cost {costs[CONFORM]:,}."
        else:
            listed = ", ".join(f"{cost:,} ({name})" for name, cost in costs.items())
            yield f"{task.title}: **alignments cost different numbers:** {listed}."
        for name, found in verdicts.items():
            if found["not_fitting"] == ours["not_fitting"]:
                continue
            text = f"{found['not_fitting']:,} cases do not fit, not {ours['not_fitting']:,}"
            if name == TOKENS:
                text += "; it leaves out events that the net does not have"
            yield f"{task.title}: {name}: {text}."
    yield (
        "Which edits are extra and which are missing may differ: several least repairs can cost "
        "the same, and each tool has its own order among them. `fsm replay` counts rejected "
        "events and repairs nothing; token-based replay counts no edits."
    )


def _losses(samples: Samples) -> Iterator[str]:
    """Yield where a tool that aligns needs less than ``fsm conform``."""
    lost = False
    for task, of_task in samples.items():
        ours = of_task[CONFORM]
        for name, sample in of_task.items():
            if name == REPLAY or sample.stopped:
                continue
            if round(sample.seconds, 2) < round(ours.seconds, 2):
                lost = True
                yield (
                    f"{task.title}: {name} needs {sample.seconds:.2f} CPU s, "
                    f"`fsm conform` {ours.seconds:.2f}."
                )
            if sample.size < ours.size:
                lost = True
                yield (
                    f"{task.title}: {name} needs {memory(sample.size)}, "
                    f"`fsm conform` {memory(ours.size)}."
                )
    if not lost:
        yield "Nowhere in this run."


def _section(task: Task, of_task: Mapping[str, Sample]) -> str:
    rows = [
        (
            name,
            *(_number(sample.found.get(key)) for key in ("fitting", "not_fitting")),
            _number(sample.cost),
            *(_number(sample.found.get(key)) for key in ("extra", "missing", "rejected")),
            f"{'stopped at ' * sample.stopped}{sample.seconds:.2f}",
            memory(sample.size),
        )
        for name, sample in of_task.items()
    ]
    header = ("tool", "fit", "do not fit", "cost", "extra", "missing", "rejected", "CPU s", "peak")
    text = f"{task.events:,} events, {task.size / 1e6:,.1f} MB."
    return f"## {task.title}\n\n{text}\n\n{table(header, rows, 'lrrrrrrrr')}"


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"
