"""The page of the findings of ``fsm check``: what each code means, and what to do."""

from __future__ import annotations

from fsm.cli.findings import explain_code, known_codes
from fsm.reference.markdown_parts import link_to, markdown_table

__all__ = ["document_findings"]

_INTRODUCTION = """\
# Findings

For authors of documentation: what each code in the output of `fsm check` means, and what to do. In
the terminal, `fsm check --explain CODE` shows the same.
"""


def document_findings() -> str:
    """Return the page."""
    entries = [_entry(code) for code in known_codes()]
    overview = markdown_table(("Code", "Meaning"), [(link_to(c), title) for c, title, _ in entries])
    sections = (f"## {code}\n\n{title}.\n\n{text}\n" for code, title, text in entries)
    return "\n".join([_INTRODUCTION, overview, *sections])


def _entry(code: str) -> tuple[str, str, str]:
    """Return a code, its title, and its text, which is Markdown."""
    head, _, text = explain_code(code).partition("\n")
    return code, head.removeprefix(f"{code}: "), text.strip()
