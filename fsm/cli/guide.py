"""``fsm guide``: the guides, in the terminal."""

from __future__ import annotations

import posixpath
import shutil
import sys

import click

from fsm.cli.completion import complete_topic
from fsm.cli.help import Example, HelpCommand
from fsm.cli.terminal import has_color, is_terminal, terminal_width
from fsm.cli.text import format_table
from fsm.guide import Topic, find_topic, guide_topics

__all__ = ["command"]


@click.command(
    "guide",
    cls=HelpCommand,
    examples=[
        Example("All guides", "fsm guide"),
        Example("Everything in ten minutes", "fsm guide start"),
    ],
)
@click.argument(
    "topic",
    required=False,
    shell_complete=complete_topic,
    help="Name of a guide; its beginning is enough.",
)
def command(topic: str | None) -> None:
    """Read the guide of TOPIC, or list all guides.

    On a terminal, the guide is styled and paged, with $PAGER or less; elsewhere it is printed as
    Markdown.
    """
    topics = guide_topics()
    if topic is None:
        click.echo(format_table(("topic", "guide"), [(t.name, t.title) for t in topics]))
        click.echo("\nTo read one: fsm guide TOPIC")
        return
    found = find_topic(topic, topics)
    if is_terminal(sys.stdout):
        _show(found)
    else:
        click.echo(found.text, nl=False)


def _show(topic: Topic) -> None:
    """Show a guide on the terminal, through the pager if it is longer than the screen."""
    from fsm.guide.terminal import style_guide

    width = terminal_width() or 80
    text = style_guide(topic.text, posixpath.dirname(topic.name), width)
    shown = text if has_color(sys.stdout) else click.unstyle(text)
    if shown.count("\n") < shutil.get_terminal_size().lines:
        click.echo(shown, nl=False)
    else:
        click.get_current_context().color = None  # click knows whether the pager shows styles
        click.echo_via_pager(shown)
