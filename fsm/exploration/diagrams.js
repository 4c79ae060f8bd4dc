"use strict";
// The diagrams: the current state, the last transition, and states to select.

const CROWD = 60; // states; in a larger picture only the arrows of the shown state stand out

const sides = [...document.querySelectorAll(".side")].map((side, m) => {
  const svg = side.querySelector("svg.fsm");
  const machine = machines[m];
  // A state is drawn by one group, or by one for each of its parts that are active together.
  const nodes = new Map(machine.states.map((_, state) => [state, []]));
  const boxes = new Map(machine.states.map((_, state) => [state, []]));
  for (const group of svg.querySelectorAll("[data-state]"))
    for (const state of machine.nodes[group.dataset.state]) nodes.get(state).push(group);
  for (const group of svg.querySelectorAll("[data-box]"))
    for (const state of machine.boxes[group.dataset.box]) boxes.get(state).push(group);
  const arrows = machine.arrows.map(() => []);
  for (const group of svg.querySelectorAll("[data-arrow]")) arrows[group.dataset.arrow].push(group);
  const arrowOf = new Map(); // the first arrow that a transition takes, and the groups of all
  const groupsOf = new Map();
  machine.arrows.forEach((places, arrow) => {
    for (const place of places) {
      arrowOf.set(place, arrowOf.get(place) ?? arrow);
      groupsOf.set(place, [...(groupsOf.get(place) ?? []), ...arrows[arrow]]);
    }
  });
  svg.classList.toggle("crowded", machine.nodes.length > CROWD);
  return { m, side, svg, nodes, boxes, arrows, arrowOf, groupsOf, marked: [], lens: lens(svg) };
});

const mark = (side, groups, name) => {
  for (const group of groups ?? []) {
    group.classList.add(name);
    side.marked.push([group, name]);
  }
};
// The state of the machine that a drawn state stands for: the shown one, if it is active in it.
const stateOf = (m, group) => {
  const states = machines[m].nodes[group.dataset.state];
  return states.includes(shownState(m)) ? shownState(m) : states[0];
};

const showSide = (m) => {
  const [machine, side, steps] = [machines[m], sides[m], runs[m]];
  for (const [group, name] of side.marked) group.classList.remove(name);
  for (const group of side.svg.querySelectorAll("[aria-current]"))
    group.removeAttribute("aria-current");
  side.marked = [];
  const now = stateAfter(machine, steps);
  for (const { after, before } of steps) {
    mark(side, side.nodes.get(before), "was");
    mark(side, side.nodes.get(after), "was");
  }
  mark(side, side.nodes.get(now), "now-state");
  mark(side, side.boxes.get(now), "now-box");
  for (const group of side.nodes.get(now)) group.setAttribute("aria-current", "step");
  const last = steps.at(-1);
  if (last?.transition) mark(side, side.groupsOf.get(last.transition.place), "taken");
  if (picked[m].state !== null) mark(side, side.nodes.get(picked[m].state), "picked");
  if (picked[m].arrow !== null) mark(side, side.arrows[picked[m].arrow], "picked");
  for (const t of machine.exits[shownState(m)].values())
    mark(side, side.groupsOf.get(t.place), "near");
  const [shown] = side.nodes.get(shownState(m));
  if (shown) {
    for (const group of side.svg.querySelectorAll("[tabindex='0']"))
      group.setAttribute("tabindex", "-1");
    shown.setAttribute("tabindex", "0");
    side.lens.follow(shown);
  }
  showDetail(m);
};
const spoken = (machine, state, group) => {
  const words = [...group.querySelectorAll("text")].map((text) => text.textContent).join(" ");
  const status = statusOf(machine, state);
  return `${words}, ${status ? `status ${status.name}` : "no status yet"}`;
};

for (const side of sides) {
  const { m, svg, lens: seen } = side;
  svg.setAttribute("role", "group");
  svg.querySelector(":scope > title")?.remove();
  svg.querySelector(":scope > desc")?.remove();
  for (const group of svg.querySelectorAll("[data-state]")) {
    const [state] = machines[m].nodes[group.dataset.state];
    if (state === undefined) continue; // a history state, or one that is never reached
    group.setAttribute("role", "button");
    group.setAttribute("aria-label", spoken(machines[m], state, group));
    group.setAttribute("tabindex", "-1");
  }
  side.side.querySelector(".tools").addEventListener("click", ({ target }) => {
    const way = target.closest("button")?.dataset.zoom;
    if (way === "fit") seen.fit();
    else if (way) seen.zoom(way === "in" ? 1.4 : 1 / 1.4);
  });
  svg.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the wheel alone scrolls the page
      event.preventDefault();
      seen.zoom(Math.exp(-event.deltaY / 300), seen.at(event.clientX, event.clientY));
    },
    { passive: false },
  );
  drag(svg, seen);
  svg.addEventListener("click", ({ target }) => {
    const node = target.closest("[data-state]");
    const arrow = target.closest("[data-arrow]");
    if (node && stateOf(m, node) !== undefined) pick(m, stateOf(m, node));
    else if (arrow) {
      const number = Number(arrow.dataset.arrow);
      const places = machines[m].arrows[number];
      if (!places.length) return; // taken without an event: in no cell of the table
      const here = places.find((place) => machines[m].transitions[place].from === shownState(m));
      pick(m, machines[m].transitions[here ?? places[0]].from, number);
    }
  });
  svg.addEventListener("keydown", (event) => keyed(event, side));
  svg.addEventListener("pointerleave", () => hotRow(m, null));
  svg.addEventListener("pointerover", ({ target }) => {
    const node = target.closest("[data-state]");
    hotRow(m, node ? (stateOf(m, node) ?? null) : null);
  });
}

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const keyed = (event, side) => {
  const { key } = event;
  const node = event.target.closest("[data-state]");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if ((key === "Enter" || key === " ") && node)
    pick(side.m, stateOf(side.m, node));
  else if (key === "+" || key === "=") side.lens.zoom(1.4);
  else if (key === "-") side.lens.zoom(1 / 1.4);
  else if (key === "0") side.lens.fit();
  else if (WAYS[key] && event.shiftKey)
    side.lens.move(...WAYS[key].map((d) => (d * 60) / side.lens.scale()));
  else if (WAYS[key] && node) towards(side, node, WAYS[key]);
  else return;
  event.preventDefault();
};

// Move the focus to the nearest state on that side; sideways distance counts twice.
const towards = (side, from, [dx, dy]) => {
  const centre = (group) => {
    const { left, top, width, height } = group.getBoundingClientRect();
    return [left + width / 2, top + height / 2];
  };
  const [x, y] = centre(from);
  let [nearest, least] = [null, Infinity];
  for (const group of side.svg.querySelectorAll("[data-state][role]")) {
    const [gx, gy] = centre(group);
    const along = (gx - x) * dx + (gy - y) * dy;
    const across = Math.abs((gx - x) * dy) + Math.abs((gy - y) * dx);
    if (group !== from && along > 1 && along + 2 * across < least)
      [nearest, least] = [group, along + 2 * across];
  }
  if (!nearest) return;
  from.setAttribute("tabindex", "-1");
  nearest.setAttribute("tabindex", "0");
  nearest.focus({ preventScroll: true });
  side.lens.follow(nearest);
};
