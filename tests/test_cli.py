"""The command line: data on stdout, talk on stderr, exit statuses, and never a traceback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fsm.catalog import machine_page
from fsm.machines import NAMES
from tests.command import Fsm


def test_replay_as_json_has_a_stable_shape(fsm: Fsm, sample: Path) -> None:
    result = fsm("replay", sample, "--json")
    facts = json.loads(result.out)
    assert (result.status, result.err) == (0, "")
    counts = ["schema", "events", "messages", "unit", "accepted", "rejected"]
    assert list(facts) == [*counts, "machines", "balance", "crosscheck"]
    assert list(facts["machines"]) == ["with-feedback", "without-feedback"]
    assert facts["machines"]["with-feedback"] == {
        "to_send": 3,
        "states": {
            "to_send": 0,
            "awaiting": 0,
            "delivered": 2,
            "retrying": 0,
            "hard_bounced": 1,
            "retries_exhausted": 0,
        },
        "statuses": {"Pending": 0, "Sent": 2, "Failed": 1},
        "indicators": {
            "Delivered": {"count": 2, "percent": 66.67},
            "Bounces + errors": {"count": 1, "percent": 33.33},
            "Opens": {"count": 1, "percent": 33.33},
            "Clicks": {"count": 0, "percent": 0.0},
        },
    }


def test_the_real_log(fsm: Fsm, corpus: Path) -> None:
    log = corpus / "logs/newsletter-2013.csv.gz"
    mapping = ("--column", "message_id=case_id", "--column", "event=activity")
    facts = json.loads(fsm("replay", log, *mapping, "--json").out)
    assert (facts["events"], facts["messages"], facts["rejected"]) == (26_362, 9_266, 0)
    statuses = {name: machine["statuses"] for name, machine in facts["machines"].items()}
    assert statuses == {
        "with-feedback": {"Pending": 0, "Sent": 7_841, "Failed": 1_425},
        "without-feedback": {"Sent": 8_030, "Failed": 1_236},
    }


def test_replay_writes_its_tables(fsm: Fsm, sample: Path, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("status.csv", "series.jsonl", "rejected.parquet")]
    options = zip(("--status", "--series", "--rejected"), paths, strict=True)
    result = fsm("replay", sample, *(word for option in options for word in option))
    assert result.status == 0
    assert "66.67 %" in result.out
    status, series, rejected = paths
    assert status.read_text().splitlines()[0].startswith("message_id,last_timestamp,last_event")
    rows = [json.loads(line) for line in series.read_text().splitlines()]
    assert {row["machine"] for row in rows} == {"with-feedback", "without-feedback", "engagement"}
    assert rejected.read_bytes().startswith(b"PAR1")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        ["log.csv", *(p.name for p in paths)]
    )


def test_strict_turns_rejections_into_a_status(fsm: Fsm, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("message_id,event,timestamp\nm\x1b[31m,boom,2026-01-01T00:00:00Z\n")
    result = fsm("replay", log, "--strict")
    assert result.status == 1
    assert f"{log}:2" in result.out
    assert "m\\x1b[31m" in result.out
    assert "\x1b" not in result.out
    assert fsm("replay", log).status == 0


def test_a_log_of_unknown_events_gets_a_hint(fsm: Fsm, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("message_id,event,timestamp\nm,boom,2026-01-01T00:00:00Z\n")
    assert "--column event=NAME" in fsm("replay", log, "--json").err


def test_one_page_confirmed_one_page_wrong(fsm: Fsm, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    text = machine_page("without-feedback").read_text()
    page.write_text(text)
    assert fsm("check", page).status == 0
    page.write_text(text.replace("increases | Failed |", "increases | Sent |", 1))
    result = fsm("check", page)
    assert result.status == 1
    assert result.out.startswith(f"{page}:")
    assert "error[wrong-status]" in result.out
    facts = json.loads(fsm("check", page, "--format", "json").out)
    assert {k: v for k, v in facts.items() if k != "findings"} == {
        "schema": "fsm/check/1",
        "pages": 1,
        "tables": 2,
        "rows": 16,
        "confirmed": {"without-feedback": 15},
        "other_tables": 0,
        "ignored_tables": 0,
        "generated_blocks": 0,
        "unread_tables": 0,
        "diagrams": 0,
        "other_diagrams": 0,
        "unread_files": {},
        "failure": None,
        "settings": None,
    }
    (finding,) = facts["findings"]
    assert set(finding) == {
        "file",
        "line",
        "column",
        "code",
        "severity",
        "message",
        "machine",
        "row",
        "reference",
        "related",
    }


@pytest.mark.parametrize("form", ["md", "csv", "json"])
@pytest.mark.parametrize("cells", [(), ("--matrix",)], ids=["transitions", "matrix"])
@pytest.mark.parametrize("name", NAMES)
def test_show(fsm: Fsm, name: str, form: str, cells: tuple[str, ...]) -> None:
    result = fsm("show", name, "--format", form, *cells)
    assert result.status == 0
    assert "row 1" in result.out


def test_explain_names_the_proof(fsm: Fsm, sample: Path) -> None:
    result = fsm("explain", sample, "--message", "m1")
    assert result.status == 0
    assert f"proof: {sample}:3: m1,soft_bounce,2026-03-02T09:00:05Z,2" in result.out
    assert "it will be tried again" in result.out
    assert "Delivered increases" in result.out


def test_explain_as_json(fsm: Fsm, sample: Path) -> None:
    (story,) = json.loads(fsm("explain", sample, "--message", "m3", "--json").out)
    assert story["message"] == "m3"
    last = story["entries"][-1]
    assert (last["timestamp"], last["event"]) == ("2026-03-02T09:00:09Z", "hard_bounce")
    assert [c["source"] for c in last["changes"]] == ["row 2", "row 2"]


def test_compare_tells_by_its_status(fsm: Fsm) -> None:
    assert fsm("compare", "with-feedback", "with-feedback").status == 0
    result = fsm("compare", "with-feedback", "without-feedback", "--json")
    assert result.status == 1
    assert json.loads(result.out)["same"] is False


def test_simulate_and_replay(fsm: Fsm, tmp_path: Path) -> None:
    log = tmp_path / "log.parquet"
    assert fsm("simulate", "with-feedback", "--messages", "500", "-o", log).status == 0
    facts = json.loads(fsm("replay", log, "--json").out)
    assert (facts["messages"], facts["rejected"]) == (500, 0)


@pytest.mark.parametrize("suffix", ["dot", "svg", "mmd", "puml", "d2", "scxml", "json"])
def test_draw_by_suffix(fsm: Fsm, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"machine.{suffix}"
    assert fsm("draw", "engagement", "-o", path).status == 0
    assert "clicked" in path.read_text()
    if suffix in ("scxml", "json"):
        assert fsm("compare", "engagement", path).status == 0
        assert fsm("draw", path, "--format", suffix).out == path.read_text()


DRAWN = {
    "direction": (["--direction", "RL"], "direction RL", "direction TB"),
    "no boxes": (["--group-by", "none"], "Retrying<br/>Failed", "status_Failed {"),
    "stack": (["--stack"], "delivered (D3)<br/>retry_succeeded", "retrying : soft_bounce (D2)"),
    "focus": (["--focus", "to_send"], "4 more arrows", "retrying"),
    "radius": (["--focus", "to_send:9"], "retrying", "more arrows"),
    "collapse": (["--collapse", "Failed"], "3 states", "Retrying"),
    "collapse all": (["--collapse", "all"], "Failed<br/>3 states", "Retrying"),
    "diff": (["--diff", "without-feedback"], "Sent #8594; Failed", "+ retry"),
    "path": (["--path", "relayed, opened"], "#9656; relayed (1)", "starts at"),
}


@pytest.mark.parametrize(("options", "there", "not_there"), DRAWN.values(), ids=DRAWN)
def test_draw(fsm: Fsm, options: list[str], there: str, not_there: str) -> None:
    result = fsm("draw", "with-feedback", "--format", "mermaid", *options)
    assert (result.status, result.err) == (0, "")
    assert there in result.out
    assert not_there not in result.out


def test_draw_tells_the_events_of_a_log_that_no_machine_knows(fsm: Fsm, sample: Path) -> None:
    unknown = "m9,unheard_of,2026-03-02T10:00:00Z,9\nm2,relayed,2026-03-02T10:00:01Z,10\n"
    sample.write_text(sample.read_text() + unknown)
    drawn = fsm("draw", "with-feedback", "--counts", sample, "--format", "svg").out
    assert "✗ rejected (1)" in drawn
    assert "✗ 1 more: not defined in any machine, or late" in drawn


def test_draw_the_traffic_of_a_log(fsm: Fsm, sample: Path) -> None:
    with sample.open("a") as log:
        log.write("m3,relayed,2026-03-02T11:00:00Z,9\n")
    drawn = fsm("draw", "with-feedback", "--counts", sample, "--format", "mermaid").out
    assert "to_send --> awaiting : relayed 3" in drawn
    assert "relayed 1" in drawn
    assert "events in log" in drawn


def test_draw_what_a_suite_covers(fsm: Fsm, tmp_path: Path) -> None:
    path = tmp_path / "part.json"
    fsm("suite", "with-feedback", "--to", "retrying", "--method", "table", "-o", path)
    drawn = fsm("draw", "with-feedback", "--coverage", path, "--format", "mermaid").out
    legend = drawn.replace("<br/>#160;", " ").replace("<br/>", " ")
    assert "steps of part#46;json#59; #10007; not run (28 of 36 cells)" in legend
    assert fsm("draw", "with-feedback", "--coverage", "tour").status == 0
    for text in ("", "[]", '{"cases": 3}', '{"cases": [{"events": [3]}]}', "[" * 100_000):
        path.write_text(text)
        result = fsm("draw", "with-feedback", "--coverage", path)
        assert (result.status, result.out) == (2, "")
        assert result.err.startswith(f"fsm: {path}: ")


USER_MACHINE = """
from statemachine import State, StateChart

