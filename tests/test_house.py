"""The map in ``fsm/README.md`` shows the tree as it is."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.depth import cases
from tests.house import MAP, ROOT, room, rooms

TEXT = MAP.read_text("utf-8")
_NO_ROOMS = {"README.md", "__init__.py", "__pycache__/", "py.typed"}
_PATH = re.compile(r"`((?:[\w.-]+/)+|(?:[\w.-]+/)*[\w-]+\.(?:py|toml|md|yaml))`")
PLACES = sorted(set(_PATH.findall(TEXT)))


def sections() -> dict[str, str]:
    """Return the text below each heading of the second level."""
    _, *parts = re.split(r"^## (.+)\n", TEXT, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


@cache
def folders() -> list[Path]:
    """Return all folders of the package."""
    return [path for path in ROOT.rglob("*") if path.is_dir()]


def exists(place: str) -> bool:
    """Whether a path of the map is one of the package, of a room, or of the project."""
    return any((base / place).exists() for base in (ROOT, ROOT.parent, *folders()))


def test_every_room_of_the_tree_is_on_the_map_once() -> None:
    tree = {path.name + "/" * path.is_dir() for path in ROOT.iterdir()}
    assert sorted(rooms()) == sorted(tree - _NO_ROOMS)


def test_every_room_says_what_it_holds() -> None:
    lines = [line for line in sections()["Rooms"].splitlines() if line.startswith("| `")]
    assert len(lines) == len(rooms())
    assert all(len(line.split("|")) == 4 and line.split("|")[2].strip() for line in lines)


def test_no_module_is_longer_than_the_map_says() -> None:
    (longest,) = re.findall(r"no more than (\d+) lines", TEXT)
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in ROOT.rglob("*.py")}
    assert {path: lines for path, lines in lengths.items() if lines > int(longest)} == {}


def test_every_path_of_the_map_leads_somewhere() -> None:
    assert [place for place in PLACES if not exists(place)] == []


def test_every_module_of_a_way_is_given_whole() -> None:
    paths = re.findall(r"`([\w/]+\.py)`", sections()["Four ways of the data"])
    assert paths
    assert [path for path in paths if not (ROOT / path).is_file()] == []


WAYS = sections()["Four ways of the data"].strip().split("\n\n")


@pytest.mark.parametrize("way", WAYS)
def test_a_way_passes_from_module_to_module(way: str) -> None:
    stops = [Path(ROOT / path) for path in re.findall(r"`([\w/]+\.py)`", way)]
    assert len(stops) >= 6
    assert len({room(path) for path in stops}) <= 6


def test_names_in_modules_are_there() -> None:
    """``NAME of `module.py``` says where something is listed."""
    pairs = re.findall(r"`([A-Z_]+)` of `([\w/]+\.py)`", TEXT)
    assert pairs
    for name, path in pairs:
        module = (ROOT / path).read_text("utf-8")
        assert re.search(rf"^{name}\b", module, re.MULTILINE), (name, path)


def test_every_target_named_is_one_of_the_makefile() -> None:
    makefile = (ROOT.parent / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"`make ([\w-]+)", TEXT))
    assert targets
    assert targets <= set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))


COMMANDS = {
    "A page is checked": ["check fsm/machines/with_feedback.md"],
    "A class becomes": ["draw fsm.machines.engagement:Engagement --format svg", "show engagement"],
    "A log is replayed": [
        "replay tests/golden/samples/logs/postfix.log --year 2026",
        "replay tests/golden/samples/logs/brevo.jsonl",
    ],
    "An implementation is tested": [
        "suite engagement",
        "test engagement tests.typing_user.adapter:Opens",
    ],
}
"""What runs through each way of the map, by how its paragraph begins."""


@pytest.mark.parametrize("way", cases(COMMANDS))
def test_the_commands_of_a_way_run_its_modules(way: str) -> None:
    """A stop that no run passes is not on the way; only a failed test needs a reproduction."""
    (text,) = [text for text in WAYS if text.startswith(f"**{way}")]
    stops = set(re.findall(r"`([\w/]+\.py)`", text))
    code = (
        "import sys, fsm.cli\n"
        "for line in sys.argv[1:]:\n"
        "    sys.argv = ['fsm', *line.split()]\n"
        "    try: fsm.cli.main()\n"
        "    except SystemExit as end: assert not end.code, line\n"
        "print(*sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *COMMANDS[way]],
        capture_output=True, text=True, cwd=ROOT.parent, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    loaded = set(ended.stdout.splitlines()[-1].split())
    modules = {path: ".".join(("fsm", *path.removesuffix(".py").split("/"))) for path in stops}
    passed = {path for path, module in modules.items() if module in loaded}
    assert stops - passed <= {"suites/execution/reproduction.py"}
