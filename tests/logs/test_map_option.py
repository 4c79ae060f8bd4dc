"""Mappings on the command line, in projects and in the library, and what is recognised without."""

import json
import shlex
from pathlib import Path

import polars as pl
import pytest

import fsm as library
from fsm.errors import ArgumentError, LogError
from fsm.logs.detect import recognise
from fsm.logs.mapping.mapping_file import parse_mapping
from fsm.logs.mapping.to_canonical import SCHEMA
from fsm.logs.open import open_log
from fsm.logs.reading import ReadingOptions
from fsm.logs.records.providers import has_signs
from fsm.logs.storage.stored_file import StoredFile
from tests.command import Fsm

MAP = 'kind = "mapping"\n'
WHEN = "2026-01-05T09:00:0{}Z"
PARCELS = f"no;Status;When\n1;Picked up;{WHEN.format(0)}\n1;Arrived;{WHEN.format(1)}\n"
PARCEL_MAP = (
    f'{MAP}unit = "parcel"\n[read]\nrecognise = [["no", "Status"]]\n[fields]\nmessage_id = "no"\n'
    'event = "Status"\ntime = "When"\n[events]\n"picked up" = "relayed"\nArrived = "delivered"\n'
)
CANONICAL = (
    f"message_id,event,timestamp\n1,Picked up,{WHEN.format(0)}\n1,ARRIVED,{WHEN.format(1)}\n"
)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working directory with the log of parcels and its mapping."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "parcels.csv").write_text(PARCELS)
    (tmp_path / "parcels.toml").write_text(PARCEL_MAP)
    (tmp_path / "log.csv").write_text(CANONICAL)
    return tmp_path


COMMANDS = {
    "replay": "replay {} --machine with-feedback",
    "explain": "explain {} --message 1 --machine with-feedback",
    "report": "report {} --machine with-feedback -o report.html",
    "convert": "convert {} -o events.parquet",
    "draw": "draw with-feedback --counts {} -o counts.dot",
}
READINGS = {
    "a mapping": "parcels.csv --map parcels.toml",
    "names of events": 'log.csv --event "Picked up=relayed" --event arrived=delivered',
}


@pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.usefixtures("place")
def test_every_command_that_reads_logs(fsm: Fsm, command: str, reading: str) -> None:
    result = fsm(*shlex.split(command.format(reading)))
    assert result.status == 0, result.err
    assert "is no event of these machines" not in result.err
    assert "no event '" not in result.err


def test_an_event_that_no_log_has_is_said(place: Path, fsm: Fsm) -> None:
    (place / "key").write_text("a secret of sixteen")
    line = ("parcels.csv", "--map", "parcels.toml", "--event", "Arived=delivered")
    said = "parcels.csv: no event 'Arived' in the log"
    assert f"{said}; did you mean 'Arrived'?\n" in fsm("replay", *line).err
    assert f"{said}\n" in fsm("convert", *line, "--pseudonymise", "key", "-o", "x.csv").err


def machine_counts(fsm: Fsm, *line: str) -> dict[str, int]:
    result = json.loads(fsm("replay", *line, "--machine", "with-feedback", "--json").out)
    statuses: dict[str, int] = result["machines"]["with-feedback"]["statuses"]
    return statuses


def test_a_mapping_of_nothing_but_events(place: Path, fsm: Fsm) -> None:
    (place / "e.toml").write_text(f'{MAP}[events]\n"Picked up" = "relayed"\narrived = "delivered"')
    assert machine_counts(fsm, "log.csv", "--map", "e.toml")["Sent"] == 1


def test_events_of_a_canonical_log_that_mean_more_than_a_name(place: Path, fsm: Fsm) -> None:
    (place / "e.toml").write_text(f'{MAP}[events]\n"Picked up" = "relayed"\n"*" = "nothing"')
    assert machine_counts(fsm, "log.csv", "--map", "e.toml")["Pending"] == 1


