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
    "mermaid": "lang, direction, focus, collapse, path, diff",
    "diagram": "file, lang, direction, focus, collapse, path, diff",
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
