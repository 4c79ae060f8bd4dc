"""A module imports only from rooms above its own in ``fsm/README.md``."""

import ast
import sys
from pathlib import Path

from tests.house import LAYERS, MODULES, ROOT, room, trees


def imported_rooms(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(trees()[path]):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name.split(".")[1] for name in found if name.startswith("fsm.")}


def test_a_room_imports_only_from_above() -> None:
    below = {own: {*LAYERS[number:]} for number, own in enumerate(LAYERS, 1)}
    wrong = {
        str(path.relative_to(ROOT)): imported_rooms(path) & below.get(room(path), set())
        for path in MODULES
    }
    assert {path: rooms for path, rooms in wrong.items() if rooms} == {}


def test_only_compile_reads_the_insides_of_python_statemachine() -> None:
    readers = {
        room(path)
        for path in MODULES
        if "from statemachine." in path.read_text() or "import statemachine" in path.read_text()
    }
    assert readers == {"compile"}


def test_the_values_need_no_third_party_import() -> None:
    for name in ("machine", "machine_parts", "machine_faults", "presentation", "errors"):
        tree = ast.parse((ROOT / f"{name}.py").read_text())
        top = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
        modules = {alias.name for n in top if isinstance(n, ast.Import) for alias in n.names}
        modules |= {n.module or "" for n in top if isinstance(n, ast.ImportFrom)}
        packages = {module.partition(".")[0] for module in modules}
        assert packages <= {*sys.stdlib_module_names, "fsm"}, name
