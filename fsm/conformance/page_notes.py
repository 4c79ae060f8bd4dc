"""What a reader of the cells of a page is told: what was assumed, and what was read otherwise."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from fsm.tables.read.table import Table
from fsm.text import quantity

__all__ = ["first_notes", "read_otherwise", "row_assumption"]

_NOTES = 5
"""So many assumptions of a page are told one by one."""


def read_otherwise(
    showing: Mapping[str, str], unrelated: Sequence[Table], left_open: Collection[tuple[str, str]]
) -> Iterator[str]:
    """Yield what was read by a status, what was left aside, and what guards leave open."""
    for status, state in showing.items():
        yield f"{status} is read as the state {state}, the only one with this status"
    for table in unrelated:
        yield f"the table at line {table.rows[0].line} left aside: none of its states is known"
    if left_open:
        count = quantity(len(left_open), "cell")
        yield f"{count} left open by guards that the machine does not have"


def first_notes(name: str, notes: Sequence[str]) -> list[str]:
    """Return the first notes, and how many more there are.

    >>> first_notes("page.md", ["a"]), first_notes("page.md", list("abcdefg"))[4:]
    (['a'], ['e', 'page.md: 2 more assumptions; fsm show lists them'])
    """
    more = len(notes) - _NOTES
    if more <= 0:
        return list(notes)
    return [*notes[:_NOTES], f"{name}: {quantity(more, 'more assumption')}; fsm show lists them"]


def row_assumption(name: str, *, is_whole: bool) -> str:
    """Return what is assumed of cells without a row; ``is_whole`` says that rows name states."""
    if is_whole:
        return f"{name}: assumed to have a row for each transition; a cell without one is rejected"
    return f"{name}: its rows name no states: it says nothing about cells without a row"
