"""What axe-core finds in a page. ``FSM_TOOLS`` names a directory where npm has installed it."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

__all__ = ["faults"]

SERIOUS = ("serious", "critical")


def faults(page: Any, impacts: Collection[str] | None = SERIOUS) -> list[str]:
    """Return the faults of a page that are serious, or all, with the first element of each."""
    script = Path(os.environ.get("FSM_TOOLS", "."), "node_modules/axe-core/axe.min.js")
    if not script.exists():
        pytest.skip("no axe-core here (npm install axe-core in the directory FSM_TOOLS names)")
    page.evaluate(script.read_text())
    found = page.evaluate("axe.run({preload: false})")["violations"]  # it may ask for nothing
    return [
        f"{fault['id']}: {fault['nodes'][0]['html']}"
        for fault in found
        if impacts is None or fault["impact"] in impacts
    ]
