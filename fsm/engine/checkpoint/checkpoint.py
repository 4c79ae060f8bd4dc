"""Go on from yesterday: a directory that keeps what was executed, so that it need not be again.

A checkpoint holds tables: *messages* (each with its states, its last event and when its validity
periods began), *changes* and *deliveries* (the series), *rejections*. Its messages are read like
one more log whose rows come first; a message that goes on gets a new row, and its last row counts.
See :mod:`fsm.engine.checkpoint.manifest` for how a run that is killed leaves the checkpoint as it
was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl

from fsm.arrays import Codes
from fsm.engine.bucket_counts import LAST
from fsm.engine.checkpoint.known_rows import (
    DigestFile,
    KnownRows,
    Match,
    Scattered,
    Table,
    digests_of,
    hashing,
)
from fsm.engine.checkpoint.manifest import Absorbed, Manifest, Part, Settings, locked, synced
from fsm.engine.counts import Outcome, Totals
from fsm.engine.product_machine import Team, each_machine
from fsm.engine.source_rows import Texts
from fsm.engine.timelines import NEVER, Past
from fsm.errors import CheckpointError, LogError
from fsm.logs.canonical_columns import QUERY
from fsm.logs.log import Log
from fsm.logs.log_file import CHECKPOINT, CHECKPOINT_PREFIX, LogFile
from fsm.logs.read_errors import COMPRESSED
from fsm.logs.storage.scans import scan_parquet
from fsm.logs.write.tables import write_frames
from fsm.machine import Machine

__all__ = ["Before", "Checkpoint", "known_of", "settings_of"]

MOST_PARTS = 64
"""Tables of messages beyond which they are made one."""

_EVENTS = f"{CHECKPOINT_PREFIX}events"
_BLOCK = 1 << 20


def settings_of(
    machines: Sequence[Machine],
    validity: int | None,
    every: int,
    dedupe: bool,
    pseudonyms: str | None = None,
) -> Settings:
    """Return what all runs on a checkpoint have to share."""
    return Settings({m.name: _digest(m) for m in machines}, validity, every, dedupe, pseudonyms)


def _digest(machine: Machine) -> str:
    """Return a digest of all that decides what a machine makes of a log."""
    facts = {
        "states": [(state.name, state.status) for state in machine.states],
        "events": machine.events,
        "table": machine.table,
        "initial": machine.initial,
        "indicators": [(i.name, sorted(i.statuses)) for i in machine.indicators],
        "deadline": machine.deadline and asdict(machine.deadline),
    }
    return hashlib.blake2b(json.dumps(facts).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Before:
    """What earlier runs left in a checkpoint."""

    directory: Path
    manifest: Manifest

    @property
    def totals(self) -> Totals:
        """What they counted."""
        return self.manifest.totals

    def parts(self, kind: str) -> list[Part]:
        """Return the tables of one kind, the oldest first."""
        return [part for part in self.manifest.parts if part.kind == kind]

    def tables(self, kind: str) -> list[pl.LazyFrame]:
        """Return the content of the tables of one kind."""
        return [scan_parquet(self.directory / part.name) for part in self.parts(kind)]

    def rejections(self, count: int) -> list[pl.DataFrame]:
        """Return the first rejected events."""
        found = []
        for table in self.tables("rejections"):
            found.append(table.head(count).collect())
            count -= found[-1].height
        return found

    def with_changes(self, changes: pl.DataFrame, outcome: Outcome) -> pl.DataFrame:
        """Add the changes of earlier runs to those of an outcome."""
        both = [changes, *self._coded("changes", changes.columns, outcome)]
        return pl.concat(both).group_by(pl.exclude("change")).sum()

    def with_deliveries(self, deliveries: pl.DataFrame, outcome: Outcome) -> pl.DataFrame:
        """Add the messages of deliveries of earlier runs to those of an outcome."""
        both = [deliveries, *self._coded("deliveries", deliveries.columns, outcome)]
        return pl.concat(both).group_by("delivery").sum()

    def _coded(self, kind: str, columns: list[str], outcome: Outcome) -> Iterator[pl.DataFrame]:
        for table in self.tables(kind):
            frame = table.collect()
            codes = outcome.delivery_codes(frame["delivery_id"])
            yield frame.with_columns(codes).select(columns)


class Checkpoint:
    """A checkpoint that one run continues; see :meth:`opened`."""

    def __init__(self, directory: Path, manifest: Manifest) -> None:
        self._directory = directory
        self.before = Before(directory, manifest)
        self._fresh: list[_Fresh] = []
        self.notes: list[str] = []
        """What is said of the files, a line for each."""
        self.records: frozenset[str] | None = None
        """The events that the logs of all runs can hold; ``None``: any. See :meth:`resume`."""

    @classmethod
    @contextmanager
    def opened(cls, directory: Path, settings: Settings) -> Iterator[Checkpoint]:
        """Keep others out of a checkpoint, and verify it.

        Raises :class:`CheckpointError` where it is damaged, in use, or was begun with other
        machines or settings.
        """
        with locked(directory):
            manifest = Manifest.read(directory)
            if manifest is None or not manifest.runs:
                manifest = Manifest(settings, hashing=hashing())
                manifest.clean(directory)  # what a first run left may fill the disk
                manifest.write(directory)  # before any table, so that one without it is a loss
            _compare(directory, manifest.settings, settings)
            manifest.verify(directory)
            manifest.clean(directory)
            yield cls(directory, manifest)

    # Before the pass --------------------------------------------------------------------------

    def resume(self, log: Log) -> Log:
        """Return what is to be executed: the messages known, and what is new of the log."""
        self.records = _held(self.before.manifest, log.recordable)
        rows = self._known_rows()
        for source in log.files:
            self._take(log, source, rows)
        known = [
            LogFile(self._directory / part.name, part.name, CHECKPOINT)
            for part in self.before.parts("messages")
        ]
        return replace(log, files=(*known, *(fresh.source for fresh in self._fresh)))

    def _known_rows(self) -> KnownRows:
        """Return the rows that earlier runs executed, as far as they can be compared."""
        found, manifest = KnownRows(), self.before.manifest
        if not self._comparable:
            self.notes.append(
                f"{self._directory}: written by another version of fsm or polars, so that its rows "
                "cannot be compared; only files that are byte for byte the same are known again"
            )
            return found
        files = [(file.name, file.kept) for file in manifest.absorbed]
        for part in self.before.parts("rows"):
            table, left = Table(self._directory / part.name, part.rows), part.rows
            own = []
            while left > 0 and files:
                name, kept = files.pop(0)
                own.append((name, kept))
                left -= kept
            found.add(table, own)
        return found

    def _take(self, log: Log, source: LogFile, rows: KnownRows) -> None:
        """Note what is new of a file."""
        _refuse_frames(source)
        seen = {file.digest: file for file in self.before.manifest.absorbed}
        seen |= {fresh.file.digest: fresh.file for fresh in self._fresh}
        sizes = {file.size for file in seen.values()}
        digest, before = "", None
        for size, digest in _digests(source, sizes):  # noqa: B007
            before = seen.get(digest, before)
        if before is not None and before.digest == digest:
            self._say_known(source, before.rows, _where(source, before.name))
            return
        if before is not None and _is_text(source):
            source = _continued(source, before)
        own = DigestFile()
        for digests in digests_of(log, source):
            own.append(digests)
        match = rows.match(own)
        if match is not None and match.whole:
            self._say_known(source, source.skip + match.rows, _where(source, match.name))
            return
        new = match.rows if match is not None and match.ending else 0
        scattered = rows.scattered(own, new)
        if scattered.rows and scattered.known == own.rows - new:
            self._say_known(source, source.skip + own.rows, ", in another order or other files")
            return
        if new and match is not None:
            source = replace(source, skip=source.skip + new)
            self._say_grown(source, match.name)
        elif source.skip and before is not None:
            self._say_grown(source, before.name)
        if scattered.known:
            self._say_mixed(source, scattered, match)
        rows.add(own, [(source.name, own.rows)])
        file = Absorbed(source.name, size, digest, source.skip, own.rows - new)
        self._fresh.append(_Fresh(source, file, own, new))

    def _say_known(self, source: LogFile, rows: int, where: str) -> None:
        if rows:
            self.notes.append(
                f"{source.name}: its {rows:,} rows were executed before{where}; left out now"
            )

    def _say_grown(self, source: LogFile, name: str) -> None:
        self.notes.append(
            f"{source.name}: its first {source.skip:,} rows were executed "
            f"before{_where(source, name)}; only those after them are executed now"
        )

    def _say_mixed(self, source: LogFile, found: Scattered, match: Match | None) -> None:
        """Say that rows come again, before, after or among new ones."""
        alike = ""
        if match is not None and not match.ending and match.rows > 1:
            alike = f" (its first {match.rows:,} rows are as in {match.name})"
        self.notes.append(
            f"{source.name}: {found.known:,} of {found.rows:,} rows looked for were executed "
            f"before, in another order or among others{alike}; since not all were, none is left "
            "out: unless event_id or --dedupe drops them, take them out, or execute the whole log "
            "in a new directory"
        )

    # After the pass ---------------------------------------------------------------------------

    def commit(self, log: Log, outcome: Outcome, rejections: pl.DataFrame) -> None:
        """Make what was executed a part of the checkpoint; all of it or, on any failure, nothing.

        ``log`` is what :meth:`resume` returned, ``rejections`` those of this run.
        """
        if not self._fresh:
            return
        run = _Run(self._directory, self.before.manifest.runs + 1)
        try:
            manifest = self._written(run, log, outcome, rejections)
        except BaseException:
            run.undo()
            raise
        manifest.write(self._directory)  # which may fail when it is already in its place

    def _written(self, run: _Run, log: Log, outcome: Outcome, rejections: pl.DataFrame) -> Manifest:
        """Write the tables of a run, and return what names them."""
        manifest = self.before.manifest
        texts = Texts(log, outcome.reader.firsts, _further(log))
        old = len(self.before.parts("messages"))
        renewed = self._is_worn(outcome, old)
        changes, deliveries = outcome.changes(open_too=False), outcome.deliveries()
        if renewed:
            changes = self.before.with_changes(changes, outcome)
            deliveries = self.before.with_deliveries(deliveries, outcome)
        parts = [run.write("messages", _messages(texts, outcome, 0 if renewed else old))]
        for kind, frame in (("changes", changes), ("deliveries", deliveries)):
            named = frame.with_columns(outcome.delivery_names.gather(frame["delivery"]))
            parts.append(run.write(kind, [named.drop("delivery")]))
        digests = (frame for fresh in self._fresh for frame in fresh.own.frames(fresh.known))
        lists = {"rejections": iter([rejections]), "rows": digests}
        tables = [] if renewed else [p for p in manifest.parts if p.kind not in lists]
        tables += parts
        for kind, frames in lists.items():
            tables += self._extended(run, kind, frames)
        absorbed = manifest.absorbed
        if not self._comparable:
            absorbed = tuple(replace(file, kept=0) for file in absorbed)
        rows = np.diff(outcome.reader.firsts)[old:].tolist()
        files = [
            replace(fresh.file, rows=fresh.file.rows + more)
            for fresh, more in zip(self._fresh, rows, strict=True)
        ]
        return Manifest(
            manifest.settings,
            manifest.runs + 1,
            outcome.totals(manifest.totals, open_too=False),
            (*absorbed, *files),
            tuple(tables),
            tuple(part.name for part in manifest.parts if part not in tables),
            hashing(),
            None if self.records is None else tuple(sorted(self.records)),
        )

    def _extended(self, run: _Run, kind: str, frames: Iterator[pl.DataFrame]) -> list[Part]:
        """Write what is new of a list; return its tables, which become one where they are many."""
        before = self.before.parts(kind)
        if kind == "rows" and not self._comparable:
            before = []
        if len(before) >= MOST_PARTS:
            return [run.write(kind, _joined(self.before.tables(kind), frames))]
        first = next(frames, None)
        if first is None or not first.height:
            return before
        return [*before, run.write(kind, chain([first], frames))]

    @property
    def _comparable(self) -> bool:
        """Whether rows of earlier runs can be compared with those of this one."""
        return self.before.manifest.hashing == hashing()

    def _is_worn(self, outcome: Outcome, old: int) -> bool:
        """Whether the tables of messages are many, or most of their rows no longer count."""
        first: int = outcome.reader.firsts[old]
        new = sum(
            int(np.count_nonzero(chunk.columns["mark"].read()))
            for chunk in outcome.chunks
            if chunk.first >= first
        )
        return old > 0 and (old >= MOST_PARTS or first + new > 2 * outcome.messages)


@dataclass(frozen=True)
class _Fresh:
    """A file to be executed. Of its ``own`` digests, the first ``known`` are there already."""

    source: LogFile
    file: Absorbed
    own: DigestFile
    known: int


@dataclass(frozen=True)
class _Run:
    """Writes the tables of one run."""

    directory: Path
    number: int

    def undo(self) -> None:
        """Remove what was written, so that a full disk is not full for the next run."""
        for path in self.directory.glob(f"*-{self.number:06}.parquet"):
            path.unlink(missing_ok=True)

    def write(self, kind: str, frames: Iterable[pl.DataFrame]) -> Part:
        path, rows = self.directory / f"{kind}-{self.number:06}.parquet", 0

        def counted() -> Iterator[pl.DataFrame]:
            nonlocal rows
            for frame in frames:
                rows += frame.height
                yield frame

        write_frames(counted(), path)
        return synced(path, rows)


def _held(manifest: Manifest, now: frozenset[str] | None) -> frozenset[str] | None:
    """Return what earlier logs, or those of now, can hold."""
    if not manifest.runs or now is None:
        return now
    return None if manifest.recorded is None else now.union(manifest.recorded)


def _compare(directory: Path, begun: Settings, now: Settings) -> None:
    """Refuse to continue with other machines or settings."""
    if begun.pseudonyms != now.pseudonyms:
        how = "with another key for" if begun.pseudonyms and now.pseudonyms else "without"
        how = how if now.pseudonyms else "with"
        raise CheckpointError(
            f"{directory}: was begun {how} --pseudonymise; do the same, "
            "or execute the whole log in a new directory"
        )
    if set(begun.machines) != set(now.machines):
        raise CheckpointError(
            f"{directory}: was begun with {', '.join(begun.machines)}; "
            f"this is {', '.join(now.machines)}; name the same machines"
        )
    changed = [name for name, digest in now.machines.items() if begun.machines[name] != digest]
    if changed:
        raise CheckpointError(
            f"{directory}: the table of {', '.join(changed)} has changed since; "
            "execute the whole log in a new directory"
        )
    for option, field in (("--validity", "validity"), ("--every", "every"), ("--dedupe", "dedupe")):
        if getattr(begun, field) != getattr(now, field):
            raise CheckpointError(
                f"{directory}: was begun with another {option}; give the same, "
                "or execute the whole log in a new directory"
            )


# Files ---------------------------------------------------------------------------------------


def _digests(source: LogFile, sizes: set[int]) -> Iterator[tuple[int, str]]:
    """Yield the digests of the file's beginnings of these sizes, and at the end of all of it."""
    key = source.redaction.digest_key if source.redaction else b""  # nobody can try a guess out
    total, digest = 0, hashlib.blake2b(digest_size=16, key=key)
    stops = sorted(sizes)
    with source.path.open("rb") as file:
        while block := file.read(min(_BLOCK, stops[0] - total) if stops else _BLOCK):
            digest.update(block)
            total += len(block)
            if stops and total == stops[0]:
                del stops[0]
                yield total, digest.hexdigest()
    yield total, digest.hexdigest()


