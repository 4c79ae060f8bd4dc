"use strict";
// The matrix of cells: arrow keys move in it, a click shows the evidence of a cell.

const facts = JSON.parse($("cells-data").textContent);
const { states, events, sources } = facts;
const cells = facts.cells; // by state and then by event; null where a cell does not exist
const heat = $("heat");
let chosen = null;

const short = (count) =>
  count < 1000
    ? String(count)
    : new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 }).format(
        count,
      );
const signOf = (cell) => {
  if (cell.kind === "disagree") return cell.count ? `≠ ${short(cell.count)}` : "≠";
  if (!cell.accepted) return "·";
  if (cell.kind === "alone") return "?";
  return facts.log ? short(cell.count) : "✓";
};
const classOf = (cell) =>
  cell.kind !== "disagree" && !cell.accepted ? "rejected" : cell.kind;
// Who speaks to the page says what the cell shows: a shortened number is a part of its name.
const seen = (count) => {
  const whole = quantity(count, ["time", "times"]);
  return whole.startsWith(short(count)) ? `, seen ${whole}` : `, seen ${whole}, shown as ${short(count)}`;
};
const labelOf = (s, x, cell) =>
  `${states[s]}, ${events[x]}: ${cell.verdict}${cell.accepted ? "" : ", rejected"}` +
  (facts.log ? seen(cell.count) : "");

const cellAt = (s, x) => cells[s][x];
const buttonAt = (s, x) => heat.querySelector(`[data-s="${s}"][data-x="${x}"]`);

const draw = () => {
  const head = el(
    "tr",
    {},
    el("th", { scope: "col" }, "State"),
    ...events.map((name) =>
      el("th", { scope: "col", title: name }, el("span", {}, name)),
    ),
  );
  const rows = states.map((name, s) =>
    el(
      "tr",
      {},
      el("th", { scope: "row", title: name }, name),
      ...events.map((_, x) => {
        const cell = cellAt(s, x);
        if (!cell) return el("td", { className: "none" }, el("span", { className: "unseen" }, "no such cell"));
        return el(
          "td",
          {},
          el(
            "button",
            {
              type: "button",
              className: classOf(cell),
              tabIndex: -1,
              data: { s, x },
              aria: { label: labelOf(s, x, cell), pressed: "false" },
            },
            signOf(cell),
          ),
        );
      }),
    ),
  );
  heat.replaceChildren(
    el("caption", { className: "unseen" }, "The verdict on each state and event, with how often the log shows it"),
    el("thead", {}, head),
    el("tbody", {}, ...rows),
  );
  const first = heat.querySelector("button.disagree") ?? heat.querySelector("button");
  if (first) first.tabIndex = 0;
};

const capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

// Evidence -----------------------------------------------------------------------------------

const part = (title, vote, odd, ...details) =>
  el(
    "div",
    {},
    el("dt", {}, title),
    vote === undefined
      ? el("dd", { className: "quiet" }, "says nothing")
      : el("dd", { className: odd ? "said odd" : "said" }, vote, odd ? " (differs from the others)" : ""),
    ...details.filter(Boolean).map((detail) => el("dd", { className: "quiet" }, detail)),
  );
const listed = (names, whole) =>
  el(
    "ul",
    {},
    ...names.map((name) => el("li", {}, code(name))),
    whole > names.length ? el("li", {}, `and ${(whole - names.length).toLocaleString("en-US")} more`) : null,
  );
