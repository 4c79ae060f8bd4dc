"use strict";
// Runs a trace on the machines; reads and writes the trace in the address: #trace=relayed,soft_bounce.

const LONGEST = 1000; // maximum number of events of a trace

const given = JSON.parse(document.getElementById("facts").textContent);
const machines = given.machines.map((facts) => {
  const transitions = facts.transitions.map((t, place) => ({ ...t, place }));
  const exits = facts.states.map(() => new Map());
  for (const t of transitions) exits[t.from].set(t.event, t);
  return { ...facts, transitions, exits, known: new Set(facts.events) };
});
const events = given.events;
// Links have the plain words; links written by hand may have the names.
const eventOf = new Map(
  ["name", "word"].flatMap((key) => events.map((event, place) => [event[key], place])),
);
// An event is its position in the list; a text is an event of no machine.
const nameOf = (event) => (typeof event === "number" ? events[event].name : event);
const wordOf = (event) => (typeof event === "number" ? events[event].word : event);

const run = (machine, trace) => {
  let state = machine.initial;
  return trace.map((event) => {
    const transition = machine.exits[state].get(event) ?? null;
    const before = state;
    state = transition ? transition.to : state;
    return { event, before, after: state, transition };
  });
};
const stateAfter = (machine, steps) => steps.at(-1)?.after ?? machine.initial;
const accepted = (machine, state) => machine.events.filter((e) => machine.exits[state].has(e));
const effectsOf = (machine, transition) => transition.effects.map((e) => machine.effects[e]);
const statusOf = (machine, state) => machine.statuses[machine.states[state].status];
const shares = (machine, state) => machine.states[state].counted.map((is) => (is ? 100 : 0));

const read = () => {
  const written = /^#trace=(.*)$/.exec(location.hash)?.[1];
  if (written === undefined) return null;
  return written
    .split(",")
    .filter(Boolean)
    .slice(0, LONGEST)
    .map((word) => {
      let text = word;
      try {
        text = decodeURIComponent(word);
      } catch {
        /* shown as it is */
      }
      return eventOf.get(text) ?? visible(text.slice(0, 100));
    });
};
const visible = (text) =>
  text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (c) => `[U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`,
  );
const go = (trace) => {
  const words = trace.map((event) => encodeURIComponent(wordOf(event)));
  location.hash = `trace=${words.join(",")}`;
  follow();
};
