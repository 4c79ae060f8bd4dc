"""The commands that list what is built in, and the one that writes the gallery."""

import json
from pathlib import Path

import pytest

from fsm.logs.mapping.event_mapping import format_names, load_format
from fsm.machines import NAMES
from tests.command import Fsm
from tests.depth import DEEP


def test_machines_are_listed(fsm: Fsm) -> None:
    lines = fsm("machines").out.splitlines()
    assert lines[0].split() == ["name", "what", "it", "is", "states", "events", "transitions"]
    assert [line.split()[0] for line in lines[2:]] == list(NAMES)
    assert lines[2].split()[-3:] == ["6", "6", "11"]


def test_machines_as_json(fsm: Fsm) -> None:
    facts = json.loads(fsm("machines", "--json").out)
    assert [machine["name"] for machine in facts] == list(NAMES)
    assert facts[0]["states"][:2] == ["to_send", "awaiting"]
    assert (facts[0]["transitions"], facts[0]["indicators"]) == (
        11,
        ["Delivered", "Bounces + errors"],
    )


@pytest.mark.parametrize("name", format_names())
def test_a_format_says_what_its_events_mean(fsm: Fsm, name: str) -> None:
    form = load_format(name)
    shown = fsm("formats", name).out
    (facts,) = json.loads(fsm("formats", name, "--json").out)
    assert shown.startswith(f"{name}: {form.title}\n")
    assert all(source in shown for source in form.sources)
    assert set(facts["events"]) == set(form.meanings)
    for rule, meaning in form.meanings.items():
        row = next(line for line in shown.splitlines() if line.startswith(f"{rule}  "))
        assert (meaning.event or "") in row
        assert facts["events"][rule]["final"] is meaning.final
        assert facts["events"][rule]["fault"] == meaning.fault
    assert ("opened" in facts["records"]) == ("opened" in form.events)
    assert facts["records_hand_overs"] is form.relays


def test_an_unknown_format_is_refused(fsm: Fsm) -> None:
    result = fsm("formats", "postfx")
    assert (result.status, result.out) == (2, "")
    assert "postfx" in result.err
    assert result.err.count("\n") == 1


@pytest.mark.usefixtures("tmp_path" if DEEP else "gallery_drawn_once")
def test_a_gallery_is_written_and_checked(fsm: Fsm, tmp_path: Path) -> None:
    place = tmp_path / "gallery"
    written = fsm("gallery", place)
    assert (written.status, written.out) == (0, "")
    assert written.err.count("wrote ") == len(list(place.iterdir()))
    assert fsm("gallery", "--check", place) == (0, "", "")
    (place / "README.md").write_text("old")
    assert fsm("gallery", "--check", place) == (
        1,
        "",
        f"{place / 'README.md'}: out of date; to update, run: fsm gallery {place}\n",
    )
