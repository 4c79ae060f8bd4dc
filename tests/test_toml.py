"""TOML files that users write: bounded, and every word with its line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.errors import LogError, PageError
from fsm.toml import MAX_BYTES, MAX_DEPTH, Toml, parse_toml, read_toml

TEXT = """title = "one"  # "not this"
[words]
first = ["Sent", "gesendet"]
second = 'it''s'
"third" = ["na\\u00efve", '''long
text''']

[[steps]]
label = "Sent"
"""


def parsed(text: str) -> Toml:
    return parse_toml(text, "x.toml", PageError)


@pytest.mark.parametrize(
    ("section", "word", "line"),
    [
        ("", "one", 1),
        ("words", "SENT", 3),
        ("words", "gesendet", 3),
        ("words", "naïve", 5),
        ("words", "third", 5),
        ("steps", "Sent", 9),
        ("words", "not this", 2),
        ("nowhere", "Sent", 1),
    ],
)
def test_words_know_their_lines(section: str, word: str, line: int) -> None:
    assert parsed(TEXT.replace("it''s", "its")).line(section, word) == line


BOMBS = {
    "nested arrays": "x = " + "[" * 100_000,
    "nested tables": "x = " + "{a = " * 100_000,
    "an array of arrays": "x = [\n" + "[\n" * 100_000,
    "a long dotted key": "a." * 100_000 + "a = 1",
    "a long dotted header": "[" + "a." * 100_000 + "a]",
    "a long dotted key in quotes": '"a".' * 100_000 + "a = 1",
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_is_nested_too_deeply_is_refused_before_it_is_parsed(name: str) -> None:
    with pytest.raises(PageError, match=r"^x\.toml:\d+: nested deeper than 32 levels$"):
        parsed(BOMBS[name])


DEEP = {
    "arrays": lambda n: "x = " + "[" * n + "]" * n,
    "tables": lambda n: "x = " + "{a = " * n + "1" + "}" * n,
    "arrays on lines of their own": lambda n: "x = " + "[\n" * n + "]\n" * n,
    "arrays behind others": lambda n: "x = [[], " + "[" * (n - 1) + "]" * (n - 1) + "]",
    "a dotted key": lambda n: "a." * n + "a = 1",
    "a dotted key in quotes": lambda n: '"a".' * n + "a = 1",
    "a dotted header": lambda n: "[" + "a." * (n - 1) + "a]",
}
"""Texts that are nested so many levels deep."""


@pytest.mark.parametrize("name", DEEP)
def test_what_is_nested_just_as_deeply_as_may_be_is_read(name: str) -> None:
    for depth in (MAX_DEPTH - 1, MAX_DEPTH):
        assert parsed(f"{DEEP[name](depth)}\nb = 2\n").data
    with pytest.raises(PageError, match=r"^x\.toml:\d+: nested deeper than 32 levels$"):
        parsed(f"{DEEP[name](MAX_DEPTH + 1 + ('header' in name))}\n")


def test_many_brackets_beside_each_other_are_no_nesting() -> None:
    text = "".join(f"a{n} = [[{n}.5], {{b.c = {n}}}]\n" for n in range(200))
    assert len(parsed(text).data) == 200


def test_brackets_in_texts_and_comments_are_no_nesting() -> None:
    brackets = "[" * 1000 + "." * 1000
    text = f"a = '{brackets}' # {brackets}\nb = \"{brackets}\"\nc = [[1.5, 2.5], [3.5]]\n"
    assert parsed(text).data["a"] == brackets


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b" " * (MAX_BYTES + 1), r"x\.toml: larger than 1 MiB, not a TOML file of fsm"),
        (b"a = 1\n\xff", r"x\.toml:2: not UTF-8 text; save the file as UTF-8"),
        (b"a = ", r"x\.toml: not readable as TOML"),
        (None, r"x\.toml: No such file"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path: Path, data: bytes | None, message: str) -> None:
    path = tmp_path / "x.toml"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(LogError, match=message):
        read_toml(path, LogError)


def test_as_many_bytes_as_may_be_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"a = 1".ljust(MAX_BYTES))
    assert read_toml(path, LogError).data == {"a": 1}


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\n")
    assert read_toml(path, LogError).data == {"a": 1}


PARTS = st.sampled_from([*"ab='\"[]{}.#\\\n é", '"""', "'''"])


@given(st.lists(PARTS, max_size=30).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    refusal = ""
    try:
        assert 1 <= parsed(text).line("", "a") <= text.count("\n") + 1
    except PageError as error:
        refusal = str(error)
    assert "\n" not in refusal
    assert refusal.startswith("x.toml:") or not refusal
