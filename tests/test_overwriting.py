"""A command never overwrites what it reads, nor writes two things into one file."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from fsm.cli import command_group
from fsm.cli.completion import complete_file, complete_machine, complete_policy, complete_suite
from fsm.cli.file_params import FILE, InputName
from tests.command import Fsm

LOG = "message_id,event,timestamp\nm1,relayed,2026-01-31T09:30:00Z\n"
READ = "would overwrite an input; name another file"
OVERWRITTEN = {
    "a report over its log": "report log.html --format csv -o log.html",
    "statuses over the log": "replay log.csv --status log.csv",
    "series over the log": "replay log.csv --series log.csv",
    "rejected events over the log": "replay log.csv --rejected log.csv",
    "another spelling": "replay log.csv --status ./sub/../log.csv",
    "a link to the log": "replay log.csv --status link.csv",
    "a hard link to the log": "replay log.csv --status hard.csv",
    "the log by its link": "replay link.csv --status log.csv",
    "one log of a pattern": "replay l*.csv --status log.csv",
    "the address of a file": "replay file://{here}/log.csv --status log.csv",
    "a converted log": "convert log.csv --column event=event -o log.csv",
    "side events over the log": "convert log.csv -o other.jsonl --beside log.csv",
    "the key of pseudonyms": "report log.csv --pseudonymise key.html -o key.html",
    "labels": "convert log.csv --labels labels.csv -o labels.csv",
    "a policy": "convert log.csv --policy labels.csv -o labels.csv",
    "a mail of a Maildir": "convert maildir -o maildir/cur/mail.csv",
    "a drawing over its machine": "draw machine.json -o machine.json",
    "a drawing over its lexicon": "draw quarantine --lang x --lexicon key.html -o key.html",
    "a drawing over its suite": "draw quarantine --coverage machine.json -o machine.json",
    "a drawing over the other machine": "draw quarantine --diff machine.json -o machine.json",
    "a drawing over its log": "draw quarantine --counts log.csv -o log.csv",
    "a suite over its machine": "suite machine.json -o machine.json",
    "a suite over its class": "suite machines.own:Own -o machines/own.py",
    "a page over its machine": "explore log.html -o log.html",
    "a synthetic log over its machine": "simulate log.csv --messages 1 -o log.csv",
    "a learnt machine over its model": "learn x:y machine.dot -o machine.dot",
    "changes over a machine": "compare quarantine machine.json -o machine.json",
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for folder in ("sub", "machines", "maildir/cur", "maildir/new"):
        Path(folder).mkdir(parents=True)
    files = "log.csv log.html key.html labels.csv machine.json machine.dot maildir/cur/mail.csv"
    for name in (*files.split(), "machines/own.py"):
        Path(name).write_text(LOG)
    Path("link.csv").symlink_to("log.csv")
    Path("hard.csv").hardlink_to("log.csv")
    return tmp_path


@pytest.mark.parametrize("line", OVERWRITTEN.values(), ids=OVERWRITTEN)
def test_an_input_is_not_overwritten(line: str, here: Path, fsm: Fsm) -> None:
    words = line.replace("{here}", str(here)).split()
    result = fsm(*words)
    assert (result.status, result.out) == (2, "")
    assert result.err.splitlines() == [f"fsm: {Path(words[-1])}: {_option(words[-2])} {READ}"]
    assert Path(words[-1]).read_text() == LOG


def _option(word: str) -> str:
    return "--output" if word == "-o" else word


@pytest.mark.parametrize("second", ["new.csv", "./sub/../new.csv"])
def test_two_outputs_are_two_files(second: str, here: Path, fsm: Fsm) -> None:
    result = fsm("replay", "log.csv", "--status", "new.csv", "--series", second)
    assert result.status == 2
    assert "--status and --series would write the same file; name another one" in result.err
    assert not Path("new.csv").exists()


def test_what_is_no_input_is_overwritten(here: Path, fsm: Fsm) -> None:
    assert fsm("replay", "log.csv", "--status", "labels.csv").status == 0
    assert fsm("draw", "quarantine", "-o", "/dev/null").status == 0
    Path("wp").write_text("")
    assert fsm("suite", "quarantine", "--method", "wp", "-o", "wp").status == 0
    assert Path("labels.csv").read_text() != LOG


NAMES_FILES = (complete_file, complete_machine, complete_policy, complete_suite)


def _params() -> Iterator[tuple[str, click.Parameter]]:
    context = click.Context(command_group)
    for name in command_group.list_commands(context):
        command = command_group.get_command(context, name)
        assert command is not None
        yield from ((name, param) for param in command.params)


def test_every_name_of_a_file_is_known_as_one() -> None:
    unknown = [
        f"{command} {param.name}"
        for command, param in _params()
        if param._custom_shell_complete in NAMES_FILES
        and not (param.type is FILE or isinstance(param.type, InputName))
    ]
    assert unknown == ["check pages"]  # it writes no file


@pytest.mark.parametrize("name", ["page.pdf", "page.csv", "page"])
@pytest.mark.parametrize("command", [("report", "log.csv"), ("explore",)], ids=lambda c: c[0])
def test_a_page_has_the_suffix_of_one(
    command: tuple[str, ...], name: str, here: Path, fsm: Fsm
) -> None:
    result = fsm(*command, "-o", name)
    assert result.status == 2
    assert f"{name}: its name must end in .html or .htm" in result.err
    assert not Path(name).exists()
