"""A message in the sending log, with the feedback service; sources in ``with_feedback.md``."""

from __future__ import annotations

from statemachine import State, StateChart

from fsm.machine import Deadline

__all__ = ["WithFeedback"]


class WithFeedback(StateChart):
    """Pending until the receiving side has answered, then what it answered."""

    title = "Sending log, with feedback service"
    indicators = {"Delivered": "Sent", "Bounces + errors": "Failed"}
    deadline = Deadline(start="relayed", event="retry_failed", state="retrying")
    companion = "engagement"

    to_send = State("To send", initial=True)

    class pending(State.Compound, name="Pending"):
        awaiting = State("Awaiting feedback", initial=True)

    class sent(State.Compound, name="Sent"):
        delivered = State("Delivered", initial=True)

    class failed(State.Compound, name="Failed"):
        retrying = State("Retrying", initial=True)
        hard_bounced = State("Hard bounced", final=True)
        retries_exhausted = State("Retries exhausted", final=True)

    relayed = to_send.to(pending.awaiting)
    delivered = pending.awaiting.to(sent.delivered) | failed.retrying.to(sent.delivered)
    hard_bounce = (
        pending.awaiting.to(failed.hard_bounced)
        | failed.retrying.to(failed.hard_bounced)
        | sent.delivered.to(failed.hard_bounced)
    )
    soft_bounce = pending.awaiting.to(failed.retrying) | failed.retrying.to(failed.retrying)
    retry_succeeded = failed.retrying.to(sent.delivered)
    retry_failed = failed.retrying.to(failed.retries_exhausted) | pending.awaiting.to(
        failed.retries_exhausted
    )
