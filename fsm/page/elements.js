"use strict";
// Elements of a page; what they are given is always text.

const $ = (id) => document.getElementById(id);
const el = (tag, traits = {}, ...children) => {
  const { data, aria, ...rest } = traits;
  const made = Object.assign(document.createElement(tag), rest);
  Object.assign(made.dataset, data);
  for (const [name, value] of Object.entries(aria ?? {})) made.setAttribute(`aria-${name}`, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
};
// Long names break after a sign between their words, not inside a word.
const code = (text) => {
  const parts = text.split(/(?<=[_./:-])(?=\w)/);
  return el("code", {}, ...parts.flatMap((part, i) => (i ? [el("wbr"), part] : [part])));
};
const quantity = (count, [one, several]) =>
  `${count.toLocaleString("en-US")} ${count === 1 ? one : several}`;
