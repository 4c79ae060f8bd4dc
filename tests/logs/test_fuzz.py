"""Any bytes give events, counted rejects or one clear line: no crash, no hang, no growth.

Whoever can send a mail writes lines of these logs. The coverage-guided part of this is in
tests/fuzz; each fault that it or these tests found has its name here.
"""

import bz2
import gzip
import lzma
import tracemalloc
from collections.abc import Callable
from contextlib import nullcontext, suppress
from datetime import UTC
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fsm.catalog import load_bare
from fsm.engine import replay
from fsm.errors import LogError
from fsm.logs.detect import guess
from fsm.logs.log import Log
from fsm.logs.mapping.event_mapping import load_format
from fsm.logs.notes import Notes
from fsm.logs.open import convert_logs, open_log
from fsm.logs.records.mapped_reader import MappedReader
from fsm.logs.records.reader import Reader as Webhooks
from fsm.logs.servers.clock import Clock
from fsm.logs.servers.lines import UNREAD_STATUS
from fsm.logs.storage.compression import PACKED
from fsm.logs.storage.stored_file import TOO_LONG, StoredFile
from tests.depth import DEEP, samples
from tests.logs.any_bytes import FORMS, SAMPLES, events, family_of, read_whole
from tests.logs.test_servers import EXIM, MX, SENT, postfix

Convert = Callable[..., Any]

MACHINES = [load_bare("with-feedback")]
FAMILIES = ("postfix", "exim", "sendmail", "powermta", "momentum", "mail", "webhooks")


# What is done to a sample ---------------------------------------------------------------------

ODD = (
    *(
        "\0",
        "\r",
        "\n",
        "\r\n",
        "\x1a",
        "\x85",
        "\u2028",
        "\ufeff",
        "\uffff",
        "\u202e",
        "é",
        "\U0001f4a9",
    ),
    *('"', "'", "\\", "<", ">", "(", "]]>", ": ", ", ", "=", "@", "/", "%", ";", " - - ", "]: "),
    *("9" * 400, "-1", "1e999", "NaN", "Infinity", "0x10", "1.2.3", "٣", "²"),
    *("0000-00-00T00:00:00Z", "9999-12-31T23:59:59Z", "2026-02-30", "Feb 30 25:61:61", "Feb 29"),
    *("\\ud800", '{"a":' * 300, "[" * 3000, "]" * 3000, "null", '"\\u0000"', "{}", "[]"),
    *("(" * 3000, "a@" * 500, "<" * 500, "--b\n" * 300, "Content-Type: message/rfc822\n\n" * 200),
)
BYTES = (
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xf0\x9f",
    b"\0\0\0\0",
    b"\x1f\x8b\x08",
    b"BZh9",
    b"PAR1",
)
PIECES = st.sampled_from([*(text.encode() for text in ODD), *BYTES]) | st.binary(max_size=8)


@st.composite
def mutated(draw: st.DrawFn, names: tuple[str, ...]) -> bytes:
    """A sample that is cut, spliced with others, repeated, and sprinkled with odd pieces."""
    data = SAMPLES[draw(st.sampled_from(names))].encode()
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(data)))
        end = min(place + draw(st.integers(0, 40)), len(data))
        kind = draw(st.sampled_from(["odd", "odd", "cut", "splice", "repeat", "drop"]))
        if kind == "odd":
            data = data[:place] + draw(PIECES) + data[end:]
        elif kind == "cut":
            data = data[:place]
        elif kind == "drop":
            data = data[:place] + data[end:]
        elif kind == "repeat":
            data = data[:place] + data[place:end] * draw(st.sampled_from([2, 50, 400])) + data[end:]
        else:
            other = SAMPLES[draw(st.sampled_from(names))].encode()
            data = data[:place] + other[draw(st.integers(0, len(other))) :] + data[end:]
    return data


def of(family: str) -> tuple[str, ...]:
    return tuple(name for name in SAMPLES if family_of(name) == family)


def reader(family: str) -> Any:
    if family == "webhooks":
        return Webhooks(UTC)
    if family == "powermta":
        return MappedReader(load_format(family), UTC, lambda _: None)
    return import_module(f"fsm.logs.servers.{family}").Reader(Clock(UTC, 2026))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_reader_bears_mutated_lines(
    family: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.getbasetemp() / f"{family}.log"

    @settings(max_examples=samples(150), suppress_health_check=list(HealthCheck))
    @given(mutated(of(family)))
    def bears(data: bytes) -> None:
        place.write_bytes(data)
        # A header may be cut short, and what begins as a packed file is damaged.
        is_refused = family == "powermta" or data.startswith(PACKED)
        with suppress(LogError) if is_refused else nullcontext():
            events(StoredFile(place, "any").blocks(Notes("any")), reader(family))

    bears()


@settings(max_examples=samples(120), suppress_health_check=list(HealthCheck))
@given(mutated(tuple(SAMPLES)) | st.binary(max_size=200), st.sampled_from(FORMS))
@example(b"", None)
@example(b"\xff\xfe", None)
def test_any_file_is_replayed_and_converted_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, form: str | None
) -> None:
    place = tmp_path_factory.getbasetemp() / "any.log"
    place.write_bytes(data)
    read_whole(place, form, MACHINES)


