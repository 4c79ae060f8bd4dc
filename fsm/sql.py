"""A machine as one SQL query, for those who run no Python.

The query orders the events of each message and folds them through the machine's dense table, as
:func:`fsm.engine.replay` does. It holds the machine's names and numbers and needs nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fsm.errors import MachineError

__all__ = ["DIALECTS", "Dialect", "Moore", "select"]


@dataclass(frozen=True, slots=True)
class Moore:
    """What a query holds of a machine; :class:`fsm.Machine` says what each of them is.

    ``statuses`` are the statuses by state, in the order of the rows of ``table``.
    """

    name: str
    statuses: Mapping[str, str | None]
    events: Sequence[str]
    table: Sequence[Sequence[int]]
    initial: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an engine writes what SQL engines do not agree on."""

    name: str
    quote: str
    """What encloses an identifier; doubled where the identifier has it."""
    escapes: tuple[tuple[str, str], ...]
    """What is replaced in a text between single quotes, one after the other."""
    unquotable: str
    """What an identifier cannot have, however it is quoted."""
    array: str
    first: int
    """The index of an array's first element."""
    ordered: Callable[[Sequence[str]], str]
    """The codes of a group as an array, in the order of some columns, of which code is one."""
    fold: str
    """Folds the array of codes; ``step`` leads from one value of ``packed`` to the next."""
    divide: str

    def identifier(self, name: str) -> str:
        """Return a quoted name; raises :class:`MachineError` where it cannot be quoted."""
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
    # ASC is written because a session can make DESC the default.
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

_OWN = {"code", "codes", "event", "events", "number", "packed"}
_OWN |= {"rejected", "seq", "state", "status", "timestamp"}
"""The columns of the query, which no key can be named like."""

_LAST = 2**63 - 1


def select(
    machine: Moore, dialect: str, table: str, keys: Sequence[str], *, seq: bool = False
) -> str:
    """Return the query and raise the errors of :meth:`fsm.machine.Machine.to_sql`."""
    if dialect not in DIALECTS:
        raise MachineError(f"no SQL dialect {dialect!r}; there are: {', '.join(DIALECTS)}")
    to, number = DIALECTS[dialect], {state: i for i, state in enumerate(machine.statuses)}
    _check(keys)
    start = f"CAST({number[machine.initial]} AS BIGINT)"
    codes = (f"WHEN event = {to.text(e)} THEN {code}" for code, e in enumerate(machine.events))
    names = (f"({number[s]}, {to.text(s)}, {to.text(t)})" for s, t in machine.statuses.items())
    return _QUERY.format(
        machine=_remark(machine.name),
        keys=", ".join(map(to.identifier, keys)),
        instant=f"timestamp, coalesce(seq, {_LAST}) AS seq" if seq else "timestamp",
        codes="".join(f"\n      {when}" for when in codes),
        unknown=len(machine.events),
        log=".".join(map(to.identifier, table.split("."))),
        ordered=to.ordered(["timestamp", "seq", "code"] if seq else ["timestamp", "code"]),
        fold=to.fold.format(step=_step(machine, to), start=start),
        names=",\n    ".join(names),
        states=len(number),
        divide=to.divide,
    )


def _check(keys: Sequence[str]) -> None:
    """Refuse keys of which no query can be made; engines take ``Key`` and ``key`` for one."""
    if isinstance(keys, str) or not keys:
        raise MachineError(f"keys are the names of one column or more, not {keys!r}")
    met = set(_OWN)
    for key in keys:
        if key.casefold() in met:
            raise MachineError(f"a key cannot be named {key!r}: the query has such a column")
        met.add(key.casefold())


def _step(machine: Moore, to: Dialect) -> str:
    """Return the expression of the next ``packed``; unknown events are one more column."""
    states, width = len(machine.statuses), len(machine.events) + 1
    digits = len(str(2 * states - 1))
    rows = []
    for number, (state, targets) in enumerate(zip(machine.statuses, machine.table, strict=True)):
        cells = [target if target >= 0 else number + states for target in (*targets, -1)]
        row = ", ".join(f"{cell:{digits}}" for cell in cells)
        rows.append(f"{row}{',' if number < states - 1 else ''} /* {_remark(state)} */")
    table = to.array.format("\n      " + "\n      ".join(rows) + "\n    ")
    index = f"packed % {states} * {width} + code" + f" + {to.first}" * to.first
    return f"packed - packed % {states} + {table}[{index}]"


def _remark(name: str) -> str:
    """Return a name for a comment, without what could end it or be replaced in it."""
    return "".join(c if c.isalnum() or c in " ,.-_[]()" else "?" for c in name)
