// What the theme leaves out for readers who use a keyboard or a screen reader.
document.addEventListener("DOMContentLoaded", () => {
  const label = (selector, text) =>
    document.querySelectorAll(selector).forEach((element) => element.setAttribute("aria-label", text));
  label(".sidebar-drawer", "All pages");
  label(".toc-drawer", "This page");
  document.querySelectorAll("[role=heading]").forEach((caption) => (caption.ariaLevel = "2"));
  const results = document.querySelector("#search-results");
  if (results && !document.querySelector("h1")) {
    const heading = document.createElement("h1");
    heading.textContent = "Search";
    results.before(heading);
  }
  const focus = () =>
    document.querySelectorAll("article pre, .table-wrapper").forEach((box) => {
      const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
      if (scrolls) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    });
  focus();
  addEventListener("resize", focus);
  // Styles and fonts that come late change widths without a resize of the window.
  addEventListener("load", focus);
  const observer = new ResizeObserver(focus);
  document.querySelectorAll(".table-wrapper > table").forEach((table) => observer.observe(table));
});
