"""Fixtures of the tests of suites."""

from collections.abc import Iterator

import pytest

from fsm.suites.derive import chain_plan
from tests.depth import DEEP


@pytest.fixture(autouse=True, scope="module")
def few_plans() -> Iterator[None]:
    """Try few plans of a chained suite: what is proved holds for each of them.

    ``test_chain_plan.py`` tries them all.
    """
    with pytest.MonkeyPatch.context() as patch:
        if not DEEP:
            patch.setattr(chain_plan, "TRIED", 12)
        yield