def _refuse_frames(source: LogFile) -> None:
    """Refuse what is no file."""
    if source.frame is not None:
        what = "result of the query" if source.name == QUERY else "frame"
        remedy = f"write the {what} to a file"
        if source.origin is not None:
            remedy = f"convert {source.name} first: fsm convert LOG -o events.parquet"
            remedy += " --pseudonymise KEY" if source.origin.redaction else ""
        raise LogError(f"a checkpoint knows logs by their files; {remedy}")


def _where(source: LogFile, name: str) -> str:
    """Return in which file rows were executed, where that was another one."""
    return "" if name == source.name else f" in {name}"


def _is_text(source: LogFile) -> bool:
    """Return whether a file is lines of text as it stands."""
    with source.path.open("rb") as file:
        return source.format != "parquet" and not file.read(4).startswith(COMPRESSED)


def _continued(source: LogFile, before: Absorbed) -> LogFile:
    """Return what is new of a text file that has grown since it was executed."""
    with source.path.open("rb") as file:
        file.seek(before.size - 1)
        joint = file.read(2)
    if b"\n" not in joint and not joint.endswith(b"\r"):
        raise LogError(
            f"{source.name}: its last line was not complete when it was executed; "
            "execute the whole log in a new directory"
        )
    return replace(source, skip=before.rows)


