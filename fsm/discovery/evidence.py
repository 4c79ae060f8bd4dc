"""Evidence that two states differ: an event that only one of them shows, and how sure that is.

Positive examples never show that an event is impossible. But where one state shows an event with
a share p, and another one, with n visits, never, then this has the probability (1-p)^n if they are
one state. The likelihood ratio of both readings, in nats, measures it with the uncertainty of p.
"""

from __future__ import annotations

from math import log

import numpy as np

from fsm.arrays import Index

__all__ = ["agreement", "exclusive_evidence"]

_PRIOR = 0.3
"""Pseudo-observations of each event in :func:`agreement`: few events of many are expected."""


def exclusive_evidence(
    a: Index, visits_a: int, b: Index, visits_b: int, noise: float = 0.0
) -> float:
    """Return the strongest evidence, in nats, that an event is possible in one of two states only.

    ``a`` and ``b`` are how often each event followed, of how many visits. An event with at most a
    share ``noise`` of the visits counts as not seen, and one that could be noise as not certain.

    >>> seen, never = np.array([30]), np.array([0])
    >>> round(exclusive_evidence(seen, 100, never, 50), 1), exclusive_evidence(seen, 100, seen, 99)
    (14.7, 0.0)
    """
    if not visits_a or not visits_b:
        return 0.0
    strongest = 0.0
    for event in np.flatnonzero((a > 0) | (b > 0)).tolist():
        more, of, less, of_less = int(a[event]), visits_a, int(b[event]), visits_b
        if more * of_less < less * of:
            more, of, less, of_less = less, of_less, more, of
        if less > noise * of_less:
            continue
        evidence = _likelihood_ratio(more, of, less, of_less)
        if noise:
            evidence = min(evidence, 2 * _beyond(more, of, noise))
        strongest = max(strongest, evidence)
    return strongest


def agreement(a: Index, visits_a: int, b: Index, visits_b: int) -> float:
    """Return how much better one distribution explains the events of two states than two do.

    This is the logarithm of the ratio of the marginal likelihoods, with Dirichlet priors.
    """
    return _marginal(a + b, visits_a + visits_b) - _marginal(a, visits_a) - _marginal(b, visits_b)


def _marginal(counts: Index, visits: int) -> float:
    from math import lgamma

    outcomes = [*counts.tolist(), visits - int(counts.sum())]
    prior = _PRIOR * len(outcomes)
    seen = sum(lgamma(count + _PRIOR) - lgamma(_PRIOR) for count in outcomes if count)
    return seen + lgamma(prior) - lgamma(visits + prior)


def _likelihood_ratio(x: int, of_x: int, y: int, of_y: int) -> float:
    """Return how much likelier two counts are with a share each than with one for both."""
    return _best(x, of_x) + _best(y, of_y) - _best(x + y, of_x + of_y)


def _beyond(count: int, visits: int, share: float) -> float:
    """Return how much likelier a count is with its own share than with at most a given one."""
    if count <= share * visits:
        return 0.0
    at_share = count * log(share) + (visits - count) * log(1 - share)
    return _best(count, visits) - at_share


def _best(count: int, visits: int) -> float:
    """Return the log-likelihood of a count with its own share."""
    rest = visits - count
    return (count * log(count / visits) if count else 0.0) + (
        rest * log(rest / visits) if rest else 0.0
    )
