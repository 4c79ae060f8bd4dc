"""The type of an option that takes one of several words."""

from __future__ import annotations

from typing import Any

import click

from fsm.suggest import no_such

__all__ = ["ChoiceParam"]


class ChoiceParam(click.Choice[str]):
    """One of several words; the error names the nearest ones."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:  # noqa: ARG002
        """Return the message for another word."""
        return no_such("value", str(value), self.choices)
