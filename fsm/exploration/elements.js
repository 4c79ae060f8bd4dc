"use strict";
// Elements that show parts of machines.

const badge = (machine, state) => {
  const status = statusOf(machine, state);
  return status
    ? el("span", { className: `badge status ${status.colour}` }, status.name)
    : el("span", { className: "badge" }, "no status yet");
};
const listed = (names) => names.flatMap((name, i) => (i ? [", ", code(name)] : [code(name)]));
const sourceBadge = (source) =>
  el("span", { className: source.decision ? "badge decision" : "badge" }, source.label);
