"use strict";
// The history of a message, which is found by its id, its recipient or its final state.

const log = JSON.parse($("messages-data").textContent);
const MOST = 20; // results listed at first, and by each press of "Show more"
const UNDEFINED = -1;
const REJECTED = -2;
const EXPIRY = 0; // the line of the end of a validity period, which is in no file; those of timers are below

const startOf = (message) => (message ? log.ends[message - 1] : 0);
for (const view of log.views)
  view.reasons = new Map(
    view.reasons.map(([state, event, label, reason]) => [`${state} ${event}`, { label, reason }]),
  );
const lastStates = log.ids.map((_, message) => {
  const states = log.machines.map((machine) => machine.initial);
  for (let at = startOf(message); at < log.ends[message]; at++)
    log.after.forEach((after, m) => {
      if (after[at] >= 0) states[m] = after[at];
    });
  return states[0];
});
const haystack = log.ids.map((id, message) =>
  `${id}\n${log.recipients?.[message] ?? ""}`.toLowerCase(),
);
const nameOf = (message) =>
  log.recipients?.[message] ? `${log.ids[message]} to ${log.recipients[message]}` : log.ids[message];

const statusBadge = (status) =>
  status
    ? el(
        "span",
        { className: `badge status ${status.colour ?? ""}` },
        status.name,
      )
    : el("span", { className: "quiet" }, "–");

// The changes by an event, for each view in which it is defined.
const changesOf = (at, states) =>
  log.views
    .map((view) => {
      const after = log.after[view.machine][at];
      if (after === UNDEFINED) return null;
      const before = states[view.machine];
      return { view, before, after: after === REJECTED ? before : after, isRejected: after === REJECTED };
    })
    .filter(Boolean);
const effectsOf = ({ view, before, after }) =>
  view.indicators
    .map((name, i) => [name, view.counted[after][i] - view.counted[before][i]])
    .filter(([, step]) => step)
    .map(([name, step]) => `${name} ${step > 0 ? "↑" : "↓"}`);

const changeCell = (change) => {
  if (!change) return el("td", {}, el("span", { className: "quiet" }, "–"));
  if (change.isRejected) return el("td", { className: "bad" }, "✗ rejected");
  const effects = effectsOf(change);
  return el(
    "td",
    {},
    statusBadge(change.view.statuses[change.after]),
    effects.length
      ? el("span", { className: "effects" }, ...effects.map((effect) => el("span", {}, effect)))
      : null,
  );
};
const reasonOf = (event, changes, line) => {
  if (!changes.length) return el("p", {}, "This event is not defined in any machine. It changed nothing.");
  const [{ view: first, before }] = changes;
  if (changes.every((change) => change.isRejected)) {
    const state = code(log.machines[first.machine].states[before]);
    return el("p", {}, "Rejected: not accepted in ", state, ". It changed nothing.");
  }
  const found = changes
    .map(({ view, before }) => ({ view, ...view.reasons.get(`${before} ${event}`) }))
    .filter(({ label }) => label);
  const isOne = new Set(found.map(({ label, reason }) => `${label} ${reason}`)).size === 1;
  return el(
    "div",
    {},
    line === EXPIRY ? el("p", {}, "The validity period ended.") : null,
    line < EXPIRY ? el("p", {}, `The timer fired: ${log.timers[-1 - line]}.`) : null,
    ...(isOne ? found.slice(0, 1) : found).map(({ view, label, reason }) =>
      el(
        "p",
        {},
        isOne || view.color === null ? null : el("span", { className: `key mode-${view.color}` }),
        el("span", { className: "badge" }, label),
        ` ${reason}`,
      ),
    ),
  );
};

const stateCell = (changes, states) => {
  const [first] = changes;
  const m = first?.view.machine ?? 0;
  return el("td", {}, code(log.machines[m].states[first?.after ?? states[0]]));
};
const companionBadge = (changes) => {
  const other = changes.find(({ view, isRejected }) => view.color === null && !isRejected);
  return other ? statusBadge(other.view.statuses[other.after]) : null;
};
const step = (at, time, states) => {
  const event = log.eventNames[log.events[at]];
  const changes = changesOf(at, states);
  const line = log.lines[at];
  const place = line <= EXPIRY ? "automatic" : `${log.fileNames[log.files[at] ?? 0]}:${line}`;
  const row = el(
    "tr",
    {},
    el("td", { className: "moment" }, new Date(time).toISOString().replace("T", " ").replace("Z", "")),
    el("th", { scope: "row" }, code(event), el("span", { className: "place" }, place)),
    stateCell(changes, states),
    ...sides.map((side) => changeCell(changes.find(({ view }) => view === side))),
    el("td", { className: "why" }, reasonOf(event, changes, line), " ", companionBadge(changes)),
  );
  for (const { view, after } of changes) states[view.machine] = after;
  return row;
};
const sides = log.views.filter((view) => view.color !== null);

