"""Packages of npm that tests use, in the directory that ``FSM_TOOLS`` names.

``.ci/npm-tools.txt`` lists them with their versions, and ``.ci/run`` installs what it lists.
"""

import os
import re
import shutil
from pathlib import Path

import pytest

LIST = Path(__file__).parents[1] / ".ci" / "npm-tools.txt"


def listed_packages() -> list[str]:
    """Return the names of the listed packages."""
    return re.findall(r"^(@?[^@\s]+)@", LIST.read_text("utf-8"), re.MULTILINE)


def npm_package(name: str) -> Path:
    """Return the directory of a package, or skip the test where it is not installed.

    A package that is not listed is a failure, wherever the test runs.
    """
    assert name in listed_packages(), f"{name} is not in .ci/{LIST.name}"
    found = Path(os.environ.get("FSM_TOOLS", "."), "node_modules", name).absolute()
    if not found.exists():
        pytest.skip(f"no {name} here (npm install {name} in the directory FSM_TOOLS names)")
    return found


def link_packages(place: Path, name: str) -> None:
    """Let scripts in a directory import the packages in Node, or skip the test."""
    packages = npm_package(name).parents[name.count("/")]
    if shutil.which("node") is None:
        pytest.skip("no node here")
    (place / "node_modules").symlink_to(packages)
