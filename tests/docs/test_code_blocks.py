"""Generated code blocks end at their own fence, whatever they contain."""

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from fsm.docs.block_kinds import BlockSources, block_content
from fsm.docs.blocks import Block
from fsm.machine import Machine, State, Transition


def machine(name: str, status: str) -> Machine:
    states = (State("a", None, "a", ("a",)), State("b", status, "b", ("b",)))
    return Machine(name, name, states, ("go",), (Transition("a", "go", "b", "go"),), "a")


@pytest.mark.parametrize("marks", ["`", "```", "````", "a ``` b"])
def test_backticks_do_not_end_a_block(marks: str, tmp_path: Path) -> None:
    machines = {"one": machine("one", marks), "two": machine("two", "Sent")}
    block = Block(1, "changes", ("one", "two"), {}, 1, 1)
    text = block_content(block, BlockSources(machines.__getitem__, {}, tmp_path))
    [fence] = MarkdownIt().parse(text)
    assert (fence.type, fence.info) == ("fence", "text")
    assert f"status of b: {marks} | Sent; after: go" in fence.content.splitlines()
