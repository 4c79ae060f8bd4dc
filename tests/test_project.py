"""What who comes next finds beside the code: targets of make, hooks of pre-commit."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.npm import listed_packages
from tests.slow import SLOW

PROJECT = Path(__file__).parent.parent
MAKEFILE = (PROJECT / "Makefile").read_text("utf-8")
HOOKS = (PROJECT / ".pre-commit-config.yaml").read_text("utf-8")


def test_make_help_lists_every_target() -> None:
    if shutil.which("make") is None:
        pytest.skip("no make here")
    ended = subprocess.run(
        ["make", "-s", "help"], capture_output=True, text=True, cwd=PROJECT, check=True
    )
    listed = re.findall(r"^  ([a-z-]+) +\S", ended.stdout, re.MULTILINE)
    (phony,) = re.findall(r"^\.PHONY: (.*)", MAKEFILE, re.MULTILINE)
    assert sorted(listed) == sorted(phony.split())


def test_hooks_run_what_is_installed_and_fetch_nothing() -> None:
    entries = re.findall(r"^ +entry: \.venv/bin/(\S+)", HOOKS, re.MULTILINE)
    tools = Path(sys.executable).parent
    assert {"ruff", "mypy", "fsm"} == set(entries)
    assert all((tools / name).exists() for name in entries)
    assert HOOKS.count("- id:") == HOOKS.count("language: system") == len(entries)
    assert re.findall(r"^ +- repo: (.*)", HOOKS, re.MULTILINE) == ["local"]


def test_the_slow_modules_are_there() -> None:
    assert [name for name in sorted(SLOW) if not (PROJECT / "tests" / name).is_file()] == []


@pytest.mark.parametrize("pattern", re.findall(r"^ +files: (.*)", HOOKS, re.MULTILINE))
def test_hooks_are_for_files_that_are_there(pattern: str) -> None:
    names = (path.relative_to(PROJECT).as_posix() for path in PROJECT.glob("[!.]*/**/*"))
    assert any(re.search(pattern, name) for name in names)


def test_scripts_import_packages_that_are_listed() -> None:
    scripts = [path.read_text("utf-8") for path in sorted((PROJECT / "tests").rglob("*.mjs"))]
    names = {name for text in scripts for name in re.findall(r"from ['\"]([^'\"]+)['\"]", text)}
    assert {name for name in names if not name.startswith("node:")} <= {*listed_packages()}
