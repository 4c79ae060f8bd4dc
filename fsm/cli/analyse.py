"""``fsm analyse``: properties of a machine, and claims about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import click

from fsm.analysis import MachineFacts, Verdict, analyse, check_claim, refines
from fsm.catalog import load
from fsm.cli.completion import complete_machine
from fsm.cli.file_params import INPUT
from fsm.cli.help import Example, HelpCommand, option
from fsm.cli.progress import Progress
from fsm.cli.terminal import Style
from fsm.cli.text import json_parts, print_crosscheck, print_line, printable
from fsm.cli.values import json_option, machine_argument
from fsm.compile.crosscheck import cross_check
from fsm.text import json_text, quantity
from fsm.trace import Trace

__all__ = ["command"]

_LISTED = 12


@click.command(
    "analyse",
    cls=HelpCommand,
    tables={
        "Claims": [
            ("never P, always P", "P holds in no state, or in each of them."),
            ("eventually P", "Every trace leads to P."),
            ("possibly P", "From every point of every trace, P can still occur."),
            ("... after Q", "The same, from the first Q on."),
            ("... before Q", "never and always: the same, until the first Q."),
            ("at most 25 P", "P occurs in no trace more often; also: at least 1 P."),
            ("A + B is constant", "Or A + B <= 1: over indicators, statuses, states."),
        ]
    },
    epilog="""P and Q are events, states or statuses, several joined by "or".""",
    examples=[
        Example("Properties of a machine", "fsm analyse with-feedback"),
        Example(
            "Prove a claim, or refute it by a trace",
            'fsm analyse with-feedback --claim "never Sent after Failed"',
        ),
    ],
)
@machine_argument
@option(
    "--claim",
    "claims",
    metavar="CLAIM",
    multiple=True,
    help="A claim to prove, or to refute by a trace, as listed below; may be repeated.",
)
@option(
    "--refines",
    "other",
    type=INPUT,
    shell_complete=complete_machine,
    metavar="OTHER",
    help="Check that the machine OTHER has every trace of MACHINE.",
)
@option(
    "--crosscheck/--no-crosscheck",
    default=True,
    help="Compare every cell of the table with what the class of the machine does.",
)
@json_option
def command(
    machine: str, claims: tuple[str, ...], other: str | None, crosscheck: bool, as_json: bool
) -> int:
    """Find the terminal, dead, equivalent and unreachable states of MACHINE, and missing cells.

    With --claim, prove or refute claims instead; the exit status is 1 if one does not hold. If
    MACHINE is a python-statemachine class, every cell of its table is first compared with what the
    class does; the number of compared cells is printed, and is part of the JSON.
    """
    loaded = load(machine)
    with Progress("comparing every cell with the class"):
        checked = cross_check([loaded]) if crosscheck else None
    with Progress("checking the claims"):
        verdicts = [check_claim(loaded, claim) for claim in claims]
        trace = refines(loaded, load(other)) if other is not None else None
    if other is not None:
        verdicts.append(Verdict(f"{machine} refines {other}", trace is None, trace or ()))
    if as_json:
        facts = analyse(loaded)
        value = replace(facts, traces={}, missing=()).as_dict()
        value["complete"] = facts.is_complete
        value["missing"] = ({"state": state, "event": event} for state, event in facts.missing)
        value["crosscheck"] = checked.as_dict() if checked else None
        if verdicts:
            value["claims"] = [verdict.as_dict() for verdict in verdicts]
        _print_json(value, facts.traces, loaded.events)
        return _status(verdicts)
    if verdicts:
        for verdict in verdicts:
            print_line(str(verdict), 2000, Style.GOOD if verdict.holds else Style.ERROR)
    else:
        _print(analyse(loaded))
        print_crosscheck(checked)
    return _status(verdicts)


def _status(verdicts: Sequence[Verdict]) -> int:
    return 0 if all(verdict.holds for verdict in verdicts) else 1


def _print_json(
    value: Mapping[str, object], traces: Mapping[str, Trace], events: Iterable[str]
) -> None:
    """Print the facts, and the traces one by one: together they may be too long for the memory."""
    place = '"reachable": {}'  # in a string there is no quote without a backslash
    written = {event: f"\n      {json_text(event)}" for event in events}
    for part in json_parts(value, "analyse"):
        head, found, tail = part.partition(place)
        click.echo(head, nl=False)
        if found:
            _print_traces(traces, written)
            click.echo(tail, nl=False)
    click.echo()


def _print_traces(traces: Mapping[str, Trace], written: Mapping[str, str]) -> None:
    """Print the member ``reachable``; ``written`` has the line of each event."""
    click.echo('"reachable": {', nl=False)
    comma = ""
    for state, trace in traces.items():
        steps = ",".join(map(written.__getitem__, trace))
        end = "\n    ]" if trace else "]"
        click.echo(f"{comma}\n    {json_text(state)}: [{steps}{end}", nl=False)
        comma = ","
    click.echo("\n  }", nl=False)


def _print(facts: MachineFacts) -> None:
    *_, farthest = facts.traces
    print_line(
        f"{facts.name}: {quantity(len(facts.traces), 'state')} reached, each within "
        f"{quantity(len(facts.traces[farthest]), 'event')}; deterministic",
        style=Style.STRONG,
    )
    _list("unreachable", facts.unreachable, "none")
    _list("terminal", facts.terminal, "none")
    _list("dead", facts.dead, "none")
    equivalent = [" = ".join(names) for names in facts.equivalent]
    _list("equivalent", equivalent, "none: the machine is minimal")
    missing = [f"{state}: {event}" for state, event in facts.missing[:_LISTED]]
    label, count = f"missing cells ({len(facts.missing):,})", len(facts.missing)
    _list(label, missing, "none: the machine is complete", count=count)
    if facts.ignored:
        _list("ignored transitions", facts.ignored, "none", "; ")


def _list(
    label: str,
    names: Collection[str],
    otherwise: str,
    comma: str = ", ",
    count: int | None = None,
) -> None:
    """Print the first of some names; ``count`` is how many there are, if not all are given."""
    count = len(names) if count is None else count
    listed = printable(comma.join(list(names)[:_LISTED]), 2000)
    more = f", ... (--json has all {count:,})" if count > _LISTED else ""
    print_line(f"{label}: {listed or otherwise}{more}", 3000, Style.STRONG)
