"""Times of a log are read by words of eight characters: exactly as the parser of polars reads."""

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.logs import timestamps
from fsm.logs.timestamps import microseconds

SPAN = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))
LAYOUTS = [
    "2026-01-05T09:00:02Z",
    "2026-01-05 09:00:02z",
    "2026-01-05T09:00:02.3Z",
    "2026-01-05T09:00:02.35Z",
    "2026-01-05t09:00:02.350Z",
    "2026-01-05T09:00:02.3504Z",
    "2026-01-05T09:00:02.35049Z",
    "2026-01-05T09:00:02.350499Z",
    "2026-01-05T09:00:02.3504999Z",
    "2026-01-05T09:00:02.35049999Z",
    "2026-01-05T09:00:02.350499999Z",
    "2026-01-05T09:00:02+00:00",
    "2026-01-05T09:00:02-00:00",
    "2026-01-05T09:00:02.350+05:30",
    "2026-01-05 09:00:02.350499-23:59",
    "2026-01-05T09:00:02.350499999+14:00",
]


def series(texts: list[str | None]) -> pl.Series:
    return pl.Series("timestamp", texts, dtype=pl.String)


def by_polars(texts: pl.Series) -> pl.Series:
    """Read texts as they stand, and where that fails in the form of RFC 3339."""
    stripped = texts.str.strip_chars()
    as_written, spelled = (
        form.str.to_datetime("%+", time_unit="us", strict=False)
        for form in (stripped, timestamps.spelled_out(stripped))
    )
    times = as_written.zip_with(as_written.is_not_null(), spelled)
    return times.set(~times.is_between(*SPAN), None).to_physical()


