"""Converting a text as a file of its own."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from fsm.logs.converted_log import convert_to_rows
from fsm.logs.detect import recognise
from fsm.logs.notes import Notes
from fsm.logs.reading import ReadingOptions
from fsm.logs.storage.files import find_files

Rows: TypeAlias = list[dict[str, Any]]
Convert: TypeAlias = Callable[..., tuple[Rows, Notes]]
WRITTEN = 1_780_000_000  # 2026-05-28, the time of change of the files


@pytest.fixture
def convert(tmp_path: Path) -> Convert:
    """Return what converts texts (each a file) to rows and the notes of the last file."""

    def to_rows(*texts: str, form: str | None = None, **choices: Any) -> tuple[Rows, Notes]:
        paths = []
        for number, text in enumerate(texts):
            path = tmp_path / f"log.{number}"
            path.write_bytes(text.encode())
            os.utime(path, (WRITTEN, WRITTEN))
            paths.append(str(path))
        found = convert_to_rows(
            [recognise(file, form) for file in find_files(paths)], ReadingOptions(**choices)
        )
        frames = [*found.frames(machine_events=True), *found.frames(machine_events=False)]
        return [row for frame in frames for row in frame.to_dicts()], found.notes[-1]

    return to_rows
