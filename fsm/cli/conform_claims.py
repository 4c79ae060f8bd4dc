"""``fsm conform``: claims about the messages of a log."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import click

from fsm.cli.help import option
from fsm.cli.text import format_table, print_message, print_text, printable

if TYPE_CHECKING:
    from fsm.conformance import Conformance
    from fsm.conformance.claims.claim_result import ClaimResult, Violation
    from fsm.unit import Unit

__all__ = ["CLAIM_TABLE", "claim_option", "print_claims", "refuse_options_of_machines"]

CLAIM_TABLE = [
    ("never P, always P", "P holds in no state of a message, or in each of them."),
    ("eventually P", "P comes; as long as it still can, the claim is open."),
    ("... after Q", "The same, from the first Q on; of eventually, after each Q."),
    ("... before Q", "never and always: the same, until the first Q."),
    ("at most 25 P", "P occurs no more often; also: at least 1 P."),
    ("P within 3.5d of Q", "After each Q, P comes within that time; Q may be start."),
    ("never P within 1h of Q", "After no Q, P comes within that time."),
    ("A + B is constant", "Or A + B <= 1: over indicators, statuses, states."),
]
"""What can be claimed of the messages of a log."""

claim_option = option(
    "--claim",
    "claims",
    metavar="CLAIM",
    multiple=True,
    group="Machines",
    help="A claim to check on every message, as listed below; may be repeated. Without --machine, "
    "only claims are checked, about the events of the log.",
)


def refuse_options_of_machines(given: Collection[str]) -> None:
    """Refuse what only a machine has, where claims are about the events of the log alone."""
    for name in ("--validity", "--may-end", "--outside", "--tests", "--html", "--draw"):
        if name in given:
            raise click.UsageError(f"{name} is about a machine: name one with --machine")


def print_claims(result: Conformance) -> None:
    """Print how many messages agree with each claim, and the first ones that do not."""
    if result.claims is None:
        return
    several = result.unit.several
    header = ("claim", several, "violate it", "open")
    rows = [
        (claim.claim, f"{claim.messages:,}", f"{claim.violated:,}", f"{claim.open:,}")
        for claim in result.claims
    ]
    if result.repair is not None:
        click.echo()
    print_text(format_table(header, rows, right=(1, 2, 3)))
    for claim in result.claims:
        if claim.examples:
            _print_examples(claim, result.unit)
    for claim in result.claims:
        for note in claim.notes:
            print_message(f"{claim.claim}: {note}", 1000)
        if not (claim.messages or claim.absent):
            print_message(f"{claim.claim}: applies to no {result.unit.name}", 1000)


def _print_examples(claim: ClaimResult, unit: Unit) -> None:
    more = claim.violated - len(claim.examples)
    first = f"; the first {len(claim.examples)}" if more else ""
    name = printable(claim.claim, 1000)
    print_text(f"\n{name}: violated by {unit.count(claim.violated)}{first}:")
    header = ("where", unit.name, "events", "why")
    print_text(format_table(header, [_row(example) for example in claim.examples]))


def _row(example: Violation) -> tuple[str, str, str, str]:
    from fsm.logs.canonical_columns import place_of

    last = example.events[-1]
    earlier = [
        f"{e.event} ({f'line {e.line}' if e.file == last.file else place_of(e.file, e.line)})"
        for e in example.events[:-1]
    ]
    return (
        place_of(last.file, last.line),
        example.message,
        ", ".join([*earlier, last.event]),
        example.why,
    )