const showHistory = (message) => {
  const states = log.machines.map((machine) => machine.initial);
  const rows = [];
  let time = 0;
  for (let at = startOf(message); at < log.ends[message]; at++) {
    time += log.times[at];
    rows.push(step(at, time, states));
  }
  const named = sides.map(({ label, color }) => [
    el("span", { className: `key mode-${color}` }),
    label,
  ]);
  const head = [["Time (UTC)"], ["Event"], ["State"], ...named, ["Reason"]];
  $("history").replaceChildren(
    el("h3", { tabIndex: -1 }, nameOf(message)),
    el(
      "div",
      { className: "scroll", tabIndex: 0, role: "region", aria: { label: `History of the ${unit[0]}` } },
      el(
        "table",
        {},
        el("caption", { className: "unseen" }, `History of ${nameOf(message)}`),
        el("thead", {}, el("tr", {}, ...head.map((parts) => el("th", { scope: "col" }, ...parts)))),
        el("tbody", {}, ...rows),
      ),
    ),
  );
};

// Where a message ended: its states, and the last event that changed one of them, with its reason.
const endOf = (message) => {
  const states = log.machines.map((machine) => machine.initial);
  let last = null;
  for (let at = startOf(message); at < log.ends[message]; at++) {
    const changes = changesOf(at, states);
    const moves = changes.filter(({ before, after }) => before !== after);
    if (moves.length) last = { at, event: log.eventNames[log.events[at]], changes: moves };
    for (const { view, after } of changes) states[view.machine] = after;
  }
  return { states, last };
};
const resultOf = (message) => {
  const { states, last } = endOf(message);
  const statuses = sides.map((view) => view.statuses[states[view.machine]]);
  const isOne = new Set(statuses.map((status) => status?.name)).size === 1;
  return el(
    "li",
    {},
    el("button", { type: "button", data: { message } }, nameOf(message)),
    el(
      "span",
      { className: "ends" },
      ...(isOne ? statuses.slice(0, 1) : statuses).map((status, m) =>
        el(
          "span",
          {},
          isOne
            ? null
            : el("span", { className: `key mode-${sides[m].color}`, title: sides[m].label }),
          statusBadge(status),
        ),
      ),
    ),
    el(
      "div",
      { className: "why" },
      last ? code(last.event) : null,
      last ? reasonOf(last.event, last.changes, log.lines[last.at]) : "No event changed its state.",
    ),
  );
};

let listed = MOST;
const search = () => {
  const wanted = $("search").value.trim().toLowerCase();
  const state = $("state").value === "" ? null : Number($("state").value);
  const found = [];
  let count = 0;
  haystack.forEach((text, message) => {
    if (!text.includes(wanted) || (state !== null && lastStates[message] !== state)) return;
    count += 1;
    if (found.length < listed) found.push(message);
  });
  const isAsked = wanted !== "" || state !== null;
  $("found").textContent = isAsked
    ? `${quantity(count, unit)} found${among()}${count > listed ? `; the first ${listed} are listed` : ""}.`
    : "";
  $("more").hidden = !isAsked || count <= listed;
  $("results").replaceChildren(
    ...(isAsked ? found : []).map(resultOf),
  );
};
const searchAgain = () => {
  listed = MOST;
  search();
};
// The page may have a part of the log only; what is found is found in that part.
const among = () =>
  log.ids.length < log.whole
    ? ` among the ${log.ids.length.toLocaleString("en-US")} of ${log.whole.toLocaleString("en-US")} in this page`
    : "";
const choose = (message) => {
  for (const button of $("results").querySelectorAll("button"))
    button.setAttribute("aria-pressed", String(Number(button.dataset.message) === message));
  showHistory(message);
};

// The address of the page contains the message, so that a link shows it.
const follow = () => {
  const wanted = /^#message=(.*)$/.exec(location.hash)?.[1];
  if (wanted === undefined) return;
  const [id, recipient] = wanted.split("&to=").map((text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  });
  const message = log.ids.findIndex(
    (other, at) => other === id && (recipient === undefined || log.recipients?.[at] === recipient),
  );
  if (message < 0) {
    $("found").textContent = `This page does not contain ${unit[0]} ${id}.`;
    return;
  }
  choose(message);
  $("history").scrollIntoView({ block: "center" });
};
const linkTo = (message) => {
  const to = log.recipients?.[message];
  const id = encodeURIComponent(log.ids[message]);
  return `#message=${id}${to ? `&to=${encodeURIComponent(to)}` : ""}`;
};

if (log.ids.length) {
  const finalStates = [...new Set(lastStates)].sort((a, b) => a - b);
  const counts = new Map();
  for (const state of lastStates) counts.set(state, (counts.get(state) ?? 0) + 1);
  $("state").append(
    ...finalStates.map((state) =>
      el(
        "option",
        { value: state },
        `${log.machines[0].states[state]} (${counts.get(state).toLocaleString("en-US")})`,
      ),
    ),
  );
  $("search").addEventListener("input", searchAgain);
  $("state").addEventListener("change", searchAgain);
  $("more").addEventListener("click", () => {
    const first = listed;
    listed += MOST;
    search();
    $("results").children[first]?.querySelector("button").focus();
  });
  $("results").addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    const message = Number(button.dataset.message);
    history.pushState(null, "", linkTo(message));
    choose(message);
    $("history").querySelector("h3").focus();
  });
  addEventListener("hashchange", follow);
  addEventListener("popstate", follow);
  follow();
}
