"""What the README shows is what the commands print: run them, compare.

``python -m tests.test_readme`` writes the present output into the README.
"""

import contextlib
import doctest
import io
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fsm.cli import main

README = Path(__file__).parent.parent / "README.md"
FILE = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", re.DOTALL)
CONSOLE = re.compile(r"(?<=```console\n)(.*?)(?=```)", re.DOTALL)


def outputs(text: str) -> Iterator[str]:
    """Run the commands of each console block in the current directory."""
    for name, content in FILE.findall(text):
        Path(name).write_text(content)
    for block in CONSOLE.findall(text):
        commands = [line for line in block.splitlines() if line.startswith("$ ")]
        yield "".join(f"{command}\n{called(command[2:])}" for command in commands)


def called(command: str) -> str:
    """Run one command, nothing but ``fsm``, and return what it prints."""
    name, *arguments = shlex.split(command)
    assert name == "fsm"
    printed = io.StringIO()
    before = sys.argv
    sys.argv = [name, *arguments]
    try:
        with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
            main()
    finally:
        sys.argv = before
    return printed.getvalue()


def test_the_consoles_show_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = README.read_text()
    assert CONSOLE.findall(text) == list(outputs(text))


def test_the_python_examples_hold() -> None:
    result = doctest.testfile(str(README), module_relative=False)
    assert result.attempted > 5
    assert result.failed == 0


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"(?:\]\(|src=\")([^)#\"]+)[)\"]", README.read_text())
    assert links
    for link in links:
        assert (README.parent / link).exists(), link


def write() -> None:
    text = README.read_text()
    with tempfile.TemporaryDirectory() as directory, contextlib.chdir(directory):
        found = iter(list(outputs(text)))
    README.write_text(CONSOLE.sub(lambda _: next(found), text))
    os.write(1, b"README.md written\n")


if __name__ == "__main__":
    write()
