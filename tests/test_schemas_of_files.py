"""The schemas of the files that users write: editors say what fsm says."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import fsm
from fsm.errors import FsmError
from fsm.formats.json_document import read_document
from fsm.logs.mapping.mapping_file import read_mapping
from fsm.logs.mapping.policy import load_policy
from fsm.logs.snapshots.labels import load_labels
from fsm.reference.files_page import example_of
from fsm.schemas import INPUTS, load_schema
from fsm.settings import read_settings
from fsm.tables.words.binding import read_binding
from fsm.tables.words.lexicon_files import read_lexicon
from tests.depth import samples
from tests.golden.cases import SAMPLES

PACKAGE = Path(fsm.__file__).parent
READERS: dict[str, Callable[[Path], object]] = {
    "lexicon": read_lexicon,
    "binding": read_binding,
    "labels": lambda path: load_labels(str(path)),
    "mapping": read_mapping,
    "policy": lambda path: load_policy(str(path)),
    "machine": read_document,
    "settings": read_settings,
}
HINT = "#:schema ./some.schema.json\n"
"""The first line with which editors find the schema."""

RIGHT = [
    *(("lexicon", path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("lexicons/*.toml"))),
    *((name, example_of(name)) for name in INPUTS if name != "machine"),
    ("lexicon", (SAMPLES / "dutch.toml").read_text("utf-8")),
    ("lexicon", 'language = "nl"\ntolerated = []'),
    ("binding", (SAMPLES / "lift.toml").read_text("utf-8")),
    ("binding", 'machine = "m"\n[columns]\nevent = ""\n[indicators]\nOpens = "Opens"'),
    ("labels", (PACKAGE / "logs/snapshots/labels.toml").read_text("utf-8")),
    ("labels", (SAMPLES / "labels.toml").read_text("utf-8")),
    ("labels", 'time_format = "%d/%m/%Y"\nfeedback = true\n[columns]\nstatus = []'),
    ("labels", '[reasons]\n"Moved" = {}'),
    *(("mapping", path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("providers/*.toml"))),
    ("mapping", 'kind = "mapping"'),
    ("policy", (SAMPLES / "policy.toml").read_text("utf-8")),
    ("policy", ""),
]

BUILT_IN_POLICIES = tomllib.loads((PACKAGE / "logs/mapping/policy.toml").read_text("utf-8"))

STEP = '[[steps]]\nmachines = ["engagement"]\nevent = "opened"\nlabels = ["It opens"]\n'
MAP = 'kind = "mapping"\n'
BOUND = 'machine = "engagement"\n[columns]\nevent = "What"\n'
WRONG = {
    "lexicon": [
        "",
        'language = ""',
        "language = 3",
        'language = "nl"\nwords = []',
        'language = "nl"\ntolerated = "a word"',
        'language = "nl"\ntolerated = [""]',
        'language = "nl"\nstatuses = ["Sent"]',
        'language = "nl"\n[statuses]\nSent = "Verzonden"',
        'language = "nl"\n[statuses]\nSent = []',
        'language = "nl"\n[statuses]\nSent = [1]',
        'language = "nl"\n[columns]\nstate = ["Stand"]',
        'language = "nl"\n[effects]\nrises = ["{indicator} stijgt"]',
        'language = "nl"\n[effects]\nincreases = ["stijgt"]',
        'language = "nl"\n[effects]\nincreases = ["{indicator} en {indicator}"]',
        'language = "nl"\n[states]\nretrying = "Opnieuw"',
        'language = "nl"\nsteps = 1',
        f'language = "nl"\n{STEP.replace("labels", "label")}',
        f'language = "nl"\n{STEP}extra = 1',
        f'language = "nl"\n{STEP}from = 1',
        f'language = "nl"\n{STEP.replace("event", "events")}',
    ],
    "binding": [
        "",
        BOUND,
        f'{BOUND}title = "In the columns"',
        f'title = ""\n{BOUND}to = "To"',
        f"title = 3\n{BOUND}to = 'To'",
        'machine = "engagement"\n[columns]\nto = "To"',
        f"{BOUND}to = 3",
        f"{BOUND}to = 'To'\n[labels]\nopened = []",
        f"{BOUND}to = 'To'\n[labels]\nopened = [3]",
        f"{BOUND}to = 'To'\n[words]\nopened = 'Opened'",
        f"{BOUND}[indicators]",
        "machine = 3\n[columns]\nevent = 'What'\nto = 'To'",
    ],
    "labels": [
        "[words]",
        "[columns]\nstate = 'State'",
        "[columns]\nstatus = 3",
        "[columns]\nstatus = [3]",
        "columns = 3",
        "[statuses]\nlost = 'Lost'",
        "[kinds]\nweak = 'Weak'",
        "time_format = 3",
        "feedback = 'yes'",
        "[reasons]\nMoved = 'hard'",
        "[reasons]\nMoved = { kind = 'weak' }",
        "[reasons]\nMoved = { fault = 'nobody' }",
        "[reasons]\nMoved = { why = 'so' }",
        "[reasons]\nMoved = { labels = 3 }",
        "[reasons]\nMoved = { blank = 'yes' }",
    ],
    "mapping": [
        "",
        'title = "no kind"',
        f'{MAP}colour = "red"',
        f"{MAP}title = 3",
        f'{MAP}title = ""',
        f'{MAP}relays = "yes"',
        f"{MAP}read = 3",
        f'{MAP}[read]\ncontainer = "tsv"',
        f"{MAP}[read]\nrecords = [3]",
        f'{MAP}[read]\nrecognise = ["event"]',
        f'{MAP}[read]\nquote = "two"',
        f"{MAP}[read]\nseparator = 3",
        f'{MAP}[fields]\nmessage = "id"',
        f"{MAP}[fields]\nmessage_id = 3",
        f"{MAP}[fields]\ntime = {{ joined = ['a'] }}",
        f"{MAP}[fields]\ntime = {{ join = [] }}",
        f"{MAP}[fields]\ntime = {{ join = ['a'], value = 'b' }}",
        f"{MAP}[fields]\ndetail = 3",
        f"{MAP}[fields.detail]\nfailed = 3",
        f'{MAP}[time]\nunit = "minutes"',
        f"{MAP}[time]\nformat = 3",
        f"{MAP}[events]\nsent = 3",
        f"{MAP}[events]\nsent = {{ fault = 'policy' }}",
        f"{MAP}[events]\nsent = {{ event = 'sent', fault = 'moon' }}",
        f"{MAP}[events]\nsent = {{ event = 'sent', why = 'so' }}",
    ],
    "settings": [
        "",
        'kind = "settings"\npage = []',
        'kind = "settings"\npages = "docs"',
        'kind = "settings"\nexpect = -1',
        'kind = "settings"\n[implementations]\na = "b"',
    ],
    "policy": [
        "title = 3",
        "mailbox_full = 'soft_bounce'",
        "mailbox_full = 3",
        "moon = 'hard_bounce'",
    ],
}


def faults(kind: str, data: Any) -> list[str]:
    return [fault.message for fault in Draft202012Validator(load_schema(kind)).iter_errors(data)]


VALUES = [3, True, "", "word", "{indicator} word", [], ["word"], [""], [3], {}, {"word": ["word"]}]


@st.composite
def changed(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Return a right file with one value or key changed, added or left out."""
    kind, text = draw(st.sampled_from(RIGHT))
    data = tomllib.loads(text)
    place: Any = data
    while isinstance(place, dict | list) and place:
        keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or draw(st.booleans()):
            break
        place = place[key]
    change = draw(st.sampled_from(["replace", "leave out", "add"]))
    if isinstance(place, dict) and (change == "add" or not place):
        new = draw(st.sampled_from(["word", "from", "kind", "title", "columns", "labels"]))
        place[new] = draw(st.sampled_from(VALUES))
    elif place and change == "leave out":
        del place[key]
    elif place:
        place[key] = draw(st.sampled_from(VALUES))
    return kind, data


