// What makes the pages pleasant. Each page works without it; nothing here knows a rule of the product.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  // Light or dark: the choice stays on this machine.
  const theme = document.getElementById("theme");
  const stored = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const isDark = () => (root.dataset.theme || stored()
    || (matchMedia("(prefers-color-scheme:dark)").matches ? "dark" : "light")) === "dark";
  const paint = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  if (stored()) root.dataset.theme = stored();
  paint();
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* it lasts for this page then */ }
    paint();
  });

  // A form is sent once: a second press while the first is at work would only be told so.
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", event => {
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = "1";
      setTimeout(() => form.querySelectorAll("button").forEach(button => { button.disabled = true; }));
    });
  }
  addEventListener("pageshow", event => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.querySelectorAll("button").forEach(button => { button.disabled = false; });
    }
  });
})();
