"""A file that holds no machine is refused in one line, with the line to look at."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.catalog import load
from fsm.errors import MachineError
from fsm.formats import json_document, scxml
from fsm.formats.assembly import MAX_BYTES

JSON = json_document.to_json(load("delivery"))
SCXML = scxml.to_scxml(load("delivery"))

# What is replaced by what, the line that is named (None: where it was replaced), what is said.
BAD_JSON = {
    "no JSON": ('"fsm": 1,', "fsm", None, "not JSON: Expecting property name"),
    "empty": (JSON, "", 1, "empty; fsm draw MACHINE"),
    "not an object": (JSON, "[]", 1, "the document must be an object"),
    "another object": (JSON, "{}", 1, 'our own begins with "fsm": 1'),
    "without its format": ('"fsm": 1,', "", 1, 'it must begin with "fsm": 1'),
    "a later format": ('"fsm": 1', '"fsm": 2', 1, "format 2 is not known"),
    "many digits": ('"fsm": 1', f'"fsm": {"1" * 5000}', 1, "not JSON: Exceeds the limit"),
    "deep": (JSON, "[" * 100_000, 1, "nested too deeply"),
    "unknown member": ('"title": "Draft"', '"titel": "Draft"', None, "did you mean 'title'?"),
    "no member": (
        '{"name": "draft", ',
        "{",
        None,
        "required field `name` - at `$.states[0]`",
    ),
    "wrong kind": ('"title": "Draft"', '"title": 3', None, "got `int` - at `$.states[0].title`"),
    "wrong item": ('["can_start"]', "[3]", None, "Expected `str`, got `int` - at `$.guards[4]"),
    "wrong top": ('"events": [', '"events": ["draft", 3, ', 1, "Expected `str`, got `int`"),
    "unknown lines": ('"title": "Draft"', '"a\\nb`": 1', None, "unknown field `a[U+000A]b`"),
    "half a character": ('"title": "Draft"', '"\\ud800": 1', 1, "surrogates not allowed"),
    "brace in a text": (
        '"title": "Draft"',
        '"title": "}{\\"", "final": 3',
        None,
        "got `int` - at `$.states[0].final`",
    ),
    "twice": ('"title": "Draft"', '"name": "draft"', None, "'name' occurs twice"),
    "second state": ('"name": "preparing"', '"name": "draft"', None, "a second state 'draft'"),
    "second event": ('"cancel",', '"stop",', 1, "a second event 'stop'"),
    "second cell": (
        '"event": "preparation_failed"',
        '"event": "preparation_done"',
        None,
        "a second transition of 'preparation_done' in state 'preparing'",
    ),
    "no such state": ('"source": "paused"', '"source": "paus"', None, "did you mean 'paused'?"),
    "no such event": ('"event": "cancel"', '"event": "cancle"', None, "did you mean 'cancel'?"),
    "no such initial": ('"initial": "draft"', '"initial": "x"', 1, "no state 'x'"),
    "second indicator": (
        '"guards": [',
        '"indicators": [{"name": "i", "statuses": []}, {"name": "i", "statuses": []}], "guards": [',
        None,
        "a second indicator 'i'",
    ),
    "timer without end": (
        '"guards": [',
        '"timers": [{"event": "stop", "after": "soon", "states": ["draft"]}], "guards": [',
        None,
        "after 'soon' is not a duration; write 45 s, 30 min or 1 h 30 min",
    ),
    "timer in one state": (
        '"guards": [',
        '"timers": [{"event": "stop", "after": "1d", "state": "draft"}], "guards": [',
        None,
        "unknown field `state` - at `$.timers[0]`; did you mean 'states', ",
    ),
    "timer finer than times": (
        '"guards": [',
        '"timers": [{"event": "stop", "after": "1.0000001s", "states": ["draft"]}], "guards": [',
        None,
        "after '1.0000001s' is not a duration in whole microseconds; write 45 s, 30 min or",
    ),
    "timer for ever": (
        '"guards": [',
        '"timers": [{"event": "stop", "after": "40000d", "states": ["draft"]}], "guards": [',
        None,
        "the timer of 'stop' runs 40000 d; write a hundred years at most",
    ),
    "timer in no state": (
        '"guards": [',
        '"timers": [{"event": "stop", "after": "1d", "states": ["drat"]}], "guards": [',
        None,
        "the timer 'stop after 1 d in drat': no state 'drat'",
    ),
    "guards twice": (
        '{"event": "stop", "names": []}',
        '{"event": "resume", "names": []}',
        None,
        "the guards of 'resume' stand here a second time",
    ),
    "guard without symbols": ('"names": []', '"names": ["g"]', None, "no event"),
    "many guards": ('["can_start"]', '["a","b","c","d","e","f","g"]', None, "more than 6 guards"),
}
BAD_SCXML = {
    "no XML": ("</scxml>", "</scxm>", None, "not XML: mismatched tag"),
    "document type": (
        "<scxml ",
        "<!DOCTYPE scxml SYSTEM 'file:///etc/passwd'><scxml ",
        None,
        "a document type is refused",
    ),
    "entity": (
        "<scxml ",
        "<!DOCTYPE x [<!ENTITY a 'b'><!ENTITY c '&a;&a;'>]><scxml ",
        None,
        "a document type is refused",
    ),
    "unknown entity": ('expr="0"', 'expr="&lol;"', None, "not XML: undefined entity"),
    "unknown encoding": ("UTF-8", "klingon", 1, "not XML"),
    "something else": (SCXML, "<html/>", 1, "the document begins with <html>"),
    "another version": ('fsm:version="1"', 'fsm:version="2"', None, 'fsm:version="2" is not known'),
    "no id": ('<state id="draft"', "<state", None, "<state> without id"),
    "second id": ('<state id="preparing"', '<state id="draft"', None, "a second state 'draft'"),
    "no such state": (
        'target="preparing"',
        'target="prepering"',
        None,
        "did you mean 'preparing'?",
    ),
    "no such event": ('event="cancel"', 'event="cancle"', None, "did you mean 'cancel'?"),
    "timer without end": (
        "<fsm:event",
        '<fsm:timer symbol="stop" after="1" places="draft|"/><fsm:event',
        None,
        "after '1' is not a duration",
    ),
    "half a cell": (
        "<fsm:event",
        '<fsm:timer symbol="stop" after="1s" places="draft|" restarts="draft|"/><fsm:event',
        None,
        "restarts has states and events in pairs",
    ),
    "no place": ('target="preparing"', 'target="preparing" fsm:place="-1"', None, "whole number"),
}


@pytest.mark.parametrize(("old", "new", "line", "message"), BAD_JSON.values(), ids=BAD_JSON)
def test_json(tmp_path: Path, old: str, new: str, line: int | None, message: str) -> None:
    check(tmp_path / "m.json", JSON, old, new, line, message)


@pytest.mark.parametrize(("old", "new", "line", "message"), BAD_SCXML.values(), ids=BAD_SCXML)
def test_scxml(tmp_path: Path, old: str, new: str, line: int | None, message: str) -> None:
    check(tmp_path / "m.scxml", SCXML, old, new, line, message)


def check(path: Path, good: str, old: str, new: str, line: int | None, message: str) -> None:
    assert old in good
    expected = line or 1 + good.count("\n", 0, good.index(old))
    path.write_text(good.replace(old, new, 1))
    with pytest.raises(MachineError, match=re.escape(message)) as caught:
        load(str(path))
    assert str(caught.value).startswith(f"{path}:{expected}: ")
    assert "\n" not in str(caught.value)


FILES = {
    "missing": (None, "No such file or directory"),
    "large": (b" " * (MAX_BYTES + 1), "larger than 16 MiB"),
    "not UTF-8": (b"{\n\xff", "2: not UTF-8"),
    "many objects": (b"[" + b"{}," * 250_001, "more than 250,000 objects"),
}


@pytest.mark.parametrize(("content", "message"), FILES.values(), ids=FILES)
def test_file(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "m.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MachineError, match=re.escape(message)):
        load(str(path))


def test_many_elements() -> None:
    with pytest.raises(MachineError, match="more than 250,000 elements"):
        scxml.parse_scxml(b"<a>" + b"<b/>" * 250_001 + b"</a>")


@given(st.data())
def test_any_damage_is_one_line(data: st.DataObject) -> None:
    read, good = data.draw(
        st.sampled_from(
            [
                (lambda b: json_document.parse_document(b.decode()), JSON),
                (scxml.parse_scxml, SCXML),
            ]
        )
    )
    at = data.draw(st.integers(0, len(good)))
    text = good[:at] + data.draw(st.text("\"'<>/={}[]:,x0\\ \n", max_size=3)) + good[at + 2 :]
    refusal = "machine.json:1: none"
    try:
        read(text.encode())
    except MachineError as error:
        refusal = str(error)
    assert re.fullmatch(r"machine\.(json|scxml):\d+: [^\n]+", refusal)
