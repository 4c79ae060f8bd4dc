"""What a terminal shows: tables of its width, few colours, no binary data; and how outputs end."""

import io
import json
import os
import signal
import subprocess
import termios
from contextlib import nullcontext, suppress
from fcntl import ioctl
from functools import partial
from pathlib import Path
from time import sleep
from types import SimpleNamespace
from typing import IO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.cli import progress as progress_module
from fsm.cli import terminal as terminal_module
from fsm.cli.progress import Progress, progress_hidden
from fsm.cli.tables import hanging, table_lines
from fsm.cli.terminal import choose_color, has_color
from fsm.logs.mapping.event_mapping import format_names
from fsm.text import display_width
from tests.depth import at_full_depth, cases
from tests.terminal import FSM, STYLE, environment, in_terminal, with_streams

PAGE = """**With feedback service**

| Step | Indicators | Log status |
|---|---|---|
| 中文中文中文中文 A soft bounce is reported | Bounces + errors increases | Sent |
"""


# Tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", cases([40, 60, 120]))
def test_a_table_fits_the_terminal(columns: int) -> None:
    result = in_terminal("formats", columns=columns)
    lines = STYLE.sub("", result.out).splitlines()
    assert (result.status, result.err) == (0, "")
    assert max(map(display_width, lines)) <= columns
    assert set(format_names()) <= {line.split()[0] for line in lines if line.strip()}


@at_full_depth
def test_without_a_terminal_no_table_is_wrapped() -> None:
    assert with_streams("formats", COLUMNS="40").out == with_streams("formats").out
    assert max(map(len, with_streams("formats", COLUMNS="40").out.splitlines())) > 90


CELLS = st.text(st.sampled_from("ab 中é́ 9_-"), max_size=30)


@given(
    rows=st.integers(2, 4).flatmap(
        lambda count: st.lists(
            st.lists(CELLS, min_size=count, max_size=count), min_size=2, max_size=4
        )
    ),
    width=st.integers(20, 60),
)
def test_no_line_is_wider_than_the_terminal_and_no_character_is_lost(
    rows: list[list[str]], width: int
) -> None:
    lines = table_lines(rows, [1], width)
    assert max(map(display_width, lines)) <= width
    text = "".join(lines)
    for cell in (cell for row in rows[1:] for cell in row):
        assert all(text.count(character) for character in cell if character != " ")


def test_a_very_narrow_table_is_a_list_of_its_rows() -> None:
    rows = [("", "with-feedback", "", "without-feedback", ""), ("sent", "7", "1 %", "-", "")]
    assert table_lines(rows, (1, 3), 30) == [
        "sent",
        "  with-feedback: 7  1 %",
        "  without-feedback: -",
    ]


def test_a_long_line_is_indented_below_its_first() -> None:
    text = "  missing: " + ", ".join(["a:b"] * 500)
    lines = hanging(text, 40).splitlines()
    assert max(map(len, lines)) <= 40
    assert {line[:6] for line in lines[1:]} == {"      "}
    assert " ".join(line.strip() for line in lines) == text.strip()


@pytest.mark.parametrize("columns", cases([40, 60]))
def test_the_excerpt_of_a_finding_fits_the_terminal(tmp_path: Path, columns: int) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    result = in_terminal("check", page, columns=columns, env={"NO_COLOR": "1"})
    lines = result.out.splitlines()
    assert result.status == 1
    excerpt = next(i for i, line in enumerate(lines) if line.startswith("5 |"))
    assert max(map(display_width, lines[excerpt : excerpt + 2])) <= columns
    assert "^" in lines[excerpt + 1]


# Colours -------------------------------------------------------------------------------------

