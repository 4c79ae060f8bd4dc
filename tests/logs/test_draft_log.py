"""Drafts of mapping files: logs of unknown formats are drafted, and read by their drafts."""

import tomllib
from pathlib import Path

import polars as pl
import pytest

from fsm.catalog import load
from fsm.logs.draft.drafting import draft_log
from fsm.logs.draft.log_draft import LogDraft
from fsm.logs.draft.sample import take_sample
from fsm.logs.mapping.own_mappings import named_mappings
from fsm.logs.open import open_log
from fsm.logs.reading import ReadingOptions
from fsm.logs.storage.files import find_files

UNKNOWN = Path(__file__).parent / "unknown"
CASES = tomllib.loads((UNKNOWN / "cases.toml").read_text("utf-8"))
LONGEST = 26
"""Lines of a draft: 25, and one that says how much was read."""


def drafted(path: Path, machine: str | None = None, **answers: str) -> LogDraft:
    """Return the draft of a log; a dot in a key is written as two underscores."""
    known = load(str(UNKNOWN / machine)) if machine else None
    given = {key.replace("__", "."): answer for key, answer in answers.items()}
    return draft_log(take_sample(find_files([str(path)])), known, given)


def written(folder: Path, text: str, name: str = "log.csv") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("name", CASES)
def test_a_log_of_an_unknown_format_is_read_by_its_draft(tmp_path: Path, name: str) -> None:
    draft = drafted(UNKNOWN / name, CASES[name].get("machine"))
    text = draft.toml()
    mapping = written(tmp_path, text, "my.toml")
    options = ReadingOptions(mappings=named_mappings([str(mapping)]).formats, year=2026)
    rows = open_log(UNKNOWN / name, options=options).frame
    time = pl.col("timestamp").cast(pl.Datetime("ms")).dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ")
    shown = rows.select("message_id", "recipient", "event", time).rows()
    assert [" ".join(filter(None, row)) for row in shown] == CASES[name]["rows"]
    assert not draft.questions
    assert text.count("\n") <= LONGEST


@pytest.mark.parametrize("name", CASES)
def test_comments_of_a_draft_quote_nothing_of_the_log(name: str) -> None:
    ids = {row.split()[0] for row in CASES[name]["rows"]}
    comments = [line.partition("# ")[2] for line in drafted(UNKNOWN / name).toml().split("\n")]
    said = " ".join(comments)
    assert "@" not in said
    assert not [each for each in ids if len(each) > 2 and each in said.split()]
