"use strict";
// Steps machines on one trace, which stands in the page's address: #trace=relayed,soft_bounce.
{
  const ROWS = 50; // so many rows of the table are written at first
  const CROWD = 60; // states; in a larger picture only the arrows of the shown state stand out
  // Pixels of the screen for one of the picture: where text is legible, where it reads well, at most.
  const [LEGIBLE, READABLE, CLOSEST] = [0.5, 0.8, 4];
  const LONGEST = 1000; // events of a trace

  // Values ------------------------------------------------------------------------------------

  const given = JSON.parse(document.getElementById("facts").textContent);
  const machines = given.machines.map((facts) => {
    const transitions = facts.transitions.map((t, place) => ({ ...t, place }));
    const exits = facts.states.map(() => new Map());
    for (const t of transitions) exits[t.from].set(t.event, t);
    return { ...facts, transitions, exits, known: new Set(facts.events) };
  });
  const events = given.events;
  // A link has the plain words; who writes one by hand may know only the names.
  const eventOf = new Map(["name", "word"].flatMap((key) => events.map((event, place) => [event[key], place])));
  const nameOf = (event) => events[event]?.name ?? event; // a text is an event nobody knows

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

  // The address -------------------------------------------------------------------------------

  const read = () => {
    const written = /^#trace=(.*)$/.exec(location.hash)?.[1];
    if (written === undefined) return null;
    return written.split(",").filter(Boolean).slice(0, LONGEST).map((word) => {
      let text = word;
      try { text = decodeURIComponent(word); } catch { /* shown as it is */ }
      return eventOf.get(text) ?? visible(text.slice(0, 100));
    });
  };
  const visible = (text) => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu,
    (c) => `[U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);
  const go = (trace) => {
    const words = trace.map((event) => encodeURIComponent(events[event]?.word ?? event));
    location.hash = `trace=${words.join(",")}`;
    follow();
  };

  // Elements ----------------------------------------------------------------------------------

  const $ = (id) => document.getElementById(id);
  const el = (tag, traits = {}, ...children) => {
    const { data, aria, ...rest } = traits;
    const made = Object.assign(document.createElement(tag), rest);
    Object.assign(made.dataset, data);
    for (const [name, value] of Object.entries(aria ?? {})) made.setAttribute(`aria-${name}`, value);
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  };
  const badge = (machine, state) => {
    const status = statusOf(machine, state);
    return status
      ? el("span", { className: `badge status rank-${status.rank}` }, status.name)
      : el("span", { className: "badge" }, "no status yet");
  };
  const code = (text) => el("code", {}, text);
  const listed = (names) => names.flatMap((name, i) => (i ? [", ", code(name)] : [code(name)]));
  const sourceBadge = (source) => el(
    "span", { className: source.decision ? "badge decision" : "badge" }, source.label);

  // What is shown -----------------------------------------------------------------------------

  let followed = null; // the address that is shown
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
    say(`${title} is shown, with ${machines[m].exits[state].size} transitions.`);
  };

  const say = (text) => { $("said").textContent = text; };

  // Events, and the state now -----------------------------------------------------------------

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
      say("The link is copied.");
      $("copy").textContent = "Copied";
    } catch {
      $("copy").textContent = "Copy it from the address bar";
    }
    setTimeout(() => { $("copy").textContent = "Copy link"; }, 2500);
  });

  const showEvents = () => {
    const now = machines.map((machine, m) => stateAfter(machine, runs[m]));
    eventButtons.forEach((button, event) => {
      const targets = machines.map((machine, m) => {
        const transition = machine.exits[now[m]].get(event);
        return transition ? machine.states[transition.to].title : "rejected";
      });
      const distinct = [...new Set(targets)];
      button.className = distinct.length === 1 && distinct[0] === "rejected" ? "rejected" : "";
      button.lastChild.textContent = button.className ? "rejected" : `→ ${distinct.join(" | ")}`;
    });
    for (const id of ["back", "reset"]) $(id).setAttribute("aria-disabled", trace.length === 0);
  };

  const showNow = () => {
    $("now").replaceChildren(...machines.map((machine, m) => {
      const steps = runs[m];
      const state = stateAfter(machine, steps);
      const { title, final } = machine.states[state];
      return el(
        "section", { className: "card now-machine", aria: { label: `${machine.name} now` } },
        el("p", { className: "quiet id" }, machine.name),
        el("p", { className: "state" }, el("strong", {}, title), " ", badge(machine, state)),
        indicators(machine, steps),
        lastStep(machine, steps.at(-1)),
        final ? el("p", { className: "note" }, "A final state: nothing is expected after it.") : null,
      );
    }));
    if (trace.length) say(machines.map((machine, m) => sentence(machine, runs[m].at(-1))).join(" "));
    else say("At the start of the trace.");
  };

  const indicators = (machine, steps) => {
    if (!machine.indicators.length) return null;
    const state = stateAfter(machine, steps);
    const isSent = machine.states[state].status !== null;
    const taken = steps.at(-1)?.transition;
    const effects = taken ? effectsOf(machine, taken) : [];
    const shown = shares(machine, state).map((share, i) => el(
      "div", { className: effects[i] && effects[i] !== "no change" ? "changed" : "" },
      el("dt", {}, machine.indicators[i]),
      el("dd", {}, el("span", { className: "share" }, isSent ? `${share} %` : "–"),
        el("span", { className: "bar-track", aria: { hidden: "true" } },
          el("span", { className: isSent && share ? "bar-full" : "" })),
        el("small", {}, effects[i] ? `${SIGNS[effects[i]] ?? ""}${effects[i]}` : "")),
    ));
    return el("dl", { className: "indicators" }, ...shown);
  };
  const SIGNS = { increases: "↑ ", decreases: "↓ " };

  const lastStep = (machine, step) => {
    if (!step) return null;
    if (!step.transition) {
      return el("p", { className: "rejection" }, el("strong", {}, "Rejected: "), code(nameOf(step.event)),
        ` ${why(machine, step)}, and changes nothing. Accepted here: `, ...listedOrNone(machine, step.after), ".");
    }
    const source = machine.sources[step.transition.source];
    return el("p", { className: "reason" }, code(nameOf(step.event)), " ",
      source ? sourceBadge(source) : null, ` ${source?.reason ?? `from ${machine.states[step.before].title}`}`);
  };
  const why = (machine, step) => (machine.known.has(step.event)
    ? `is not accepted in ${machine.states[step.before].title}`
    : "is no event of this machine");
  const listedOrNone = (machine, state) => {
    const names = accepted(machine, state).map(nameOf);
    return names.length ? listed(names) : ["nothing"];
  };
  const sentence = (machine, step) => {
    const { title } = machine.states[step.after];
    if (!step.transition) {
      const names = accepted(machine, step.after).map(nameOf).join(", ") || "nothing";
      return `${machine.name}: ${nameOf(step.event)} is rejected, still ${title}; accepted: ${names}.`;
    }
    const status = statusOf(machine, step.after)?.name;
    const changes = effectsOf(machine, step.transition)
      .map((effect, i) => [effect, `${machine.indicators[i]} ${effect}`])
      .filter(([effect]) => effect !== "no change").map(([, text]) => text);
    return `${machine.name}: ${[title, status && `status ${status}`, ...changes].filter(Boolean).join(", ")}.`;
  };

  // The trace ---------------------------------------------------------------------------------

  const showSteps = () => {
    $("no-steps").hidden = trace.length > 0;
    $("steps-scroll").hidden = trace.length === 0;
    const head = el("tr", {}, ...["#", "Event", ...machines.map(({ name }) => name)]
      .map((text) => el("th", { scope: "col" }, text)));
    const rows = trace.map((event, i) => el(
      "tr", { className: i === trace.length - 1 ? "last" : "" },
      el("th", { scope: "row" }, el("button", {
        type: "button", className: "plain", data: { step: i + 1 }, title: "Back to this step",
        aria: { label: `Back to step ${i + 1}` },
      }, `${i + 1}`)),
      el("td", {}, code(nameOf(event))),
      ...machines.map((machine, m) => stepCell(machine, runs[m][i])),
    ));
    $("steps").replaceChildren(
      el("caption", { className: "unseen" }, "The trace, with the state and status after each event"),
      el("thead", {}, head), el("tbody", {}, ...rows));
    $("steps-scroll").scrollTop = $("steps-scroll").scrollHeight;
  };
  const stepCell = (machine, step) => (step.transition
    ? el("td", {}, badge(machine, step.after), el("small", {}, machine.states[step.after].title))
    : el("td", {}, el("span", { className: "badge rejected-badge" }, "✕ rejected"),
      el("small", {}, `still ${machine.states[step.after].title}`)));
  $("steps").addEventListener("click", ({ target }) => {
    const { step } = target.closest("button")?.dataset ?? {};
    if (step) go(trace.slice(0, Number(step)));
  });

  // Diagrams ----------------------------------------------------------------------------------

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

  // What part of a picture is seen: the viewBox. The whole of it at first.
  function lens(svg) {
    const [x0, y0, w0, h0] = svg.getAttribute("viewBox").split(" ").map(Number);
    let [x, y, w, h] = [x0, y0, w0, h0];
    const scale = () => svg.getScreenCTM().a; // pixels of the screen in one unit of the picture
    const show = () => {
      svg.setAttribute("viewBox", `${x} ${y} ${w} ${h}`);
      svg.classList.toggle("zoomed", w < w0 * 0.999);
    };
    const at = (clientX, clientY) => new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM().inverse());
    const zoom = (factor, point = { x: x + w / 2, y: y + h / 2 }) => {
      const most = Math.max(1, CLOSEST / scale());
      const width = Math.min(w0 * 1.25, w / Math.min(factor, most));
      const by = width / w;
      x = point.x - (point.x - x) * by;
      y = point.y - (point.y - y) * by;
      w = width;
      h = h0 * (width / w0);
      show();
    };
    const move = (dx, dy) => {
      x = Math.min(x0 + w0 - w / 2, Math.max(x0 - w / 2, x + dx));
      y = Math.min(y0 + h0 - h / 2, Math.max(y0 - h / 2, y + dy));
      show();
    };
    const fit = () => { [x, y, w, h] = [x0, y0, w0, h0]; show(); };
    const follow = (node) => { // keep a state in sight, and legible in a large picture
      const [frame, box, now] = [svg.getBoundingClientRect(), node.getBoundingClientRect(), scale()];
      const isInside = box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom;
      if (isInside && now >= LEGIBLE) return;
      const middle = at((box.left + box.right) / 2, (box.top + box.bottom) / 2);
      if (now < LEGIBLE) zoom(READABLE / now);
      move(middle.x - x - w / 2, middle.y - y - h / 2);
    };
    return { zoom, move, fit, follow, scale, at };
  }

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
    if (picked[m].arrow !== null) for (const group of side.arrows[picked[m].arrow]) mark(side, group, "picked");
    for (const t of machine.exits[shownState(m)].values()) {
      for (const group of side.arrows[side.arrowOf.get(t.place)] ?? []) mark(side, group, "near");
    }
    const shown = side.nodes.get(shownState(m));
    if (shown) {
      for (const group of side.svg.querySelectorAll("[tabindex='0']")) group.setAttribute("tabindex", "-1");
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

  const showDetail = (m) => {
    const machine = machines[m];
    const state = shownState(m);
    const { title, name } = machine.states[state];
    const chosen = picked[m].arrow === null ? [] : machine.arrows[picked[m].arrow];
    const exits = machine.events.map((e) => machine.exits[state].get(e)).filter(Boolean);
    const entries = entriesByEvent(machine, state);
    const rejected = machine.events.filter((e) => !machine.exits[state].has(e)).map(nameOf);
    const shown = el(
      "div", { className: "detail" },
      el("h3", {}, `From ${title} `, title === name ? null : el("span", { className: "quiet id" }, name), " ", badge(machine, state)),
      exits.length
        ? el("ul", { className: "transitions" }, ...exits.map((t) => transitionItem(machine, t, chosen.includes(t.place))))
        : el("p", { className: "note" }, "No event is accepted here."),
      rejected.length ? el("p", { className: "note" }, "Rejected here: ", ...listed(rejected), ".") : null,
      entries.size
        ? el("p", { className: "note" }, "Leads here: ", ...[...entries].flatMap(([event, titles], i) => [
          i ? "; " : "", code(nameOf(event)), ` from ${titles.join(", ")}`]), ".")
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
    const changes = effectsOf(machine, t).map((effect, i) => [effect, machine.indicators[i]])
      .filter(([effect]) => effect !== "no change")
      .map(([effect, name]) => `${name} ${SIGNS[effect]?.trim() ?? effect}`);
    return el(
      "li", { className: isChosen ? "chosen" : "" },
      el("p", { className: "line" },
        code(nameOf(t.event)), el("span", {}, " → ", t.to === t.from ? "stays" : machine.states[t.to].title),
        statusOf(machine, t.to)?.name === statusOf(machine, t.from)?.name ? null : badge(machine, t.to),
        source ? sourceBadge(source) : null),
      changes.length ? el("p", { className: "quiet" }, changes.join(" · ")) : null,
      source?.reason ? el("p", {}, source.reason) : null,
      source?.row.length ? el("p", { className: "documented" }, `Documented: ${source.row.join(" | ")}`) : null,
    );
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
    svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // the wheel alone scrolls the page
      event.preventDefault();
      seen.zoom(Math.exp(-event.deltaY / 300), seen.at(event.clientX, event.clientY));
    }, { passive: false });
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

  function drag(svg, seen) {
    const down = new Map();
    let moved = 0;
    const middle = () => {
      const points = [...down.values()];
      return [points.reduce((sum, p) => sum + p[0], 0) / points.length, points.reduce((sum, p) => sum + p[1], 0) / points.length];
    };
    const spread = () => {
      const [a, b] = [...down.values()];
      return Math.hypot(a[0] - b[0], a[1] - b[1]);
    };
    svg.addEventListener("pointerdown", (event) => {
      if (down.size === 0) moved = 0;
      if (event.button === 0 && down.size < 2) down.set(event.pointerId, [event.clientX, event.clientY]);
    });
    svg.addEventListener("pointermove", (event) => {
      if (!down.has(event.pointerId)) return;
      const [before, wide] = [middle(), down.size === 2 ? spread() : 0];
      down.set(event.pointerId, [event.clientX, event.clientY]);
      const after = middle();
      moved += Math.hypot(after[0] - before[0], after[1] - before[1]);
      if (moved < 5 && !wide) return;
      svg.setPointerCapture(event.pointerId);
      seen.move((before[0] - after[0]) / seen.scale(), (before[1] - after[1]) / seen.scale());
      if (wide) seen.zoom(spread() / wide, seen.at(...after));
    });
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, (event) => down.delete(event.pointerId));
    svg.addEventListener("click", (event) => { if (moved >= 5) event.stopImmediatePropagation(); }, true);
  }

  const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const keyed = (event, side) => {
    const { key } = event;
    const node = event.target.closest("[data-state]");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if ((key === "Enter" || key === " ") && node) pick(side.m, machines[side.m].nodes[node.dataset.state]);
    else if (key === "+" || key === "=") side.lens.zoom(1.4);
    else if (key === "-") side.lens.zoom(1 / 1.4);
    else if (key === "0") side.lens.fit();
    else if (WAYS[key] && event.shiftKey) side.lens.move(...WAYS[key].map((d) => d * 60 / side.lens.scale()));
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
      if (group !== from && along > 1 && along + 2 * across < least) [nearest, least] = [group, along + 2 * across];
    }
    if (!nearest) return;
    from.setAttribute("tabindex", "-1");
    nearest.setAttribute("tabindex", "0");
    nearest.focus({ preventScroll: true });
    side.lens.follow(nearest);
  };

  // The table ---------------------------------------------------------------------------------

  const table = { m: 0, sorted: null, up: true, all: false };
  let rowOf = new Map();

  const machineChoice = () => {
    if (machines.length < 2) return;
    $("which").append(...machines.map(({ name }, m) => el(
      "label", {}, el("input", { type: "radio", name: "which", value: m, checked: m === 0 }), el("span", {}, name))));
    $("which").hidden = false;
    $("which").addEventListener("change", ({ target }) => {
      Object.assign(table, { m: Number(target.value), sorted: null, up: true });
      showTable();
    });
  };

  const cellText = (machine, t) => (t
    ? `${machine.states[t.to].name}${t.source === null ? "" : ` ${machine.sources[t.source].label}`}`
    : "");
  const rowText = (machine, state) => [
    machine.states[state].name, machine.states[state].title, statusOf(machine, state)?.name ?? "",
    ...[...machine.exits[state].values()].map((t) => cellText(machine, t)),
  ].join("\n").toLowerCase();
  const sortKey = (machine, column) => (state) => {
    if (column === "state") return machine.states[state].name;
    if (column === "status") return statusOf(machine, state)?.name ?? "";
    return cellText(machine, machine.exits[state].get(column));
  };

  const inTable = () => {
    const machine = machines[table.m];
    const [words, wanted] = [$("filter-states"), $("filter-events")].map((input) => input.value.trim().toLowerCase());
    const columns = machine.events.filter((event) => nameOf(event).toLowerCase().includes(wanted));
    const states = machine.states.map((_, state) => state).filter((state) => rowText(machine, state).includes(words));
    if (table.sorted !== null) {
      const key = sortKey(machine, table.sorted);
      const pairs = states.map((state) => [key(state), state]);
      // Empty cells come last, whichever way the rest is sorted.
      pairs.sort(([a, i], [b, j]) => (!a - !b) || (a < b ? -1 : a > b ? 1 : i - j) * (table.up ? 1 : -1));
      states.splice(0, states.length, ...pairs.map(([, state]) => state));
    }
    return { machine, columns, states, isWhole: !words && !wanted };
  };

  const showTable = () => {
    const { machine, columns, states, isWhole } = inTable();
    const written = table.all ? states : states.slice(0, ROWS);
    rowOf = new Map(written.map((state) => [state, row(machine, state, columns)]));
    $("matrix").replaceChildren(
      el("caption", { className: "unseen" }, `Where each event of ${machine.name} leads from each state, and why`),
      el("thead", {}, el("tr", {}, header("State", "state"), header("Status", "status"),
        ...columns.map((event) => header(code(nameOf(event)), event)))),
      el("tbody", {}, ...rowOf.values()));
    $("more").hidden = written.length === states.length;
    $("shown").textContent = isWhole && written.length === states.length ? ""
      : `${written.length} of ${machine.states.length} states, ${columns.length} of ${machine.events.length} events`;
    fadeFiltered(machine, columns, states, isWhole);
    markTable();
  };

  const header = (label, column) => {
    const isSorted = table.sorted === column;
    const sort = isSorted ? (table.up ? "ascending" : "descending") : "none";
    return el("th", { scope: "col", aria: { sort } },
      el("button", { type: "button", data: { column }, title: "Sort" }, label));
  };

  const row = (machine, state, columns) => {
    const { name, title } = machine.states[state];
    return el("tr", { data: { state } },
      el("th", { scope: "row" }, el("button", { type: "button", className: "cell", title }, code(name))),
      el("td", {}, statusOf(machine, state) ? badge(machine, state) : "–"),
      ...columns.map((event) => {
        const t = machine.exits[state].get(event);
        if (!t) return el("td", { className: "empty" }, el("span", { aria: { hidden: "true" } }, "–"), el("span", { className: "unseen" }, "rejected"));
        const source = machine.sources[t.source];
        return el("td", {}, el("button", { type: "button", className: "cell", tabIndex: -1, data: { place: t.place } },
          code(machine.states[t.to].name), source ? sourceBadge(source) : null));
      }));
  };

  const fadeFiltered = (machine, columns, states, isWhole) => {
    const side = sides[table.m];
    for (const { svg } of sides) for (const group of svg.querySelectorAll(".faded")) group.classList.remove("faded");
    if (isWhole) return;
    const [kept, wanted] = [new Set(states), new Set(columns)];
    for (const [state, group] of side.nodes) group.classList.toggle("faded", !kept.has(state));
    machine.arrows.forEach((places, arrow) => {
      const isKept = places.some((place) => wanted.has(machine.transitions[place].event) && kept.has(machine.transitions[place].from));
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
    for (const cell of $("matrix").querySelectorAll(".chosen, .taken")) cell.classList.remove("chosen", "taken");
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
    if (state !== undefined) side.nodes.get(Number(state))?.classList.add("hot");
    if (place !== undefined) for (const group of side.arrows[side.arrowOf.get(Number(place))] ?? []) group.classList.add("hot");
  };

  $("matrix").addEventListener("pointerover", ({ target }) => hotNode(target));
  $("matrix").addEventListener("pointerleave", () => hotNode(null));
  $("matrix").addEventListener("focusin", ({ target }) => hotNode(target));
  $("matrix").addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    const { column, place } = button.dataset;
    if (column !== undefined) sortBy(column === "state" || column === "status" ? column : Number(column));
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
      if (button) { button.focus(); event.preventDefault(); return; }
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
  $("more").addEventListener("click", () => { table.all = true; showTable(); $("filter-states").focus(); });

  // The start ---------------------------------------------------------------------------------

  machineChoice();
  showTable();
  follow();
  addEventListener("hashchange", follow);
}
