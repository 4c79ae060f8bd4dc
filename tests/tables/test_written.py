"""A written table is read back as the same machine, whatever its names are."""

import string

from hypothesis import example, given
from hypothesis import strategies as st

from fsm.machine import Indicator, Machine, State, Transition
from fsm.tables.checks.binding_fit import fit_table
from fsm.tables.checks.bound_check import BoundTables, check_bound_tables
from fsm.tables.read.cell_text import normalise_name, plain
from fsm.tables.read.page import Page, parse_page
from fsm.tables.words.binding import Binding
from fsm.tables.words.machine_names import MachineNames
from fsm.tables.write import markdown, transitions_grid

NAMES = st.text(
    st.sampled_from(string.ascii_letters + r"\|*_`[]<>&;,-\"'é語 "), min_size=1, max_size=8
)
COLUMNS = {"from": "From", "event": "Event", "to": "To", "status": "Status"}


def names(least: int) -> st.SearchStrategy[list[str]]:
    clean = NAMES.map(lambda text: " ".join(text.split()))
    readable = clean.filter(lambda text: len(normalise_name(text)) > 1 and not text.startswith("-"))
    return st.lists(
        readable,
        min_size=least,
        max_size=4,
        unique_by=lambda text: normalise_name(text.replace("_", " ")),
    )


@st.composite
def machines(draw: st.DrawFn) -> Machine:
    titles = draw(names(1))
    events = tuple(draw(names(1)))
    states = tuple(State(name, f"Shows {i % 2}", name, (name,)) for i, name in enumerate(titles))
    cells = draw(
        st.dictionaries(
            st.tuples(st.sampled_from(titles), st.sampled_from(events)),
            st.sampled_from(titles),
            min_size=1,
        )
    )
    transitions = tuple(Transition(s, e, t, e) for (s, e), t in cells.items())
    indicators = (Indicator("Seen", frozenset({"Shows 0"})),)
    return Machine(
        "random", "random", states, events, transitions, titles[0], indicators=indicators
    )


def machine_with(event: str) -> Machine:
    """Return a machine of one event."""
    state, step = State("s", "Shown", "s", ("s",)), Transition("s", event, "s", event)
    return Machine("random", "random", (state,), (event,), (step,), "s")


def checked(page: Page, machine: Machine) -> BoundTables:
    names = MachineNames(machine, Binding("random", COLUMNS, {}, {}))
    fits = [fit for table in page.tables if (fit := fit_table(table, names))]
    return check_bound_tables(page, names, fits)


@given(machines())
@example(machine_with("__"))
@example(machine_with("___"))
@example(machine_with("__init__"))
@example(machine_with("_ a_b _c_"))
def test_a_written_table_is_confirmed_by_its_machine(machine: Machine) -> None:
    page = parse_page(markdown(transitions_grid(machine)), "page.md")
    result = checked(page, machine)
    assert (len(result.tables), result.rows, result.findings) == (1, len(machine.transitions), ())
    assert result.confirmed == result.rows
    (table,) = page.tables
    read = {tuple(plain(cell.text) for cell in row.cells[:3]) for row in table.rows}
    assert read == {(t.source, t.event, t.target) for t in machine.transitions}


@given(machines(), st.data())
def test_a_table_that_lacks_a_row_is_not_confirmed(machine: Machine, data: st.DataObject) -> None:
    lines = markdown(transitions_grid(machine)).splitlines()
    dropped = data.draw(st.sampled_from(range(2, len(lines))))
    page = parse_page("\n".join(lines[:dropped] + lines[dropped + 1 :]), "page.md")
    findings = checked(page, machine).findings
    assert [finding.code for finding in findings] == ["missing-row"]