def test_events_win_over_the_table_of_a_format(place: Path, fsm: Fsm) -> None:
    line = ("parcels.csv", "--map", "parcels.toml", "--event", "Arrived=hard_bounce")
    assert machine_counts(fsm, *line)["Failed"] == 1
    assert place.exists()


def test_the_library_takes_mappings_and_events(place: Path) -> None:
    mapped = library.replay("parcels.csv", "with-feedback", mapping=place / "parcels.toml")
    named = {"Picked up": "relayed", "arrived": "delivered"}
    canonical = library.replay("log.csv", "with-feedback", events=named)
    frame = library.replay(pl.read_csv("log.csv"), "with-feedback", events=named)
    for result in (mapped, canonical, frame):
        assert result.machines["with-feedback"].statuses["Sent"] == 1
    with pytest.raises(ArgumentError, match="mapping: 3 is not the path"):
        open_log("log.csv", mapping=3)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="events: 3 maps no names"):
        open_log("log.csv", events=3)  # type: ignore[arg-type]
    with pytest.raises(LogError, match="so does its format; give one"):
        open_log("parcels.csv", mapping="parcels.toml", log_format="csv")


REFUSALS = {
    "a file that is not there": ("parcels.csv --map no.toml", "no.toml: No such file"),
    "no mapping": ("parcels.csv --map log.csv", "log.csv: not readable as TOML"),
    "a format as well": (
        "parcels.csv --map parcels.toml --format csv",
        "a mapping says how a log is read, and so does its format; give one",
    ),
    "no log that fits": (
        "log.csv --map parcels.toml",
        "parcels.toml: this mapping fits none of the logs; their first records do not have no, S",
    ),
    "no event": (
        "log.csv --event Arrived",
        "Invalid value for '--event': 'Arrived'; write NATIVE=",
    ),
    "an event twice": (
        "log.csv --event Arrived=relayed --event Arrived=delivered",
        "--event names 'Arrived' twice",
    ),
    "a mapping as a format": (
        "parcels.csv --format parcels.toml",
        "'parcels.toml' is no name of a format; give a mapping with --map",
    ),
    "an unknown format": (
        "parcels.csv",
        (
            "parcels.csv: format not known (see: fsm formats); to read it, draft a mapping with: "
            "fsm draft parcels.csv -o my.toml, and give it with --map my.toml"
        ),
    ),
}


@pytest.mark.parametrize(("line", "message"), REFUSALS.values(), ids=REFUSALS)
@pytest.mark.usefixtures("place")
def test_what_is_refused(fsm: Fsm, line: str, message: str) -> None:
    result = fsm("replay", *line.split())
    assert result.status == 2
    assert message in result.err


def test_an_event_that_no_machine_has_is_named(place: Path, fsm: Fsm) -> None:
    (place / "x.csv").write_text(f"message_id,event,timestamp\n1,Relay,{WHEN.format(0)}\n")
    result = fsm("replay", "x.csv", "--json")
    said = "'Relay' is no event of these machines (1 event); did you mean 'relayed'? --event"
    assert said in result.err
    assert json.loads(result.out)["unknown_events"] == {"Relay": 1}
    (place / "m.toml").write_text(PARCEL_MAP.replace('"relayed"', '"relaid"'))
    result = fsm("replay", "parcels.csv", "--map", "m.toml")
    assert (
        "'relaid' is no event of these machines (1 event); did you mean 'relayed'?\n" in result.err
    )


def test_events_that_stand_as_they_are_tell_no_address(place: Path, fsm: Fsm) -> None:
    (place / "key").write_text("a secret of sixteen")
    (place / "names.toml").write_text(PARCEL_MAP.partition("[events]")[0])
    (place / "parcels.csv").write_text(PARCELS.replace("Arrived", "weird/ada.lovelace"))
    line = ("convert", "parcels.csv", "--map", "names.toml", "--pseudonymise", "key")
    result = fsm(*line)
    assert result.status == 0
    assert "ada" not in result.out + result.err


# Recognition ------------------------------------------------------------------------------------


