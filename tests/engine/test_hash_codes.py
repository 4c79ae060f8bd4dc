"""Names and their numbers."""

import numpy as np
import polars as pl
import pytest

from fsm.engine.hash_codes import HashCodes
from tests.depth import at_full_depth, samples

SEED = 7


@pytest.mark.parametrize(
    "count", [1, 5_000, pytest.param(200_000, marks=at_full_depth)], ids="{:,} names".format
)
def test_each_name_has_one_code(count: int) -> None:
    """200,000 names do not all find a free slot in the tables."""
    book = HashCodes((), SEED)
    for seed in range(samples(3, 1)):
        rows = np.random.default_rng(seed).integers(0, count, 100_000)
        names = pl.Series(rows).cast(pl.String)
        codes = book.codes(names.hash(SEED).to_numpy(), names)
        assert pl.Series(book.names).gather(codes).equals(names)
    assert len(set(book.names)) == len(book) <= count


def test_names_that_were_not_given_share_a_code() -> None:
    book = HashCodes(("a", "b"), SEED, other=2)
    names = pl.Series(["b", "x", "a", None, "y"] * 3000)
    assert book.codes(names.hash(SEED).to_numpy()).tolist() == [1, 2, 0, 2, 2] * 3000
