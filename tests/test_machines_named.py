"""Which machines a command executes: those that are named, each once."""

import json
from pathlib import Path

import pytest

from tests.command import Fsm

NAMED = {
    "none": ([], ["with-feedback", "without-feedback"]),
    "one": (["without-feedback"], ["without-feedback"]),
    "one twice": (["with-feedback", "with-feedback"], ["with-feedback"]),
    "in their order": (
        ["without-feedback", "with-feedback"],
        ["without-feedback", "with-feedback"],
    ),
    "twice among others": (
        ["with-feedback", "without-feedback", "with-feedback"],
        ["with-feedback", "without-feedback"],
    ),
}


@pytest.mark.parametrize(("names", "executed"), NAMED.values(), ids=list(NAMED))
def test_each_machine_is_executed_once(
    names: list[str], executed: list[str], sample: Path, fsm: Fsm
) -> None:
    options = [part for name in names for part in ("--machine", name)]
    result = fsm("replay", sample, *options, "--json")
    assert result.status == 0
    found = json.loads(result.out)["machines"]
    assert [name for name in found if name != "engagement"] == executed
    explained = fsm("explain", sample, "--message", "m2", *options, "--json")
    changes = [c["machine"] for e in json.loads(explained.out)[0]["entries"] for c in e["changes"]]
    assert changes.count(executed[0]) == 2
