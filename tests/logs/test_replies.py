"""Codes and phrases are looked for in the whole of a reply that is kept, and not beyond it."""

import polars as pl
import pytest

from fsm.logs.mapping.blame import LONGEST_REPLY, code_of, with_fault

PHRASE = "mailbox full"


def fault_of(reply: str) -> str:
    row = pl.DataFrame(
        {"code": [None], "reply": [reply], "fault": [None]},
        schema=dict.fromkeys(("code", "reply", "fault"), pl.String),
    )
    return str(with_fault(row.with_columns(row.select(code_of().alias("code"))))["fault"].item())


@pytest.mark.parametrize("before", [0, 150, 300, 1500, 1990 - len(PHRASE)])
def test_a_phrase_anywhere_in_a_reply(before: int) -> None:
    assert fault_of(f"{'-' * before} {PHRASE}") == "mailbox_full"


@pytest.mark.parametrize("before", [2000, 5000])
def test_what_stands_beyond_is_not_read(before: int) -> None:
    assert LONGEST_REPLY == 2000
    assert fault_of(f"{'-' * before} {PHRASE}") == "unknown"
