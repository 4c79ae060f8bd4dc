"use strict";
// The trace: its events, the state after it, and its steps one by one.

let followed = null; // the part of the address after #
let trace = [];
let runs = machines.map(() => []);
const picked = machines.map(() => ({ state: null, arrow: null })); // null follows the trace
const shownState = (m) => picked[m].state ?? stateAfter(machines[m], runs[m]);

const follow = () => {
  if (location.hash === followed) return;
  followed = location.hash;
  trace = read() ?? [];
  runs = machines.map((machine) => run(machine, trace));
  for (const pick of picked) Object.assign(pick, { state: null, arrow: null });
  showEvents();
  showNow();
  showSteps();
  machines.forEach((_, m) => showSide(m));
  markTable();
};

const pick = (m, state, arrow = null) => {
  const name = machines[m].states[state].name;
  machines.forEach((machine, other) => {
    const same = other === m ? state : machine.states.findIndex((s) => s.name === name);
    if (same >= 0) Object.assign(picked[other], { state: same, arrow: other === m ? arrow : null });
  });
  machines.forEach((_, other) => showSide(other));
  markTable();
  const { title } = machines[m].states[state];
  say(`${title} is selected, with ${quantity(machines[m].exits[state].size, ["transition", "transitions"])}.`);
};

const say = (text) => {
  $("said").textContent = text;
};

$("events").classList.toggle("many", events.length > 24);
const eventButtons = events.map(({ name }, event) => {
  const button = el("button", { type: "button" }, code(name), el("small"));
  button.addEventListener("click", () => go([...trace, event]));
  $("events").append(el("li", {}, button));
  return button;
});
$("back").addEventListener("click", () => go(trace.slice(0, -1)));
$("reset").addEventListener("click", () => go([]));
$("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    say("Link copied.");
    $("copy").textContent = "Copied";
  } catch {
    $("copy").textContent = "Copy it from the address bar";
  }
  setTimeout(() => {
    $("copy").textContent = "Copy link";
  }, 2500);
});

const showEvents = () => {
  const now = machines.map((machine, m) => stateAfter(machine, runs[m]));
  eventButtons.forEach((button, event) => {
    const targets = machines.map((machine, m) => machine.exits[now[m]].get(event)?.to);
    const isRejected = targets.every((state) => state === undefined);
    const titles = targets.map((state, m) => machines[m].states[state]?.title ?? "rejected");
    button.className = isRejected ? "rejected" : "";
    button.lastChild.textContent = isRejected
      ? "rejected"
      : `→ ${[...new Set(titles)].join(" | ")}`;
  });
  for (const id of ["back", "reset"]) $(id).setAttribute("aria-disabled", trace.length === 0);
};

const showNow = () => {
  $("now").replaceChildren(
    ...machines.map((machine, m) => {
      const steps = runs[m];
      const state = stateAfter(machine, steps);
      const { title, final } = machine.states[state];
      return el(
        "section",
        { className: "card now-machine", aria: { label: `Current state of ${machine.name}` } },
        el("p", { className: "quiet id" }, machine.name),
        el("p", { className: "state" }, el("strong", {}, title), " ", badge(machine, state)),
        indicators(machine, steps),
        lastStep(machine, steps.at(-1)),
        final
          ? el("p", { className: "note" }, "This is a final state: no further events are expected.")
          : null,
      );
    }),
  );
  if (trace.length) say(machines.map((machine, m) => sentence(machine, runs[m].at(-1))).join(" "));
  else say("At the start of the trace.");
};

const indicators = (machine, steps) => {
  if (!machine.indicators.length) return null;
  const state = stateAfter(machine, steps);
  const isSent = machine.states[state].status !== null;
  const taken = steps.at(-1)?.transition;
  const effects = taken ? effectsOf(machine, taken) : [];
  const shown = shares(machine, state).map((share, i) =>
    el(
      "div",
      { className: effects[i] && effects[i] !== "no change" ? "changed" : "" },
      el("dt", {}, machine.indicators[i]),
      el(
        "dd",
        {},
        el("span", { className: "share" }, isSent ? `${share} %` : "–"),
        el(
          "span",
          { className: "bar-track", aria: { hidden: "true" } },
          el("span", { className: isSent && share ? "bar-full" : "" }),
        ),
        el("small", {}, effects[i] ? `${SIGNS[effects[i]] ?? ""}${effects[i]}` : ""),
      ),
    ),
  );
  return el("dl", { className: "indicators" }, ...shown);
};
const SIGNS = { increases: "↑ ", decreases: "↓ " };

