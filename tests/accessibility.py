"""What axe-core finds in a page. ``FSM_TOOLS`` names a directory where npm has installed it."""

from collections.abc import Collection
from typing import Any

from tests.npm import npm_package

__all__ = ["faults"]

SERIOUS = ("serious", "critical")


def faults(
    page: Any, impacts: Collection[str] | None = SERIOUS, rules: Collection[str] = ()
) -> list[str]:
    """Return the faults of a page that are serious, or all, with the first element of each.

    With ``rules`` only these are examined.
    """
    page.evaluate((npm_package("axe-core") / "axe.min.js").read_text())
    options: dict[str, object] = {"preload": False}  # it may ask for nothing
    if rules:
        options["runOnly"] = list(rules)
    found = page.evaluate("options => axe.run(options)", options)["violations"]
    return [
        f"{fault['id']}: {fault['nodes'][0]['html']}"
        for fault in found
        if impacts is None or fault["impact"] in impacts
    ]