class Door(StateChart):
    closed = State(initial=True)
    opened = State()
    open_it = closed.to(opened)
    close_it = opened.to(closed)

class Bad(StateChart):
    a = State(initial=True)
    b = State()
    go = a.to(b, cond="back")
    back = b.to(a)
"""


def test_a_users_machine_from_the_current_directory(
    fsm: Fsm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "door_of_mine.py").write_text(USER_MACHINE)
    monkeypatch.chdir(tmp_path)
    result = fsm("show", "door_of_mine:Door", "--format", "csv")
    assert result.status == 0, result.err
    assert "closed,open_it,opened,Opened" in result.out
    result = fsm("show", "door_of_mine:Bad")
    assert result.status == 2
    assert "Bad: state 'a', event 'go'" in result.err


WRONG = {
    "no command": (["fly"], "No such command 'fly'"),
    "no machine": (["show", "with-feedbak"], "no such machine; did you mean 'with-feedback' or"),
    "no module": (["show", "no.such:Thing"], "cannot import 'no.such'"),
    "no class": (["show", "json:Thing"], "'json' has no class 'Thing'"),
    "no statechart": (["show", "json:JSONDecoder"], "not a StateChart"),
    "no log": (["replay", "/no/such.csv"], "/no/such.csv: No such file or directory"),
    "no page": (["check", "/no/such.md"], "/no/such.md: No such file or directory"),
    "no duration": (["replay", "x", "--validity", "soon"], "'soon' is not a duration"),
    "a huge duration": (["replay", "x", "--validity", "999999999w"], "is not a duration"),
    "a very long period": (["replay", "x", "--every", "36526d"], "up to 36,525 days"),
    "before all time": (["replay", "x", "--as-of", "0001-01-01T00:00:00+14:00"], "is not a time"),
    "no zone": (["replay", "x", "--as-of", "2026-01-01T00:00:00"], "has no time zone"),
    "no mapping": (
        ["replay", "x", "--column", "id=case"],
        "no canonical column 'id'; there are: message_id",
    ),
    "no suffix": (["draw", "engagement", "-o", "/tmp/x.bmp"], "bmp"),
    "two overlays": (["draw", "delivery", "--path", "stop", "--diff", "x"], "one at a time"),
    "no state": (["draw", "delivery", "--focus", "nowhere:2"], "no state 'nowhere'"),
    "no status": (["draw", "delivery", "--collapse", "Gone"], "no status 'Gone' to collapse"),
    "no such file": (["draw", "/no/such.scxml"], "/no/such.scxml: No such file"),
    "part of all": (
        ["draw", "delivery", "--stack", "--focus", "draft", "--format", "json"],
        "whole",
    ),
    "no directory": (
        ["draw", "engagement", "-o", "/no/x.svg"],
        "there is no folder '/no'",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_use_gets_one_line_and_status_2(fsm: Fsm, case: str) -> None:
    arguments, message = WRONG[case]
    result = fsm(*arguments)
    assert result.status == 2
    assert message in result.err
    assert "Traceback" not in result.err
    assert result.out == ""


def test_no_command_shows_the_help(fsm: Fsm) -> None:
    result = fsm()
    assert (result.status, result.out) == (2, "")
    assert "Documentation:\n  check " in result.err


def test_an_unforeseen_error_is_one_line_too(
    fsm: Fsm, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_args: object, **_options: object) -> None:
        raise RuntimeError("first\nsecond")

    monkeypatch.setattr("fsm.logs.open.open_log", explode)
    result = fsm("replay", sample)
    assert result.status == 2
    assert result.err.splitlines() == [
        "fsm: internal error: RuntimeError: first\\nsecond (FSM_TRACEBACK=1 shows where)"
    ]


def test_a_closed_pipe_is_no_error(sample: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "from fsm.cli import main; main()", "show", "quarantine"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom fsm.cli import main\nsys.argv = ['fsm', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'statemachine', 'networkx', 'polars', 'numpy', 'markdown_it', 'graphviz'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_replay_imports_only_what_it_needs(sample: Path) -> None:
    code = (
        f"import sys\nfrom fsm.cli import main\nsys.argv = ['fsm', 'replay', {str(sample)!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sorted({'networkx', 'markdown_it', 'graphviz'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_analyse_tells_facts_and_judges_claims(fsm: Fsm) -> None:
    lines = fsm("analyse", "with-feedback").out.splitlines()
    assert lines[0] == "with-feedback: 6 states reached, each within 2 events; deterministic"
    assert lines[4] == "equivalent: hard_bounced = retries_exhausted"
    claims = ("--claim", "never Pending after Sent", "--claim", "never Sent after Failed")
    result = fsm("analyse", "with-feedback", *claims)
    assert (result.status, result.err) == (1, "")
    assert result.out.splitlines() == [
        "holds: never Pending after Sent",
        "does not hold: never Sent after Failed; trace: relayed, soft_bounce, delivered",
    ]
    assert fsm("analyse", "with-feedback", "--refines", "with-feedback").status == 0
    facts = json.loads(fsm("analyse", "with-feedback", *claims, "--json").out)
    assert [claim["holds"] for claim in facts["claims"]] == [True, False]
    assert facts["terminal"] == ["hard_bounced", "retries_exhausted"]


def test_compare_draws_the_difference(fsm: Fsm, tmp_path: Path) -> None:
    path = tmp_path / "difference.dot"
    result = fsm("compare", "with-feedback", "without-feedback", "-o", path)
    assert result.status == 1
    assert path.read_text() == fsm("draw", "without-feedback", "--diff", "with-feedback").out