@given(mutated(tuple(SAMPLES)) | st.binary(max_size=300))
def test_any_head_is_guessed_without_harm(data: bytes) -> None:
    guess(data)


# The faults that were found, by name ----------------------------------------------------------

EXIM_LINE = "2026-01-05 09:00:00 1sLq2b-000000001yx-2Dei"
SENDMAIL_LINE = "Jan  5 09:00:01 mx sendmail[7]: 60590001aaaaa:"
HEAD = "From: a@y.example\nDate: Mon, 05 Jan 2026 10:00:00 +0100\n"
POWERMTA = "type,timeLogged,rcpt,dsnDiag\n"
PARTS_IN_PARTS = "".join(
    f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(1500)
)
TOO_DEEP = "a mail of parts within parts that nobody writes"

FAULTS: dict[str, tuple[str, str, dict[str, int]]] = {
    # Text for which a reader took more than all time
    "sendmail: addresses without an end": (
        f"{SENDMAIL_LINE} to={'a' * 5000}",
        "sendmail",
        {UNREAD_STATUS: 1},
    ),
    "sendmail: quotes and brackets": (
        f"{SENDMAIL_LINE} to=" + 'a"<<' * 5000 + '", stat=x',
        "sendmail",
        {UNREAD_STATUS: 1},
    ),
    "exim: recipients without an end": (
        f"{EXIM_LINE} <= n@x for {'a@' * 5000} \n",
        "exim",
        {"an id or address of more than 1,000 bytes": 1},
    ),
    "exim: deferrals without a reply": (
        f"{EXIM_LINE} == n@x {' defer (1) C=' * 5000}",
        "exim",
        {},
    ),
    "postfix: delays without a status": (
        postfix(f"smtp A1B2C3D4: to=<a@y>, relay=x, {'delay=1, dsn=1.1.1, ' * 5000}"),
        "postfix",
        {"a delivery without its relay or status": 1},
    ),
    "webhooks: lists in lists in lines": (
        ('{"a":\n[' + "1," * 2000 + "\n") * 1500,
        "sendgrid",
        {"not JSON": 1},
    ),
    "mail: parts without an end": (
        f'{HEAD}Content-Type: multipart/mixed; boundary="b"\n\n' + "--b\n\nx\n" * 100_000,
        "mail",
        {"a mail of more than 2,000 parts": 1},
    ),
    # Text that ended in a traceback
    "mail: parts in parts": (HEAD + PARTS_IN_PARTS, "mail", {TOO_DEEP: 1}),
    "mail: messages in messages": (
        HEAD + "Content-Type: message/rfc822\n\n" * 20_000,
        "mail",
        {TOO_DEEP: 1},
    ),
    "powermta: a carriage return in a record": (
        f'{POWERMTA}d,2026-01-05 09:00:00Z,a@y\r"x\n',
        "powermta",
        {},
    ),
    "powermta: a field without an end": (
        f'{POWERMTA}d,2026-01-05 09:00:00Z,a@y,"{"x" * 200_000}\n',
        "powermta",
        {"a quote that is not closed": 1},
    ),
    "exports: a field without an end": (
        f'email,status\na@y.example,Sent\nb@y.example,"{"x" * 200_000}\n',
        "snapshot",
        {"not CSV": 1},
    ),
    "a native event of any length is named by its beginning": (
        '{"event":"%s","email":"a@x","timestamp":1767603600,"sg_event_id":"e","sg_message_id":"m"}'
        % ("x" * 100_000),
        "sendgrid",
        {},
    ),
}


def test_comments_in_comments_end(tmp_path: Path) -> None:
    path = tmp_path / "2026-01-05.log"
    head = HEAD.partition("\n")[2]
    path.write_text(f"Auto-Submitted: auto-replied\nFrom: {'(' * 3000}\n{head}\nx")
    (notes,) = convert_logs([str(path)], "mail").notes
    # Newer versions of Python's own parser do not descend into them.
    assert notes.rejected.counts in ({TOO_DEEP: 1}, {})


@pytest.mark.parametrize(("text", "form", "rejected"), FAULTS.values(), ids=FAULTS)
def test_texts_that_were_faults(
    text: str, form: str, rejected: dict[str, int], tmp_path: Path
) -> None:
    path = tmp_path / "2026-01-05.log"
    path.write_text(text)
    (notes,) = convert_logs([str(path)], form).notes
    assert notes.rejected.counts == rejected
    tallies = (notes.passed, notes.side_events, notes.unmapped, notes.rejected, notes.doubts)
    assert all(len(what) < 300 for tally in tallies for what in tally.counts)


@pytest.mark.parametrize("delay", ["1.2.3", "9" * 500, "-1"], ids=["dots", "digits", "sign"])
def test_postfix_a_delay_that_is_no_number(delay: str, convert: Convert) -> None:
    line = f"smtp A1B2C3D4: {SENT[15:]}".replace("delay=1,", f"delay={delay},")
    rows, _ = convert(postfix(line), relayed=False)
    assert [row["event"] for row in rows] == ["delivered"]


