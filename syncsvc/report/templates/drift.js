"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  const table = $("full");
  const body = table.tBodies[0];
  const rows = [...table.tBodies].flatMap((each) => [...each.rows]);
  const numbers = new Map(rows.map((row, number) => [row, number]));
  const most = Number(table.dataset.most);
  const atOnce = rows.length > most ? Number(table.dataset.atOnce) : rows.length;
  for (const later of [...table.tBodies].slice(1)) later.remove();

  const tokens = rows.map((row) => new Set(row.dataset.f.split(" ")));
  let texts = null;
  const textOf = (number) => {
    texts ??= rows.map((row) =>
      [...row.cells].map((cell) => cell.textContent).join(" ").toLowerCase().replace(/\s+/g, " "));
    return texts[number];
  };

  const search = $("search");
  const chips = [...document.querySelectorAll(".chip")];
  const groups = [...document.querySelectorAll(".chip-group")];
  let limit = atOnce;
  let sorted = { column: -1, down: false };
  let found = rows;

  const pressed = (button) => button.getAttribute("aria-pressed") === "true";
  const press = (button, on) => button.setAttribute("aria-pressed", String(on));
  const number = (value) => value.toLocaleString("en-US");

  const choose = () => {
    const wanted = groups
      .map((group) => [...group.querySelectorAll(".chip")].filter(pressed).map((chip) => chip.dataset.token))
      .filter((group) => group.length);
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = rows.filter((row, at) =>
      wanted.every((group) => group.some((token) => tokens[at].has(token))) &&
      words.every((word) => textOf(at).includes(word)));
    if (sorted.column >= 0) order();
  };

  const order = () => {
    const { column, down } = sorted;
    const numeric = table.tHead.rows[0].cells[column].dataset.sort === "number";
    const keys = new Map(found.map((row) => {
      const cell = row.cells[column];
      const text = cell.dataset.v ?? cell.textContent.trim();
      const value = column === 0 ? numbers.get(row) : numeric ? parseFloat(text) : text.toLowerCase();
      return [row, value === "" || Number.isNaN(value) ? null : value];
    }));
    found = [...found].sort((one, other) => {
      const [a, b] = [keys.get(one), keys.get(other)];
      if (a === null || b === null) return (a === null) - (b === null) || numbers.get(one) - numbers.get(other);
      if (a === b) return numbers.get(one) - numbers.get(other);
      return (a < b ? -1 : 1) * (down ? -1 : 1);
    });
  };

  const show = () => {
    const part = document.createDocumentFragment();
    for (const row of found.slice(0, limit)) part.append(row);
    body.replaceChildren(part);
    const shown = Math.min(limit, found.length);
    const names = chips.filter(pressed).map((chip) => chip.firstChild.textContent.trim());
    if (search.value.trim()) names.push(`“${search.value.trim()}”`);
    const said = `${number(found.length)} of ${number(rows.length)} milestones` +
      (names.length ? `: ${names.join(", ")}` : "") +
      (shown < found.length ? `; the first ${number(shown)} are shown` : "");
    if ($("shown").textContent !== said) $("shown").textContent = said;
    $("none").hidden = found.length > 0;
    $("next").hidden = $("every").hidden = shown >= found.length;
    $("every").textContent = `Show all ${number(found.length)}${found.length > 3000 ? " (takes some seconds)" : ""}`;
    const active = chips.filter(pressed).map((chip) => chip.dataset.token).sort().join(" ");
    for (const tile of tiles) press(tile, tile.dataset.filter.split(" ").sort().join(" ") === active);
  };

  const update = () => {
    limit = atOnce;
    choose();
    show();
    $("full-region").scrollTop = 0;
    regions();
  };

  const clear = () => {
    for (const chip of chips) press(chip, false);
    search.value = "";
  };

  // Figures of the front: each a button that filters the table and leads to it.
  const tiles = [...document.querySelectorAll("[data-filter]")].map((tile) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = tile.className;
    button.dataset.filter = tile.dataset.filter;
    button.append(...tile.childNodes);
    press(button, false);
    tile.replaceWith(button);
    button.addEventListener("click", () => {
      const on = !pressed(button);
      clear();
      const wanted = button.dataset.filter.split(" ");
      for (const chip of chips) if (on && wanted.includes(chip.dataset.token)) press(chip, true);
      update();
      if (!on) return;
      $("all").scrollIntoView();
      chips.find(pressed)?.focus({ preventScroll: true });
    });
    return button;
  });

  for (const chip of chips) chip.addEventListener("click", () => { press(chip, !pressed(chip)); update(); });
  $("clear").addEventListener("click", () => { clear(); update(); });
  let waiting = 0;
  search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(update, 120); });
  $("next").addEventListener("click", () => { limit += atOnce; show(); });
  $("every").addEventListener("click", () => { limit = Infinity; show(); });
  $("columns")?.addEventListener("click", (event) => {
    press(event.target, table.classList.toggle("few") === false);
    regions();
  });

  // Headings sort: up, down, by code again.
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const again = sorted.column === column;
      sorted = again && sorted.down ? { column: -1, down: false } : { column, down: again };
      for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
      if (sorted.column >= 0) head.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
      update();
    });
  });

  // A code leads to its row, also where the row is filtered out or not shown yet.
  const look = (id) => {
    const row = rows.find((each) => each.id === id);
    if (!row) return false;
    if (!found.includes(row)) { clear(); update(); }
    if (!row.isConnected) { limit = Infinity; show(); }
    for (const each of table.querySelectorAll(".found")) each.classList.remove("found");
    row.classList.add("found");
    row.scrollIntoView({ block: "center" });
    row.cells[0].tabIndex = -1;
    row.cells[0].focus({ preventScroll: true });
    return true;
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#r"]');
    if (link && look(link.hash.slice(1))) {
      event.preventDefault();
      history.pushState(null, "", link.hash);
    }
  });

  // Tables that fit need no stop of the Tab key.
  const regions = () => {
    for (const region of document.querySelectorAll(".wide")) {
      const fits = region.scrollWidth <= region.clientWidth && region.scrollHeight <= region.clientHeight;
      if (fits) region.removeAttribute("tabindex"); else region.tabIndex = 0;
    }
  };
  addEventListener("resize", regions);
  document.addEventListener("toggle", regions, true);

  const dark = () => root.dataset.theme
    ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = $("theme");
  const nameTheme = () => { theme.textContent = dark() ? "Light colours" : "Dark colours"; };
  theme.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; nameTheme(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", nameTheme);

  // On paper every row stands, in order of code.
  let kept = null;
  const onPaper = (paper) => {
    if (paper === (kept !== null)) return;
    if (paper) {
      kept = { found, limit };
      const part = document.createDocumentFragment();
      for (const row of rows) part.append(row);
      body.append(part);
    } else {
      ({ found, limit } = kept);
      kept = null;
      show();
    }
  };
  addEventListener("beforeprint", () => onPaper(true));
  addEventListener("afterprint", () => onPaper(false));
  matchMedia("print").addEventListener("change", (event) => onPaper(event.matches));

  nameTheme();
  show();
  regions();
  if (location.hash) look(location.hash.slice(1));
})();