def _joined(
    tables: Iterable[pl.LazyFrame], frames: Iterable[pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    """Yield the rows of tables and frames, with the columns that any of them has."""
    more = [frame.lazy() for frame in frames]
    both = pl.concat([*tables, *more], how="diagonal_relaxed")
    yield pl.DataFrame(schema=both.collect_schema())
    yield from both.collect_batches(maintain_order=True)


# Messages ------------------------------------------------------------------------------------


def _further(log: Log) -> tuple[str, ...]:
    return tuple(name for name in ("event_id", "seq") if name in log.present)


def _messages(texts: Texts, outcome: Outcome, since: int) -> Iterator[pl.DataFrame]:
    """Yield the rows of messages whose last event is in the sources from ``since`` on."""
    teams = outcome.teams
    starts = teams[0].alphabet.starts
    began = [f"began{i}" for i in range(len(starts))]
    names = ["mark", "events", *(f"lasting{i}" for i in range(len(teams))), *began]
    for frame, (marks, events, *rest) in texts.marked(outcome.chunks, names, since):
        added = [pl.Series(_EVENTS, np.where(marks == LAST, events, 0), pl.UInt32)]
        for team, number, machine in each_machine(teams):
            kind = pl.Enum([state.name for state in machine.states])
            named = pl.Series(_state(machine), team.state_names(number), kind)
            states = rest[teams.index(team)]
            added.append(named.gather(pl.Series(states, dtype=pl.UInt32)))
        for start, times in zip(starts, rest[len(teams) :], strict=True):
            since_then = pl.Series(_began(start), times, pl.Int64)
            added.append(since_then.set(since_then == NEVER, None).cast(pl.Datetime("us", "UTC")))
        yield frame.drop("file", "row").hstack(added)


def _state(machine: Machine) -> str:
    return f"{CHECKPOINT_PREFIX}state.{machine.name}"


def _began(start: str) -> str:
    return f"{CHECKPOINT_PREFIX}began.{start}"


def known_of(
    frame: pl.DataFrame, times: Codes, teams: Sequence[Team], validity: int | None
) -> Past:
    """Return what the rows of a checkpoint say, given their further columns and their times."""
    try:
        alphabet = teams[0].alphabet
        events = frame[_EVENTS].to_numpy().astype(np.uint32)
        starts = np.full((len(events), len(alphabet.starts)), NEVER, np.int64)
        for number, start in enumerate(alphabet.starts):
            starts[:, number] = frame[_began(start)].to_physical().fill_null(NEVER).to_numpy()
        over = np.zeros(starts.shape, np.bool_)
        if validity is not None:
            over = (starts != NEVER) & (times[:, None] - validity >= starts)
        states = np.stack([_states(frame, team, over) for team in teams], axis=1)
    except (pl.exceptions.PolarsError, ValueError, TypeError) as error:
        raise CheckpointError(f"the checkpoint's messages cannot be read: {error}") from error
    return Past(states, events, starts)


def _states(frame: pl.DataFrame, team: Team, over: Codes) -> Codes:
    """Return the states of a team, given those of its machines and which periods are over."""
    combined = np.hstack([team.states, team.over.astype(np.intp)])
    columns = [frame[_state(machine)].to_physical().to_numpy() for machine in team.machines]
    sizes = [len(machine.states) for machine in team.machines] + [2] * over.shape[1]
    mine = np.ravel_multi_index([*columns, *over.T.astype(np.intp)], sizes)
    all_of_them = np.ravel_multi_index(list(combined.T), sizes)
    by = np.argsort(all_of_them)
    at = np.searchsorted(all_of_them[by], mine).clip(max=len(by) - 1)
    if (all_of_them[by][at] != mine).any():
        raise ValueError("a combination of states that no trace reaches")
    found: Codes = by[at].astype(np.uint32)
    return found
