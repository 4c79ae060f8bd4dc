"""Help pages: what one gets, options in named groups, examples; all of it also plain data.

A command is made with ``cls=HelpCommand``, its options with :data:`option`::

    @click.command("show", cls=HelpCommand, examples=[Example("All rows", "fsm show quarantine")])
    @option("--json", "as_json", is_flag=True, group="Output", help="Print JSON.")

``command.examples``, ``command.tables`` and :meth:`HelpCommand.option_groups` give the same to a
reference that is generated.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import click

from fsm.cli.choice import ChoiceParam
from fsm.cli.file_params import refuse_overwriting
from fsm.cli.terminal import COLOR_CHOICES, Style, choose_color, styled

__all__ = ["GROUPS", "Example", "HelpCommand", "HelpOption", "option"]

GROUPS = (
    "Options",
    "Message",
    "Tests",
    "Random tests",
    "Implementation",
    "Languages and tables",
    "Questions",
    "Settings",
    "Layout",
    "Overlays",
    "Machines",
    "Other sources",
    "Log",
    "Other log formats",
    "Status exports",
    "Databases",
    "Output",
    "Exit status",
    "Limits and safety",
    "Other",
)
"""The groups of options, in the order in which a help page shows them."""
_UNGROUPED_MOST = 8
"""A command with no more options than this, --color and --help included, shows them as one list."""
_COLUMN_MOST = 26
"""A longer spelling of an option has a line of its own."""
_FIXED_HYPHEN = "\N{NON-BREAKING HYPHEN}"
_WORD = re.compile(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""")


class Example(NamedTuple):
    """A command line and what it is for."""

    purpose: str
    line: str


class HelpOption(click.Option):
    """An option that belongs to a group of the help page, one of :data:`GROUPS`."""

    def __init__(self, *args: Any, group: str = "Options", **attributes: Any) -> None:
        if group not in GROUPS:
            raise ValueError(f"no group {group!r} in GROUPS")
        super().__init__(*args, **attributes)
        self.group = group

    def get_help_extra(self, ctx: click.Context) -> click.types.OptionHelpExtra:
        """Return the notes behind the help text; a range is over the name of its value."""
        extra = super().get_help_extra(ctx)
        if isinstance(self.show_default, str):
            extra["default"] = self.show_default
        if "range" in extra:
            extra["range"] = extra["range"].replace("x", self.make_metavar(ctx))
        return extra


option = partial(click.option, cls=HelpOption, show_default=True)
"""``click.option`` with a ``group=`` of the help page; the default is shown."""


class _Formatter(click.HelpFormatter):
    """Headings are bold, and options such as ``--no-json`` are not broken at their hyphens."""

    def write(self, string: str) -> None:
        super().write(string.replace(_FIXED_HYPHEN, "-"))

    def write_text(self, text: str) -> None:
        super().write_text(_unbroken(text))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        super().write_dl([(name, _unbroken(text)) for name, text in rows], col_max, col_spacing)

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or _bold("Usage:") + " ")

    def write_heading(self, heading: str) -> None:
        self.write(" " * self.current_indent + _bold(f"{heading}:") + "\n")


class _Context(click.Context):
    formatter_class = _Formatter


class HelpCommand(click.Command):
    """A command whose help page groups its options and ends with examples.

    ``tables`` are lists of words with their meanings, by their headings, such as the methods of
    ``fsm suite``.
    """

    context_class = _Context

    def __init__(
        self,
        *args: Any,
        examples: Sequence[Example] = (),
        tables: Mapping[str, Sequence[tuple[str, str]]] | None = None,
        **attributes: Any,
    ) -> None:
        super().__init__(*args, **attributes)
        self.examples = tuple(examples)
        self.tables = dict(tables or {})

    def get_help_option_names(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the help option, whatever the context: click keeps the first."""
        return ["-h", "--help"]

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the parameters; every command has ``--color`` and ``--help`` as its last ones."""
        *params, help_option = super().get_params(ctx)
        return [*params, _color_option(), help_option]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; every error of usage knows its command, whose help it names."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, unless it would overwrite what it reads."""
        refuse_overwriting(ctx, self.params)
        return super().invoke(ctx)

    def option_groups(self, ctx: click.Context) -> dict[str, list[click.Option]]:
        """Return the options by their groups, in the order of the help page."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        shown = [each for each in options if not each.hidden]
        if len(shown) <= _UNGROUPED_MOST:
            return {"Options": shown}
        groups: dict[str, list[click.Option]] = {group: [] for group in GROUPS}
        for each in shown:
            groups[each.group if isinstance(each, HelpOption) else "Other"].append(each)
        return {group: members for group, members in groups.items() if members}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, group by group."""
        records = {
            group: [record for each in options if (record := each.get_help_record(ctx))]
            for group, options in self.option_groups(ctx).items()
        }
        widths = [len(spelling) for rows in records.values() for spelling, _ in rows]
        column = max(width for width in widths if width <= _COLUMN_MOST)
        for group, rows in records.items():
            with formatter.section(group):
                formatter.write_dl([(name.ljust(column), text) for name, text in rows], column)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the tables, the closing words and the examples."""
        for heading, rows in self.tables.items():
            with formatter.section(heading):
                formatter.write_dl(rows)
        super().format_epilog(ctx, formatter)
        if self.examples:
            with formatter.section("Examples"):
                for example in self.examples:
                    formatter.write_text(f"{example.purpose}:")
                    formatter.write(_folded(example.line, formatter.width - 6))


@cache
def _color_option() -> click.Option:
    return HelpOption(
        ("--color",),
        type=ChoiceParam(COLOR_CHOICES),
        default="auto",
        metavar="WHEN",
        expose_value=False,
        is_eager=True,
        callback=_choose_color,
        group="Other",
        help="Colours: always, never, or auto: on a terminal, unless NO_COLOR is set.",
    )


def _choose_color(ctx: click.Context, _: click.Parameter, choice: str) -> None:
    """Let the choice hold for this process, also for what click writes."""
    if choice != "auto":
        choose_color(choice)
        for context in (ctx, ctx.find_root()):
            context.color = choice == "always"


def _folded(line: str, width: int) -> str:
    """Return an example, continued with backslashes where it is wider than the page."""
    lines = [""]
    for word in _WORD.findall(line):
        if lines[-1] and len(lines[-1]) + len(word) + 3 > width:
            lines[-1] += " \\"
            lines.append("    " + word)
        else:
            lines[-1] += (" " if lines[-1] else "") + word
    return "".join(
        f"    {'$ ' if number == 0 else '  '}{text}\n" for number, text in enumerate(lines)
    )


def _unbroken(text: str) -> str:
    return text.replace("-", _FIXED_HYPHEN)


def _bold(text: str) -> str:
    return styled(text, Style.STRONG)
