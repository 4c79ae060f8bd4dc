"use strict";
// Light, dark, or as the reader's system is; remembered where the browser allows it.
{
  const remembered = () => {
    try {
      return localStorage.getItem("fsm-theme");
    } catch {
      return null;
    }
  };
  const remember = (theme) => {
    try {
      localStorage.setItem("fsm-theme", theme);
    } catch {
      /* a page may forget */
    }
  };
  const show = (theme) => {
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  };
  show(remembered());

  document.addEventListener("DOMContentLoaded", () => {
    const choice = document.getElementById("theme");
    const now = document.documentElement.dataset.theme ?? "auto";
    for (const option of choice.querySelectorAll("input")) option.checked = option.value === now;
    choice.hidden = false;
    choice.addEventListener("change", (event) => {
      show(event.target.value);
      remember(event.target.value);
      document.dispatchEvent(new CustomEvent("themechange"));
    });
    // The address keeps what the page says in it; skipping moves only the focus.
    document.querySelector(".skip").addEventListener("click", (event) => {
      event.preventDefault();
      document.getElementById("main").focus();
    });
  });
}
