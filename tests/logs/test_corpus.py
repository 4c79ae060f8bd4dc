"""What public documents show and list is known here, and means what they say."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from fsm.logs.mapping.event_mapping import load_format
from fsm.logs.native_event import NativeEvent
from fsm.logs.notes import Notes
from fsm.logs.servers.clock import Clock
from fsm.logs.servers.postfix import _STATUS, Reader

Convert = Callable[..., Any]
WHYSCREAM = ("smtp", "lmtp", "local", "virtual", "pipe", "error", "discard", "qmgr", "bounce")


# Postfix: the line tests of a widely used set of patterns --------------------------------------


def line_tests(corpus: Path) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield name, line and expected fields of the tests of programs that tell of deliveries."""
    for path in sorted((corpus / "logs" / "postfix-whyscream" / "test").glob("*.yaml")):
        if path.name.partition("_")[0] in WHYSCREAM:
            pairs = (
                line.strip().split(": ", 1)
                for line in path.read_text().splitlines()
                if ": " in line and not line.startswith("#")
            )
            facts = {key: plain(value) for key, value in pairs}
            yield path.stem, facts["data"], facts


def plain(scalar: str) -> str:
    return str(json.loads(scalar)) if scalar.startswith('"') else scalar


def said_of(keys_and_values: str) -> dict[str, str]:
    """The fields that the patterns found: ``to=<a@x>, relay=none, delay=1``."""
    found = re.findall(r"(\w+)=(<[^>]*>|[^,]*)", keys_and_values)
    return {key: value.strip("<>") for key, value in found}


def read(*lines: tuple[str, str]) -> list[NativeEvent]:
    """The events of lines, each of a program."""
    text = [f"Jan  5 09:00:00 mx postfix/{program}[7]: {line}" for program, line in lines]
    return [e for _, found in Reader(Clock(UTC)).read([text], Notes("log")) for e in found]


def test_the_fields_of_delivery_lines(corpus: Path) -> None:
    names = []
    for name, line, facts in line_tests(corpus):
        status = facts.get("postfix_status")
        if status is None or status == "expired":
            continue
        facts_of_line = said_of(facts["postfix_keyvalue_data"])
        match = _STATUS.match(line.partition(": ")[2])
        assert match, name
        fields = dict(
            zip(("to", "relay", "delay", "dsn", "status", "reply"), match.groups(), strict=True)
        )
        for key in ("to", "relay", "delay", "dsn"):
            assert fields[key] == facts_of_line.get(key), name
        assert fields["status"] == status
        for reply in (text for key, text in facts.items() if key.endswith("_response")):
            assert fields["reply"] == reply, name
        events_of_line = [e for e in read((name.partition("_")[0], line)) if e.native != "queued"]
        assert [(e.message_id, e.recipient) for e in events_of_line] == [
            (facts["postfix_queueid"], facts_of_line["to"])
        ]
        assert events_of_line[0].native.startswith((status, "bounce notice")), name
        names.append(name)
    assert len(names) > 15


def test_expired_lines(corpus: Path) -> None:
    lines = [line for _, line, facts in line_tests(corpus) if "expired" in facts.values()]
    for line in lines:
        queue = line.partition(":")[0]
        before = f"{queue}: to=<a@y.example>, relay=none, delay=1, dsn=4.4.1, status=deferred (no)"
        assert read(("smtp", before), ("qmgr", line))[-1].native == "expired"
    assert lines


def test_notices_of_our_own(corpus: Path) -> None:
    names = []
    for name, line, facts in line_tests(corpus):
        if notice := facts.get("postfix_bounce_queueid"):
            sent = f"{notice}: to=<n@x.example>, relay=mx, delay=1, dsn=2.0.0, status=sent (ok)"
            assert [e.native for e in read(("bounce", line), ("smtp", sent))] == [
                "bounce notice"
            ], name
            names.append(name)
    assert len(names) > 1


def test_other_lines_of_these_programs_tell_nothing(corpus: Path) -> None:
    for name, line, facts in line_tests(corpus):
        if not facts.keys() & {"postfix_status", "postfix_bounce_queueid"}:
            assert not read((name.partition("_")[0], line)), name


# Momentum, SparkPost, KumoMTA -----------------------------------------------------------------


def rows_of(path: Path) -> list[list[str]]:
    """The cells of the tables of a page."""
    lines = [line for line in path.read_text().splitlines() if line.startswith("|")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


def test_the_lines_of_momentum(corpus: Path, convert: Convert) -> None:
    text = "".join(
        (corpus / "logs" / "momentum-docs" / f"log-formats-{name}.md").read_text()
        for name in ("mainlog", "bouncelog")
    ).replace(" »\n", "")
    lines = re.findall(r"^\d{10}@.*$", text, re.MULTILINE)
    rows, notes = convert("\n".join(lines), relayed=False)
    assert {row["native"].partition("/")[0] for row in rows} == {"R", "D", "T", "P", "B"}
    assert len(rows) == len(lines)
    assert not notes.rejected.counts
    assert not notes.unmapped.counts


CATEGORIES = {
    "Hard": ("hard_bounce",),
    "Soft": ("retry_failed",),
    "Block": ("retry_failed",),
    "Undetermined": ("retry_failed",),
    "Admin": ("stopped", "nothing"),
}
NOT_BY_CATEGORY = {
    "60": "an answer of a machine is no bounce",
    "100": "an answer of a machine is no bounce",
}


@pytest.mark.parametrize(("form", "native"), [("sparkpost", "bounce/{}"), ("momentum", "B/{}")])
def test_every_class_of_bounces_means_what_its_category_says(
    corpus: Path, form: str, native: str
) -> None:
    table = rows_of(corpus / "logs" / "momentum-docs" / "bounce-classification-codes.md")
    seen = 0
    for code, _, _, category in (row for row in table if row[0].isdigit()):
        meaning = load_format(form).meaning(native.format(code))
        assert meaning is not None
        assert meaning.rule == native.format(code), "it has a row of its own"
        wanted = ("auto_replied",) if code in NOT_BY_CATEGORY else CATEGORIES[category]
        assert meaning.event in wanted, code
        seen += 1
    assert seen == 20


def test_every_event_of_sparkpost_has_a_row(corpus: Path) -> None:
    table = rows_of(corpus / "logs" / "momentum-docs" / "sparkpost-event-definitions.md")
    names = [row[0] for row in table if re.fullmatch("[a-z_]+", row[0])]
    assert len(names) > 15
    assert [name for name in names if name not in load_format("sparkpost").meanings] == []


def test_every_class_of_kumomta_has_a_row(corpus: Path) -> None:
    places = (corpus / "logs" / "kumomta" / "assets").rglob("*.toml")
    names = {name for p in places for name in tomllib.loads(p.read_text())["rules"]}
    meanings = load_format("kumomta").meanings
    assert len(names) > 10
    assert sorted(name for name in names if f"Bounce/{name}" not in meanings) == []
    assert all(meanings[f"Bounce/{name}"].fault for name in names)
