"""The map of the house, ``fsm/README.md``, and the modules it is about."""

import ast
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import fsm

ROOT = Path(fsm.__file__).parent
MAP = ROOT / "README.md"
MODULES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def rooms() -> list[str]:
    """Return the rooms of the map as they are written, the highest layer first."""
    _, _, rest = MAP.read_text("utf-8").partition("\n## Rooms\n")
    table, _, _ = rest.partition("\n## ")
    return re.findall(r"^\| `([\w/.]+)` \|", table, re.MULTILINE)


LAYERS = [name.removesuffix("/").removesuffix(".py") for name in rooms()]


def room(path: Path) -> str:
    """Return the room that a module stands in."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@cache
def trees() -> Mapping[Path, ast.Module]:
    """Return the syntax trees of the modules."""
    return {path: ast.parse(path.read_text("utf-8")) for path in MODULES}
