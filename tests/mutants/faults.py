"""The list of hand-made faults: what each one changes, and the tests that must notice it."""

import ast
import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).parent / "faults.toml"
FIELDS = {"id", "breaks", "file", "find", "replace", "tests"}


class Fault(NamedTuple):
    """A small change of one file that makes the program wrong.

    ``find`` occurs exactly once in ``file``, ``replace`` stands in its place while the fault is
    tried, and at least one of ``tests`` (files, or node ids of pytest) must then fail.
    """

    id: str
    breaks: str
    file: str
    find: str
    replace: str
    tests: tuple[str, ...]

    def applied(self, root: Path) -> str:
        """Return the text of the file with the fault in it."""
        return (root / self.file).read_text().replace(self.find, self.replace)


def load_faults(path: Path = LIST) -> list[Fault]:
    """Read the list; raises ValueError for an entry that lacks a field or has a strange one."""
    found = []
    for number, entry in enumerate(tomllib.loads(path.read_text())["fault"], 1):
        if set(entry) != FIELDS:
            wrong = ", ".join(sorted(set(entry) ^ FIELDS))
            raise ValueError(f"{path.name}: fault {number}: missing or unknown: {wrong}")
        found.append(Fault(**entry | {"tests": tuple(entry["tests"])}))
    return found


def problems(fault: Fault, root: Path = ROOT) -> list[str]:
    """Return why a fault cannot be tried: its text is gone, or its tests are."""
    return [*_problems_of_text(fault, root), *_problems_of_tests(fault, root)]


def _problems_of_text(fault: Fault, root: Path) -> list[str]:
    path = root / fault.file
    if not path.is_file():
        return [f"there is no file {fault.file}"]
    count = path.read_text().count(fault.find)
    if count != 1:
        return [f"its text occurs {count} times in {fault.file}, not once"]
    if fault.find == fault.replace:
        return ["it changes nothing"]
    if path.suffix == ".py":
        try:
            ast.parse(fault.applied(root))
        except SyntaxError as error:
            return [f"{fault.file} is no longer Python with it: {error}"]
    return []


def _problems_of_tests(fault: Fault, root: Path) -> list[str]:
    if not fault.tests:
        return ["it names no tests"]
    return [f"there is no test {test}" for test in fault.tests if not _is_test(test, root)]


def _is_test(test: str, root: Path) -> bool:
    """Whether a file or a directory, and the function of a node id, exist, whatever its case."""
    name, _, function = test.partition("::")
    if (root / name).is_dir():
        return not function
    if not (root / name).is_file():
        return False
    return not function or function.split("[")[0] in _functions((root / name).read_text())


@cache
def _functions(text: str) -> frozenset[str]:
    """Return the names of the functions of a module."""
    nodes = ast.walk(ast.parse(text))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef))
