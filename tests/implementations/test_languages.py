"""The adapters of the guide in other languages: they run, are short, and fail in one way."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import fsm
from fsm.implementations import connect
from fsm.suites import suite
from fsm.suites.execution.suite_runs import run_suite
from tests.pages import code_blocks

GUIDE = Path(fsm.__file__).parent / "guide" / "implementations.md"
BLOCKS = {block.file: block for block in code_blocks(GUIDE.read_text("utf-8")) if block.file}
MOST_LINES = 15
LANGUAGES = {
    "doors.py": ("", "doors:Door"),
    "door.mjs": ("node", "cmd:node door.mjs"),
    "Door.java": ("javac", "cmd:java Door.java"),  # a runtime alone does not run sources
    "door.c": ("gcc", "cmd:./door"),
    "door.go": ("go", "cmd:./door"),
}
BUILDS = {
    "gcc": ["gcc", "-Wall", "-Werror", "-o", "door", "door.c"],
    "go": ["go", "build", "-o", "door", "door.go"],
}


@pytest.mark.parametrize("file", LANGUAGES)
def test_it_is_short(file: str) -> None:
    lines = [line for line in BLOCKS[file].text.splitlines() if line.strip()]
    assert len(lines) <= MOST_LINES


@pytest.mark.parametrize("file", LANGUAGES)
def test_it_fails_in_one_way(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program, name = LANGUAGES[file]
    if program and not shutil.which(program):
        pytest.skip(f"no {program} here")
    monkeypatch.chdir(tmp_path)
    for each in ("door.md", file):
        (tmp_path / each).write_text(BLOCKS[each].text, "utf-8")
    if program in BUILDS:
        subprocess.run(BUILDS[program], check=True)
    with pytest.warns(fsm.errors.AssumptionWarning), connect(name, timeout=30) as connection:
        result = run_suite(connection, suite("door.md"))
    (failure,) = result.failures
    assert str(failure.reproduction) == "shortest reproduction: lock, unlock"
    assert str(failure.specified) == "specified by row 4 of door.md:6"
    assert failure.reproduction.run.steps[-1].got == "rejected, shows Shut"
