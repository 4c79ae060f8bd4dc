"""How bounce mails are read: ``PYTHONPATH=. python tests/bench/bounces.py`` writes ``bounces.md``.

The mails are generated from forms of systems and replies of receivers, each with its label
(``tests/bounces``). Rows of the matrix are labels, columns the reasons that were read.
"""

from collections import Counter
from pathlib import Path

from fsm.logs.mapping.blame import REASONS
from tests.bounces.generated import labelled_mails
from tests.bounces.readings import NEVER_TAKEN, Reading, read_mails, read_replies

HERE = Path(__file__)
FIRST = {"mails": "127 of 128 recipients, 123 of 128 reasons", "replies": "144 of 155"}
"""What was right of those held out when they were tried for the first time."""


def main() -> None:
    """Write the report."""
    mails = list(labelled_mails())
    parts = {
        "known": read_mails(mail for mail in mails if not mail.held_out),
        "held out": read_mails(mail for mail in mails if mail.held_out),
    }
    replies = read_replies()
    reasons = parts["known"].reasons + parts["held out"].reasons + replies
    forms = {mail.name.partition(":")[0] for mail in mails}
    made = (
        f"{len(mails)} mails in {len(forms)} forms of systems, and {replies.total()} replies in "
        "public wording (`tests/bounces`). Forms and replies were written before the parser and "
        "the phrases were tried on them, and every third form and every third reply was held out. "
        f"Tried for the first time, {FIRST['mails']} were right, and no address was invented; of "
        f"the replies, {FIRST['replies']}. What was wrong was mended for its kind afterwards: the "
        "tables show the present state, an upper bound."
    )
    meant = (
        f"*Hard* is what an address will never take: {', '.join(NEVER_TAKEN)}. That is what "
        "`--policy address` counts as `hard_bounce`."
    )
    lines = [
        "# Bounce mails, read",
        "",
        "<!-- written by `python tests/bench/bounces.py`; do not edit -->",
        "",
        made,
        "",
        *_summary(parts),
        "",
        meant,
        "",
        "## Labels (rows) and reasons read (columns), mails and replies together",
        "",
        *_matrix(reasons),
        "",
    ]
    HERE.with_suffix(".md").write_text("\n".join(lines), encoding="utf-8")


def _summary(parts: dict[str, Reading]) -> list[str]:
    lines = [
        "| Mails | Number | Recipient found | Invented | Reason right | Hard or soft right |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, reading in parts.items():
        counts = (reading.found, reading.right_reasons, reading.hard_or_soft)
        found, reason, hard = (f"{count / reading.mails:.1%}" for count in counts)
        lines.append(
            f"| {name} | {reading.mails} | {found} | {reading.invented} | {reason} | {hard} |"
        )
    return lines


def _matrix(counts: Counter[tuple[str, str]]) -> list[str]:
    used = [name for name in REASONS if any(name in pair for pair in counts)]
    lines = [f"| Label | {' | '.join(used)} |", f"| --- |{' ---: |' * len(used)}"]
    for label in used:
        cells = (str(counts[label, read] or "") for read in used)
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    main()
