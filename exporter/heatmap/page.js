// Recolours what Python drew: another metric, category or kind. Reads only the JSON of this page.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const { columns, metrics, territories, categories, kinds, words, few } = data;
  const at = Object.fromEntries(columns.map((name, index) => [name, index]));
  const cells = new Map(data.cells.map((row) => [row.slice(0, 3).join(), row.slice(3)]));
  const empty = columns.map((name) => (["share", "days", "rating"].includes(name) ? null : 0));
  const state = { metric: data.metric, category: -1, kind: -1, territory: -1, search: "" };
  const index = new Map(territories.map((one, i) => [one.key, i]));
  const cellOf = (t, c, k = state.kind) => cells.get([t, c, k].join()) || empty;

  const number = (value, digits) =>  // toFixed rounds the exact value, halves up, as Python does here
    new Intl.NumberFormat(data.language, { maximumFractionDigits: digits, useGrouping: "always" }).format(Number(value.toFixed(digits)));
  const shown = (metric, value) => {
    if (value === null) return "—";
    return metric.percent
      ? number(value * 100, metric.digits) + (data.language === "ru" ? "\u00a0%" : "%")
      : number(value, metric.digits);
  };
  const valueOf = (metric, cell) => (cell[at[metric.base]] ? cell[at[metric.value]] : null);
  const isFew = (metric, cell) => cell[at[metric.base]] > 0 && cell[at[metric.base]] < few;
  const shade = (metric, breaks, cell) => {
    const value = valueOf(metric, cell);
    if (value === null || (!value && !cell[at.n])) return "none";
    if (isFew(metric, cell)) return "few";
    return "q" + breaks.filter((bound) => bound <= value).length;
  };
  const label = (metric, cell) => {
    const value = valueOf(metric, cell);
    if (value === null) return "";
    return isFew(metric, cell) ? `(${shown(metric, value)})` : shown(metric, value);
  };
  const paint = (element, name) => {
    for (const old of [...element.classList]) if (/^(q\d|few|none)$/.test(old)) element.classList.remove(old);
    element.classList.add(name);
  };

  // ---- the words of a cell: tooltip, details, screen readers
  const facts = (cell) => [
    [words.received, number(cell[at.n], 0)],
    [words.overdue, `${number(cell[at.overdue], 0)} (${words.late}: ${number(cell[at.late], 0)}, ${words.open}: ${number(cell[at.open], 0)})`],
    [words.share, `${shown({ percent: true, digits: 1 }, cell[at.matured] ? cell[at.share] : null)} (${words.of} ${number(cell[at.matured], 0)})`],
    [words.repeated, number(cell[at.repeated], 0)],
    [words.fresh, number(cell[at.fresh], 0)],
    [words.days, `${shown({ digits: 1 }, cell[at.days])} (n = ${number(cell[at.days_n], 0)})`],
    [words.rating, `${shown({ digits: 1 }, cell[at.rating])} (n = ${number(cell[at.rating_n], 0)})`],
  ];
  const heading = (t, c) => [t < 0 ? words.everywhere : territories[t].name, c < 0 ? "" : categories[c]].filter(Boolean).join(" · ");

  const update = () => {
    const metric = metrics.find((one) => one.name === state.metric);
    document.documentElement.dataset.palette = metric.palette;
    for (const place of document.querySelectorAll(".place")) {
      const t = index.has(place.dataset.t) ? index.get(place.dataset.t) : -2;
      const cell = t < 0 ? empty : cellOf(t, state.category);
      paint(place, shade(metric, metric.map, cell));
      const text = label(metric, cell);
      const value = place.querySelector(".value");
      if (value) value.textContent = text;
      const name = place.getAttribute("aria-label").replace(/: [^:]*$/, "");
      place.setAttribute("aria-label", `${name}: ${text || "—"}`);
      place.setAttribute("aria-pressed", String(t >= 0 && t === state.territory));
      place.classList.toggle("chosen", t >= 0 && t === state.territory);
      place.classList.toggle("dim", Boolean(state.search) && !name.toLowerCase().includes(state.search));
    }
    for (const box of document.querySelectorAll(".matrix td")) {
      const cell = cellOf(Number(box.dataset.t), Number(box.dataset.c));
      paint(box, shade(metric, Number(box.dataset.c) < 0 ? metric.map : metric.matrix, cell));
      box.textContent = label(metric, cell);
    }
    for (const row of document.querySelectorAll(".matrix tbody tr, .plain tbody tr")) {
      const name = territories[row.dataset.t].name.toLowerCase();
      row.classList.toggle("on", Number(row.dataset.t) === state.territory);
      row.classList.toggle("off", Boolean(state.search) && !name.includes(state.search));
    }
    for (const head of document.querySelectorAll(".matrix thead th[data-c]"))
      head.classList.toggle("on", state.category >= 0 && Number(head.dataset.c) === state.category);
    for (const box of document.querySelectorAll(".plain td")) {
      const own = metrics.find((one) => one.name === box.dataset.m);
      const cell = cellOf(Number(box.dataset.t), state.category);
      box.textContent = label(own, cell) || "—";
      box.dataset.v = valueOf(own, cell) ?? -1;
      box.classList.toggle("few", isFew(own, cell));
    }
    legends(metric);
    detail();
    const chosen = [state.category < 0 ? words.all_categories : categories[state.category], state.kind < 0 ? "" : kinds[state.kind].name];
    $("said").textContent = `${metric.title}: ${metric.hint}. ${chosen.filter(Boolean).join(" · ")}`;
  };

  const legends = (metric) => {
    for (const box of document.querySelectorAll("[data-legend]")) {
      const texts = metric[box.dataset.legend + "_texts"];
      const marks = [...texts.map((text, i) => ["q" + i, text]), ["few", words.few], ["none", words.none]];
      box.replaceChildren(...marks.map(([name, text]) => {
        const mark = document.createElement("span"), swatch = document.createElement("i");
        mark.setAttribute("role", "listitem");
        swatch.className = name;
        mark.append(swatch, text);
        return mark;
      }));
    }
  };

  const detail = () => {
    const box = $("detail");
    box.hidden = state.territory < 0;
    if (box.hidden) return;
    const title = document.createElement("h3"), list = document.createElement("dl");
    title.textContent = heading(state.territory, state.category);
    for (const [name, text] of facts(cellOf(state.territory, state.category))) {
      const pair = document.createElement("div"), term = document.createElement("dt"), said = document.createElement("dd");
      term.textContent = name;
      said.textContent = text;
      pair.append(term, said);
      list.append(pair);
    }
    box.replaceChildren(title, list);
  };

  // ---- what a reader does
  const choose = (t) => { state.territory = t === state.territory ? -1 : t; update(); };
  const byName = (key) => (index.has(key) ? index.get(key) : -1);
  for (const one of document.querySelectorAll("input[name=metric]"))
    one.addEventListener("change", () => { state.metric = one.value; update(); });
  $("category").addEventListener("change", (event) => { state.category = event.target.value === "" ? -1 : Number(event.target.value); update(); });
  $("kind").addEventListener("change", (event) => { state.kind = event.target.value === "" ? -1 : Number(event.target.value); update(); });
  $("search").addEventListener("input", (event) => { state.search = event.target.value.trim().toLowerCase(); update(); });
  $("reset").addEventListener("click", () => {
    Object.assign(state, { category: -1, kind: -1, territory: -1, search: "" });
    for (const id of ["category", "kind", "search"]) $(id).value = "";
    update();
  });
  if ($("every")) $("every").addEventListener("change", (event) => document.querySelector(".matrix").classList.toggle("every", event.target.checked));
  for (const head of document.querySelectorAll(".matrix thead th[data-c] button"))
    head.addEventListener("click", () => {
      const c = Number(head.parentElement.dataset.c);
      state.category = c === state.category ? -1 : c;
      $("category").value = state.category < 0 ? "" : String(state.category);
      update();
    });
  for (const button of document.querySelectorAll("[data-theme-set]"))
    button.addEventListener("click", () => {
      document.documentElement.dataset.theme = button.dataset.themeSet;
      for (const other of document.querySelectorAll("[data-theme-set]")) other.setAttribute("aria-pressed", String(other === button));
    });

  // ---- maps: one stop of the Tab key each, arrows inside
  for (const map of document.querySelectorAll("svg.tiles, svg.outlines")) {
    const places = [...map.querySelectorAll(".place")];
    if (places[0]) places[0].setAttribute("tabindex", "0");
    const go = (place) => {
      for (const other of places) other.setAttribute("tabindex", "-1");
      place.setAttribute("tabindex", "0");
      place.focus();
    };
    const middle = (place) => { const box = place.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; };
    const next = (from, dx, dy) => {
      const [x, y] = middle(from);
      const ranked = places.filter((place) => place !== from).map((place) => {
        const [px, py] = middle(place);
        const along = (px - x) * dx + (py - y) * dy, aside = Math.abs((px - x) * dy) + Math.abs((py - y) * dx);
        return [along > 1 ? along + 3 * aside : Infinity, place];
      }).sort((one, other) => one[0] - other[0]);
      return ranked[0] && ranked[0][0] < Infinity ? ranked[0][1] : null;
    };
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    for (const place of places) {
      place.addEventListener("click", () => choose(byName(place.dataset.t)));
      place.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(byName(place.dataset.t)); }
        if (event.key === "Escape") { state.territory = -1; hide(); update(); }
        const way = arrows[event.key];
        if (way) { event.preventDefault(); const to = next(place, ...way); if (to) go(to); }
      });
    }
  }

  // ---- the tooltip
  const tip = $("tip");
  let told = null; // the element that the tooltip speaks of
  const hide = () => { tip.hidden = true; told = null; };
  const show = (element) => {
    const place = element.closest(".place"), box = element.closest(".matrix td");
    if (!place && !box) return hide();
    told = place || box;
    const t = box ? Number(box.dataset.t) : byName(place.dataset.t), c = box ? Number(box.dataset.c) : state.category;
    if (t < 0 && place) tip.textContent = place.getAttribute("aria-label");
    else tip.textContent = [heading(t, c), ...facts(cellOf(t, c)).map((pair) => pair.join(": "))].join("\n");
    tip.hidden = false;
    stand();
  };
  const stand = () => {
    const target = told.getBoundingClientRect(), size = tip.getBoundingClientRect();
    tip.style.left = Math.max(8, Math.min(target.right + 10, innerWidth - size.width - 12)) + "px";
    const below = target.bottom + 8 + size.height < innerHeight;
    tip.style.top = (below ? target.bottom + 8 : Math.max(8, target.top - size.height - 8)) + "px";
  };
  document.addEventListener("mouseover", (event) => show(event.target));
  document.addEventListener("focusin", (event) => show(event.target));
  document.addEventListener("focusout", hide);
  // What the mouse points at scrolls away from under it; what has the focus keeps it, so its tooltip goes along:
  // the very focus may be what scrolled the page.
  document.addEventListener("scroll", () => {
    if (told && told === document.activeElement) stand(); else hide();
  }, true);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

  // ---- the table: sorted by any column
  for (const button of document.querySelectorAll(".plain thead button"))
    button.addEventListener("click", () => {
      const head = button.parentElement, body = document.querySelector(".plain tbody");
      const down = head.getAttribute("aria-sort") !== "descending";
      for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const column = [...head.parentElement.children].indexOf(head), sign = down ? -1 : 1;
      const rows = [...body.children].sort((one, other) => column === 0
        ? sign * one.children[0].textContent.localeCompare(other.children[0].textContent, data.language)
        : sign * (Number(one.children[column].dataset.v) - Number(other.children[column].dataset.v)));
      body.replaceChildren(...rows);
    });

  update();
})();
