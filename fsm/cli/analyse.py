"""``fsm analyse``: the facts of a machine, and claims about it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import click

from fsm.analysis import MachineFacts, Verdict, analyse, check_claim, refines
from fsm.catalog import load
from fsm.cli.text import counted, print_crosscheck, print_json, shown
from fsm.compile.crosscheck import cross_check

__all__ = ["command"]

_LISTED = 12


@click.command(
    "analyse",
    epilog="""\b
Claims:
  never P, always P, eventually P, possibly P    each also: after Q
  never P before Q, always P before Q            P until Q is reached
  A + B is constant, A + B <= 1                  over indicators, statuses, states
P and Q are events, states or statuses, several joined by "or".""",
)
@click.argument("machine")
@click.option("--claim", "claims", multiple=True, help="Proved, or refuted by a trace; see below.")
@click.option("--refines", "other", metavar="OTHER", help="Whether OTHER has all its traces.")
@click.option(
    "--crosscheck/--no-crosscheck", default=True, help="Compare every cell with the real class."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    machine: str, claims: tuple[str, ...], other: str | None, crosscheck: bool, as_json: bool
) -> int:
    """Tell the facts of MACHINE: which states are terminal, dead, equivalent, which cells missing.

    With claims, whether they hold. Exit status 1 where one does not. Every cell of a table that
    comes from a python-statemachine class is compared with what the class does, also before a
    claim is judged; with the facts, and in JSON, stands how many there are.
    """
    loaded = load(machine)
    checked = cross_check([loaded]) if crosscheck else None
    verdicts = [check_claim(loaded, claim) for claim in claims]
    if other is not None:
        trace = refines(loaded, load(other))
        verdicts.append(Verdict(f"{machine} refines {other}", trace is None, trace or ()))
    if as_json:
        claims_checked = [verdict.as_dict() for verdict in verdicts]
        value = analyse(loaded).as_dict() | {"crosscheck": checked.as_dict() if checked else None}
        print_json(value | ({"claims": claims_checked} if claims_checked else {}))
        return _status(verdicts)
    if verdicts:
        for verdict in verdicts:
            click.echo(shown(str(verdict), 2000))
    else:
        _print(analyse(loaded))
        print_crosscheck(checked)
    return _status(verdicts)


def _status(verdicts: Sequence[Verdict]) -> int:
    return 0 if all(verdict.holds for verdict in verdicts) else 1


def _print(facts: MachineFacts) -> None:
    longest = max(map(len, facts.traces.values()))
    click.echo(
        f"{shown(facts.name)}: {counted(len(facts.traces), 'state')} reached, each within "
        f"{counted(longest, 'event')}; deterministic"
    )
    _list("unreachable", facts.unreachable, "none")
    _list("terminal", facts.terminal, "none")
    _list("dead", facts.dead, "none")
    alike = [" = ".join(names) for names in facts.equivalent]
    _list("equivalent", alike, "none: the machine is minimal")
    missing = [f"{state}: {event}" for state, event in facts.missing]
    _list(f"missing cells ({len(missing):,})", missing, "none: the machine is complete")
    if facts.ignored:
        _list("ignored transitions", facts.ignored, "none", "; ")


def _list(label: str, names: Collection[str], otherwise: str, comma: str = ", ") -> None:
    listed = comma.join(list(names)[:_LISTED])
    more = f", ... (--json has all {len(names):,})" if len(names) > _LISTED else ""
    click.echo(f"{label}: {shown(listed, 2000) or otherwise}{more}")
