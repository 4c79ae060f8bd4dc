"""Misspelt names: the nearest known ones, nearest first; all known ones; hostile names are cut."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fsm.file_kinds import misplaced_file, misplaced_toml, missing_file
from fsm.suggest import nearest, no_such, remedy, suggestion

STATES = ("to_send", "awaiting", "delivered", "retrying", "hard_bounced", "retries_exhausted")
NEAREST = {
    "a letter too few": ("retryng", ["retrying"]),
    "another case": ("DELIVERED", ["delivered"]),
    "blanks": ("to send", ["to_send"]),
    "nothing near": ("quarantine", []),
    "empty": ("", []),
    "a long name": ("delivered" + "x" * 10**6, []),
}


@pytest.mark.parametrize(("name", "expected"), NEAREST.values(), ids=NEAREST)
def test_the_nearest_names(name: str, expected: list[str]) -> None:
    assert nearest(name, STATES) == expected


def test_there_are_three_at_most_the_nearest_first() -> None:
    known = ["message10", "message11", "message1", "message12", "other"]
    assert nearest("message13", known) == ["message1", "message10", "message11"]
    assert nearest("message13", known * 2) == nearest("message13", known)


def test_a_name_that_is_much_farther_away_is_left_out() -> None:
    assert nearest("hard_bounce", ["soft_bounce", "hard_bounced"]) == ["hard_bounced"]


def test_known_names_may_be_long_and_without_end() -> None:
    def endless() -> Iterator[str]:
        number = 0
        while True:
            yield f"{number}"
            number += 1

    assert nearest("x", endless()) == []
    long = "delivered" * 1000
    assert suggestion(long[:80], [long]) == f"did you mean '{long[:79]}…'?"
    assert len(no_such("state", long, [long] * 3)) < 300


@pytest.mark.parametrize(
    ("count", "end"), [(24, "s23"), (25, "s23, ... (25 in all)")], ids=["all", "some"]
)
def test_a_long_list_is_cut_and_counted(count: int, end: str) -> None:
    known = [f"s{number}" for number in range(count)]
    assert remedy("other", known).endswith(end)
    assert remedy("other", known, see="fsm show X").startswith(
        "there are: s0" if count == 24 else "see all 25: fsm show X"
    )


def test_missing_files_have_their_neighbours_as_suggestions(tmp_path: Path) -> None:
    for name in ("page.md", ".pages.md", "other.csv"):
        (tmp_path / name).touch()
    assert missing_file(tmp_path / "pgae.md").endswith("; did you mean 'page.md'?")
    assert missing_file(tmp_path / "x") == "No such file or directory"
    assert missing_file(tmp_path / "no" / "x").endswith(f"no folder '{tmp_path / 'no'}'")


FILES = {
    "PAGE.MD": ("machine", "a Markdown page, not a machine"),
    "lift.scxml": ("log", "a machine, not a log"),
    "mail.log.gz": ("page", "a log, not a page"),
    "picture.svg": ("page", "a picture, not a page"),
    "report.html": ("log", "an HTML page, not a log"),
    "words.toml": ("log", "a TOML file, not a log"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_misplaced_file_is_named_for_what_it_is(name: str) -> None:
    wanted, message = FILES[name]
    assert misplaced_file(name, wanted).startswith(f"{message}; ")


@pytest.mark.parametrize("name", ["notes.txt", "log", "data.json", "page.md"])
def test_a_file_that_may_be_a_page_is_no_misplaced_one(name: str) -> None:
    assert misplaced_file(name, "page") == ""


TOML: dict[str, tuple[dict[str, object], str]] = {
    "lexicon": ({"language": "nl", "columns": {}}, "--lexicon"),
    "table": ({"machine": "m", "columns": {}}, "--binding"),
    "labels": ({"columns": {}, "reasons": {}}, "--labels"),
    "policy": ({"title": "t", "mailbox_full": "hard_bounce"}, "--policy"),
}


@pytest.mark.parametrize("kind", TOML)
def test_a_misplaced_toml_file_is_named_with_its_option(kind: str) -> None:
    data, option = TOML[kind]
    assert misplaced_toml(data, kind) == misplaced_toml(data | {"kind": kind}, kind) == ""
    for other in set(TOML) - {kind}:
        assert misplaced_toml(data, other).endswith(f"; give it with {option}")
        said = misplaced_toml({"kind": kind, "columns": {}}, other)
        assert said.endswith(f"; give it with {option}")
    assert misplaced_toml({"columns": {}}, kind) == ""
