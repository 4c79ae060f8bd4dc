"""What axe-core finds in a page. ``FSM_TOOLS`` names a directory where npm has installed it."""

import os
from pathlib import Path
from typing import Any

import pytest

__all__ = ["faults"]

SERIOUS = ("serious", "critical")


def faults(page: Any) -> list[str]:
    """Return the serious faults of a page, each with the first element that has it."""
    script = Path(os.environ.get("FSM_TOOLS", "."), "node_modules/axe-core/axe.min.js")
    if not script.exists():
        pytest.skip("no axe-core here (npm install axe-core in the directory FSM_TOOLS names)")
    page.evaluate(script.read_text())
    found = page.evaluate("axe.run()")["violations"]
    return [f"{f['id']}: {f['nodes'][0]['html']}" for f in found if f["impact"] in SERIOUS]
