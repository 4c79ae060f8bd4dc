"""One truth about orders, as a machine, a page, an implementation and a log."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import polars as pl

from fsm.machine import Machine, State, Transition

__all__ = ["AFTER", "STATUS", "TRACES", "System", "as_log", "as_machine", "as_page"]

After = Mapping[tuple[str, str], str]
STATUS = {
    "new": None,
    "paid": "Open",
    "shipped": "Sent",
    "delivered": "Sent",
    "cancelled": "Closed",
    "returned": "Closed",
}
AFTER = {
    ("new", "pay"): "paid",
    ("paid", "ship"): "shipped",
    ("paid", "cancel"): "cancelled",
    ("shipped", "deliver"): "delivered",
    ("shipped", "return"): "returned",
    ("delivered", "return"): "returned",
    ("delivered", "review"): "delivered",
}
TRACES = (
    ("pay", "ship", "deliver", "review"),
    ("pay", "cancel"),
    ("pay", "ship", "return"),
    ("pay", "ship", "deliver", "return"),
)


def as_machine(
    after: After = AFTER,
    status: Mapping[str, str | None] = STATUS,
    events: Sequence[str] = (),
    name: str = "orders",
) -> Machine:
    known = tuple(events or dict.fromkeys(event for _, event in after))
    return Machine(
        name,
        name,
        tuple(State(state, shown, state, (state,)) for state, shown in status.items()),
        known,
        tuple(Transition(s, event, t, event) for (s, event), t in after.items()),
        next(iter(status)),
    )


def as_page(path: Path, after: After = AFTER, status: Mapping[str, str | None] = STATUS) -> Path:
    rows = [f"| {s} | {e} | {t} | {status[t]} |" for (s, e), t in after.items()]
    lines = ["# Orders", "", "| From | Event | To | Status |", "|---|---|---|---|", *rows]
    path.write_text("\n".join([*lines, ""]), "utf-8")
    return path


class System:
    """An implementation; ``shows`` is what its states show."""

    def __init__(
        self,
        after: After = AFTER,
        shows: Callable[[str], str | None] = STATUS.get,
        initial: str = "new",
    ) -> None:
        self.after, self.shows, self.initial = after, shows, initial

    def reset(self) -> None:
        self.state = self.initial

    def send(self, event: str) -> str | None:
        if (self.state, event) not in self.after:
            return "rejected"
        self.state = self.after[self.state, event]
        return None

    def observe(self) -> str | None:
        return self.shows(self.state)


def as_log(traces: Iterable[Sequence[str]] = TRACES) -> pl.DataFrame:
    rows = [
        (f"m{n}", event, f"2026-01-01T00:{n % 60:02}:{i:02}Z")
        for n, trace in enumerate(traces)
        for i, event in enumerate(trace)
    ]
    names = ("message_id", "event", "timestamp")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
