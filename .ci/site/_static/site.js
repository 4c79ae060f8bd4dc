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
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    });
  focus();
  addEventListener("resize", focus);
});
