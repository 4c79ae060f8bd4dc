"""One delivery, from its draft to the end of its validity period; sources in ``delivery.md``."""

from __future__ import annotations

from statemachine import State, StateChart

__all__ = ["Delivery"]


class Delivery(StateChart):
    """Prepare, confirm, send.

    The guards are plain attributes: ``can_start`` (the user has the role *Start deliveries*),
    ``is_scheduled`` (a contact date is set), ``asks_confirmation`` (each occurrence waits for
    its own confirmation), ``is_recurring`` (another occurrence follows).
    """

    title = "Delivery"
    colours = {
        "In edit": "not yet",
        "Ready": "not yet",
        "Waiting": "open",
        "In progress": "open",
        "Sent": "good",
        "Stopped": "bad",
    }
    can_start = False
    is_scheduled = False
    asks_confirmation = False
    is_recurring = False

    class editing(State.Compound, name="In edit"):
        draft = State("Draft", initial=True)
        preparing = State("Preparing")

    class ready(State.Compound, name="Ready"):
        prepared = State("Prepared", initial=True)
        confirming = State("Waiting for OK")

    class waiting(State.Compound, name="Waiting"):
        scheduled = State("Waiting for the date", initial=True)
        confirmation_due = State("Confirmation requested")

    class running(State.Compound, name="In progress"):
        sending = State("Sending", initial=True)
        paused = State("Paused")

    class done(State.Compound, name="Sent"):
        retrying = State("Validity period running", initial=True)
        finished = State("Finished", final=True)

    class halted(State.Compound, name="Stopped"):
        stopped = State("Stopped", initial=True, final=True)

    start_preparation = editing.draft.to(editing.preparing) | ready.prepared.to(editing.preparing)
    preparation_done = editing.preparing.to(ready.prepared)
    preparation_failed = editing.preparing.to(editing.draft)
    change_schedule = (
        editing.draft.to.itself() | ready.prepared.to(editing.draft) | waiting.to(editing.draft)
    )
    confirm = ready.prepared.to(ready.confirming, cond="can_start") | waiting.confirmation_due.to(
        running.sending, cond="can_start"
    )
    ok = ready.confirming.to(waiting.scheduled, cond="is_scheduled") | ready.confirming.to(
        running.sending, unless="is_scheduled"
    )
    cancel = ready.confirming.to(ready.prepared)
    date_reached = waiting.scheduled.to(
        waiting.confirmation_due, cond="asks_confirmation"
    ) | waiting.scheduled.to(running.sending, unless="asks_confirmation")
    message_sent = running.sending.to.itself()
    all_sent = running.sending.to(waiting.scheduled, cond="is_recurring") | running.sending.to(
        done.retrying, unless="is_recurring"
    )
    pause = running.sending.to(running.paused)
    resume = running.paused.to(running.sending)
    stop = (
        editing.preparing.to(editing.draft)
        | waiting.to(halted.stopped)
        | running.to(halted.stopped)
    )
    validity_over = done.retrying.to(done.finished) | running.to(done.finished)
