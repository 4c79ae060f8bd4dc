// The headers of generated tables become buttons that sort their rows: ascending, descending, as
// they were.
document.addEventListener("DOMContentLoaded", () => {
  const next = { none: "ascending", ascending: "descending", descending: "none" };
  const order = new Intl.Collator(document.documentElement.lang || "en", { numeric: true });
  for (const table of document.querySelectorAll("table.fsm-table")) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const headers = [...table.tHead.rows[0].cells];
    headers.forEach((header, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "fsm-sort";
      button.textContent = header.textContent;
      header.replaceChildren(button);
      button.addEventListener("click", () => {
        const direction = next[header.ariaSort || "none"];
        headers.forEach((other) => (other.ariaSort = null));
        header.ariaSort = direction === "none" ? null : direction;
        const text = (row) => row.cells[column].textContent;
        const sorted = [...rows];
        if (direction !== "none") sorted.sort((a, b) => order.compare(text(a), text(b)));
        if (direction === "descending") sorted.reverse();
        body.append(...sorted);
      });
    });
  }
});
