"""Logs in object stores and on the web, from a store of the tests' own on loopback."""

import bz2
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import zstandard

from fsm.catalog import load_bare
from fsm.cli.shown_command import public_command
from fsm.engine import replay
from fsm.errors import LogError
from fsm.logs.open import open_log
from fsm.logs.storage.addresses import is_remote, name_of
from tests.command import Fsm
from tests.conftest import SAMPLE
from tests.depth import cases
from tests.logs.store import Store, store

WEBHOOK = '{"event":"sent","email":"a@x.example","MessageID":17,"time":1767603600}\n'
MACHINES = [load_bare("with-feedback")]
NOISE = "".join(f"m{n},relayed,2026-03-02T09:00:00Z,{n}\n" for n in range(100, 60_000))


def parquet(text: str) -> bytes:
    buffer = io.BytesIO()
    pl.read_csv(io.StringIO(text), infer_schema=False).write_parquet(buffer)
    return buffer.getvalue()


def jsonl(text: str) -> bytes:
    return pl.read_csv(io.StringIO(text), infer_schema=False).write_ndjson().encode()


LOGS = {
    "log.csv": SAMPLE.encode(),
    "log.csv.gz": gzip.compress(SAMPLE.encode()),
    "log.csv.zst": zstandard.compress(SAMPLE.encode()),
    "log.jsonl": jsonl(SAMPLE),
    "log.parquet": parquet(SAMPLE),
    "with%20space.csv": SAMPLE.encode(),
}
OTHERS = {
    "days/2026-03-01.csv": SAMPLE.encode(),
    "days/2026-03-02.csv": SAMPLE.replace("\nm", "\nn").encode(),
    "hooks.jsonl": WEBHOOK.encode(),
    "statuses_2026-01-05_0900.csv": b"id,status\n1,Pending\n",
    "bad.csv": b"message_id,event,timestamp\nm1,relayed,yesterday\n",
    "latin.csv": b"message_id,event,timestamp\n\xe9,relayed,2026-03-02T09:00:00Z\n",
    "log.csv.bz2": bz2.compress(SAMPLE.encode()),
    "empty.csv": b"",
    "broken.parquet": b"PAR1 and nothing",
    "large.csv": (SAMPLE + NOISE).encode(),
    "log": parquet(SAMPLE),
}


def objects(*prefixes: str) -> dict[str, bytes]:
    """Return all objects under the paths that each kind of store asks for."""
    every = {**LOGS, **OTHERS}
    return {
        f"/{prefix}/{name.replace('%20', ' ')}": data
        for prefix in prefixes
        for name, data in every.items()
    }


@pytest.fixture(scope="module")
def signed() -> Iterator[Store]:
    with store(objects("mail"), signed=True) as running:
        yield running


@pytest.fixture(scope="module")
def unsigned() -> Iterator[Store]:
    with store(objects("mail", "files")) as running:
        yield running


