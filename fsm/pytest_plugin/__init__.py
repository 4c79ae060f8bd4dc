"""The pytest plugin: documented tables as tests, and conformance tests of an implementation.

Pages: see :mod:`fsm.pytest_plugin.pages`; implementations: :mod:`fsm.pytest_plugin.conformance`.
"""

from __future__ import annotations

import pytest

from fsm.pytest_plugin import conformance, coverage_summary, pages, project
from fsm.pytest_plugin.conformance import (
    pytest_generate_tests,
    pytest_itemcollected,
    pytest_pycollect_makeitem,
    pytest_runtest_call,
    pytest_runtest_setup,
)
from fsm.pytest_plugin.pages import pytest_collect_file, pytest_collection_modifyitems
from fsm.pytest_plugin.project import pytest_terminal_summary, pytest_testnodedown

__all__ = [
    "pytest_addoption",
    "pytest_collect_file",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_generate_tests",
    "pytest_itemcollected",
    "pytest_pycollect_makeitem",
    "pytest_report_header",
    "pytest_runtest_call",
    "pytest_runtest_setup",
    "pytest_terminal_summary",
    "pytest_testnodedown",
]

_HEADER = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the settings and options of both parts."""
    group = parser.getgroup("fsm")
    pages.add_page_options(parser, group)
    project.add_project_options(parser, group)
    coverage_summary.add_coverage_options(group)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, start recording coverage, and refuse patterns that match no page."""
    named = pages.named_pages(config)
    project.add_settings_pages(config)
    coverage_summary.check_coverage_options(config)
    conformance.configure(config)
    notes = project.check_named_implementations(config, named)
    config.stash[_HEADER] = [*project.describe_settings(config), *notes]


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Return which settings of the project are used."""
    return config.stash[_HEADER]
