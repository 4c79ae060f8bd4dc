"""Evidence that two states differ: an event that only one of them shows, and how sure that is.

Positive examples never show that an event is impossible. But where one state shows an event with
a share p, and another one, with n visits, never, then this has the probability (1-p)^n if they are
one state. The likelihood ratio of both readings, in nats, measures it with the uncertainty of p.
"""

from __future__ import annotations

from math import lgamma, log

import numpy as np

from fsm.arrays import Codes, Index

__all__ = ["agreement", "exclusive_evidence", "marginal_likelihood"]

PRIOR = 0.3
"""Pseudo-observations of each event in :func:`agreement`: few events of many are expected."""

_MOST_VISITS = 400
"""Visits beyond which evidence does not grow: messages are not independent of each other, and an
event of one visit in a hundred is no reason for a state of its own, however often it is visited."""


def exclusive_evidence(
    a: Index, visits_a: int, b: Index, visits_b: int, rare: float = 0.0
) -> float:
    """Return the strongest evidence, in nats, that an event is possible in one of two states only.

    ``a`` and ``b`` are how often each event followed, of how many visits. An event with at most a
    share ``rare`` of the visits counts as not seen, and one that could be noise as not certain.

    >>> seen, never = np.array([30]), np.array([0])
    >>> round(exclusive_evidence(seen, 100, never, 50), 1), exclusive_evidence(seen, 100, seen, 99)
    (14.0, 0.0)
    """
    if not visits_a or not visits_b:
        return 0.0
    strongest = 0.0
    for event in np.flatnonzero((a > 0) | (b > 0)).tolist():
        pairs = [(float(a[event]), visits_a), (float(b[event]), visits_b)]
        rarer, other = sorted(pairs, key=lambda pair: pair[0] / pair[1])
        if rarer[0] > rare * rarer[1]:
            continue
        (less, of_less), (more, of) = _bounded(*rarer), _bounded(*other)
        evidence = _likelihood_ratio(more, of, less, of_less)
        if rare:
            evidence = min(evidence, 2 * _beyond(more, of, rare))
        strongest = max(strongest, evidence)
    return strongest


def agreement(a: Index, visits_a: int, b: Index, visits_b: int) -> float:
    """Return how much better one distribution explains the events of two states than two do.

    This is the logarithm of the ratio of the marginal likelihoods, with Dirichlet priors.
    """
    return (
        marginal_likelihood(a + b, visits_a + visits_b)
        - marginal_likelihood(a, visits_a)
        - marginal_likelihood(b, visits_b)
    )


def marginal_likelihood(counts: Codes, visits: float) -> float:
    """Return the log-likelihood of how often each event followed, of so many visits.

    It is averaged over all shares that the events may have, with a Dirichlet prior.
    """
    outcomes = [*counts.tolist(), max(visits - float(counts.sum()), 0.0)]
    prior = PRIOR * len(outcomes)
    seen = sum(lgamma(count + PRIOR) - lgamma(PRIOR) for count in outcomes if count)
    return seen + lgamma(prior) - lgamma(visits + prior)


def _likelihood_ratio(x: float, of_x: float, y: float, of_y: float) -> float:
    """Return how much likelier two counts are with a share each than with one for both."""
    return _best(x, of_x) + _best(y, of_y) - _best(x + y, of_x + of_y)


def _beyond(count: float, visits: float, share: float) -> float:
    """Return how much likelier a count is with its own share than with at most a given one."""
    if count <= share * visits:
        return 0.0
    at_share = count * log(share) + (visits - count) * log(1 - share)
    return _best(count, visits) - at_share


def _bounded(count: float, visits: float) -> tuple[float, float]:
    """Return a count of at most :data:`_MOST_VISITS` visits with the same share."""
    scale = min(1.0, _MOST_VISITS / visits)
    return count * scale, visits * scale


def _best(count: float, visits: float) -> float:
    """Return the log-likelihood of a count with its own share."""
    rest = visits - count
    return (count * log(count / visits) if count else 0.0) + (
        rest * log(rest / visits) if rest else 0.0
    )
