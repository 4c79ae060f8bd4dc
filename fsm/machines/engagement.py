"""What a recipient does with a message, whatever its status; sources in ``engagement.md``."""

from __future__ import annotations

from statemachine import State, StateChart

__all__ = ["Engagement"]


class Engagement(StateChart):
    """Opened and clicked, each counted once per message."""

    title = "Recipient engagement"
    indicators = {"Opens": ("Opened", "Clicked"), "Clicks": "Clicked"}

    unopened = State("Unopened", initial=True)
    was_opened = State("Opened")
    was_clicked = State("Clicked")

    opened = unopened.to(was_opened) | was_opened.to.itself() | was_clicked.to.itself()
    clicked = unopened.to(was_clicked) | was_opened.to(was_clicked) | was_clicked.to.itself()