def test_the_mapping_of_a_project_is_recognised(place: Path, fsm: Fsm) -> None:
    (place / "fsm.toml").write_text('kind = "settings"\nmappings = ["parcels.toml"]')
    assert machine_counts(fsm, "parcels.csv")["Sent"] == 1


def test_two_mappings_of_a_project_that_fit_alike(place: Path, fsm: Fsm) -> None:
    (place / "others.toml").write_text(PARCEL_MAP)
    (place / "fsm.toml").write_text('kind = "settings"\nmappings = ["*s.toml"]')
    result = fsm("replay", "parcels.csv")
    assert result.status == 2
    assert (
        "parcels.csv: fits others.toml and parcels.toml alike; name one with --map\n" in result.err
    )


def test_a_mapping_of_a_project_without_signs_is_named(place: Path, fsm: Fsm) -> None:
    signs = 'recognise = [["no", "Status"]]\n'
    (place / "parcels.toml").write_text(PARCEL_MAP.replace(signs, ""))
    (place / "fsm.toml").write_text('kind = "settings"\nmappings = ["parcels.toml"]')
    said = "parcels.csv: format not known; parcels.toml of the settings says with no recognise"
    assert said in fsm("replay", "parcels.csv").err


def recognised(text: str, tmp_path: Path, **options: object) -> str:
    path = tmp_path / "log"
    path.write_text(text)
    given = ReadingOptions(**options)  # type: ignore[arg-type]
    return recognise(StoredFile(path, "log"), None, given).format


SENDGRID = {"event": "delivered", "email": "a@x.example", "timestamp": 1, "sg_event_id": "e"}
OTHER = {"kind": "else"}
SHARES = {
    "all": ([SENDGRID] * 3, "webhooks"),
    "one of many is another": ([SENDGRID] * 9 + [OTHER], "webhooks"),
    "one of few is another": ([SENDGRID] * 3 + [OTHER], "webhooks"),
    "half": ([SENDGRID, OTHER], None),
    "a third": ([SENDGRID] * 2 + [OTHER] * 4, None),
    "none": ([OTHER], None),
}


@pytest.mark.parametrize(("records", "form"), SHARES.values(), ids=SHARES)
def test_nearly_all_records_have_the_signs(
    records: list[dict[str, object]], form: str | None, tmp_path: Path
) -> None:
    text = "".join(json.dumps(record) + "\n" for record in records)
    if form is None:
        with pytest.raises(LogError, match="format not known"):
            recognised(text, tmp_path)
    else:
        assert recognised(f"{text}not JSON\n", tmp_path) == form
        assert recognised(text, tmp_path) == form


def test_a_mapping_of_a_project_and_a_format_of_the_package_fit_alike(tmp_path: Path) -> None:
    own = parse_mapping(f'{MAP}[read]\nrecognise = [["event", "email"]]', "own.toml")
    with pytest.raises(LogError, match=r"fits own\.toml and sendgrid alike"):
        recognised(json.dumps(SENDGRID), tmp_path, project=(own,))
    assert recognised(json.dumps(SENDGRID), tmp_path, mappings=(own,)) == "own.toml"


def test_the_mapping_that_fits_best_is_taken(tmp_path: Path) -> None:
    one = parse_mapping(f"{MAP}[fields]\nmessage_id = 'no'\nevent = 'Status'\ntime = 'When'", "one")
    two = parse_mapping(f"{MAP}[fields]\nmessage_id = 'id'", "two")
    assert recognised(PARCELS, tmp_path, mappings=(one, two)) == "one"
    again = parse_mapping(
        f"{MAP}[fields]\nmessage_id = 'no'\nevent = 'Status'\ntime = 'When'", "again"
    )
    with pytest.raises(LogError, match="fits one and again alike"):
        recognised(PARCELS, tmp_path, mappings=(one, again))


def test_a_converted_log_has_the_signs_of_no_format() -> None:
    assert not has_signs(dict.fromkeys(SCHEMA, "x"))
