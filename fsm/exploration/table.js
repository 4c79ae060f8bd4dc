"use strict";
// The table of every state and event: sorted, filtered, and linked with the diagrams.

const ROWS = 50; // rows shown at first
const WIDE = 7; // events; a wider table does not fit on paper as a table

const table = { m: 0, sorted: null, up: true, all: false };
let rowOf = new Map();

const machineChoice = () => {
  if (machines.length < 2) return;
  $("which").append(
    ...machines.map(({ name }, m) =>
      el(
        "label",
        {},
        el("input", { type: "radio", name: "which", value: m, checked: m === 0 }),
        el("span", {}, name),
      ),
    ),
  );
  $("which").hidden = false;
  $("which").addEventListener("change", ({ target }) => {
    Object.assign(table, { m: Number(target.value), sorted: null, up: true });
    showTable();
  });
};

const cellText = (machine, t) =>
  t
    ? `${machine.states[t.to].name}${t.source === null ? "" : ` ${machine.sources[t.source].label}`}`
    : "";
const rowText = (machine, state) =>
  [
    machine.states[state].name,
    machine.states[state].title,
    statusOf(machine, state)?.name ?? "",
    ...[...machine.exits[state].values()].map((t) => cellText(machine, t)),
  ]
    .join("\n")
    .toLowerCase();
const sortKey = (machine, column) => (state) => {
  if (column === "state") return machine.states[state].name;
  if (column === "status") return statusOf(machine, state)?.name ?? "";
  return cellText(machine, machine.exits[state].get(column));
};

const inTable = () => {
  const machine = machines[table.m];
  const [words, wanted] = [$("filter-states"), $("filter-events")].map((input) =>
    input.value.trim().toLowerCase(),
  );
  const columns = machine.events.filter((event) => nameOf(event).toLowerCase().includes(wanted));
  const states = machine.states
    .map((_, state) => state)
    .filter((state) => rowText(machine, state).includes(words));
  if (table.sorted !== null) {
    const key = sortKey(machine, table.sorted);
    const pairs = states.map((state) => [key(state), state]);
    // Empty cells come last, whichever way the rest is sorted.
    pairs.sort(
      ([a, i], [b, j]) => !a - !b || (a < b ? -1 : a > b ? 1 : i - j) * (table.up ? 1 : -1),
    );
    states.splice(0, states.length, ...pairs.map(([, state]) => state));
  }
  return { machine, columns, states, isWhole: !words && !wanted };
};

const showTable = () => {
  const { machine, columns, states, isWhole } = inTable();
  const written = table.all ? states : states.slice(0, ROWS);
  rowOf = new Map(written.map((state) => [state, row(machine, state, columns)]));
  $("matrix").replaceChildren(
    el(
      "caption",
      { className: "unseen" },
      `The next state for each state and event of ${machine.name}, with its source`,
    ),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        header("State", "state"),
        header("Status", "status"),
        ...columns.map((event) => header(code(nameOf(event)), event)),
      ),
    ),
    el("tbody", {}, ...rowOf.values()),
  );
  $("matrix").classList.toggle("wide", columns.length > WIDE);
  $("more").hidden = written.length === states.length;
  $("shown").textContent =
    isWhole && written.length === states.length
      ? ""
      : `${written.length} of ${machine.states.length} states, ${columns.length} of ${machine.events.length} events`;
  fadeFiltered(machine, columns, states, isWhole);
  markTable();
};

const header = (label, column) => {
  const isSorted = table.sorted === column;
  const sort = isSorted ? (table.up ? "ascending" : "descending") : "none";
  return el(
    "th",
    { scope: "col", aria: { sort } },
    el("button", { type: "button", data: { column }, title: "Sort" }, label),
  );
};

const row = (machine, state, columns) => {
  const { name, title } = machine.states[state];
  return el(
    "tr",
    { data: { state } },
    el(
      "th",
      { scope: "row" },
      el("button", { type: "button", className: "cell", title }, code(name)),
    ),
    el("td", {}, statusOf(machine, state) ? badge(machine, state) : "–"),
    ...columns.map((event) => {
      const t = machine.exits[state].get(event);
      if (!t)
        return el(
          "td",
          { className: "empty" },
          el("span", { aria: { hidden: "true" } }, "–"),
          el("span", { className: "unseen" }, "rejected"),
        );
      const source = machine.sources[t.source];
      return el(
        "td",
        { data: { event: nameOf(event) } },
        el(
          "button",
          { type: "button", className: "cell", tabIndex: -1, data: { place: t.place } },
          code(machine.states[t.to].name),
          source ? sourceBadge(source) : null,
        ),
      );
    }),
  );
};

