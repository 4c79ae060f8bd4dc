"""The page of the command line: every command with its arguments, options and examples."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from fsm.cli import COMMANDS_BY_TASK, command_group
from fsm.cli.help import HelpCommand
from fsm.reference.markdown_parts import (
    anchor_of,
    code_block,
    code_span,
    link_to,
    markdown_table,
    marked_up,
    unwrapped,
)
from fsm.schemas import OUTPUTS

__all__ = ["document_commands"]

_INTRODUCTION = """\
# The command line

For everyone who uses fsm in a terminal. `fsm COMMAND --help`, or `-h`, shows the part of a command.

"""
_CODE = re.compile(
    r"<!--.*?-->"
    r"|(?<![\w-])-{1,2}[a-z][a-z-]*(?:=\w+)?"
    r"|\b\w+(?:_\w+)+\b"
    r"|\b[\w.]+:[A-Z]\w*"
    r"|\w+://"
    rf"|\bfsm (?:{'|'.join(name for names in COMMANDS_BY_TASK.values() for name in names)})\b"
    r"(?: --?[a-z-]+)*"
)
"""What is code in a sentence of a help page: comments, options, names, commands."""


def document_commands() -> str:
    """Return the page."""
    top = click.Context(command_group, info_name="fsm")
    commands = [
        (name, command_group.get_command(top, name))
        for names in COMMANDS_BY_TASK.values()
        for name in names
    ]
    sections = (
        _section(command, click.Context(command, parent=top, info_name=name))
        for name, command in commands
        if isinstance(command, HelpCommand)
    )
    text = f"{_description(command_group)}\n{_overview()}"
    return "\n".join([_INTRODUCTION + text, *sections])


def _overview() -> str:
    """Return the commands by task, each with what one gets."""
    rows = [
        (task if name == next(iter(gists)) else "", link_to(f"fsm {name}"), _sentence(gist))
        for task, gists in COMMANDS_BY_TASK.items()
        for name, gist in gists.items()
    ]
    return markdown_table(("Task", "Command", "What one gets"), rows)


def _section(command: HelpCommand, context: click.Context) -> str:
    parts = [f"## {context.command_path}\n", _description(command), _usage(command, context)]
    if arguments := list(_arguments(command, context)):
        parts.append(markdown_table(("Argument", "Meaning"), arguments))
    for group, options in command.option_groups(context).items():
        if rows := [_option(option, context) for option in options if "--help" not in option.opts]:
            parts.append(_captioned(group, markdown_table(("Option", "Meaning"), rows)))
    for heading, words in command.tables.items():
        meanings = [(code_span(word), _sentence(text)) for word, text in words]
        parts.append(_captioned(heading, markdown_table(("Name", "Meaning"), meanings)))
    if command.epilog:
        parts.append(_paragraphs(command.epilog))
    lines = (f"# {example.purpose}\n{example.line}\n" for example in command.examples)
    parts += [_captioned("Examples", code_block("sh", "\n".join(lines))), *_shapes(context)]
    return "\n".join(parts)


def _captioned(caption: str, body: str) -> str:
    """Return a part with a caption, which is no heading: each command has an Output."""
    return f"**{caption}**\n\n{body}"


def _shapes(context: click.Context) -> Iterator[str]:
    """Yield a line with the shapes of the command's JSON, if it prints some."""
    names = [
        name
        for name, shape in OUTPUTS.items()
        if shape.place.startswith(context.command_path + " ")
    ]
    if names:
        links = ", ".join(f"[{name}](json.md#{anchor_of(name)})" for name in names)
        yield f"Fields of the JSON: {links}.\n"


def _description(command: click.Command) -> str:
    return _paragraphs(command.help or "")


def _usage(command: click.Command, context: click.Context) -> str:
    pieces = " ".join(command.collect_usage_pieces(context))
    return code_block("text", f"{context.command_path} {pieces}")


def _arguments(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    for parameter in command.get_params(context):
        if isinstance(parameter, click.Argument):
            record = parameter.get_help_record(context)
            if record:
                yield code_span(record[0]), _sentence(record[1])


def _option(option: click.Option, context: click.Context) -> tuple[str, str]:
    """Return an option: its spellings with the value; its meaning, range and default."""
    record = option.get_help_record(context)
    assert record  # noqa: S101 - hidden options are in no group
    extra = option.get_help_extra(context)
    notes = [_sentence(option.help or "")]
    if "range" in extra:
        notes.append(f"{code_span(extra['range'])}.")
    if "required" in extra:
        notes.append("Required.")
    if "default" in extra:
        notes.append(f"Default: {_sentence(str(extra['default']))}.")
    return code_span(record[0]), " ".join(notes)


def _paragraphs(text: str) -> str:
    """Return paragraphs of a help page; one that begins with a form feed of click is code."""
    paragraphs = re.split(r"\n{2,}", inspect.cleandoc(text))
    return "\n".join(map(_paragraph, paragraphs))


def _paragraph(text: str) -> str:
    first, _, rest = text.partition("\n")
    if first == "\b":
        return code_block("text", inspect.cleandoc(rest))
    return f"{_sentence(unwrapped(text))}\n"


def _sentence(text: str) -> str:
    """Return a text of one line as Markdown: what is code in it is shown as code."""
    return marked_up(text, _CODE, lambda match: code_span(match[0]))
