"""The command line. Each command is a module, imported when it is called."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from fsm.cli.environment import set_environment_defaults
from fsm.cli.help import Example, HelpCommand
from fsm.cli.process import exit_status_of
from fsm.version import VERSION

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["COMMANDS_BY_TASK", "command_group", "main"]

COMMANDS_BY_TASK = {
    "Documentation": {
        "check": "Confirm documented tables, or show what is wrong in them.",
        "draft": "Get a file that says how a table is read, with questions.",
        "docs": "Keep tables and diagrams in Markdown pages up to date.",
        "draw": "Draw a machine, or write it in the format of another tool.",
        "show": "Show a machine's transitions, or every cell of its table.",
        "explore": "Get a page to step through one machine or two.",
        "gallery": "Get pages and pictures of all built-in machines.",
    },
    "Logs": {
        "replay": "Get the statuses, indicators and rejected events of a log.",
        "report": "Get a page about a delivery: dashboard, curves, messages.",
        "conform": "Show how far a log and a machine disagree.",
        "discover": "Get the machine that a log shows, with its evidence.",
        "explain": "Show the history of one message, with its log lines.",
        "convert": "Get a canonical log or a process mining log from any log.",
        "formats": "List the log formats that fsm reads, and what events mean.",
        "simulate": "Get a log to try things with.",
    },
    "Tests": {
        "suite": "Get tests that prove conformance to a machine.",
        "test": "Show whether an implementation does what a machine says.",
        "learn": "Get the machine of an implementation, and where it differs.",
    },
    "Machines": {
        "machines": "List the built-in machines.",
        "compare": "Show every difference between two machines.",
        "analyse": "Find dead states and missing cells; prove claims.",
    },
    "Guides and schemas": {
        "guide": "Read the guides: tables, tests, logs, the library.",
        "schema": "Print the JSON schema of an output, or of a file that you write.",
    },
}
"""All commands by task, each with what one gets from it."""
_COMMANDS = {
    name: gist for commands in COMMANDS_BY_TASK.values() for name, gist in commands.items()
}


class _Commands(HelpCommand, click.Group):
    """The group of all commands. A command is imported only when it is run: startup stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        command = import_module(f"fsm.cli.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Complete commands with their gists, without importing them, and options."""
        from click.shell_completion import CompletionItem

        found = [
            CompletionItem(name, help=gist)
            for name, gist in _COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return found + super(click.Group, self).shell_complete(ctx, incomplete)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by task, then the options."""
        column = max(map(len, _COMMANDS))
        for task, commands in COMMANDS_BY_TASK.items():
            with formatter.section(task):
                formatter.write_dl([(name.ljust(column), gist) for name, gist in commands.items()])
        super().format_options(ctx, formatter)


@click.command(
    cls=_Commands,
    epilog="New here? Ten minutes: fsm guide start. The options of a command: fsm COMMAND -h.",
    examples=[
        Example("Check the tables of all pages in a directory", "fsm check docs"),
        Example("Statuses and indicators of a log", "fsm replay log.csv --validity 3.5d"),
        Example("A page to step through a machine", "fsm explore quarantine -o quarantine.html"),
    ],
)
@click.version_option(VERSION, prog_name="fsm", help="Show the version and exit.")
def command_group() -> None:
    """Check documented state tables, replay logs, draw diagrams and test implementations.

    One declared machine is behind all of it. MACHINE is a built-in name (see: fsm machines), a
    .json, .yaml, .scxml, .dot, .mmd or .puml file (fsm guide formats), or package.module:Class, a
    class of python-statemachine, a machine of transitions or a model of Django-FSM, of an installed
    module or of one in the working directory. Importing the module runs its code.

    Data goes to standard output, messages to standard error; - is standard input or output, except
    for fsm docs, which writes into its pages. Exit status: 0 success, 1 differences, out of date
    or rejected, 2 wrong usage or input.
    """


def main() -> None:
    """Run the command line; no traceback reaches the user."""
    gc.set_threshold(100_000)  # imports make many objects, and hardly any garbage
    set_environment_defaults()
    if "_FSM_COMPLETE" in os.environ:
        from fsm.cli.completion import add_shells

        add_shells()
    sys.exit(exit_status_of(command_group))
