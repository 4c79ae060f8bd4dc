"use strict";
// The details of a state: the events that it accepts, with their targets and sources.

const showDetail = (m) => {
  const machine = machines[m];
  const state = shownState(m);
  const { title, name } = machine.states[state];
  const chosen = picked[m].arrow === null ? [] : machine.arrows[picked[m].arrow];
  const exits = machine.events.map((e) => machine.exits[state].get(e)).filter(Boolean);
  const entries = entriesByEvent(machine, state);
  const rejected = machine.events.filter((e) => !machine.exits[state].has(e)).map(nameOf);
  const shown = el(
    "div",
    { className: "detail" },
    el(
      "h3",
      {},
      `From ${title} `,
      title === name ? null : el("span", { className: "quiet id" }, name),
      " ",
      badge(machine, state),
    ),
    exits.length
      ? el(
          "ul",
          { className: "transitions" },
          ...exits.map((t) => transitionItem(machine, t, chosen.includes(t.place))),
        )
      : el("p", { className: "note" }, "This state accepts no event."),
    rejected.length
      ? el("p", { className: "note" }, "Rejected: ", ...listed(rejected), ".")
      : null,
    entries.size
      ? el(
          "p",
          { className: "note" },
          "Entered by: ",
          ...[...entries].flatMap(([event, titles], i) => [
            i ? "; " : "",
            code(nameOf(event)),
            ` from ${titles.join(", ")}`,
          ]),
          ".",
        )
      : null,
  );
  sides[m].side.querySelector(".detail").replaceWith(shown);
};
const entriesByEvent = (machine, state) => {
  const entries = new Map();
  for (const t of machine.transitions) {
    if (t.to !== state || t.from === state) continue;
    entries.set(t.event, [...(entries.get(t.event) ?? []), machine.states[t.from].title]);
  }
  return entries;
};

const transitionItem = (machine, t, isChosen) => {
  const source = machine.sources[t.source];
  const changes = effectsOf(machine, t)
    .map((effect, i) => [effect, machine.indicators[i]])
    .filter(([effect]) => effect !== "no change")
    .map(([effect, name]) => `${name} ${SIGNS[effect]?.trim() ?? effect}`);
  return el(
    "li",
    { className: isChosen ? "chosen" : "" },
    el(
      "p",
      { className: "line" },
      code(nameOf(t.event)),
      el("span", {}, " → ", t.to === t.from ? "stays" : machine.states[t.to].title),
      statusOf(machine, t.to)?.name === statusOf(machine, t.from)?.name
        ? null
        : badge(machine, t.to),
      source ? sourceBadge(source) : null,
    ),
    changes.length ? el("p", { className: "quiet" }, changes.join(" · ")) : null,
    source?.reason ? el("p", {}, source.reason) : null,
    source?.row.length
      ? el("p", { className: "documented" }, `Documented: ${source.row.join(" | ")}`)
      : null,
  );
};
