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

  // What is at work is looked at again and again, and its page loaded anew once it has ended.
  const watch = async () => {
    const part = document.querySelector("[data-look-again]");
    if (!part) return;
    let now = null;
    try {
      const answer = await fetch(part.dataset.lookAgain);
      if (!answer.ok || answer.redirected) throw answer;
      now = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
    } catch { setTimeout(watch, 5000); return; } // the service may be starting anew, or who looks was signed out
    if (!now || !now.dataset.lookAgain) {
      const filled = [...document.querySelectorAll("main input")].some(each => each.value !== each.defaultValue);
      if (!filled) location.replace(new URL(part.dataset.lookAgain, location).pathname); // else who fills in looks again
      return;
    }
    for (const [name, at] of [["[role=status]", "innerHTML"], ["progress", "value"]]) {
      const shown = part.querySelector(name), next = now.querySelector(name);
      if (shown && next && shown[at] !== next[at]) shown[at] = next[at];
      if (!shown !== !next) { part.replaceChildren(...now.childNodes); break; }
    }
    setTimeout(watch, 1000);
  };
  setTimeout(watch, 1000);

  // Rows to decide: what is not needed is out of sight, and the keyboard is enough.
  const form = document.getElementById("decide");
  const search = document.getElementById("f-text");
  const rows = form ? [...form.querySelectorAll("tbody tr")] : [];
  const choice = row => row.querySelector("select");
  const marked = document.getElementById("marked");
  const show = row => {
    row.classList.toggle("marked", choice(row).value !== "");
    row.classList.toggle("on-hold", choice(row).value === "hold");
    const count = rows.filter(each => choice(each).value !== "").length;
    marked.textContent = count ? `${count} of ${rows.length} marked` : "";
  };
  for (const row of rows) {
    show(row);
    choice(row).addEventListener("change", () => show(row));
    row.addEventListener("focusin", () => {
      for (const other of rows) other.classList.toggle("at-hand", other === row);
    });
  }
  const move = by => {
    const at = rows.findIndex(row => row.classList.contains("at-hand"));
    const row = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
    if (row) { choice(row).focus(); row.scrollIntoView({ block: "nearest" }); }
  };
  const mark = verdict => {
    const row = rows.find(each => each.classList.contains("at-hand"));
    if (!row) return;
    choice(row).value = verdict;
    show(row);
    const next = verdict === "hold" ? "input[type=date]" : verdict === "reject" ? "input[type=text]" : null;
    if (next) row.querySelector(next).focus();
  };
  const keys = {
    j: () => move(1), k: () => move(-1), a: () => mark("approve"), r: () => mark("reject"), h: () => mark("hold"),
    u: () => mark(""), d: () => form && form.querySelector("button.main").focus(),
    "/": () => search && search.focus(),
  };
  addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input,textarea") || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });
  // Who leaves with marks that were not sent is asked once.
  addEventListener("beforeunload", event => {
    if (form && !form.dataset.sent && rows.some(row => choice(row).value !== "" && !row.classList.contains("refused"))) {
      event.preventDefault();
    }
  });
})();
