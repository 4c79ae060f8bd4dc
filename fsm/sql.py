"""A machine as one SQL query, for systems without Python.

The query orders the events of each message and folds them through the machine's dense table, as
:func:`fsm.engine.replay` does. All it needs of the machine is written into it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fsm.errors import MachineError
from fsm.suggest import no_such

__all__ = ["DIALECTS", "Dialect", "Moore", "fold_query"]


@dataclass(frozen=True, slots=True)
class Moore:
    """The fields of :class:`fsm.Machine` that a query is made of.

    ``statuses`` maps states to statuses, in the order of the rows of ``table``.
    """

    name: str
    statuses: Mapping[str, str | None]
    events: Sequence[str]
    table: Sequence[Sequence[int]]
    initial: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an engine writes what differs among SQL engines."""

    name: str
    quote: str
    """The character around an identifier; doubled inside it."""
    escapes: tuple[tuple[str, str], ...]
    """The replacements in a text between single quotes, one after the other."""
    unquotable: str
    """What an identifier cannot contain, even in quotes."""
    array: str
    first: int
    """The index of an array's first element."""
    ordered: Callable[[Sequence[str]], str]
    """The codes of a group as an array, ordered by some columns, of which ``code`` is one."""
    fold: str
    """The fold over the array of codes; ``step`` computes ``packed`` anew."""
    divide: str

    def identifier(self, name: str) -> str:
        """Return a name in quotes; raises :class:`MachineError` where that cannot be."""
        if not name or self.unquotable in name:
            raise MachineError(f"{self.name}: {name!r} cannot be the name of a table or column")
        return f"{self.quote}{name.replace(self.quote, 2 * self.quote)}{self.quote}"

    def text(self, value: str | None) -> str:
        """Return a literal of type STRING."""
        if value is None:
            return "CAST(NULL AS STRING)"
        for character, escaped in self.escapes:
            value = value.replace(character, escaped)
        return f"'{value}'"


_DUCKDB = Dialect(
    name="duckdb",
    quote='"',
    escapes=(("'", "''"),),
    unquotable="\0",
    array="[{}]",
    first=1,
    # ASC is explicit, because a session can make DESC the default.
    ordered=lambda by: f"list(code ORDER BY {', '.join(f'{column} ASC' for column in by)})",
    fold="list_reduce(codes, lambda packed, code: {step}, {start})",
    divide="//",
)

_SPARK = Dialect(
    name="spark",
    quote="`",
    # Spark replaces ${variables} before it parses: in texts, names and comments alike.
    escapes=(("\\", r"\\"), ("'", r"\'"), ("${", r"$\{")),
    unquotable="${",
    array="array({})",
    first=0,
    ordered=lambda by: f"sort_array(collect_list(struct({', '.join(by)}))).code",
    fold="aggregate(codes, {start}, (packed, code) -> {step})",
    divide="DIV",
)

DIALECTS = {dialect.name: dialect for dialect in (_DUCKDB, _SPARK)}
"""The known dialects by name."""

_QUERY = """\
/* One row per message: its state under the machine {machine}. */
WITH coded AS (
  SELECT {keys}, {instant},
    CASE
      WHEN event IS NULL THEN {unknown}{codes}
      ELSE {unknown} /* an unknown event */
    END AS code
  FROM {log}
),
traces AS (
  SELECT {keys}, count(*) AS events,
    {ordered} AS codes
  FROM coded
  GROUP BY {keys}
),
/* packed: the number of the state, plus {states} for each rejected event */
folded AS (
  SELECT {keys}, events,
    {fold} AS packed
  FROM traces
),
states (number, state, status) AS (
  VALUES
    {names}
)
SELECT {keys}, state, status, events, packed {divide} {states} AS rejected
FROM folded JOIN states ON number = packed % {states}"""

_RESERVED = {"code", "codes", "event", "events", "number", "packed"}
_RESERVED |= {"rejected", "seq", "state", "status", "timestamp"}
"""The columns of the query itself, whose names no key can have."""

_LAST_SEQ = 2**63 - 1
"""Stands for NULL, which engines sort differently."""


def fold_query(
    machine: Moore, dialect: str, table: str, keys: Sequence[str], *, seq: bool = False
) -> str:
    """Return the query and raise the errors of :meth:`fsm.machine.Machine.to_sql`."""
    if dialect not in DIALECTS:
        raise MachineError(no_such("SQL dialect", dialect, DIALECTS))
    sql, number = DIALECTS[dialect], {state: i for i, state in enumerate(machine.statuses)}
    _check_keys(keys)
    start = f"CAST({number[machine.initial]} AS BIGINT)"
    codes = (f"WHEN event = {sql.text(e)} THEN {code}" for code, e in enumerate(machine.events))
    names = (f"({number[s]}, {sql.text(s)}, {sql.text(t)})" for s, t in machine.statuses.items())
    return _QUERY.format(
        machine=_comment(machine.name),
        keys=", ".join(map(sql.identifier, keys)),
        instant=f"timestamp, coalesce(seq, {_LAST_SEQ}) AS seq" if seq else "timestamp",
        codes="".join(f"\n      {when}" for when in codes),
        unknown=len(machine.events),
        log=".".join(map(sql.identifier, table.split("."))),
        ordered=sql.ordered(["timestamp", "seq", "code"] if seq else ["timestamp", "code"]),
        fold=sql.fold.format(step=_next_packed(machine, sql), start=start),
        names=",\n    ".join(names),
        states=len(number),
        divide=sql.divide,
    )


def _check_keys(keys: Sequence[str]) -> None:
    """Refuse keys of which no query can be made; for engines ``Key`` and ``key`` are equal."""
    if isinstance(keys, str) or not keys:
        raise MachineError(f"keys are the names of one column or more, not {keys!r}")
    taken = set(_RESERVED)
    for key in keys:
        if key.casefold() in taken:
            raise MachineError(f"a key cannot be named {key!r}: the query has such a column")
        taken.add(key.casefold())


def _next_packed(machine: Moore, sql: Dialect) -> str:
    """Return the expression of the next ``packed``.

    The table is one array, row by row, with one more column for unknown events. Each cell is the
    number of the next state, plus the number of states where the event is rejected. So ``packed %
    states`` is the state, and adding a cell counts a rejection in the same number.
    """
    states, width = len(machine.statuses), len(machine.events) + 1
    digits = len(str(2 * states - 1))
    rows = []
    for number, (state, targets) in enumerate(zip(machine.statuses, machine.table, strict=True)):
        cells = [target if target >= 0 else number + states for target in (*targets, -1)]
        row = ", ".join(f"{cell:{digits}}" for cell in cells)
        rows.append(f"{row}{',' if number < states - 1 else ''} /* {_comment(state)} */")
    table = sql.array.format("\n      " + "\n      ".join(rows) + "\n    ")
    index = f"packed % {states} * {width} + code" + f" + {sql.first}" * sql.first
    return f"packed - packed % {states} + {table}[{index}]"


def _comment(name: str) -> str:
    """Return a name for a comment, without characters that could end it or be replaced in it."""
    return "".join(c if c.isalnum() or c in " ,.-_[]()" else "?" for c in name)
