"""The library that draws the charts is the published one. ``FSM_TOOLS`` has it from npm."""

import json
import re
from importlib.resources import files

import pytest

from tests.npm import npm_package

HERE = files("fsm.reports") / "uplot"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("uPlot.iife.min.js", "dist/uPlot.iife.min.js"),
        ("uPlot.min.css", "dist/uPlot.min.css"),
        ("LICENSE", "LICENSE"),
    ],
)
def test_our_copy_is_the_published_file(ours: str, theirs: str) -> None:
    package = npm_package("uplot")
    (version,) = re.findall(r"^# uPlot (\S+)$", (HERE / "README.md").read_text(), re.MULTILINE)
    assert json.loads((package / "package.json").read_text())["version"] == version
    assert (HERE / ours).read_bytes() == (package / theirs).read_bytes()