@pytest.fixture(autouse=True)
def environment(
    signed: Store, unsigned: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Set what an operator sets; nothing here leaves the machine."""
    account = tmp_path / "account.json"
    keys = dict.fromkeys(("client_email", "private_key", "private_key_id"), "")
    fetched = {**keys, "gcs_base_url": unsigned.address, "disable_oauth": True}
    account.write_text(json.dumps(fetched))
    for name, value in {
        "AWS_ENDPOINT_URL": signed.address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "reader",
        "AWS_SECRET_ACCESS_KEY": "s3cret-key",
        "AWS_REGION": "us-east-1",
        "GOOGLE_SERVICE_ACCOUNT": str(account),
        "AZURE_STORAGE_ACCOUNT_NAME": "files",
        "AZURE_STORAGE_ENDPOINT": unsigned.address,
        "AZURE_SKIP_SIGNATURE": "true",
        "AZURE_ALLOW_HTTP": "true",
        "POLARS_CLOUD_MAX_RETRIES": "0",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(params=["s3", "gs", "az", "http"])
def base(request: pytest.FixtureRequest, unsigned: Store) -> str:
    scheme = request.param
    return f"{unsigned.address}/files" if scheme == "http" else f"{scheme}://mail"


@pytest.mark.parametrize("name", cases(LOGS))
def test_canonical_logs(base: str, name: str, fsm: Fsm, sample: Path) -> None:
    url = f"{base}/{name if base.startswith('http') else name.replace('%20', ' ')}"
    fetched, expected = fsm("replay", url), fsm("replay", sample)
    assert (fetched.status, fetched.out, fetched.err) == (0, expected.out, expected.err)


def test_other_formats(base: str, fsm: Fsm) -> None:
    result = fsm("convert", f"{base}/hooks.jsonl")
    assert result.err.startswith(f"fsm: {base}/hooks.jsonl: read as webhooks (the record on line 1")
    assert f",mailjet,sent,sent,,{base}/hooks.jsonl,1" in result.out


def test_the_name_of_an_export_tells_when_it_was_made(base: str, fsm: Fsm) -> None:
    result = fsm("convert", f"{base}/statuses_2026-01-05_0900.csv")
    assert "exported 2026-01-05 09:00:00 UTC (by its name)" in result.err


@pytest.mark.parametrize("name", ["log.csv.gz", "log.parquet"])
def test_proofs_name_the_object(base: str, name: str, fsm: Fsm) -> None:
    result = fsm("explain", f"{base}/{name}", "--message", "m3")
    line = 8 if "csv" in name else 7
    assert f"proof: {base}/{name}:{line}: " in result.out


def test_a_pattern_names_several_objects() -> None:
    log = open_log(["s3://mail/days/*.csv"])
    assert [source.name for source in log.files] == [
        "s3://mail/days/2026-03-01.csv",
        "s3://mail/days/2026-03-02.csv",
    ]
    assert replay(log, MACHINES).messages == 6


def test_objects_files_and_the_web_are_one_log(unsigned: Store, tmp_path: Path) -> None:
    path = tmp_path / "more log.csv"
    path.write_text("message_id,event,timestamp\nm9,relayed,2026-03-02T09:00:00Z\n")
    urls = ["s3://mail/log.parquet", f"{unsigned.address}/files/hooks.jsonl"]
    log = open_log([*urls, path.as_uri()])
    assert replay(log, MACHINES).messages == 5


def test_the_library_takes_addresses(unsigned: Store) -> None:
    assert replay(f"{unsigned.address}/files/log.parquet", MACHINES).messages == 3
    assert replay(["s3://mail/log.csv"], MACHINES).messages == 3


def test_a_name_without_suffix_is_parquet_if_it_is_reported(base: str) -> None:
    log = open_log([f"{base}/log"], log_format="parquet")
    assert replay(log, MACHINES).messages == 3


def test_text_is_fetched_once(unsigned: Store) -> None:
    unsigned.asked.clear()
    log = open_log([f"{unsigned.address}/files/large.csv"])
    parts = list(unsigned.asked)
    assert len(parts) == len(set(parts))
    assert replay(log, MACHINES).messages == 59_903
    assert unsigned.asked == parts


def test_a_checkpoint_knows_a_fetched_log_by_its_content(fsm: Fsm, tmp_path: Path) -> None:
    once, again = (
        fsm("replay", "s3://mail/log.csv", "--checkpoint", tmp_path / "states") for _ in range(2)
    )
    assert (once.status, once.out) == (again.status, again.out)


FAULTS = {
    "no object": ("nothing.csv", "it is not there"),
    "no Parquet": ("nothing.parquet", "it is not there"),
    "a wrong row": ("bad.csv", "2: timestamp 'yesterday' is not a time; write"),
    "other letters": ("latin.csv", "not UTF-8 text, or not packed by gzip or zstd; download it"),
    "another packing": ("log.csv.bz2", "not UTF-8 text, or not packed by gzip or zstd; download"),
    "empty": ("empty.csv", "empty, or nothing has such a name"),
    "no Parquet after all": ("broken.parquet", "not readable; download it, and give the file"),
    "Parquet by no name": ("log", "its name ends in .parquet, or give --format parquet"),
}


@pytest.mark.parametrize(("name", "message"), FAULTS.values(), ids=FAULTS)
def test_what_cannot_be_read(base: str, fsm: Fsm, name: str, message: str) -> None:
    result = fsm("replay", f"{base}/{name}")
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f"fsm: {base}/{name}:")
    assert message in result.err
    assert result.err.count("\n") == 1


def test_who_may_not_read(signed: Store, monkeypatch: pytest.MonkeyPatch, fsm: Fsm) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "stranger")
    result = fsm("replay", "s3://others/log.csv")  # polars keeps what it knows of a bucket
    assert result.status == 2
    assert (
        "access is refused; the environment holds them: AWS_ACCESS_KEY_ID, AWS_SECRET" in result.err
    )
    assert "s3cret-key" not in result.err


def test_a_store_that_is_not_there(fsm: Fsm) -> None:
    result = fsm("replay", "http://127.0.0.1:1/log.csv")
    assert result.err == "fsm: http://127.0.0.1:1/log.csv: its server cannot be reached\n"


def test_the_signature_of_an_address_is_not_shown(unsigned: Store, fsm: Fsm) -> None:
    address = f"{unsigned.address}/files/{{}}?X-Amz-Signature=s3cret"
    fetched = fsm("explain", address.format("log.csv"), "--message", "m3")
    assert f"{unsigned.address}/files/log.csv:8" in fetched.out
    for name in ("nothing.csv", "bad.csv", "broken.parquet", "log"):
        wrong = fsm("replay", address.format(name))
        assert wrong.status == 2
        assert f"/files/{name}:" in wrong.err
        assert "s3cret" not in wrong.err
    assert "s3cret" not in fetched.out + fetched.err


def test_the_page_of_a_report_has_no_signature(unsigned: Store) -> None:
    address = f"{unsigned.address}/files/log.csv?X-Amz-Signature=s3cret"
    assert public_command(["report", address]) == f"fsm report {unsigned.address}/files/log.csv"


REFUSED = {
    "a scheme": ("ftp://host/log.csv", "ftp://host/log.csv: ftp:// is not read; there are: abfs"),
    "a password": (
        "https://me:s3cret@host/log.csv",
        "https://host/log.csv: an address with a name",
    ),
}


@pytest.mark.parametrize(("url", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(url: str, message: str, fsm: Fsm) -> None:
    result = fsm("replay", url)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f"fsm: {message}")
    assert "s3cret" not in result.err
    with pytest.raises(LogError):
        is_remote(url)


def test_parquet_is_converted_as_other_canonical_logs(
    base: str, fsm: Fsm, tmp_path: Path, sample: Path
) -> None:
    url, out = f"{base}/log.parquet", tmp_path / "log.csv"
    assert fsm("convert", url, f"{base}/hooks.jsonl", "-o", out).status == 0
    assert replay(open_log([out]), MACHINES).messages == 4
    result = fsm("convert", url, "-o", tmp_path / "log.parquet")
    assert result.status == 2
    assert result.err.startswith(f"fsm: {url}: read as canonical parquet (its name ends so); it")


LOCAL = ("log.csv", "/var/log/mail.log", "a:b", "C:/log.csv", "file:///log.csv", "-", "", "://")


@pytest.mark.parametrize("path", LOCAL)
def test_what_is_a_file(path: str) -> None:
    assert not is_remote(path)
    assert name_of(path) == path
