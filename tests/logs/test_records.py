"""No record of a text log is longer than the limit; what separates fields is told by the header."""

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.errors import LogError
from fsm.logs.open import open_log
from fsm.logs.storage import parquet_pages, record_length, streams
from fsm.logs.storage.record_length import LONGEST, check_records, separator_of
from tests.command import Fsm
from tests.depth import DEEP, cases, samples

HEADER = b"message_id,event,timestamp,note\n"
ROW = b"m,relayed,2026-02-03T04:05:06Z,x\n"
OBJECT = b'{"message_id":"m","event":"relayed","timestamp":"2026-02-03T04:05:06Z"}\n'
LONG = b"0" * (LONGEST + (2 << 20))
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gz": lambda data: gzip.compress(data, 1),
    "zst": lambda data: zstandard.ZstdCompressor(1).compress(data),
}


# Longest records -----------------------------------------------------------------------------

BOMBS = {
    "a header": (LONG, ":1: a line of more than 16 MiB"),
    "a line of CSV": (HEADER + ROW + LONG, ":3: a line of more than 16 MiB"),
    "a line before good ones": (HEADER + LONG + b"\n" + ROW, ":2: a line of more than 16 MiB"),
    "a quoted field": (
        HEADER + ROW + b'm,relayed,2026-02-03T04:05:06Z,"' + b"text\n" * (len(LONG) // 5),
        ":3: a quoted field of more than 16 MiB; is a quote never closed?",
    ),
    "a record of JSONL": (OBJECT + b'{"message_id":"' + LONG, ":2: a line of more than 16 MiB"),
}


@pytest.mark.parametrize("packed", cases(PACKED))
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_record_that_is_too_long_is_refused(tmp_path: Path, bomb: str, packed: str) -> None:
    data, message = BOMBS[bomb]
    path = tmp_path / f"log.{packed}"
    path.write_bytes(PACKED[packed](data))
    with pytest.raises(LogError) as caught:
        open_log([path])
    assert str(caught.value).startswith(f"{path}{message}")


BODIES = st.lists(st.sampled_from([b"ab", b'"', b"\n", b'""', b",", b'"x\ny"']), max_size=24)


@settings(max_examples=samples(200, 10))
@given(BODIES, st.integers(1, 7), st.booleans())
def test_records_are_recognised_apart_wherever_blocks_end(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], block: int, quotes: bool
) -> None:
    data, limit = b"".join(parts), 8
    path = tmp_path_factory.mktemp("records") / "log"
    path.write_bytes(data)
    longest = quoted = length = 0
    for byte in data:
        quoted ^= quotes and byte == ord('"')
        length = 0 if byte == ord("\n") and not quoted else length + 1
        longest = max(longest, length)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_length, "LONGEST", limit)
        patch.setattr(record_length, "_BLOCK", block)
        refused = False
        try:
            check_records(path, "log", quotes=quotes)
        except LogError:
            refused = True
    # What ends within a block may be longer by that block.
    assert refused == (longest > limit) or limit < longest <= limit + block


PROGRAM = """
import atexit, sys
from fsm.cli import main
status = open("/proc/self/status")
atexit.register(lambda: print(*(s.split()[1] for s in status if "VmHWM" in s), file=sys.stderr))
main()
"""
"""The command; it prints the kilobytes that it took at most."""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is told by Linux")
def test_a_bomb_takes_little_memory(tmp_path: Path) -> None:
    """A gigabyte without a line end in a packed file of a few megabytes."""
    path = tmp_path / "log.csv.gz"
    member = gzip.compress(b"0" * (1 << 24), 1)
    path.write_bytes(gzip.compress(HEADER + ROW) + member * 64)
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, "replay", str(path)], capture_output=True, text=True
    )
    refusal, peak = ended.stderr.splitlines()
    assert ended.returncode == 2
    assert refusal == f"fsm: {path}:3: a line of more than 16 MiB; a log has one event a line"
    assert int(peak) < 400 << 10


def test_a_giant_text_in_parquet_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.parquet"
    if not DEEP:
        monkeypatch.setattr(parquet_pages, "LARGEST_PAGE", 8 << 20)
    texts = ["m", "x" * (9 << (24 if DEEP else 20))]
    frame = pl.DataFrame({"message_id": texts, "event": "relayed", "timestamp": "2026-02-03"})
    frame.write_parquet(path)
    assert path.stat().st_size < 1 << 16
    with pytest.raises(LogError) as caught:
        open_log([path])
    assert str(caught.value).startswith(
        f"{path}: a page of {144 if DEEP else 9} MiB in its row group 1; "
    )


