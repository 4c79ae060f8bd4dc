"""The page of the library: every public name with its signature, its docstring, its attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from importlib import import_module
from typing import Any, NamedTuple

import fsm
from fsm import errors
from fsm.reference.docstrings import first_sentence, markdown_of
from fsm.reference.markdown_parts import (
    anchor_of,
    code_block,
    code_span,
    markdown_table,
    unwrapped,
)
from fsm.reference.signatures import (
    Attribute,
    attributes_of,
    methods_of,
    properties_of,
    signature_text,
)

__all__ = ["SUBJECTS", "Subject", "document_library"]


class Subject(NamedTuple):
    """A chapter of the page: public functions and types, and what else belongs to them.

    ``further`` functions and types are named with their modules: :mod:`fsm` does not export them.
    """

    title: str
    functions: tuple[str, ...]
    types: tuple[str, ...]
    further: tuple[str, ...] = ()


SUBJECTS = (
    Subject(
        "Machines",
        ("load", "compile_chart", "run"),
        ("Machine", "Step"),
        (
            "machine.State",
            "machine.Transition",
            "machine.Indicator",
            "machine.Deadline",
            "machine.Timer",
            "machine.Origin",
            "machine.Outcome",
            "machine.Effect",
            "catalog.machine_page",
        ),
    ),
    Subject("Documented tables", ("check",), ("CheckReport", "Finding")),
    Subject(
        "Analysis and comparison",
        ("analyse", "compare"),
        ("MachineFacts", "Comparison"),
        (
            "comparison.Difference",
            "comparison.EffectDifference",
            "comparison.Settlement",
            "analysis.check_claim",
            "analysis.refines",
            "analysis.Verdict",
        ),
    ),
    Subject(
        "Tests",
        ("suite",),
        ("Suite", "Mealy"),
        (
            "suites.SuiteSize",
            "suites.Guarantee",
            "suites.run_test",
            "suites.Implementation",
            "suites.RunResult",
            "suites.StepResult",
        ),
    ),
    Subject(
        "Diagrams and pages",
        ("draw", "figure", "explore"),
        ("Figure",),
        (
            "drawing.model.Look",
            "drawing.marking.traffic_overlay",
            "drawing.marking.coverage_overlay",
            "drawing.marking.path_overlay",
            "drawing.marking.diff_overlay",
            "drawing.overlay.Overlay",
            "drawing.wording.Wording",
        ),
    ),
    Subject(
        "Conformance",
        ("conform",),
        ("Conformance",),
        (
            "conformance.least_repair.LeastRepair",
            "conformance.claims.check_claims",
            "conformance.claims.ClaimResult",
            "conformance.claims.Violation",
            "conformance.claims.ClaimEvent",
        ),
    ),
    Subject(
        "Discovery",
        ("discover",),
        ("Discovery",),
        ("discovery.result.Documented", "discovery.result.Evidence", "discovery.result.Unaccepted"),
    ),
    Subject(
        "Logs",
        ("open_log", "simulate", "replay", "explain", "report"),
        ("Log", "Replay", "MachineResult", "Story"),
        (
            "engine.distinct_traces.DistinctTraces",
            "indicators.Share",
            "engine.rejections.RejectionKinds",
            "engine.rejections.RejectionKind",
            "engine.explanation.Entry",
            "engine.explanation.Change",
            "logs.reading.ReadingOptions",
            "logs.storage.query.Query",
        ),
    ),
)
"""The chapters of the page."""

_INTRODUCTION = """\
# The library

For everyone who writes Python. `import fsm` gives the functions and types below, fully typed; what
comes from another module says so. The import takes milliseconds: what a function needs is imported
when it is first called. Wherever a function takes a machine, its name will do as well.
[The guide](../python.md) shows everything together.

Functions raise an [`FsmError`](#errors) for what is wrong in their input, with a message of one
line that says what, where and what to do.
"""
_ERRORS = """\
## Errors

All of them are `FsmError`; import the others from `fsm.errors`.
"""


def document_library() -> str:
    """Return the page."""
    links = dict(_links())
    chapters = (_chapter(subject, links) for subject in SUBJECTS)
    return "\n".join([_INTRODUCTION, _overview(links), *chapters, _ERRORS, _errors(links)])


def _links() -> Iterator[tuple[str, str]]:
    """Yield the link of each name on the page."""
    for subject in SUBJECTS:
        for path in (*subject.functions, *subject.types, *subject.further):
            name = path.rpartition(".")[2]
            yield name, f"#{anchor_of(_heading(name))}"
    for name in errors.__all__:
        yield name, "#errors"


def _heading(name: str) -> str:
    """Return the heading of a function or type."""
    return f"{name}()" if name[0].islower() else f"class {name}"


def _overview(links: dict[str, str]) -> str:
    rows = []
    for subject in SUBJECTS:
        heading = f"[{subject.title}](#{anchor_of(subject.title)})"
        for name in subject.functions:
            text = first_sentence(getattr(fsm, name).__doc__, links)
            rows.append((heading, f"[`{name}()`]({links[name]})", text))
            heading = ""
    return markdown_table(("Subject", "Function", "What it does"), rows)


def _chapter(subject: Subject, links: dict[str, str]) -> str:
    sections = [f"## {subject.title}\n"]
    for path in (*subject.functions, *subject.types, *subject.further):
        module, _, name = f"fsm.{path}".rpartition(".")
        value = getattr(import_module(module), name)
        describe = _type if isinstance(value, type) else _function
        sections.append(f"### {_heading(name)}\n\n{describe(value, module, links)}")
    return "\n".join(sections)


def _function(function: Callable[..., Any], module: str, links: dict[str, str]) -> str:
    name = function.__name__
    return _described(function, f"{module}.{name}", f"from {module} import {name}", links)


def _described(
    function: Callable[..., Any], name: str, statement: str, links: dict[str, str]
) -> str:
    """Return the signature and the docstring of a function."""
    signature = code_block("python", signature_text(function, name))
    return f"{signature}\n{markdown_of(function.__doc__ or '', links, statement)}\n"


def _type(kind: type, module: str, links: dict[str, str]) -> str:
    name = kind.__name__
    statement = f"from {module} import {name}"
    sections = [f"{markdown_of(kind.__doc__ or '', links, statement)}\n"]
    if module != "fsm":
        sections.append(f"Import it with `{statement}`.\n")
    header = ("Member", "Value", "Meaning") if issubclass(kind, Enum) else _ATTRIBUTES
    attributes = [*attributes_of(kind), *properties_of(kind)]
    if attributes:
        sections.append(_attribute_table(header, attributes, links))
    for method, function in methods_of(kind):
        heading = f"#### {name}.{method}()\n"
        sections += [heading, _described(function, f"{name}.{method}", statement, links)]
    return "\n".join(sections)


_ATTRIBUTES = ("Attribute", "Type", "Meaning")


def _attribute_table(
    header: tuple[str, str, str], attributes: Iterable[Attribute], links: dict[str, str]
) -> str:
    rows = [
        (code_span(each.name), code_span(each.kind), _meaning(each.text, links))
        for each in attributes
    ]
    return markdown_table(header, rows)


def _meaning(docstring: str, links: dict[str, str]) -> str:
    """Return a docstring in one line: a cell holds no paragraphs."""
    return unwrapped(markdown_of(docstring, links))


def _errors(links: dict[str, str]) -> str:
    rows = [
        (code_span(name), first_sentence(getattr(errors, name).__doc__, links))
        for name in sorted(errors.__all__, key=lambda name: (name != "FsmError", name))
    ]
    return markdown_table(("Error", "Meaning"), rows)