const lastStep = (machine, step) => {
  if (!step) return null;
  if (!step.transition) {
    return el(
      "p",
      { className: "rejection" },
      el("strong", {}, "Rejected: "),
      code(nameOf(step.event)),
      ` ${reasonOf(machine, step)} and changes nothing. Accepted events: `,
      ...listedOrNone(machine, step.after),
      ".",
    );
  }
  const source = machine.sources[step.transition.source];
  return el(
    "p",
    { className: "reason" },
    code(nameOf(step.event)),
    " ",
    source ? sourceBadge(source) : null,
    ` ${source?.reason ?? `from ${machine.states[step.before].title}`}`,
  );
};
const reasonOf = (machine, step) =>
  machine.known.has(step.event)
    ? `is not accepted in ${machine.states[step.before].title}`
    : "is not an event of this machine";
const listedOrNone = (machine, state) => {
  const names = accepted(machine, state).map(nameOf);
  return names.length ? listed(names) : ["none"];
};
const sentence = (machine, step) => {
  const { title } = machine.states[step.after];
  if (!step.transition) {
    const names = accepted(machine, step.after).map(nameOf).join(", ") || "none";
    return `${machine.name}: ${nameOf(step.event)} is rejected, the state is still ${title}; accepted events: ${names}.`;
  }
  const status = statusOf(machine, step.after)?.name;
  const changes = effectsOf(machine, step.transition)
    .map((effect, i) => [effect, `${machine.indicators[i]} ${effect}`])
    .filter(([effect]) => effect !== "no change")
    .map(([, text]) => text);
  return `${machine.name}: ${[title, status && `status ${status}`, ...changes].filter(Boolean).join(", ")}.`;
};

const showSteps = () => {
  $("no-steps").hidden = trace.length > 0;
  $("steps-scroll").hidden = trace.length === 0;
  const head = el(
    "tr",
    {},
    ...["#", "Event", ...machines.map(({ name }) => name)].map((text) =>
      el("th", { scope: "col" }, text),
    ),
  );
  const rows = trace.map((event, i) =>
    el(
      "tr",
      { className: i === trace.length - 1 ? "last" : "" },
      el(
        "th",
        { scope: "row" },
        el(
          "button",
          {
            type: "button",
            className: "plain",
            data: { step: i + 1 },
            title: "Go back to this step",
            aria: { label: `Go back to step ${i + 1}` },
          },
          `${i + 1}`,
        ),
      ),
      el("td", {}, el("code", {}, ...breakable(nameOf(event)))),
      ...machines.map((machine, m) => stepCell(machine, runs[m][i])),
    ),
  );
  $("steps").replaceChildren(
    el("caption", { className: "unseen" }, "The trace, with the state and status after each event"),
    el("thead", {}, head),
    el("tbody", {}, ...rows),
  );
  $("steps-scroll").scrollTop = $("steps-scroll").scrollHeight;
};
const breakable = (name) =>
  name.split(/(?<=[_./])/).flatMap((part, i) => (i ? [el("wbr"), part] : [part]));
const stepCell = (machine, step) =>
  step.transition
    ? el("td", {}, badge(machine, step.after), el("small", {}, machine.states[step.after].title))
    : el(
        "td",
        {},
        el("span", { className: "badge rejected-badge" }, "✕ rejected"),
        el("small", {}, `still ${machine.states[step.after].title}`),
      );
$("steps").addEventListener("click", ({ target }) => {
  const { step } = target.closest("button")?.dataset ?? {};
  if (step) go(trace.slice(0, Number(step)));
});
