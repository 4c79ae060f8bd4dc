"""Wrong arguments of the library: one line that says which one, and what to write."""

import copy
import inspect
import json
import pickle
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
import pytest
from statemachine import State, StateChart

import fsm
from fsm.analysis import check_claim, equivalent, product, quotient, refines
from fsm.catalog import built_in_companion
from fsm.drawing.marking import coverage_overlay, diff_overlay, path_overlay, traffic_overlay
from fsm.drawing.model import Look
from fsm.logs.reading import ReadingOptions
from fsm.machine import Origin
from fsm.reference.api_page import SUBJECTS
from fsm.reference.signatures import methods_of
from fsm.suites import run_test
from tests.test_public_face import python

NAME = "with-feedback"
MACHINE = fsm.load(NAME)
LOG = pl.DataFrame(
    {
        "message_id": [1, 1],
        "event": ["relayed", "delivered"],
        "timestamp": ["2026-01-31T09:30:00Z", "2026-01-31T09:30:02Z"],
    }
)
REPLAY = fsm.replay(LOG, NAME)
A_DAY = timedelta(days=1)
WRONG: Any = "no value of this type"


class Parcel(StateChart[Any]):
    packed = State(initial=True)
    received = State(final=True)
    receive = packed.to(received)


CALLS: dict[str, tuple[Callable[[], object], str]] = {
    # durations, times, numbers
    "validity 0": (lambda: replay(validity=timedelta(0)), "validity: 0:00:00 is not a duration of"),
    "validity -1": (lambda: replay(validity=-A_DAY), "validity: -1 day, 0:00:00 is not a duration"),
    "validity max": (lambda: replay(validity=timedelta.max), "up to 36,525 days"),
    "validity text": (lambda: replay(validity="7d"), "'7d' is not a duration; write for example"),
    "validity 7": (lambda: replay(validity=7), "validity: 7 is not a duration"),
    "as_of naive": (lambda: replay(as_of=datetime(2026, 1, 1)), "as_of: .* has no time zone"),
    "as_of date": (lambda: replay(as_of=date(2026, 1, 1)), "as_of: .* is not a time; write"),
    "every 0": (lambda: replay(every=timedelta(0)), "every: 0:00:00 is not a duration"),
    "to_send half": (lambda: replay(to_send=1.5), "to_send: 1.5 is not a whole number"),
    "to_send -1": (lambda: replay(to_send=-1), "to_send: -1 is less than 0"),
    "memory text": (lambda: replay(memory="1G"), "memory: '1G' is not a whole number"),
    "memory -1": (lambda: replay(memory=-1), "memory: -1 is less than 0"),
    "workers 0": (lambda: replay(workers=0), "workers: 0 is less than 1"),
    "workers true": (lambda: replay(workers=True), "workers: True is not a whole number"),
    "dedupe text": (lambda: replay(dedupe="no"), "dedupe: 'no' is neither True nor False"),
    "progress": (lambda: replay(progress=3), "progress: 3 cannot be called"),
    "companions": (lambda: replay(companions=3), "companions: 3 cannot be called"),
    "checkpoint": (lambda: replay(checkpoint=3), "checkpoint: 3 is not the path of a directory"),
    "explain as_of": (
        lambda: fsm.explain(LOG, "1", NAME, as_of=datetime(2026, 1, 1)),
        "as_of: .* has no time zone",
    ),
    "explain None": (lambda: fsm.explain(LOG, WRONG and None, NAME), "message: None is not the id"),
    "report every": (lambda: fsm.report(REPLAY, every=timedelta(0)), "every: 0:00:00 is not"),
    "report messages": (lambda: fsm.report(REPLAY, messages=-1), "messages: -1 is less than 0"),
    "series text": (lambda: REPLAY.series(WRONG), "every: .* is not a duration"),
    "in_detail": (lambda: REPLAY.in_detail(-A_DAY), "every: -1 day, 0:00:00 is not a duration"),
    "first_rejections": (lambda: REPLAY.first_rejections(-1), "count: -1 is less than 0"),
    "rejection_kinds": (lambda: REPLAY.rejection_kinds(-1), "most: -1 is less than 0"),
    "simulate text": (lambda: fsm.simulate(NAME, WRONG), "messages: .* is not a whole number"),
    "simulate start": (lambda: fsm.simulate(NAME, 1, start=WRONG), "start: .* is not a time"),
    "suite tests": (lambda: fsm.suite(NAME, tests=WRONG), "tests: .* is not a whole number"),
    "suite observable": (lambda: fsm.suite(NAME, observable=WRONG), "no observable .*; there are"),
    "suite method": (lambda: fsm.suite(NAME, WRONG and None), "no method 'None' for test suites"),
    "Mealy observable": (lambda: fsm.Mealy.of(MACHINE, WRONG), "there are: status, state, output"),
    "Mealy.of a name": (lambda: fsm.Mealy.of(WRONG), "a name becomes one with fsm.load"),
    "walk -1": (lambda: fsm.Mealy.of(MACHINE).walk([-1]), "no input -1; .* from 0 to 5"),
    "walk 99": (lambda: fsm.Mealy.of(MACHINE).walk([99]), "no input 99; .* from 0 to 5"),
    "walk names": (lambda: fsm.Mealy.of(MACHINE).walk([WRONG]), r"becomes one with word\(\)"),
    "run_test": (
        lambda: run_test(WRONG, WRONG and MACHINE, ["relayed"]),
        r"is no Mealy machine; Mealy.of\(machine\) makes one",
    ),
    "series None": (lambda: REPLAY.series(WRONG and None), "every: None is not a duration"),
    "check 3": (lambda: fsm.check(WRONG and 3), "pages: 3 is neither one value nor several"),
    "origins None": (lambda: MACHINE.with_origins(WRONG and None), "origins is None; write a map"),
    "claim None": (lambda: check_claim(NAME, WRONG and None), "claim: None is not a text"),
    # what is no machine
    "a class": (
        lambda: fsm.run(WRONG and Parcel, ["receive"]),
        r"Parcel: a class, not a machine; compile it: fsm.compile_chart\(Parcel\)",
    ),
    "a class to replay": (lambda: fsm.replay(LOG, WRONG and Parcel), "Parcel: a class, not a mach"),
    "a class to compare": (lambda: fsm.compare(NAME, WRONG and Parcel), "Parcel: a class, not a"),
    "an object of it": (
        lambda: fsm.analyse(WRONG and Parcel()),
        r"an object of Parcel, not a machine; compile its class: fsm.compile_chart\(Parcel\)",
    ),
    "None": (lambda: fsm.analyse(WRONG and None), "None: not a machine; give a machine or its"),
    "None to suite": (lambda: fsm.suite(WRONG and None), "None: not a machine; give a machine"),
    "3 to explore": (lambda: fsm.explore(WRONG and 3), "3: not a machine; give a machine or its"),
    "a list": (lambda: fsm.draw(WRONG and [MACHINE]), "not a machine; give a machine or its name"),
    "a path": (lambda: fsm.load(WRONG and Path("a.json")), "a.json: a path; give it as text: 'a.j"),
    "load a machine": (lambda: fsm.load(WRONG and MACHINE), "a machine already, not the name of"),
    "name 5": (lambda: fsm.compile_chart(Parcel, WRONG and 5), "name: 5 is no name of a machine"),
    # traces, states, events, origins
    "trace None": (lambda: fsm.run(NAME, WRONG and None), "the trace is None; write a sequence"),
    "state 3": (lambda: MACHINE.state(WRONG and 3), "no state '3'; there are"),
    "trace_to": (lambda: MACHINE.trace_to("relaid"), "no event 'relaid'; did you mean 'relayed'"),
    "origin of nothing": (
        lambda: MACHINE.with_origins({("a", "b", "c"): Origin("D1", "why")}),
        r"no transition \('a', 'b', 'c'\) for an origin",
    ),
    "origin as text": (
        lambda: MACHINE.with_origins({("to_send", "relayed", "awaiting"): WRONG}),
        "is 'no value of this type'; write Origin",
    ),
    # diagrams
    "focus -1": (lambda: look(focus=("retrying", -1)), "is no state with a distance of 0 or more"),
    "focus text": (lambda: look(focus=WRONG), "is no state with a distance of 0 or more"),
    "no look": (lambda: fsm.draw(NAME, "dot", WRONG), "is no Look; write for example Look"),
    "format None": (lambda: fsm.draw(NAME, WRONG and None), "no format 'None'; there are"),
    "figure png": (lambda: fsm.figure(NAME).write("a.png"), "a.png: a figure is written as SVG"),
    # frames
    "mapping as text": (lambda: fsm.open_log(LOG, WRONG), "columns: .* maps no names; write for"),
    "options": (lambda: fsm.open_log(LOG, options=WRONG), "options: .* are no fsm.logs.reading.Re"),
    "series": (lambda: fsm.replay(LOG["event"], NAME), "a series is one column; give a frame"),
    "empty frame": (
        lambda: fsm.replay(pl.DataFrame(), NAME),
        r"<frame>: no column 'message_id'; there are: none. Map one: fsm.open_log\(frame, {'messa",
    ),
    "lists": (
        lambda: fsm.replay(LOG.with_columns(event=pl.lit([7])), NAME),
        r"<frame>: column 'event' holds List\(Int64\); event is one value in each row",
    ),
    "objects": (
        lambda: fsm.replay(
            LOG.with_columns(pl.Series("message_id", [UUID(int=1)] * 2, pl.Object)), NAME
        ),
        "<frame>: column 'message_id' holds Object; message_id is one value in each row",
    ),
    "odd pandas": (lambda: fsm.replay(Pandas(["message_id"]), NAME), "column 'message_id': cannot"),
    "twice": (lambda: fsm.replay(Pandas(["event"] * 2), NAME), "<frame>: two columns 'event'"),
    "odd arrow": (
        lambda: fsm.replay(Arrow(), NAME),
        r"<frame>: cannot be read \(mixed types\); gi",
    ),
}


