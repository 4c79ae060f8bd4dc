"""Write the files of ``conformance.py``: ``conformance_files.py CORPUS FOLDER COPIES LOG...``.

It prints the tasks as JSON. A process of its own, because the peak memory of a process that is
started is never less than the memory of the one that starts it.
"""

import gzip
import json
import shutil
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl
from conformance_samples import Task
from petri_nets import petri_net

import fsm
from fsm.catalog import as_machine
from fsm.errors import AssumptionWarning

__all__ = ["LOGS", "PublicLog", "tasks"]

PROCESSES = Path(__file__).with_name("processes.md")
COLUMNS = ("message_id", "event", "timestamp")


@dataclass(frozen=True)
class PublicLog:
    """A log of the corpus, and the section of ``processes.md`` with its machine."""

    name: str
    file: str
    section: str


LOGS = (
    PublicLog("fines", "road-traffic-fines.xes.zip", "road-traffic-fines"),
    PublicLog("incidents", "bpi-2013-incidents.xes.gz", "incidents"),
    PublicLog("problems", "bpi-2013-closed.xes.gz", "problems"),
)
"""The public logs, the largest first."""


def tasks(corpus: Path, folder: Path, logs: Iterable[PublicLog], copies: int) -> Iterator[Task]:
    """Write logs and machines into a folder, and yield what every tool is to do with them."""
    for log in logs:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", AssumptionWarning)
            machine = as_machine(f"{PROCESSES}#{log.section}")
        as_json, net = folder / f"{log.name}.json", folder / f"{log.name}.net"
        as_json.write_text(fsm.draw(machine, format="json"))
        net.write_text(json.dumps(petri_net(machine)))
        xes, table = folder / f"{log.name}.xes", folder / f"{log.name}.csv"
        _unpack(corpus / log.file, xes)
        rows = _rows(xes, folder)
        rows.write_csv(table)
        files = [(log.name, "XES", xes, len(rows)), (log.name, "CSV", table, len(rows))]
        if copies and log == LOGS[0]:
            many = folder / f"{log.name}-{copies}.csv"
            pl.concat(_renamed(rows, copy) for copy in range(copies)).write_csv(many)
            files.append((f"{log.name} × {copies}", "CSV", many, copies * len(rows)))
        for name, form, file, events in files:
            yield Task(name, form, file, as_json, net, events, file.stat().st_size)


def _renamed(rows: pl.DataFrame, copy: int) -> pl.DataFrame:
    """Return the rows as those of other messages."""
    return rows.with_columns(pl.concat_str("message_id", pl.lit(f"-{copy}")))


def _unpack(archive: Path, target: Path) -> None:
    with target.open("wb") as file:
        if archive.suffix == ".gz":
            with gzip.open(archive) as opened:
                shutil.copyfileobj(opened, file)
            return
        with zipfile.ZipFile(archive) as packed:
            name = next(name for name in packed.namelist() if not name.startswith("__MACOSX"))
            with packed.open(name) as opened:
                shutil.copyfileobj(opened, file)


def _rows(xes: Path, folder: Path) -> pl.DataFrame:
    table = folder / "converted.csv"
    command = [sys.executable, "-m", "fsm", "convert", str(xes), "-o", str(table)]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return pl.read_csv(table, columns=list(COLUMNS), infer_schema=False).select(COLUMNS)


def main() -> None:
    """Write the files, and print the tasks."""
    corpus, folder, copies, *names = sys.argv[1:]
    logs = [log for log in LOGS if log.name in names]
    written = tasks(Path(corpus), Path(folder), logs, int(copies))
    print(json.dumps([asdict(task) for task in written], default=str))


if __name__ == "__main__":
    main()
