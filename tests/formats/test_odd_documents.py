"""A statechart with any value in any place is read, or refused in one line."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from test_statechart_documents import LANGUAGE, LIBRARY, MARKUP, SISMIC, XSTATE

from fsm.errors import MachineError
from fsm.formats.json_objects import LocatedJson
from fsm.formats.statecharts.recognition import read_statechart
from fsm.formats.yaml_objects import LocatedYaml
from tests.depth import samples

DOCUMENTS = [
    *(text for text, _ in XSTATE.values()),
    json.dumps(LANGUAGE),
    *(
        json.dumps(LocatedYaml(text, "m.yaml").root)
        for text in (*(text for text, _ in MARKUP.values()), SISMIC, LIBRARY)
    ),
]
ODD = [
    None, True, 0, -1, 3.5, 10**30, "", "x", "a", "*", "#a", ".", "a.b.c", "a" * 300, "\u202e", [],
    {}, [None], [[]], ["a", "b"], {"a": 1}, {"type": "x"}, {"target": 3}, {"event": 5},
    [{"type": 5}],
]  # fmt: skip
MEMBERS = [
    "on", "states", "type", "initial", "target", "always", "after", "guard", "invoke", "history",
    "entry", "Type", "Next", "Catch", "Branches", "children", "source", "dest", "transitions",
    "parallel states", "event", "x",
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if not isinstance(value, dict | list):
        return
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, key)
        yield from places(inner, (*path, key))


def changed(random: Random) -> str:
    """Return a document in which one value is odd, or one member has another name."""
    document = json.loads(random.choice(DOCUMENTS))
    *path, last = random.choice(list(places(document)))
    place = document
    for key in path:
        place = place[key]
    if isinstance(place, dict) and random.random() < 0.3:
        place[random.choice(MEMBERS)] = place.pop(last)
    else:
        place[last] = random.choice(ODD)
    return json.dumps(document)


def test_any_value_in_any_place() -> None:
    random, read, refused = Random(1), 0, 0
    for _ in range(samples(20_000, 100)):
        text = changed(random)
        try:
            read_statechart(LocatedJson(text, "m.json"))
            read += 1
        except MachineError as refusal:
            refused += "\n" not in str(refusal)
    assert read + refused == samples(20_000, 100)
    assert min(read, refused) > samples(20_000, 100) // 20