class Arrow:
    """Arrow data of another library, which cannot export it."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        raise TypeError("mixed types\nand more")


class Pandas(Arrow):
    """A frame of pandas with these columns, which cannot be exported."""

    loc = None

    def __init__(self, columns: list[str]) -> None:
        self.columns = columns

    def __getitem__(self, names: list[str]) -> "Pandas":
        return Pandas(names)


def replay(**options: Any) -> fsm.Replay:
    return fsm.replay(LOG, NAME, **options)


def look(**options: Any) -> str | bytes:
    return fsm.draw(NAME, "dot", Look(**options))


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_argument_is_refused_in_one_line(name: str) -> None:
    call, message = CALLS[name]
    with pytest.raises(fsm.FsmError, match=message) as refused:
        call()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "indicators", [{"": "Packed"}, {5: "Packed"}, {"A": 3}, {"A": [3]}], ids=str
)
def test_odd_indicators_of_a_class_are_refused(indicators: dict[object, object]) -> None:
    chart = type("Odd", (StateChart,), {"a": State(initial=True, final=True)})
    chart.indicators = indicators  # type: ignore[attr-defined]
    with pytest.raises(fsm.FsmError, match=r"^Odd: (an|the) indicator "):
        fsm.compile_chart(chart)


def test_a_name_will_do_for_every_machine() -> None:
    other = fsm.load("without-feedback")
    assert refines(NAME, "without-feedback") == refines(MACHINE, other)
    assert equivalent(NAME, NAME) is None
    assert (product(NAME, NAME), quotient(NAME)) == (product(MACHINE, MACHINE), quotient(MACHINE))
    assert check_claim(NAME, "never Sent before relayed").holds
    assert path_overlay(NAME, ["relayed"]) == path_overlay(MACHINE, ["relayed"])
    assert coverage_overlay(NAME, [], "s") == coverage_overlay(MACHINE, [], "s")
    assert traffic_overlay(NAME, [], "s") == traffic_overlay(MACHINE, [], "s")
    assert diff_overlay(NAME, "without-feedback") == diff_overlay(MACHINE, other)


def test_one_value_will_do_for_several(tmp_path: Path) -> None:
    page, words = tmp_path / "page.md", tmp_path / "words.toml"
    page.write_text("# Nothing\n")
    words.write_text("")
    for option in ("lexicons", "bindings"):
        ask: Any = fsm.check
        refusals = []
        for given in (str(words), [str(words)]):
            with pytest.raises(fsm.FsmError, match=re.escape(str(words))) as refused:
                ask(page, **{option: given})
            refusals.append(str(refused.value))
        assert refusals[0] == refusals[1]
    assert look(collapse="Failed") == look(collapse=("Failed",))


def test_numbers_are_ids_in_frames() -> None:
    (by_number,), (by_text,) = fsm.explain(LOG, 1, NAME), fsm.explain(LOG, "1", NAME)
    assert by_number == by_text
    assert [entry.event for entry in by_number.entries] == ["relayed", "delivered"]


SHARED: dict[str, tuple[object, str]] = {
    "Machine": (MACHINE, "guards"),
    "MachineFacts": (fsm.analyse(NAME), "traces"),
    "MachineResult": (REPLAY.machines[NAME], "statuses"),
    "CheckReport": (fsm.check([]), "confirmed"),
    "Overlay": (path_overlay(NAME, ["relayed"]), "lines"),
    "Replay": (REPLAY, "machines"),
}


@pytest.mark.parametrize("name", SHARED)
def test_mappings_of_values_cannot_be_changed(name: str) -> None:
    value, field = SHARED[name]
    mapping: Any = getattr(value, field)
    before = dict(mapping)
    for change in (
        lambda: mapping.update(x=1),
        lambda: mapping.clear(),
        lambda: mapping.setdefault("x", 1),
        lambda: mapping.__setitem__("x", 1),
        lambda: mapping.__ior__({"x": 1}),
        lambda: mapping.popitem(),
    ):
        with pytest.raises(TypeError, match="cannot be changed"):
            change()
    assert mapping == before


@pytest.mark.parametrize("name", [name for name in SHARED if name != "Replay"])
def test_values_are_compared_copied_and_pickled(name: str) -> None:
    value, _ = SHARED[name]
    assert pickle.loads(pickle.dumps(value)) == value == copy.deepcopy(value)


def test_results_are_json_and_hashes_do_not_change() -> None:
    assert json.loads(json.dumps(REPLAY.as_dict()))["events"] == 2
    assert hash(copy.deepcopy(MACHINE)) == hash(MACHINE)


def test_modules_are_there_after_import_fsm() -> None:
    """Every heading of the reference works as it is written."""
    names = [f"fsm.{name}" for subject in SUBJECTS for name in subject.further]
    names += ["fsm.errors.LogError"]
    program = "import fsm, sys; [print(eval(name).__name__) for name in sys.argv[1:]]"
    assert python("-c", program, *names).split() == [name.rpartition(".")[2] for name in names]


def test_help_shows_no_addresses() -> None:
    for name in ("replay", "explain"):
        signature = str(inspect.signature(getattr(fsm, name)))
        assert "= built_in_companion," in signature
        assert " at 0x" not in signature
    assert pickle.loads(pickle.dumps(built_in_companion)) is built_in_companion


def test_a_field_whose_default_is_a_function_is_no_method() -> None:
    assert not methods_of(ReadingOptions)


def test_one_of_a_thing_is_written_in_the_singular(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# Nothing\n")
    assert repr(fsm.check(tmp_path)).startswith("<CheckReport: 1 page, 0 documented tables, ")
