"""The quarantine status of one address; sources in ``quarantine.md``."""

from __future__ import annotations

from statemachine import State, StateChart

__all__ = ["Quarantine"]


class Quarantine(StateChart):
    """Soft errors count; the fifth significant one quarantines, a hard error at once.

    ``is_significant`` says that the last counted soft error is long enough ago (one day in the
    default configuration).
    """

    title = "Quarantine of an address"
    indicators = {"Excluded": ("Quarantine", "On denylist")}
    is_significant = True

    class ok(State.Compound, name="Valid"):
        valid = State("Valid", initial=True)

    class erroneous(State.Compound, name="Erroneous"):
        one_error = State("1 soft error", initial=True)
        two_errors = State("2 soft errors")
        three_errors = State("3 soft errors")
        four_errors = State("4 soft errors")

    class excluded(State.Compound, name="Quarantine"):
        quarantined = State("Quarantined", initial=True)

    class denied(State.Compound, name="On denylist"):
        denylisted = State("On denylist", initial=True)

    soft_error = (
        ok.valid.to(erroneous.one_error)
        | erroneous.one_error.to(erroneous.two_errors, cond="is_significant")
        | erroneous.two_errors.to(erroneous.three_errors, cond="is_significant")
        | erroneous.three_errors.to(erroneous.four_errors, cond="is_significant")
        | erroneous.four_errors.to(excluded.quarantined, cond="is_significant")
        | erroneous.one_error.to.itself(unless="is_significant")
        | erroneous.two_errors.to.itself(unless="is_significant")
        | erroneous.three_errors.to.itself(unless="is_significant")
        | erroneous.four_errors.to.itself(unless="is_significant")
        | excluded.quarantined.to.itself()
        | denied.denylisted.to.itself()
    )
    hard_error = (
        ok.to(excluded.quarantined)
        | erroneous.to(excluded.quarantined)
        | excluded.quarantined.to.itself()
        | denied.denylisted.to.itself()
    )
    ignored_error = (
        ok.valid.to.itself()
        | erroneous.one_error.to.itself()
        | erroneous.two_errors.to.itself()
        | erroneous.three_errors.to.itself()
        | erroneous.four_errors.to.itself()
        | excluded.quarantined.to.itself()
        | denied.denylisted.to.itself()
    )
    delivered = (
        ok.valid.to.itself()
        | erroneous.to(ok.valid)
        | excluded.quarantined.to.itself()
        | denied.denylisted.to.itself()
    )
    quiet_period = erroneous.to(ok.valid)
    spam_complaint = (
        ok.to(denied.denylisted)
        | erroneous.to(denied.denylisted)
        | excluded.to(denied.denylisted)
        | denied.denylisted.to.itself()
    )
    removed_by_hand = erroneous.to(ok.valid) | excluded.to(ok.valid) | denied.to(ok.valid)