def check(texts: pl.Series) -> None:
    theirs, ours = by_polars(texts), microseconds(texts)
    assert ours.dtype == pl.Int64
    assert ours.name == texts.name
    odd = texts.filter(ours.ne_missing(theirs))
    assert odd.is_empty(), odd.to_list()


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01.5Z", 1_500_000),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31T23:59:59.1234567Z", -876_544),
        ("1970-01-01T00:00:00.9999999Z", 999_999),
        ("1970-01-01T00:00:60Z", 60_000_000),
        ("1970-01-01T23:59:60.5Z", 86_400_500_000),
        (" 1970-01-01T00:00:00Z\n", 0),
        ("1970-1-1T0:0:0Z", 0),
        ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
        ("2026-02-29T00:00:00Z", None),
        ("2100-02-29T00:00:00Z", None),
        ("2026-04-31T00:00:00Z", None),
        ("2026-01-00T00:00:00Z", None),
        ("2026-00-01T00:00:00Z", None),
        ("2026-13-01T00:00:00Z", None),
        ("2026-01-05T24:00:00Z", None),
        ("2026-01-05T09:60:00Z", None),
        ("2026-01-05T09:00:61Z", None),
        ("2026-01-05T09Z", None),
        ("2026-01-05T09:00:02", None),
        ("2026-01-05T09:00:02.Z", None),
        ("2026-01-05T09:00:02+24:00", None),
        ("٢026-01-05T09:00:02Z", None),
        ("2026-01-05T09:00:0éZ", None),
        ("0000-01-01T00:00:00Z", None),
        ("0001-01-01T23:59:59.999999Z", None),
        ("0001-01-02T00:00:00Z", -62_135_510_400_000_000),
        ("0001-01-02T00:00:00+00:01", None),
        ("9999-12-30T00:00:00Z", 253_402_128_000_000_000),
        ("9999-12-30T00:00:00.000001Z", None),
        ("+10000-01-01T00:00:00Z", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_a_time(text, time):
    for at_once in ([text], ["2026-01-05T09:00:02Z", text], [text, "2026-01-05T09:00:02Z"]):
        check(series(at_once))
        assert microseconds(series(at_once))[at_once.index(text)] == time


@pytest.mark.parametrize("text", LAYOUTS)
def test_every_character_at_every_place(text):
    signs = [*map(chr, range(256)), "٢", "２", "−", "\u2003"]
    changed = [text[:at] + sign + text[at + 1 :] for at in range(len(text)) for sign in signs]
    check(series([text, *changed]))


@pytest.mark.parametrize("text", LAYOUTS)
def test_every_pair_of_digits_at_every_place(text):
    changed = [
        f"{text[:at]}{pair:02}{text[at + 2 :]}"
        for at in range(len(text) - 1)
        if text[at : at + 2].isdigit()
        for pair in range(100)
    ]
    check(series([text, *changed]))


@pytest.mark.parametrize("text", LAYOUTS[::3])
def test_letters_of_two_bytes_at_every_place(text):
    letters = [chr(letter) for letter in range(0x80, 0x800)]
    changed = [
        text[:at] + letter + text[at + 2 :] for at in range(len(text) - 1) for letter in letters
    ]
    check(series([text, *changed]))


def test_the_end_of_every_month():
    days = [
        f"{year:04}-{month:02}-{day}T23:59:59.999Z"
        for year in range(3010)
        for month in range(1, 13)
        for day in (28, 29, 30, 31)
    ]
    check(series(days))


def test_no_texts():
    assert microseconds(series([])).equals(pl.Series("timestamp", [], dtype=pl.Int64))


def test_nulls():
    check(series([None] * 5))
    check(series([None, "2026-01-05T09:00:02Z", None, "", "2026-01-05T09:00:03Z"] * 2000))


def test_chunks_and_slices():
    texts = pl.concat([series([f"2026-01-05T09:00:{at:02}Z"]) for at in range(60)], rechunk=False)
    check(texts)
    check(texts.rechunk().slice(7, 20))
    check(texts.rechunk().gather_every(3))


def _mixed(rows: int) -> pl.Series:
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)
    times = [start + timedelta(seconds=row * 61.7) for row in range(rows)]
    zones = [UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=1))]
    precisions = ["seconds", "milliseconds", "microseconds"]
    return series(
        [
            time.astimezone(zones[row // 5 % 3]).isoformat(timespec=precisions[row % 3])
            for row, time in enumerate(times)
        ]
    )


def test_mixed_layouts_over_several_slices():
    texts = _mixed(2 * timestamps._ROWS + 3)
    check(texts)
    check(texts.set(pl.arange(len(texts), eager=True) % 97 == 0, "2026-06-30T23:59:60Z"))


@pytest.mark.parametrize(
    "texts",
    [
        series([f"2026-01-05T09:{at // 60 % 60:02}:{at % 60:02}.350Z" for at in range(40_000)]),
        series([f"{1900 + at % 200}-03-31T23:59:59+02:00" for at in range(40_000)]),
        series([f"2026-01-05T09:00:{at % 60:02}{'.5' * (at % 2)}Z" for at in range(40_000)]),
    ],
    ids=["milliseconds", "zone", "two lengths"],
)
def test_an_ordinary_log_does_without_the_parser(texts, monkeypatch):
    parsed, parser = [], timestamps._parsed
    monkeypatch.setattr(
        timestamps, "_parsed", lambda few: (parsed.append(len(few)), parser(few))[1]
    )
    microseconds(texts)
    assert sum(parsed) <= 1  # the zone itself


local = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31))
fractions = st.one_of(st.just(""), st.from_regex(r"\.[0-9]{1,12}", fullmatch=True))
zones = st.one_of(st.just("Z"), st.from_regex(r"[+-][0-2][0-9]:[0-5][0-9]", fullmatch=True))
signs = st.one_of(st.sampled_from("0123456789TZtz:.-+ /;@é−\0"), st.characters(codec="utf-8"))


def _text(time: datetime, mark: str, fraction: str, zone: str) -> str:
    return f"{time.isoformat(mark, 'seconds')}{fraction}{zone}"


@st.composite
def alike(draw) -> list[str]:
    """Texts of one zone, and perhaps of one length."""
    mark, zone = draw(st.sampled_from("TTTt ")), draw(zones)
    digits = draw(st.integers(0, 10))
    one_length = st.text("0123456789", min_size=digits, max_size=digits).map(
        lambda text: f".{text}" if text else ""
    )
    fraction = draw(st.sampled_from([one_length, fractions]))
    times = draw(st.lists(st.tuples(local, fraction), min_size=1, max_size=12))
    return [_text(time, mark, fraction, zone) for time, fraction in times]


@st.composite
def faulty(draw) -> list[str]:
    """Texts laid out alike; one character of each but the first is replaced, added or left out."""
    first, *others = draw(alike())
    texts = [first]
    for text in others:
        at = draw(st.integers(0, len(text) - 1))
        new = draw(st.one_of(signs, st.just(""), st.tuples(signs, st.just(text[at])).map("".join)))
        texts.append(text[:at] + new + text[at + 1 :])
    return texts


@given(alike())
def test_as_polars_reads_times(texts):
    check(series(texts))


@given(faulty())
def test_as_polars_reads_faulty_times(texts):
    check(series(texts))
