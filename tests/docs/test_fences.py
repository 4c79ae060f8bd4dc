"""The end of fenced code, after which generated blocks are recognised again."""

import pytest

from fsm.docs.blocks import rewrite_blocks

BLOCK = "<!-- fsm:x -->\n<!-- fsm:end -->"
WRITTEN = "<!-- fsm:x -->\n\nnew\n\n<!-- fsm:end -->"
FENCES = {  # what opens a block of code, what closes it
    "three and three": ("```", "```"),
    "three and five": ("```", "`````"),
    "tildes": ("~~~", "~~~~"),
    "with a language": ("```python", "```"),
    "blanks after it": ("```", "```  "),
    "indented": ("  ```", " ````"),
}
OPEN = {
    "closed by fewer": ("````", "```"),
    "closed by other marks": ("```", "~~~"),
    "closed with a language": ("```", "```python"),
}


@pytest.mark.parametrize(("begin", "end"), FENCES.values(), ids=list(FENCES))
def test_a_block_after_code_is_written(begin: str, end: str) -> None:
    code = f"{begin}\n{BLOCK}\n{end}\n"
    assert rewrite_blocks(f"{code}{BLOCK}", "page.md", lambda _: "new") == f"{code}{WRITTEN}"


@pytest.mark.parametrize(("begin", "end"), OPEN.values(), ids=list(OPEN))
def test_a_block_inside_code_stays(begin: str, end: str) -> None:
    page = f"{begin}\n{end}\n{BLOCK}\n"
    assert rewrite_blocks(page, "page.md", lambda _: "new") == page
