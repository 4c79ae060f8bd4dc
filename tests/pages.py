"""The blocks of a Markdown page, run: what a page shows is what a reader would see.

``<!-- file: NAME -->`` above a block writes it to a file; a ``console`` block is a session of the
shell, with what the terminal shows; a block with ``>>>`` is a session of Python. A block that is
none of these needs ``<!-- not run: REASON -->`` above it.
"""

import contextlib
import io
import re
import runpy
import shlex
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, TextIO

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from fsm.catalog import _compiled
from fsm.cli import main

MARK = re.compile(r"<!-- (file|not run): (.+) -->")
FIELDS = {"file": "file", "not run": "reason"}
"""The field of :class:`CodeBlock` that each mark fills."""
DURATION = re.compile(r"( in |^seconds: +)\d+\.\d+(?=s$| \(CPU\)$)", re.MULTILINE)
"""Times differ from run to run: of pytest, and of ``fsm suite --summary``."""


@dataclass(frozen=True)
class CodeBlock:
    """A fenced block: its fence, language, text, and the first line of the text (from 0)."""

    fence: str
    language: str
    text: str
    line: int
    file: str | None = None
    reason: str | None = None

    @property
    def run(self) -> Callable[[str, dict[str, Any]], str] | None:
        """The function that runs the block and returns its text with the present output."""
        if self.file or self.reason:
            return None
        if self.language == "console":
            return run_console
        return run_python if self.language == "python" and ">>> " in self.text else None


def code_blocks(text: str) -> list[CodeBlock]:
    """Return the fenced blocks of a page, with the mark that stands directly above each."""
    found: list[CodeBlock] = []
    before: Token | None = None
    for token in MarkdownIt().parse(text):
        if token.type == "fence":
            assert token.map
            near = before and before.map and before.map[1] >= token.map[0] - 1
            mark = MARK.fullmatch(before.content.strip()) if near and before else None
            marks = {FIELDS[mark[1]]: mark[2]} if mark else {}
            place = token.map[0] + 1
            found.append(CodeBlock(token.markup, token.info, token.content, place, **marks))
        before = token if token.type == "html_block" else None
    return found


def rerun(text: str) -> str:
    """Return a page with the present output of its blocks, run in the current directory."""
    lines = text.split("\n")
    names: dict[str, Any] = {"__name__": "guide"}
    written: list[tuple[CodeBlock, str]] = []
    for block in code_blocks(text):
        if block.file:
            Path(block.file).parent.mkdir(parents=True, exist_ok=True)
            Path(block.file).write_text(block.text, "utf-8")
        elif block.run:
            new = block.run(block.text, names)
            assert f"\n{block.fence}" not in new, f"line {block.line} needs a longer fence"
            written.append((block, new))
    for block, new in reversed(written):
        end = block.line + block.text.count("\n")
        lines[block.line : end] = new.removesuffix("\n").split("\n")
    return "\n".join(lines)


@contextlib.contextmanager
def _as_process(arguments: Iterable[str]) -> Iterator[None]:
    """Give a program its arguments, and forget afterwards what it imported from this directory."""
    before, path, argv = set(sys.modules), list(sys.path), sys.argv
    sys.argv = list(arguments)
    try:
        yield
    finally:
        sys.path[:], sys.argv = path, argv
        _compiled.cache_clear()  # a process would compile the machine of a changed file
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).is_relative_to(Path.cwd()):
                del sys.modules[name]


# The shell -----------------------------------------------------------------------------------


def run_console(text: str, names: dict[str, Any]) -> str:
    """Run the commands behind ``$ ``; a command goes on in the next line after a backslash."""
    commands: list[str] = []
    for line in text.splitlines():
        if commands and commands[-1].endswith("\\"):
            commands[-1] += f"\n{line}"
        elif line.startswith("$ "):
            commands.append(line)
    return "".join(f"{command}\n{terminal_output(command[2:])}" for command in commands)


