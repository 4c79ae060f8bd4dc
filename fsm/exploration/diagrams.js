"use strict";
// The diagrams: the current state, the last transition, and states to select.

const CROWD = 60; // states; in a larger picture only the arrows of the shown state stand out

const sides = [...document.querySelectorAll(".side")].map((side, m) => {
  const svg = side.querySelector("svg.fsm");
  const machine = machines[m];
  const nodes = new Map(); // by state
  for (const group of svg.querySelectorAll("[data-state]")) {
    nodes.set(machine.nodes[group.dataset.state], group);
  }
  const arrows = machine.arrows.map(() => []);
  for (const group of svg.querySelectorAll("[data-arrow]")) arrows[group.dataset.arrow].push(group);
  const arrowOf = new Map();
  machine.arrows.forEach((places, arrow) => places.forEach((place) => arrowOf.set(place, arrow)));
  svg.classList.toggle("crowded", nodes.size > CROWD);
  return { m, side, svg, nodes, arrows, arrowOf, marked: [], lens: lens(svg) };
});

const mark = (side, group, name) => {
  if (!group) return;
  group.classList.add(name);
  side.marked.push([group, name]);
};

const showSide = (m) => {
  const [machine, side, steps] = [machines[m], sides[m], runs[m]];
  for (const [group, name] of side.marked) group.classList.remove(name);
  side.svg.querySelector("[aria-current]")?.removeAttribute("aria-current");
  side.marked = [];
  const now = stateAfter(machine, steps);
  for (const { after, before } of steps) {
    mark(side, side.nodes.get(before), "was");
    mark(side, side.nodes.get(after), "was");
  }
  mark(side, side.nodes.get(now), "now-state");
  side.nodes.get(now)?.setAttribute("aria-current", "step");
  const last = steps.at(-1);
  const taken = last?.transition ? side.arrows[side.arrowOf.get(last.transition.place)] : [];
  for (const group of taken ?? []) mark(side, group, "taken");
  if (picked[m].state !== null) mark(side, side.nodes.get(picked[m].state), "picked");
  if (picked[m].arrow !== null)
    for (const group of side.arrows[picked[m].arrow]) mark(side, group, "picked");
  for (const t of machine.exits[shownState(m)].values()) {
    for (const group of side.arrows[side.arrowOf.get(t.place)] ?? []) mark(side, group, "near");
  }
  const shown = side.nodes.get(shownState(m));
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
  const { m, svg, nodes, lens: seen } = side;
  svg.setAttribute("role", "group");
  svg.querySelector(":scope > title")?.remove();
  svg.querySelector(":scope > desc")?.remove();
  for (const [state, group] of nodes) {
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
    if (node) pick(m, machines[m].nodes[node.dataset.state]);
    else if (arrow) {
      const number = Number(arrow.dataset.arrow);
      const places = machines[m].arrows[number];
      const here = places.find((place) => machines[m].transitions[place].from === shownState(m));
      pick(m, machines[m].transitions[here ?? places[0]].from, number);
    }
  });
  svg.addEventListener("keydown", (event) => keyed(event, side));
  svg.addEventListener("pointerleave", () => hotRow(m, null));
  svg.addEventListener("pointerover", ({ target }) => {
    const node = target.closest("[data-state]");
    hotRow(m, node ? machines[m].nodes[node.dataset.state] : null);
  });
}

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const keyed = (event, side) => {
  const { key } = event;
  const node = event.target.closest("[data-state]");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if ((key === "Enter" || key === " ") && node)
    pick(side.m, machines[side.m].nodes[node.dataset.state]);
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
  for (const group of side.nodes.values()) {
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
