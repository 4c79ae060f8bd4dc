"""The report in Markdown: goals, a table per size, cores, the small log. No date, no path."""

from collections.abc import Iterable, Sequence

from engines_fsm import BOUNDED
from figures import Figures, Row, machine, versions
from goals import GOALS, Goal

__all__ = ["memory", "report", "speed", "table"]

HEAD = """\
# Replay, measured

<!-- written by `make bench`; do not edit -->

![Events per CPU second by engine; CPU time and peak memory against size](replay.svg)

{machine}. {versions}.

Every figure is the median of several processes, engines interleaved, on one log in the file
cache. CPU seconds are user and system time of all threads and processes, without imports and
without the start of a Spark session; events are counted per CPU second; peak memory includes the
interpreter and the libraries. {agreement}

fsm executes both feedback modes at once; the queries and loops execute one. *counts*: final
states, indicators and rejections, counted; *series*: and the hourly indicators of every delivery,
and every rejected event; *status*: and a Parquet file of the final state of every message;
*statuses*: the counts and that file.
*memory 200 MB* is the same with that bound (`--memory 200MB`), the rest on the disk; *every column*
is the same log with recipients, event ids and numbers in `seq`.
`polars group_by` only counts the events of each message: no fold can do with less.
"""


def report(figures: Figures) -> str:
    """Return the whole report."""
    parts = [
        HEAD.format(machine=machine(), versions=versions(), agreement=_agreement(figures)),
        _goals(figures),
        *(_size(figures, size) for size in sorted(figures.rows)),
        _memory(figures),
        _cores(figures),
        _commands(figures),
        _not_run(figures),
    ]
    return "\n".join(part for part in parts if part)


def _agreement(figures: Figures) -> str:
    if figures.wrong:
        return f"**Engines found different things:** {'; '.join(figures.wrong)}."
    return "All engines found the same counts."


def _goals(figures: Figures) -> str:
    rows = [
        (goal.text, _limit(goal), _measured(goal, figures), _verdict(goal, figures))
        for goal in GOALS
    ]
    text = "CPU seconds at 10 million events, unless said otherwise.\n"
    return f"## Goals\n\n{text}\n{table(('what', 'goal', 'measured', 'result'), rows, 'lrrl')}"


def _limit(goal: Goal) -> str:
    return f"{'≥' if goal.at_least else '≤'} {goal.limit:,g} {goal.unit}"


def _measured(goal: Goal, figures: Figures) -> str:
    value = goal.measured(figures)
    return "-" if value is None else f"{_digits(value)} {goal.unit}"


def _verdict(goal: Goal, figures: Figures) -> str:
    return {True: "reached", False: "**not reached**", None: "not measured"}[goal.reached(figures)]


def _size(figures: Figures, size: int) -> str:
    rows = [_cells(figures, size, row) for row in figures.rows[size].values()]
    header = ("job", "CPU s", "wall s", "peak memory", "events per CPU s", "× `group_by`", "runs")
    return f"## {size:,} events\n\n{table(header, rows, 'lrrrrrr')}{_slices(figures, size)}"


def _cells(figures: Figures, size: int, row: Row) -> tuple[str, ...]:
    ratio = figures.ratio(row.name, size)
    return (
        row.name + ("" if row.events == size else " ¹"),
        _digits(row.cpu),
        _digits(row.wall),
        memory(row.peak),
        speed(row.speed),
        "-" if ratio is None else _digits(ratio),
        str(row.runs),
    )


def _slices(figures: Figures, size: int) -> str:
    slices = {row.events for row in figures.rows[size].values() if row.events != size}
    return "".join(
        f"\n¹ On the first {events:,} events; compared per event.\n" for events in slices
    )


def _memory(figures: Figures) -> str:
    """Return bound and peak side by side, in the megabytes (2**20 bytes) of the option."""
    sizes = [s for s in sorted(figures.rows) if any(figures.row(n, s) for n in BOUNDED)]
    if not sizes:
        return ""
    rows = []
    for name, bound in BOUNDED.items():
        peaks = [row.peak if (row := figures.row(name, size)) else None for size in sizes]
        cells = ["-" if p is None else f"{p / 2**20:.0f} MB" for p in peaks]
        rows.append((name.partition(",")[0], f"{bound / 2**20:.0f} MB", *cells))
    header = ("job", "`--memory`", *(f"peak, {size:,} events" for size in sizes))
    return f"## Memory\n\n{table(header, rows, 'lr' + 'r' * len(sizes))}"


def _cores(figures: Figures) -> str:
    if not figures.cores:
        return ""
    one = figures.cores.get((1, 1))
    rows = [
        (str(cores), str(workers), _digits(wall), f"{one / wall:.2f} ×" if one else "-")
        for (cores, workers), wall in figures.cores.items()
    ]
    header = ("cores", "workers", "wall s", "faster")
    text = f"`fsm counts`, {figures.cores_size:,} events."
    return f"## Cores\n\n{text}\n\n{table(header, rows, 'rrrr')}"


def _commands(figures: Figures) -> str:
    if not figures.commands:
        return ""
    rows = [(name, _digits(cpu)) for name, cpu in figures.commands.items()]
    text = f"A whole process, on a CSV log of {figures.lines:,} lines.\n"
    return f"## A small log\n\n{text}\n{table(('what', 'CPU s'), rows, 'lr')}"


def _not_run(figures: Figures) -> str:
    if not figures.not_run:
        return ""
    rows = [f"- {name}: {reason}\n" for name, reason in figures.not_run.items()]
    return "## Not run\n\n" + "".join(rows)


# Text ----------------------------------------------------------------------------------------


def table(header: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> str:
    """Return a table; ``align`` is ``l`` or ``r`` for each column."""
    rule = ["---:" if side == "r" else "---" for side in align]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (header, rule, *rows))


def _digits(value: float) -> str:
    """Return a number with three digits that matter, two below one.

    0.123 -> 0.12, 1.234 -> 1.23, 123.4 -> 123, 12345 -> 12,345
    """
    places = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:,.{places}f}"


def speed(events: float) -> str:
    """Return events per second: 9.52 M, 3,830."""
    return f"{_digits(events / 1e6)} M" if events >= 1e5 else f"{float(f'{events:.3g}'):,.0f}"


def memory(size: float) -> str:
    """Return bytes: 360 MB, 1.44 GB."""
    return f"{size / 1e6:.0f} MB" if size < 1e9 else f"{size / 1e9:.2f} GB"
