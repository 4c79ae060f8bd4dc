"""Options of generated blocks: each kind has its own."""

from pathlib import Path

import pytest

from fsm.catalog import load_bare
from fsm.docs.block_kinds import BlockSources, block_content
from fsm.docs.blocks import Block
from fsm.docs.contents import KINDS
from fsm.errors import PageError

OPTIONS = {
    "table": "lang",
    "transitions": "",
    "matrix": "",
    "decisions": "",
    "mermaid": "lang, direction, focus, collapse, only, hide, legend, path, diff",
    "diagram": "file, lang, direction, focus, collapse, only, hide, legend, path, diff",
    "changes": "",
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_option_that_no_block_has_is_refused(kind: str, tmp_path: Path) -> None:
    machines = ("with-feedback", "without-feedback")[: KINDS[kind].machines]
    block = Block(1, kind, machines, {"colour": "red"}, 1, 1)
    with pytest.raises(PageError) as refusal:
        block_content(block, BlockSources(load_bare, {}, tmp_path))
    remark = f"there are: {OPTIONS[kind]}" if OPTIONS[kind] else "it takes no options"
    assert str(refusal.value) == f"fsm:{kind} has no option 'colour'; {remark}"


def mermaid(directory: Path, **options: str) -> str:
    block = Block(1, "mermaid", ("delivery",), options, 1, 1)
    return block_content(block, BlockSources(load_bare, {}, directory))


def test_a_part_of_a_machine_is_drawn(tmp_path: Path) -> None:
    assert ": pause" in mermaid(tmp_path, only="In progress, Sent")
    assert ": pause" not in mermaid(tmp_path, only="In progress, Sent", hide="pause")
    assert "In edit" not in mermaid(tmp_path, only="In progress, Sent")


def test_a_legend_is_on_or_off(tmp_path: Path) -> None:
    with pytest.raises(PageError, match="legend=none: write legend=yes or legend=no"):
        mermaid(tmp_path, legend="none")
