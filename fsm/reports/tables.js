"use strict";
// Tables: sorted by their headers, filtered, and taken away as CSV.

const textOf = (cell) => cell.innerText.trim().replace(/\s+/g, " ");
const valueOf = (cell) => {
  const value = cell.dataset.value;
  return value === undefined ? textOf(cell).toLowerCase() : Number(value);
};
const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

for (const table of document.querySelectorAll("table[data-sortable]")) {
  const declared = [...table.tBodies[0].rows];
  const headers = [...table.tHead.rows[0].cells];
  const sort = (column) => {
    const was = headers[column].getAttribute("aria-sort");
    const now = { none: "ascending", ascending: "descending", descending: "none" }[was];
    for (const header of headers)
      if (header.hasAttribute("aria-sort")) header.setAttribute("aria-sort", "none");
    headers[column].setAttribute("aria-sort", now);
    const way = now === "descending" ? -1 : 1;
    const keyed = declared.map((row) => [valueOf(row.cells[column]), row]);
    if (now !== "none") keyed.sort(([a], [b]) => way * order(a, b));
    table.tBodies[0].replaceChildren(...keyed.map(([, row]) => row));
  };
  headers.forEach((header, column) => {
    if (header.dataset.fixed !== undefined) return;
    const button = el("button", { type: "button", title: "Sort", onclick: () => sort(column) });
    button.append(...header.childNodes);
    header.append(button);
    header.setAttribute("aria-sort", "none");
  });
}

for (const input of document.querySelectorAll("input[data-filter]"))
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const row of $(input.dataset.filter).tBodies[0].rows)
      row.hidden = !textOf(row.cells[0]).toLowerCase().includes(wanted);
  });

// A spreadsheet must not take a cell for a formula; the pattern is that of all tables.
const computed = new RegExp(JSON.parse($("tables-data").textContent).computed, "u");
const cellOf = (text) => {
  const safe = computed.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};
const csvOf = (table) => {
  const kept = [...table.tHead.rows[0].cells].map((cell) => cell.dataset.skip === undefined);
  return [...table.rows]
    .filter((row) => !row.hidden)
    .map((row) =>
      [...row.cells]
        .filter((_, column) => kept[column])
        .map((cell) => cellOf(cell.dataset.value ?? textOf(cell)))
        .join(","),
    )
    .join("\r\n");
};
for (const button of document.querySelectorAll("button.csv"))
  button.addEventListener("click", () => {
    const blob = new Blob(["\ufeff", csvOf($(button.dataset.table)), "\r\n"], { type: "text/csv" });
    const link = el("a", {
      href: URL.createObjectURL(blob),
      download: `${button.dataset.name.replace(/[^\w]+/g, "-")}.csv`,
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
