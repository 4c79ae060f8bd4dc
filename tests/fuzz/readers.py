"""Coverage-guided fuzzing of the readers: python -m tests.fuzz.readers [options of libFuzzer].

The first byte chooses the reader, the others are the file. An exception that is no LogError, more
than twenty seconds for one input or more than 2 GB of memory end the run with an error, and leave
the input in a file that libFuzzer names.
"""

import os
import sys
import tempfile
from contextlib import suppress
from datetime import UTC
from pathlib import Path

import atheris

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # its threads cost more than they bring here
with atheris.instrument_imports(include=["fsm.logs", "email", "flufl"]):
    from importlib import import_module

    from fsm.catalog import load_bare
    from fsm.errors import LogError
    from fsm.logs import detect
    from fsm.logs.notes import Notes
    from fsm.logs.servers.clock import Clock
    from fsm.logs.storage.stored_file import StoredFile
    from tests.logs.any_bytes import FORMS, SAMPLES, events, family_of, read_whole

    READERS = {
        name: import_module(f"fsm.logs.servers.{name}").Reader
        for name in ("postfix", "exim", "sendmail", "momentum", "mail")
    }
    READERS["sendgrid"] = import_module("fsm.logs.records.reader").Reader

MACHINES = [load_bare("with-feedback")]
WHOLE = 240
"""A first byte of this or more sends the file the whole way, which takes ten times as long."""


def seeds() -> list[bytes]:
    """Every sample as a file that its reader reads, and that any reader may meet."""
    found = []
    for name, text in SAMPLES.items():
        family = family_of(name)
        number = FORMS.index("sendgrid" if family == "webhooks" else family)
        found.append(bytes([number]) + text.encode())
        if not name.startswith(("webhooks: ", "mail: ", "postfix: ")) or name.endswith("9"):
            found.append(bytes([WHOLE]) + text.encode())
    return found


def run(data: bytes, place: Path) -> None:
    """Read one input."""
    if not data:
        return
    form = FORMS[data[0] % WHOLE % len(FORMS)]
    place.write_bytes(data[1:])
    if data[0] >= WHOLE:
        read_whole(place, form, MACHINES)
    elif form in READERS:
        with suppress(LogError):
            clock = Clock(UTC, 2026)
            reader = READERS[form](UTC if form == "sendgrid" else clock)
            events(StoredFile(place, "any").blocks(Notes("any")), reader)
    else:
        detect.guess(data[1:])


def main() -> None:
    """Fuzz with the samples as seeds."""
    with tempfile.TemporaryDirectory() as directory:
        corpus, place = Path(directory) / "seeds", Path(directory) / "any.log"
        corpus.mkdir()
        for number, seed in enumerate(seeds()):
            (corpus / f"{number:04d}").write_bytes(seed)
        own = [sys.argv[0], *sys.argv[1:], str(corpus)]
        defaults = ["-seed=1", "-timeout=20", "-rss_limit_mb=2048", "-max_len=16384"]
        atheris.Setup([own[0], *defaults, *own[1:]], lambda data: run(data, place))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