COLORS: dict[str, tuple[list[str], dict[str, str], bool]] = {
    "a terminal": ([], {}, True),
    "no colour wanted": ([], {"NO_COLOR": "1"}, False),
    "an empty variable": ([], {"NO_COLOR": ""}, True),
    "a dumb terminal": ([], {"TERM": "dumb"}, False),
    "both variables": ([], {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    "never": (["--color", "never"], {"FORCE_COLOR": "1"}, False),
    "always": (["--color", "always"], {"NO_COLOR": "1"}, True),
}


@pytest.mark.parametrize(("options", "variables", "shown"), COLORS.values(), ids=COLORS)
def test_colours_are_where_they_are_wanted(
    options: list[str], variables: dict[str, str], shown: bool
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    choose_color(options[1] if options else "auto")
    try:
        assert has_color(Terminal(), {"TERM": "xterm"} | variables) is shown
    finally:
        choose_color()


def test_a_file_has_colours_only_if_they_are_forced() -> None:
    assert [has_color(io.StringIO(), env) for env in ({}, {"FORCE_COLOR": "1"})] == [False, True]
    assert not has_color(None, {})


def test_each_stream_is_judged_for_itself() -> None:
    claims = ("analyse", "engagement", "--claim", "never Opened")
    shown = in_terminal(*claims, err=False)
    assert shown.out.startswith("\x1b[1;31mdoes not hold\x1b[0m: never Opened")
    error = in_terminal("show", "nowhere", err=False)
    assert (error.status, error.err[:13]) == (2, "fsm: nowhere:")
    assert in_terminal("show", "nowhere").err.startswith("\x1b[1;31mfsm:\x1b[0m nowhere:")


@pytest.mark.parametrize("before", [True, False], ids=["of the group", "of the command"])
def test_color_is_an_option_of_the_group_and_of_every_command(before: bool) -> None:
    option, command = ["--color", "always"], ["formats"]
    result = with_streams(*(option + command if before else command + option))
    assert result.out.startswith("\x1b[1mformat ")


def test_hostile_text_stays_escaped_beside_colours(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("message_id,event,timestamp\nm\x1b[31m\x9b5m,boom,2026-01-01T00:00:00Z\n")
    result = with_streams("replay", log, "--color", "always")
    assert "m\\x1b[31m\\x9b5m" in result.out
    assert "\x1b" in result.out
    assert "\x1b" not in STYLE.sub("", result.out) + STYLE.sub("", result.err)


def test_files_and_data_have_no_colours(tmp_path: Path, sample: Path) -> None:
    status = tmp_path / "status.csv"
    options = ("--json", "--status", status, "--color", "always")
    result = with_streams("replay", sample, *options)
    assert json.loads(result.out)["events"] == 8
    assert "\x1b" not in result.out + status.read_text()


# Refusals ------------------------------------------------------------------------------------

REFUSED = {
    "explore": (["explore", "engagement"], "an HTML page is not for a terminal"),
    "explore -": (["explore", "engagement", "-o", "-"], "an HTML page is not for a terminal"),
    "report": (["report", "log.csv"], "an HTML page is not for a terminal"),
    "png": (["draw", "engagement", "--format", "png"], "a PNG picture is not for a terminal"),
}


@pytest.mark.parametrize(("words", "message"), cases(REFUSED.values()), ids=cases(REFUSED))
def test_a_document_is_refused_on_a_terminal(words: list[str], message: str) -> None:
    result = in_terminal(*words, columns=200, err=False)
    assert (result.status, result.out) == (2, "")
    assert result.err == (
        f"fsm: {message}; write it to a file with -o FILE, or redirect the output\n"
    )


# Progress ------------------------------------------------------------------------------------


class Screen(io.StringIO):
    """Standard error that is a terminal, without a thread that writes to it."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    shown = Screen()
    for module in (progress_module, terminal_module):
        monkeypatch.setattr(module, "sys", SimpleNamespace(stdout=None, stderr=shown))
    monkeypatch.setattr(progress_module, "_FIRST", 3600)
    return shown


def test_progress_says_what_is_done_and_leaves_a_clean_line(screen: Screen) -> None:
    with Progress("replaying", "events", 10) as progress:
        progress.show()
        assert screen.getvalue() == "\rreplaying ... 0 s"
        progress(5)
        progress.show()
        assert "\rreplaying: 5 of about 10 events, " in screen.getvalue()
        with progress_hidden():
            assert screen.getvalue().endswith(" \r")
    assert screen.getvalue().endswith(" \r")


def test_progress_is_silent_where_it_is_hidden_or_there_is_no_terminal(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_module, "_FIRST", 0)
    with Progress("reading", hidden=True) as progress:
        progress(5)
    monkeypatch.setattr(screen, "isatty", lambda: False)
    with Progress("reading") as progress:
        progress(5)
    assert screen.getvalue() == ""


def _hear_interrupts() -> None:
    """Undo what shells do to commands in the background: these ignore interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _wait_until_read(pipe: IO[bytes]) -> None:
    """Wait until the other end of a pipe has taken what was written to it."""
    waiting = bytearray(4)
    while ioctl(pipe, termios.FIONREAD, waiting) == 0 and any(waiting):
        sleep(0.01)


READ_FROM = {
    "a named pipe": ["report", "pipe.csv", "-o", "page.html"],
    "standard input": ["report", "-", "-o", "page.html"],
    "the answers of a person": [
        "draft",
        "sent.csv",
        "--machine",
        "with-feedback",
        "--ask",
        "-o",
        "map.toml",
    ],
}


@pytest.mark.parametrize("words", cases(READ_FROM.values()), ids=cases(READ_FROM))
def test_an_interrupt_ends_in_order_and_leaves_no_half_of_a_file(
    tmp_path: Path, words: list[str]
) -> None:
    """Polars, which all of these import, would let a read that waits go on."""
    (tmp_path / "sent.csv").write_text("id,what,when\n1,Sent,03/04/2026 10:00\n")
    os.mkfifo(tmp_path / "pipe.csv")
    before = sorted(tmp_path.iterdir())
    other_end = partial((tmp_path / "pipe.csv").open, "wb")  # waits until the command reads
    with (
        subprocess.Popen(
            [*FSM, *words],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env=environment(),
            preexec_fn=_hear_interrupts,
        ) as process,
        other_end() if "pipe.csv" in words else nullcontext(process.stdin) as log,
    ):
        assert log
        assert process.stderr
        if words[0] == "draft":
            while not process.stderr.readline().startswith(b"  1: "):
                pass
        else:
            log.write(b"message_id,event,timestamp\n")
            log.flush()
            _wait_until_read(log)
        for _ in range(3):  # Python loses an interrupt that comes within the callback of an import
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
                break
        else:
            process.kill()
        text = process.stderr.read().decode().splitlines()
    assert (process.returncode, text[-1]) == (130, "fsm: interrupted")
    assert sorted(tmp_path.iterdir()) == before


# The end of an output ------------------------------------------------------------------------

OUTPUTS = {
    "a table": ["formats"],
    "a long table": ["formats", "snapshot"],
    "a help page": ["replay", "--help"],
    "a version": ["--version"],
    "a log": ["simulate", "engagement", "--messages", "5000"],
    "a drawing": ["draw", "delivery"],
    "a suite": ["suite", "engagement", "--method", "chain"],
    "JSON": ["machines", "--json"],
}


@pytest.mark.parametrize("name", cases(OUTPUTS))
def test_a_reader_may_close_its_pipe_at_any_time(name: str) -> None:
    reading, written = os.pipe()
    os.close(reading)
    with os.fdopen(written, "wb") as closed:
        result = with_streams(*OUTPUTS[name], out=closed)
    assert (result.status, result.err) == (0, "")


@pytest.mark.parametrize("close", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_may_be_closed_from_the_beginning(close: str) -> None:
    assert with_streams("formats", "snapshot", close=close)._replace(out="") == (0, "", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("name", cases(OUTPUTS))
def test_a_full_disk_is_one_line(name: str) -> None:
    with Path("/dev/full").open("wb") as full:
        result = with_streams(*OUTPUTS[name], out=full)
    assert (result.status, result.err) == (2, "fsm: standard output: No space left on device\n")


def test_a_stream_that_is_not_utf_8_has_escapes(tmp_path: Path) -> None:
    page = tmp_path / "é中.md"
    page.write_text(PAGE)
    for form in ("text", "json"):
        result = with_streams("check", page, "--format", form, PYTHONIOENCODING="koi8-r")
        assert (result.status, result.err) == (1, "")
        assert "\\u00e9\\u4e2d.md" in result.out
    assert json.loads(result.out)["findings"][0]["file"] == str(page)
