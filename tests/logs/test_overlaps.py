"""Files of a mail server that have lines in common: each line counts once, and that is said."""

from itertools import permutations
from pathlib import Path

import pytest

from fsm.engine import replay
from fsm.logs.ledger import RecordClass
from fsm.logs.log import Log
from fsm.logs.open import open_log
from fsm.logs.servers import overlaps
from tests.depth import cases
from tests.logs.any_bytes import SAMPLES
from tests.logs.test_incremental import facts

HEAD = "2026-01-05T09:{:02}:00Z mx1 postfix/"
SENT = "to=<a@y.example>, relay=m[1.1.1.1]:25, delay=60, dsn=2.0.0, status=sent (250 ok)"
HOUR = [
    line
    for minute in range(0, 60, 5)
    for line in (
        f"{HEAD.format(minute)}smtpd[1]: A000{minute:02}: client=app[10.0.0.1]",
        f"{HEAD.format(minute + 1)}smtp[3]: A000{minute:02}: {SENT}",
    )
]
JOURNAL = [f'{{"log": "{line}\\n", "stream": "stdout", "time": "{line[:20]}"}}' for line in HOUR]
SYSLOG = [f"Jan  5 {line[11:19]} {line[21:]}" for line in HOUR]


def cut(lines: list[str], *parts: tuple[int, int | None]) -> list[str]:
    return ["".join(f"{line}\n" for line in lines[first:last]) for first, last in parts]


def outcome(log: Log) -> list[object]:
    """Return everything but what is said of the files and their records."""
    summary, *rows = facts(replay(log, cross_check=False))
    assert isinstance(summary, dict)
    return [{key: summary[key] for key in summary if key != "balance"}, *rows]


OTHERS = {name: SAMPLES[name].strip().split("\n") for name in ("exim", "sendmail")}
CASES = {
    "a copy with more lines": (HOUR, (0, 20), (0, None)),
    "a copy that begins later": (HOUR, (0, 16), (7, None)),
    "three files": (HOUR, (0, 12), (6, 18), (11, None)),
    "a piece of a whole file": (HOUR, (0, None), (4, 9)),
    "pieces of a whole file": (HOUR, (0, None), (4, 9), (15, 20)),
    "files that follow each other": (HOUR, (0, 9), (9, None)),
    "times without a year": (SYSLOG, (0, 16), (7, None)),
    "lines that Docker wrapped": (JOURNAL, (0, 16), (7, None)),
    **{name: (lines, (0, -2), (3, None)) for name, lines in OTHERS.items()},
}


@pytest.mark.parametrize(
    ("lines", "parts"), [(c[0], c[1:]) for c in map(CASES.get, cases(CASES)) if c], ids=cases(CASES)
)
def test_files_that_overlap_give_what_the_whole_gives(
    lines: list[str], parts: list[tuple[int, int | None]], tmp_path: Path
) -> None:
    (whole := tmp_path / "whole.log").write_text(cut(lines, (0, None))[0])
    expected = outcome(open_log(whole))
    texts = cut(lines, *parts)
    repeated = sum(text.count("\n") for text in texts) - len(lines)
    for number, order in enumerate(permutations(range(len(texts)))):
        paths = [tmp_path / f"{number}-{part}.log" for part in order]
        for path, part in zip(paths, order, strict=True):
            path.write_text(texts[part])
        log = open_log(paths)
        assert outcome(log) == expected
        known = [note.passed.counts[overlaps.KNOWN_LINES] for note in log.conversions]
        assert sum(known) == repeated
        said = [text for note in log.conversions for text in note.assumed.values()]
        assert any("has, too; read once" in text for text in said) is (repeated > 0)


def test_lines_of_other_files_keep_the_numbers_of_the_lines_after_them(tmp_path: Path) -> None:
    (before := tmp_path / "a.log").write_text(cut(HOUR, (0, 4))[0])
    (after := tmp_path / "b.log").write_text(cut(HOUR, (2, None))[0])
    log = open_log([before, after])
    assert sorted(log.locate(log.frame)["line"]) == sorted([*range(1, 5), *range(3, 23)])
    assert log.conversions[1].records.counts[RecordClass.PASSED] == 2


def test_what_is_identical_in_one_file_is_left_alone(tmp_path: Path) -> None:
    (path := tmp_path / "a.log").write_text(SAMPLES["exim"] * 2)
    (other := tmp_path / "b.log").write_text(cut(HOUR, (0, None))[0])
    for note in open_log([path, other]).conversions:
        assert overlaps.KNOWN_LINES not in note.passed.counts


def test_how_many_lines_are_remembered_is_bounded_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlaps, "MOST_LINES", 5)
    monkeypatch.setattr("fsm.logs.storage.stored_file._BLOCK", 400)
    paths = [tmp_path / "a.log", tmp_path / "b.log"]
    for path, text in zip(paths, cut(HOUR, (0, None), (0, 20)), strict=True):
        path.write_text(text)
    first, second = open_log(paths).conversions
    assert "more than 5 lines" in first.assumed["overlap not looked for"]
    assert 5 <= second.passed.counts[overlaps.KNOWN_LINES] < 20


def test_a_checkpoint_goes_on_in_files_that_overlap(tmp_path: Path) -> None:
    paths, kept = [tmp_path / "a.log", tmp_path / "b.log"], tmp_path / "kept"
    for last in (18, None):
        for path, text in zip(paths, cut(HOUR, (0, 12), (7, last)), strict=True):
            path.write_text(text)
        result = replay(paths, cross_check=False, checkpoint=kept)
        assert facts(result) == facts(replay(paths, cross_check=False))
    assert result.messages == 12