def test_a_giant_group_of_rows_in_parquet_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_pages, "MOST_ROWS", 10)
    path = tmp_path / "log.parquet"
    row = {"message_id": "m", "event": "relayed", "timestamp": "2026-02-03"}
    pl.DataFrame([row] * 21).write_parquet(path, row_group_size=10)
    assert open_log([path]).files[0].format == "parquet"
    pl.DataFrame([row] * 21).write_parquet(path, row_group_size=11)
    with pytest.raises(LogError, match="11 rows in its row group 1; write groups of at most 10"):
        open_log([path])


@settings(max_examples=samples(150, 6))
@given(st.data())
def test_damaged_parquet_is_left_to_polars(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """The look at its pages says nothing but what it knows, and ends."""
    path = tmp_path_factory.mktemp("damaged") / "log.parquet"
    pl.DataFrame({"message_id": ["m", "n"], "seq": [1, 2]}).write_parquet(path)
    content = bytearray(path.read_bytes())
    for _ in range(3):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with suppress(LogError):
        parquet_pages.check_parquet_pages(path, "log")


# Streams -------------------------------------------------------------------------------------


class Endless(io.RawIOBase):
    """Begins with some bytes, and goes on with zeros for ever."""

    def __init__(self, start: bytes) -> None:
        self.left = start

    def read(self, size: int = -1) -> bytes:
        block, self.left = self.left[:size].ljust(size, b"0"), self.left[size:]
        return block


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b"", "pipe:1: a line of more than 16 MiB"),
        (HEADER + ROW, "pipe:3: a line of more than 32 MiB"),
    ],
    ids=["from the first line on", "later"],
)
def test_a_stream_without_line_ends_is_not_copied_for_ever(
    monkeypatch: pytest.MonkeyPatch, start: bytes, message: str
) -> None:
    monkeypatch.setattr(streams, "_ENDLESS", 32 << 20)
    with pytest.raises(LogError, match=message):
        streams.copied_stream(Endless(start), "pipe")


@pytest.mark.parametrize("form", ["auto", "csv", "postfix"])
def test_an_endless_device_is_refused(fsm: Fsm, form: str) -> None:
    result = fsm("replay", "/dev/zero", "--format", form)
    refusal = "fsm: /dev/zero:1: a line of more than 16 MiB; a log has one event a line\n"
    assert result == (2, "", refusal)


def test_a_pipe_is_read_by_the_library(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    program = "import sys; open(sys.argv[1], 'w').write(sys.argv[2])"
    text = (HEADER + ROW).decode()
    writer = subprocess.Popen([sys.executable, "-c", program, str(pipe), text])
    assert open_log([pipe]).frame.height == 1
    assert writer.wait() == 0


# Separators ----------------------------------------------------------------------------------

MARKS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


@pytest.mark.parametrize("mark", MARKS)
def test_another_separator_is_read_and_reported(tmp_path: Path, fsm: Fsm, mark: str) -> None:
    path = tmp_path / "log.csv"
    row = f'"m{mark}1",relayed,2026-02-03T04:05:06Z,"a,b"\n'.replace('",', f'"{mark}')
    row = row.replace(",relayed,", f"{mark}relayed{mark}").replace("relayed,", f"relayed{mark}")
    row = row.replace("Z,", f"Z{mark}")
    path.write_text(HEADER.decode().replace(",", mark) + row)
    refusal = f"fsm: {path}: fields are separated by {MARKS[mark]}\n"
    result = fsm("explain", path, "--message", f"m{mark}1")
    assert (result.status, result.err) == (0, refusal)
    assert f"proof: {path}:2: " in result.out
    replayed = fsm("replay", path, "--json")
    assert f'"{path}: fields are separated by {MARKS[mark]}"' in replayed.out
    assert refusal in replayed.err
    converted = fsm("convert", path, "-o", tmp_path / "out.jsonl")
    assert refusal in converted.err
    assert json.loads((tmp_path / "out.jsonl").read_text())["message_id"] == f"m{mark}1"


@pytest.mark.parametrize("mark", [",", *MARKS])
def test_fields_may_all_be_quoted(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "log.csv"
    rows = HEADER.decode().strip().split(","), ["m", "relayed", "2026-02-03T04:05:06Z", "a,b"]
    path.write_text("".join(mark.join(f'"{field}"' for field in row) + "\n" for row in rows))
    assert open_log([path]).frame["message_id"].to_list() == ["m"]


def test_a_wrong_row_is_recognised_by_its_own_separator(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("message_id;event;timestamp\nm;relayed;2026-02-03T04:05:06Z;a;b\n")
    with pytest.raises(LogError, match="5 fields under 3 headers; quote fields with semicolons"):
        _ = open_log([path]).frame


@pytest.mark.parametrize(
    ("header", "mark"),
    [
        ("id", ","),
        ("event,a;b;c", ","),
        ("event;a,b,c", ";"),
        ("a;b;c", ";"),
        ('\ufeff"event"|a', "|"),
        ("a,b", ","),
    ],
)
def test_the_separator_of_a_header(header: str, mark: str) -> None:
    assert separator_of(header, ("event",)) == mark