def terminal_output(command: str) -> str:
    """Return what a terminal shows of a command: both streams, in their order.

    The output of ``fsm ... > FILE`` goes to the file.
    """
    name, *arguments = shlex.split(command.replace("\\\n", ""))
    if arguments[-2:-1] == [">"]:
        assert name == "fsm"
        with Path(arguments[-1]).open("w", encoding="utf-8") as file:
            output = _in_process(main, name, *arguments[:-2], stdout=file)
    else:
        output = PROGRAMS[name](arguments)
    shown = DURATION.sub(r"\g<1>0.10", output)
    return shown if shown.endswith("\n") or not shown else f"{shown}\n"


def _in_process(
    program: Callable[[], object], *arguments: str, stdout: TextIO | None = None
) -> str:
    """Run a program of Python here, which is much faster than a process of its own."""
    shown = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    with (
        pytest.MonkeyPatch.context() as patch,
        _as_process(arguments),
        contextlib.redirect_stdout(stdout or shown),
        contextlib.redirect_stderr(shown),
        contextlib.suppress(SystemExit),
    ):
        for name in ("FORCE_COLOR", "PY_COLORS", "PYTEST_ADDOPTS"):
            patch.delenv(name, raising=False)
        patch.setenv("COLUMNS", "80")
        patch.delenv("CI", raising=False)  # with it, pytest cuts no line of its summary
        program()
    assert isinstance(shown.buffer, io.BytesIO)
    return shown.buffer.getvalue().decode()


def _pytest(arguments: list[str]) -> str:
    """Run pytest, without the plugins of this run."""
    options = ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:warnings", *arguments]
    return _in_process(lambda: pytest.main(options), "pytest", *arguments)


def _run_script(file: str) -> None:
    sys.path.insert(0, str(Path.cwd()))
    runpy.run_path(file, run_name="__main__")


def _head(arguments: list[str]) -> str:
    option, lines, file = arguments
    assert option == "-n"
    return "".join(Path(file).read_text("utf-8").splitlines(keepends=True)[: int(lines)])


PROGRAMS: dict[str, Callable[[list[str]], str]] = {
    "fsm": lambda arguments: _in_process(main, "fsm", *arguments),
    "python": lambda arguments: _in_process(lambda: _run_script(arguments[0]), *arguments),
    "pytest": _pytest,
    "cat": lambda arguments: "".join(Path(file).read_text("utf-8") for file in arguments),
    "head": _head,
}
"""The programs that a page may call."""


# Python --------------------------------------------------------------------------------------


def run_python(text: str, names: dict[str, Any]) -> str:
    """Run the statements behind ``>>> `` and ``... ``; the other lines are output."""
    lines = [line for line in text.splitlines() if line.startswith((">>>", "..."))]
    starts = [number for number, line in enumerate(lines) if line.startswith(">>>")]
    statements = [lines[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True)]
    return "".join("\n".join(s) + "\n" + _printed(s, names) for s in statements)


def _printed(statement: list[str], names: dict[str, Any]) -> str:
    source = "\n".join(line[4:] for line in statement) + "\n"

    def execute() -> None:
        sys.path.insert(0, str(Path.cwd()))
        try:
            exec(compile(source, "<stdin>", "single"), names)
        except Exception as error:
            last = "".join(traceback.format_exception_only(error))
            sys.stdout.write(f"Traceback (most recent call last):\n    ...\n{last}")

    return _in_process(execute, *sys.argv)


# Links ---------------------------------------------------------------------------------------


def links(text: str) -> list[str]:
    """Return the targets of a page's links and pictures; those within code are examples."""
    lines = text.split("\n")
    for block in code_blocks(text):
        for number in range(block.line, block.line + block.text.count("\n")):
            lines[number] = ""
    return re.findall(r"(?:\]\(|src=\")([^)\"\s]+)[)\"]", "\n".join(lines))


def headings(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found)
    return {
        anchor if number == 0 else f"{anchor}-{number}"
        for anchor, same in groupby(sorted(plain))
        for number, _ in enumerate(same)
    }
