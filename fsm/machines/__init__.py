"""The built-in machines: declarations only, each beside its documented table.

``NAMES`` maps a machine's name to its class, as ``module:Class``; the Markdown page of the same
stem holds the documented table and the source of every transition.
"""

from __future__ import annotations

__all__ = ["FEEDBACK_MODES", "NAMES"]

NAMES = {
    "with-feedback": "fsm.machines.with_feedback:WithFeedback",
    "without-feedback": "fsm.machines.without_feedback:WithoutFeedback",
    "delivery": "fsm.machines.delivery:Delivery",
    "engagement": "fsm.machines.engagement:Engagement",
    "quarantine": "fsm.machines.quarantine:Quarantine",
}

FEEDBACK_MODES = ("with-feedback", "without-feedback")
"""The machines that execute a log where none are given."""