def toml_of(value: Any) -> str:
    """Return a value as TOML, tables in one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(k)} = {toml_of(v)}' for k, v in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml_of, value))}]"
    return json.dumps(value, ensure_ascii=False)


@settings(max_examples=samples(2000, 100))
@given(changed())
def test_what_fsm_still_reads_is_still_right_for_an_editor(
    tmp_path_factory: pytest.TempPathFactory, file: tuple[str, dict[str, Any]]
) -> None:
    kind, data = file
    text = "".join(f"{json.dumps(key)} = {toml_of(value)}\n" for key, value in data.items())
    assert tomllib.loads(text) == data
    try:
        READERS[kind](written(kind, text, tmp_path_factory.getbasetemp()))
    except FsmError:
        return
    assert faults(kind, data) == []


def written(kind: str, text: str, folder: Path) -> Path:
    path = folder / f"{kind}.{'json' if kind == 'machine' else 'toml'}"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(("kind", "text"), RIGHT, ids=lambda part: part[:20].split("\n")[0])
def test_what_fsm_reads_is_right_for_an_editor(kind: str, text: str, tmp_path: Path) -> None:
    READERS[kind](written(kind, HINT + text, tmp_path))
    assert faults(kind, tomllib.loads(text)) == []


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, texts in WRONG.items() for text in texts]
)
def test_what_fsm_refuses_is_wrong_for_an_editor(kind: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(FsmError):
        READERS[kind](written(kind, text, tmp_path))
    assert faults(kind, tomllib.loads(text)) != []


@pytest.mark.parametrize("name", BUILT_IN_POLICIES)
def test_built_in_policies_are_right(name: str) -> None:
    assert faults("policy", BUILT_IN_POLICIES[name]) == []


LEAST = {
    "fsm": 1,
    "name": "m",
    "initial": "a",
    "states": [{"name": "a"}],
    "events": [],
    "transitions": [],
}
MACHINES = {
    "least": ({}, True),
    "defaults given": (
        {"title": None, "indicators": [], "deadline": None, "companion": None},
        True,
    ),
    "names its schema": ({"$schema": "./machine.schema.json"}, True),
    "example of the reference": (json.loads(example_of("machine")), True),
    "other version": ({"fsm": 2}, False),
    "no state": ({"states": []}, False),
    "unknown member": ({"state": []}, False),
    "unknown member of a state": ({"states": [{"name": "a", "shown": "x"}]}, False),
    "status is a number": ({"states": [{"name": "a", "status": 1}]}, False),
    "event is a number": ({"events": [1]}, False),
    "transition without target": ({"transitions": [{"source": "a", "event": "e"}]}, False),
    "deadline without state": ({"deadline": {"start": "a", "event": "b"}}, False),
    "guards of no event": ({"guards": [{"names": []}]}, False),
}


@pytest.mark.parametrize("case", MACHINES)
def test_machine_files(case: str, tmp_path: Path) -> None:
    changes, is_right = MACHINES[case]
    data = LEAST | changes
    path = written("machine", json.dumps(data), tmp_path)
    assert (faults("machine", data) == []) is is_right
    if is_right:
        read_document(path)
    else:
        with pytest.raises(FsmError):
            read_document(path)
