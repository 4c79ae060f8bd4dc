"""A message in the sending log, without the feedback service; sources in
``without_feedback.md``.
"""

from __future__ import annotations

from statemachine import State, StateChart

from fsm.machine import Deadline

__all__ = ["WithoutFeedback"]


class WithoutFeedback(StateChart):
    """Sent as soon as it is handed over, until a bounce is known to be final."""

    title = "Sending log, without feedback service"
    indicators = {"Delivered": "Sent", "Bounces + errors": "Failed"}
    deadline = Deadline(start="relayed", event="retry_failed", state="retrying")
    companion = "engagement"

    to_send = State("To send", initial=True)

    class sent(State.Compound, name="Sent"):
        awaiting = State("Awaiting feedback", initial=True)
        retrying = State("Retrying")
        delivered = State("Delivered")

    class failed(State.Compound, name="Failed"):
        hard_bounced = State("Hard bounced", initial=True, final=True)
        retries_exhausted = State("Retries exhausted", final=True)

    relayed = to_send.to(sent.awaiting)
    delivered = sent.awaiting.to(sent.delivered) | sent.retrying.to(sent.delivered)
    hard_bounce = (
        sent.awaiting.to(failed.hard_bounced)
        | sent.retrying.to(failed.hard_bounced)
        | sent.delivered.to(failed.hard_bounced)
    )
    soft_bounce = sent.awaiting.to(sent.retrying) | sent.retrying.to(sent.retrying)
    retry_succeeded = sent.retrying.to(sent.delivered)
    retry_failed = sent.retrying.to(failed.retries_exhausted) | sent.awaiting.to(
        failed.retries_exhausted
    )
