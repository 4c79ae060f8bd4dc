"""What one message is called: by the machine, else by the log, else a message."""

import json
from pathlib import Path

import pytest
from statemachine import State, StateChart

import fsm
from fsm.compile import compile_chart
from fsm.errors import MachineError
from fsm.formats.json_document import parse_document, to_json
from fsm.formats.scxml import parse_scxml, to_scxml
from fsm.machine import Machine
from fsm.unit import Unit, unit_of
from tests.command import Fsm


class Parcel(StateChart):  # type: ignore[type-arg]
    unit = "parcel"
    packed = State(initial=True)
    received = State(final=True)
    receive = packed.to(received)


PARCEL = compile_chart(Parcel)
MAIL = fsm.load("with-feedback")
PLAIN = fsm.load("quarantine")


def test_a_class_names_its_unit_and_files_keep_it() -> None:
    assert PARCEL.unit == "parcel"
    assert parse_document(to_json(PARCEL)) == PARCEL
    assert parse_scxml(to_scxml(PARCEL).encode()) == PARCEL


UNITS: dict[str, tuple[list[Machine], str | None, Unit]] = {
    "the machine's": ([PARCEL], "case", Unit("parcel", is_mail=False)),
    "the log's": ([PLAIN], "case", Unit("case", is_mail=False)),
    "nobody's": ([PLAIN], None, Unit("message", is_mail=False)),
    "of e-mail": ([MAIL], None, Unit("message", is_mail=True)),
    "of machines that differ": ([PARCEL, PLAIN], None, Unit("message", is_mail=False)),
    "of machines beside one of e-mail": ([PLAIN, MAIL], "case", Unit("case", is_mail=True)),
}


@pytest.mark.parametrize("name", UNITS)
def test_the_unit_is(name: str) -> None:
    machines, of_log, unit = UNITS[name]
    assert unit_of(machines, of_log) == unit


@pytest.mark.parametrize("unit", ["", " parcel", "a\nb", "x" * 41, 7])
def test_a_unit_is_a_short_name(unit: object) -> None:
    document = json.loads(to_json(PARCEL)) | {"unit": unit}
    with pytest.raises(MachineError, match="unit"):
        parse_document(json.dumps(document))


def test_results_speak_of_the_unit_and_not_of_e_mail(tmp_path: Path, fsm: Fsm) -> None:
    machine, log = tmp_path / "parcel.json", tmp_path / "log.csv"
    machine.write_text(to_json(PARCEL))
    log.write_text("message_id,event,timestamp\nP1,receive,2026-01-05T09:00:00Z\n")
    told = ["replay", "explain", "report"]
    more = {"explain": ["--message", "P1"]}
    texts = {
        command: fsm(command, str(log), "--machine", str(machine), *more.get(command, [])).out
        for command in told
    }
    assert texts["replay"].startswith("1 event, 1 parcel, 0 rejected")
    assert texts["explain"].startswith("Parcel P1\n")
    assert '<h2 id="message-title">Parcel history</h2>' in texts["report"]
    page = texts["report"].partition("<script>")[0]
    for word in (
        "message",
        "to send",
        "Sent",
        "Delivery",
        "handed over",
        "Indicators",
        "recipient",
    ):
        assert word not in texts["replay"] + texts["explain"], word
    shown = page.partition("<body")[2].replace("message-title", "").replace('id="message"', "")
    for word in ("Messages", "to send", ">Sent<", "Delivery", "handed over", "Indicators over"):
        assert word not in shown, word