def test_postfix_what_a_server_reported_is_none_of_the_fields(convert: Convert) -> None:
    message = f"smtp A1B2C3D4: to=<a@y>, {MX}, dsn=5.1.1, status=bounced (550 a=b, delay=9, status=sent (ok)"
    rows, _ = convert(postfix(message))
    assert [(row["event"], row["code"]) for row in rows][1:] == [("hard_bounce", "5.1.1")]


REPLIES = {
    "after a deferral": (" R=x T=y defer (-44): 452 full", "452 full"),
    "after a deferral that has quotes": (' R=x defer (0) C="a": b: c', "b: c"),
    "in quotes": (' R=x T=y C="250 OK: queued"', "250 OK: queued"),
    "quotes without an end": (' R=x T=y C="250 OK', None),
    "none": (" R=x T=y", None),
}


@pytest.mark.parametrize(("rest", "reply"), REPLIES.values(), ids=REPLIES)
def test_exim_what_was_replied(rest: str, reply: str | None, convert: Convert) -> None:
    rows, _ = convert(f"{EXIM_LINE} == a@y.example{rest}\n", relayed=False)
    assert [row["reply"] for row in rows] == [reply]


def test_exim_all_recipients_are_recognised(convert: Convert) -> None:
    text = EXIM.splitlines()[0] + " for a@y.example b@y.example\n"
    rows, _ = convert(text)
    assert [row["recipient"] for row in rows] == ["a@y.example", "b@y.example"]
    rows, _ = convert(text.replace("b@y", "b"))
    assert rows == []


CSV = b"message_id,event,timestamp\nm1,relayed,2026-01-05T09:00:00Z\n"
REFUSED: dict[str, tuple[bytes, str]] = {
    "a record of zeros and too many fields": (
        CSV + b"m1," + b"\0" * 200 + b"|ed,2026-01-05\0Z,1,1\nm1,de\0Z,1\n",
        ":3: 5 fields under 3 headers; quote fields with commas",
    ),
    "no UTF-8": (CSV + b"m1,delivered\xac1767603601,2\n", ":3: not UTF-8 text"),
    "a header over two lines": (
        b'type,"a\nb\r",c\n',
        ": format not known",
    ),
    "quotes that not all readers see": (
        b'message_id,event,timestamp, ","\nd',
        "quotes within its fields; double them|:2: message_id|:1: timestamp|:2: timestamp",
    ),
    "columns of an export over two lines": (
        b'status,"a\nb"\nx',
        ": format not known",
    ),
    "lists in lists": (
        b'{"message_id":"m","event":"relayed","timestamp":"2026-01-05T09:00:00Z","x":'
        + b"[" * 200_000
        + b"]" * 200_000
        + b"}\n",
        ":1: not a JSON object",
    ),
    "a damaged xz file": (lzma.compress(CSV)[:-20], "the compressed file is cut short"),
    "a damaged bz2 file": (bz2.compress(CSV)[:-8], "the compressed file is cut short"),
    "a damaged zst file": (zstandard.compress(CSV)[:-3], "the compressed file is"),
    "a damaged gz file": (gzip.compress(CSV)[:-9], "the compressed file is cut short"),
    "an xz file that asks for a GiB": (
        lzma.compress(CSV, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 28}]),
        "it takes more than 128 MiB to unpack; compress it with less",
    ),
}


def _replay_with(use: Callable[..., Any], path: Path) -> None:
    opened = use([str(path)])
    replay(opened if isinstance(opened, Log) else opened.events(), MACHINES)


@pytest.mark.parametrize("use", [open_log, convert_logs], ids=["replay", "convert"])
@pytest.mark.parametrize(("data", "message"), REFUSED.values(), ids=REFUSED)
def test_files_that_are_refused(
    data: bytes, message: str, use: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "log"
    path.write_bytes(data)
    with pytest.raises(LogError) as caught:
        _replay_with(use, path)
    assert any(part in str(caught.value) for part in message.split("|"))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 2000


# Growth ---------------------------------------------------------------------------------------

BOMB = 1 << 28
"""Bytes of zeros: packed, they are a file of some kilobytes."""


def packed_bomb(kind: str) -> bytes:
    piece = b"x" * (1 << 20)
    if kind == "gz":
        return gzip.compress(piece * 4) * (BOMB >> 22)
    if kind == "bz2":
        return bz2.compress(piece * 4) * (BOMB >> 22)
    if kind == "xz":
        return lzma.compress(piece * 4) * (BOMB >> 22)
    return zstandard.compress(piece * (BOMB >> 20))


@pytest.mark.parametrize("kind", ["gz", "bz2", "xz", "zst"] if DEEP else ["zst"])
def test_a_packed_line_of_any_length_takes_little_memory(kind: str, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(packed_bomb(kind))
    assert (tmp_path / "log").stat().st_size < BOMB >> 8
    notes = Notes("log")
    tracemalloc.start()
    lines = [line for block in StoredFile(tmp_path / "log", "log").blocks(notes) for line in block]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lines == []
    assert notes.rejected.counts == {TOO_LONG: 1}
    assert peak < BOMB >> 1
