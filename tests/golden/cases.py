"""The cases of the tables: run one, and write what came of it as one text."""

import gzip
import os
import re
import shlex
import shutil
import sqlite3
import sys
import tomllib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest

from tests.command import Fsm

HERE = Path(__file__).parent
SAMPLES = HERE / "samples"
EXPECTED = HERE / "expected"
MOST = 8000
"""A longer output is stored as its length and hash."""
CHANGED = 1_780_000_000
"""The time of change of every sample, which tells the year of a syslog: 2026-05-28."""


@dataclass(frozen=True)
class Case:
    """Command lines that are run one after the other in a directory of their own.

    The directory has the samples that the command lines name, and those of ``samples``. Each
    regular expression of ``hide`` matches what differs from run to run; ``#`` is stored instead.
    ``needs`` names what must be installed: a module, or the program ``dot``, which is out of
    reach of all other cases, so that their pictures come from the wheel. Of a ``short`` case only
    the length and hash of each file is stored.
    """

    command: str
    name: str
    run: tuple[str, ...]
    samples: tuple[str, ...]
    stdin: str
    env: dict[str, str]
    hide: tuple[str, ...]
    needs: tuple[str, ...]
    short: bool

    @property
    def lines(self) -> list[list[str]]:
        """The words of each command line."""
        return [shlex.split(line) for line in self.run]

    @property
    def id(self) -> str:
        return f"{self.command}-{self.name}"

    @property
    def expected(self) -> Path:
        """The golden file."""
        return EXPECTED / self.command / f"{self.name}.txt"


def cases(table: str) -> list[Case]:
    """Return the cases of a table: ``commands.toml`` or ``errors.toml``."""
    data = tomllib.loads((HERE / table).read_text("utf-8"))
    return [_case(command, *each) for command, named in data.items() for each in named.items()]


def _case(command: str, name: str, entry: dict[str, object] | str | list[str]) -> Case:
    body = dict(entry) if isinstance(entry, dict) else {"run": entry}
    lists = {key: _texts(body.pop(key, ())) for key in ("run", "samples", "hide", "needs")}
    stdin, env = str(body.pop("stdin", "")), body.pop("env", {})
    short = bool(body.pop("short", False))
    assert isinstance(env, dict)
    assert not body, f"{command}.{name}: unknown keys {list(body)}"
    return Case(command, name, stdin=stdin, env=env, short=short, **lists)


def _texts(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)  # type: ignore[arg-type]


def outcome(case: Case, fsm: Fsm, place: Path, patch: pytest.MonkeyPatch) -> str:
    """Run a case in an empty directory; return its outputs, and the files that it wrote."""
    _set_up(case, place, patch)
    before = {path: path.read_bytes() for path in _files(place)}
    parts = []
    try:
        for line, words in zip(case.run, case.lines, strict=True):
            result = fsm(*words)
            parts.append(f"$ fsm {line}\nexit status {result.status}")
            parts += _section("stdout", result.out.encode())
            parts += _section("stderr", result.err.encode())
    finally:
        _forget_modules(place)
    after = _files(place)
    parts += [f"--- file {path.relative_to(place)}: gone" for path in before if path not in after]
    for path in after:
        if path.read_bytes() != before.get(path):
            most = 0 if case.short else MOST
            parts += _section(f"file {path.relative_to(place)}", _content(path), most)
    text = "\n".join([*parts, ""]).replace(f"{place}{os.sep}", "<directory>/")
    for pattern in case.hide:
        text, count = re.subn(pattern, "#", text)
        assert count, f"{case.id}: nothing matches {pattern}"
    return text


def _set_up(case: Case, place: Path, patch: pytest.MonkeyPatch) -> None:
    """Make the directory of a case, with fixed times of change, and its environment."""
    words = " ".join([*case.run, *case.samples, case.stdin])
    for sample in sorted(SAMPLES.iterdir()):
        name = sample.name.replace(".py.txt", ".py")
        if name.removesuffix(".sql").removesuffix(".py") in words:
            _put(sample, place / name)
    patch.chdir(place)
    patch.setattr(sys.modules["__main__"], "__package__", None, raising=False)
    patch.setenv("COLUMNS", "80")
    for name in ("NO_COLOR", "FORCE_COLOR", "FSM_TRACEBACK", "FSM_DATABASE_URL"):
        patch.delenv(name, raising=False)
    for name, value in case.env.items():
        patch.setenv(name, value)
    if "dot" not in case.needs:
        patch.setenv("PATH", str(place / "no-programs"))
    if case.stdin:
        patch.setattr("sys.stdin", SimpleNamespace(buffer=BytesIO(Path(case.stdin).read_bytes())))


def _put(sample: Path, target: Path) -> None:
    """Copy a sample; a script of SQL becomes the database that it makes."""
    if sample.is_dir():
        shutil.copytree(sample, target)
    elif sample.suffix == ".sql":
        target = target.with_suffix(".db")
        with closing(sqlite3.connect(target)) as database:
            database.executescript(sample.read_text("utf-8"))
    else:
        shutil.copyfile(sample, target)
    for path in (target, *target.rglob("*")):
        os.utime(path, (CHANGED, CHANGED))


def _files(place: Path) -> list[Path]:
    found = (path for path in place.rglob("*") if path.is_file())
    return sorted(path for path in found if "__pycache__" not in path.parts)


def _forget_modules(place: Path) -> None:
    """Let the next case import its own copy of a module of the samples."""
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(f"{place}{os.sep}"):
            del sys.modules[name]


def _section(title: str, data: bytes, most: int = MOST) -> Iterator[str]:
    """Yield a heading and a text; nothing for no text, and its length and hash for a long one."""
    if not data and not title.startswith("file"):
        return
    if len(data) > most or b"\0" in data:
        yield f"--- {title}: {len(data)} bytes, sha256 {sha256(data).hexdigest()}"
        return
    text = data.decode("utf-8", "backslashreplace")
    yield f"--- {title}{'' if text.endswith(chr(10)) else ' (no newline at its end)'}"
    yield text.removesuffix("\n")


def _content(path: Path) -> bytes:
    """Return the content of a file; of one whose bytes depend on a version, what they mean."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(data)
    if path.suffix in (".png", ".pdf"):
        return b"a PNG picture\n" if data.startswith(b"\x89PNG\r\n") else data[:5] + b"\n"
    if path.suffix == ".parquet":
        frame = pl.read_parquet(data)
        types = ", ".join(f"{name} {dtype}" for name, dtype in frame.schema.items())
        rows = frame.write_ndjson().splitlines()
        if path.with_name("manifest.json").exists():
            rows.sort()  # the tables of a checkpoint have no order
        return "\n".join([types, *rows, ""]).encode()
    if path.suffix == ".sqlite":
        with closing(sqlite3.connect(path)) as database:
            return "".join(f"{line}\n" for line in database.iterdump()).encode()
    return data
