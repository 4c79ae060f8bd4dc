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
    "transitions": "none",
    "matrix": "none",
    "decisions": "none",
    "mermaid": "lang, direction, focus, collapse, path, diff",
    "diagram": "file, lang, direction, focus, collapse, path, diff",
    "changes": "none",
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_option_that_no_block_has_is_refused(kind: str, tmp_path: Path) -> None:
    machines = ("with-feedback", "without-feedback")[: KINDS[kind].machines]
    block = Block(1, kind, machines, {"colour": "red"}, 1, 1)
    with pytest.raises(PageError) as refusal:
        block_content(block, BlockSources(load_bare, {}, tmp_path))
    message = f"fsm:{kind} has no option 'colour'; there are: {OPTIONS[kind]}"
    assert str(refusal.value) == message
