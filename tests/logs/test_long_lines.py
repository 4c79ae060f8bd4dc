"""Lines that are too long are said with their place; letters may be cut where a block ends."""

from pathlib import Path

import pytest

from fsm.logs.detect import _text as text_of
from fsm.logs.notes import Notes
from fsm.logs.storage import stored_file
from fsm.logs.storage.stored_file import TOO_LONG, StoredFile

SHORT = [f"line {number}" for number in range(1, 6)]


@pytest.mark.parametrize("at", [1, 2, 4, 6])
def test_a_line_that_is_too_long_is_reported_with_its_number(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_file, "_BLOCK", 16)
    monkeypatch.setattr(stored_file, "LONGEST", 40)
    lines = [*SHORT[: at - 1], "x" * 200, *SHORT[at - 1 :]]
    path = tmp_path / "mail.log"
    path.write_text("\n".join(lines))
    notes = Notes("mail.log")
    read = [line for block in StoredFile(path, "mail.log").blocks(notes) for line in block]
    assert notes.rejected.counts == {TOO_LONG: 1}
    assert notes.rejected.firsts == {TOO_LONG: at}
    assert [line for line in read if line.strip("x")] == SHORT


@pytest.mark.parametrize("letter", ["é", "€", "𝄞"], ids=["two bytes", "three", "four"])
def test_a_letter_that_is_cut_spoils_nothing(letter: str) -> None:
    """The first bytes of a file may end within a letter; those before it are read as they are."""
    start, size = f"a{letter}b", len(letter.encode())
    for cut in range(size):
        head = f"{start}{letter}".encode()[: len(start.encode()) + cut]
        assert text_of(head).removesuffix("\ufffd") == start


def test_what_is_no_utf_8_is_latin_1() -> None:
    assert text_of("Zürich, Genève".encode("latin-1")) == "Zürich, Genève"
