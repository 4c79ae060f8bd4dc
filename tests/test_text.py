"""Texts take the columns that terminals give them, in every table and under every mark."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.cli.findings import format_finding
from fsm.cli.text import format_table
from fsm.formats.dot import parse_dot
from fsm.suites.execution.implementation import run_test
from fsm.tables.checks.finding import Finding
from fsm.text import display_width, pad, wrapped
from tests.command import Fsm

COMBINING = "e\N{COMBINING ACUTE ACCENT}" * 5
WIDE = "\N{CJK UNIFIED IDEOGRAPH-65E5}\N{CJK UNIFIED IDEOGRAPH-672C}"
FAMILY = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
JAMO = "\N{HANGUL CHOSEONG KIYEOK}\N{HANGUL JUNGSEONG A}"
NAMES = {
    "plain": ("plain-id", 8),
    "combining marks": (COMBINING, 5),
    "a mark on nothing": ("\N{COMBINING ACUTE ACCENT}", 0),
    "wide": (WIDE, 4),
    "full width": ("\N{FULLWIDTH LATIN CAPITAL LETTER A}", 2),
    "half width": ("\N{HALFWIDTH KATAKANA LETTER A}", 1),
    "an emoji of five characters": (FAMILY, 2),
    "a flag": (
        "\N{REGIONAL INDICATOR SYMBOL LETTER D}\N{REGIONAL INDICATOR SYMBOL LETTER E}",
        2,
    ),
    "jamo": (JAMO, 2),
    "zero width": ("a\N{ZERO WIDTH SPACE}b", 2),
    "a control character": ("a\nb", 2),
    "right to left": ("\N{HEBREW LETTER ALEF}\N{HEBREW POINT PATAH}", 1),
    "nothing": ("", 0),
}


@pytest.mark.parametrize(("text", "width"), NAMES.values(), ids=NAMES)
def test_columns_of_a_text(text: str, width: int) -> None:
    assert display_width(text) == width
    assert pad(text, 9) == text + " " * (9 - width)
    assert pad(text, 9, right=True) == " " * (9 - width) + text


@pytest.mark.parametrize("text", [text for text, _ in NAMES.values()], ids=NAMES)
def test_columns_of_a_table_stand_below_each_other(text: str) -> None:
    lines = format_table(("a", "b"), [(text, "x"), ("longer than it", "x")]).splitlines()
    assert len({display_width(line[: line.rindex("x")]) for line in lines[2:]}) == 1


TEXTS = st.text(st.sampled_from("ab é日\N{COMBINING ACUTE ACCENT}-"), max_size=40)


@given(TEXTS, st.integers(2, 12))
def test_no_line_is_wider_than_it_may_be_and_no_letter_is_lost(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(display_width(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.text(st.sampled_from("ab日é"), min_size=1, max_size=30), st.integers(2, 12))
def test_a_word_fills_its_lines(word: str, width: int) -> None:
    *full, _ = wrapped(word, width)
    assert all(display_width(line) >= width - 1 for line in full)


def test_messages_of_a_log_stand_in_columns(fsm: Fsm, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    rows = [f"{text},noise,2026-01-05T09:00:00Z\n" for text in ("plain-id", COMBINING, WIDE)]
    log.write_text("message_id,event,timestamp\n" + "".join(rows), encoding="utf-8")
    out = fsm("replay", log).out.split("Rejected events")[1].splitlines()
    assert len({display_width(line[: line.index("noise")]) for line in out[3:6]}) == 1


@pytest.mark.parametrize("before", [text for text, _ in NAMES.values()], ids=NAMES)
def test_a_finding_is_marked_below_its_cell(before: str) -> None:
    line = f"| {before} | {WIDE}{COMBINING} |"
    first = line.rindex(WIDE)
    cell = Finding("p.md", 1, first + 1, "x", "m", "", None, end=first + 1 + len(WIDE + COMBINING))
    _, _, quoted, marks = format_finding(cell, (line,))
    shown_before = quoted[: quoted.rindex(WIDE)]
    assert marks == f"  | {' ' * (display_width(shown_before) - 4)}{'^' * 9}"


def test_steps_of_a_failure_stand_in_columns() -> None:
    class Silent:
        def reset(self) -> None: ...

        def send(self, event: str) -> str:
            return "0"

    mealy = parse_dot(
        f'digraph {{ a -> a [label="{WIDE}/0"]; a -> a [label="{COMBINING}/0"] }}', "m.dot"
    )
    run = run_test(Silent(), mealy, [WIDE, COMBINING])
    _, *lines = str(run).splitlines()
    places = {display_width(line[: line.rindex(" 0 ")]) for line in lines}
    assert len(places) == 1
