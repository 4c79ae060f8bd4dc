"use strict";
// Elements of the page; what comes from a machine is always text.

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
const sourceBadge = (source) =>
  el("span", { className: source.decision ? "badge decision" : "badge" }, source.label);