const evidenceOf = (s, x) => {
  const cell = cellAt(s, x);
  const rows = cell.rows.map(([citation, text]) =>
    el("span", {}, citation, text ? el("br") : null, text),
  );
  const parts = Object.entries(sources).map(([source, name]) => {
    const odd = cell.odd === source;
    const vote = cell.votes[source];
    if (source.includes("document")) return part(`${capital(source)} ${name}`, vote, odd, ...rows);
    if (source === "implementation")
      return part(
        `${capital(source)} ${name}`,
        vote,
        odd,
        cell.run && el("span", {}, "run: ", code(cell.run[0].join(", "))),
        cell.run && `answer: ${cell.run[1]}`,
      );
    if (source === "log")
      return part(
        "Log",
        cell.count ? `seen ${quantity(cell.count, ["time", "times"])}` : undefined,
        odd,
        cell.place && el("span", {}, "such as ", code(cell.place)),
      );
    return part(`${capital(source)} ${name}`, vote, odd, ...(facts.page ? [] : rows));
  });
  if (facts.tests)
    parts.push(
      el(
        "div",
        {},
        el("dt", {}, "Tests"),
        el("dd", { className: "said" }, cell.tests[0] ? quantity(cell.tests[0], ["test", "tests"]) : "run by no test"),
        cell.tests[0] ? el("dd", { className: "quiet" }, listed(cell.tests[1], cell.tests[0])) : null,
      ),
    );
  return [
    el("h3", {}, code(states[s]), el("span", { aria: { hidden: "true" } }, "×"), code(events[x])),
    el("p", { className: cell.kind === "disagree" ? "said odd" : "said" }, capital(cell.verdict)),
    el("dl", {}, ...parts),
  ];
};

const show = (s, x) => {
  if (chosen) buttonAt(...chosen)?.setAttribute("aria-pressed", "false");
  chosen = [s, x];
  const button = buttonAt(s, x);
  button.setAttribute("aria-pressed", "true");
  comeTo(button);
  $("evidence").replaceChildren(...evidenceOf(s, x));
};
const choose = (s, x) => {
  if (!cells[s]?.[x]) return;
  show(s, x);
  history.replaceState(null, "", `#cell-${s}-${x}`);
};
const comeTo = (button) => {
  for (const other of heat.querySelectorAll('button[tabindex="0"]')) other.tabIndex = -1;
  button.tabIndex = 0;
};

heat.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  choose(Number(button.dataset.s), Number(button.dataset.x));
  if (matchMedia("(max-width: 1079px)").matches) $("evidence").scrollIntoView({ block: "nearest" });
});
const WAYS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
heat.addEventListener("keydown", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  let [s, x] = [Number(button.dataset.s), Number(button.dataset.x)];
  const last = [states.length - 1, events.length - 1];
  let way = WAYS[event.key];
  if (event.key === "Home") [x, way] = [-1, [0, 1]];
  if (event.key === "End") [x, way] = [last[1] + 1, [0, -1]];
  if (!way) return;
  event.preventDefault();
  do [s, x] = [s + way[0], x + way[1]];
  while (s >= 0 && x >= 0 && s <= last[0] && x <= last[1] && !cellAt(s, x));
  const next = buttonAt(s, x);
  if (!next) return;
  comeTo(next);
  next.focus();
});
for (const link of document.querySelectorAll("[data-cell]"))
  link.addEventListener("click", () => {
    choose(...link.dataset.cell.split("-").map(Number));
    $("matrix-title").scrollIntoView({ block: "start" });
    buttonAt(...chosen)?.focus({ preventScroll: true });
    buttonAt(...chosen)?.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

const meant = {
  all: () => true,
  disagree: (cell) => cell.kind === "disagree",
  unseen: (cell) => cell.accepted && !cell.count,
  untested: (cell) => cell.accepted && !cell.tests[0],
};
$("emphasis").hidden = false;
$("emphasis").addEventListener("change", ({ target }) => {
  heat.classList.toggle("emphasised", target.value !== "all");
  for (const button of heat.querySelectorAll("button")) {
    const cell = cellAt(Number(button.dataset.s), Number(button.dataset.x));
    button.classList.toggle("meant", meant[target.value](cell));
  }
});

const follow = () => {
  const [, s, x] = /^#cell-(\d+)-(\d+)$/.exec(location.hash) ?? [];
  if (s !== undefined) choose(Number(s), Number(x));
};
draw();
const worst = heat.querySelector("button.disagree");
if (location.hash) follow();
else if (worst) show(Number(worst.dataset.s), Number(worst.dataset.x));
addEventListener("hashchange", follow);