const fadeFiltered = (machine, columns, states, isWhole) => {
  const side = sides[table.m];
  for (const { svg } of sides)
    for (const group of svg.querySelectorAll(".faded")) group.classList.remove("faded");
  if (isWhole) return;
  const [kept, wanted] = [new Set(states), new Set(columns)];
  for (const group of side.svg.querySelectorAll("[data-state]")) {
    const isKept = machine.nodes[group.dataset.state].some((state) => kept.has(state));
    group.classList.toggle("faded", !isKept);
  }
  machine.arrows.forEach((places, arrow) => {
    const isKept = places.some(
      (place) =>
        wanted.has(machine.transitions[place].event) && kept.has(machine.transitions[place].from),
    );
    for (const group of side.arrows[arrow]) group.classList.toggle("faded", !isKept);
  });
};

const markTable = () => {
  const machine = machines[table.m];
  const now = stateAfter(machine, runs[table.m]);
  const shown = shownState(table.m);
  const chosen = picked[table.m].arrow === null ? [] : machine.arrows[picked[table.m].arrow];
  const taken = runs[table.m].at(-1)?.transition?.place;
  for (const [state, tr] of rowOf) {
    tr.classList.toggle("shown", state === shown);
    tr.classList.toggle("now-row", state === now);
    tr.querySelector("th button").setAttribute("aria-pressed", state === shown);
    if (state === now) tr.setAttribute("aria-current", "step");
    else tr.removeAttribute("aria-current");
  }
  for (const cell of $("matrix").querySelectorAll(".chosen, .taken"))
    cell.classList.remove("chosen", "taken");
  const cellOf = (place) => $("matrix").querySelector(`[data-place="${place}"]`)?.parentElement;
  for (const place of chosen) cellOf(place)?.classList.add("chosen");
  if (taken !== undefined) cellOf(taken)?.classList.add("taken");
};

const hotRow = (m, state) => {
  for (const tr of $("matrix").querySelectorAll(".hot")) tr.classList.remove("hot");
  if (m === table.m && state !== null) rowOf.get(state)?.classList.add("hot");
};
const hotNode = (target) => {
  for (const group of document.querySelectorAll(".fsm .hot")) group.classList.remove("hot");
  const state = target?.closest("tr[data-state]")?.dataset.state;
  const place = target?.closest("td")?.querySelector("[data-place]")?.dataset.place;
  const side = sides[table.m];
  const groups = state === undefined ? [] : side.nodes.get(Number(state));
  const arrows = place === undefined ? [] : side.groupsOf.get(Number(place));
  for (const group of [...groups, ...(arrows ?? [])]) group.classList.add("hot");
};

$("matrix").addEventListener("pointerover", ({ target }) => hotNode(target));
$("matrix").addEventListener("pointerleave", () => hotNode(null));
$("matrix").addEventListener("focusin", ({ target }) => hotNode(target));
$("matrix").addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  const { column, place } = button.dataset;
  if (column !== undefined)
    sortBy(column === "state" || column === "status" ? column : Number(column));
  else if (place !== undefined) {
    const { from } = machines[table.m].transitions[place];
    pick(table.m, from, sides[table.m].arrowOf.get(Number(place)) ?? null);
  } else pick(table.m, Number(button.closest("tr").dataset.state));
});
// Up and down, left and right between the cells that can be pressed.
$("matrix").addEventListener("keydown", (event) => {
  const [dx, dy] = WAYS[event.key] ?? [];
  const from = event.target.closest("th, td");
  if (dx === undefined || !from) return;
  const rows = [...$("matrix").rows];
  let [r, c] = [rows.indexOf(from.parentElement) + dy, from.cellIndex + dx];
  while (rows[r]?.cells[c]) {
    const button = rows[r].cells[c].querySelector("button");
    if (button) {
      button.focus();
      event.preventDefault();
      return;
    }
    [r, c] = [r + dy, c + dx];
  }
});
const sortBy = (column) => {
  if (table.sorted !== column) Object.assign(table, { sorted: column, up: true });
  else if (table.up) table.up = false;
  else Object.assign(table, { sorted: null, up: true }); // as declared
  showTable();
  $("matrix").querySelector(`button[data-column="${column}"]`)?.focus();
};
for (const id of ["filter-states", "filter-events"]) $(id).addEventListener("input", showTable);
$("more").addEventListener("click", () => {
  table.all = true;
  showTable();
  $("filter-states").focus();
});

machineChoice();
showTable();
follow();
addEventListener("hashchange", follow);
