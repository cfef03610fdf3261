"use strict";
(() => {
  const $ = (s, from = document) => from.querySelector(s);
  const $$ = (s, from = document) => [...from.querySelectorAll(s)];
  const root = document.documentElement;

  // Light or dark: as the system has it until the button is used.
  const theme = $("#theme");
  const saved = (value) => {
    try {
      if (value) localStorage.setItem("hgbench-theme", value);
      return localStorage.getItem("hgbench-theme");
    } catch { return value; } // a file may have no storage
  };
  const set = (value) => { if (value === "light" || value === "dark") root.dataset.theme = value; };
  set(saved());
  theme.hidden = false;
  theme.onclick = () => {
    const now = root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
    set(now === "dark" ? "light" : "dark");
    saved(root.dataset.theme);
  };

  // Tables sort by a click on a head, and the other way by the next. What has
  // no value comes last either way.
  let sorting = null; // [column, direction], kept when a live page changes
  const sort = (table, column, direction) => {
    const key = (row) => {
      const cell = row.cells[column], text = cell.textContent.trim();
      if (cell.dataset.key !== undefined) return Number(cell.dataset.key);
      return text === "–" || text === "" ? null : text;
    };
    const rows = $$("tbody tr", table).map((row) => [key(row), row]);
    const sign = direction === "ascending" ? 1 : -1;
    rows.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
      return sign * (typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true }));
    });
    $("tbody", table).append(...rows.map(([, row]) => row));
    $$("thead th", table).forEach((th, i) => i === column ? th.setAttribute("aria-sort", direction) : th.removeAttribute("aria-sort"));
  };
  document.addEventListener("click", (e) => {
    const th = e.target.closest(".sortable thead th");
    if (!th) return;
    const column = th.cellIndex;
    const direction = th.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    sorting = [column, direction];
    sort(th.closest("table"), column, direction);
  });

  // Pointing at a figure tells the value next to the pointer; so do the arrow
  // keys. A click opens the run.
  const tip = $("#tip");
  const SVG = "http://www.w3.org/2000/svg";
  const data = new WeakMap();
  const valuesOf = (figure) => {
    if (!data.has(figure)) {
      const v = JSON.parse(figure.dataset.values || '{"at":null}');
      v.at = v.at || [];
      v.order = v.at.map((_, i) => i).sort((a, b) => v.at[a][0] - v.at[b][0] || v.at[a][1] - v.at[b][1]);
      data.set(figure, v);
    }
    return data.get(figure);
  };
  const ring = (svg, p) => {
    const c = document.createElementNS(SVG, "circle");
    c.setAttribute("class", "ring");
    c.setAttribute("cx", p[0]);
    c.setAttribute("cy", p[1]);
    c.setAttribute("r", 7);
    svg.append(c);
  };
  const clear = () => {
    $$(".ring").forEach((c) => c.remove());
    $$(".pointed").forEach((s) => s.classList.remove("pointed"));
    tip.hidden = true;
  };
  const line = (name, value) => {
    const div = document.createElement("div");
    const left = document.createElement("span"), right = document.createElement("span");
    left.textContent = name;
    right.textContent = value;
    div.append(left, right);
    return div;
  };
  const show = (svg, v, i) => {
    clear();
    const p = v.at[i];
    ring(svg, p);
    svg.classList.toggle("pointed", !!v.runs[p[2]]);
    svg.dataset.at = i;
    const name = document.createElement("b");
    name.textContent = v.names[p[2]];
    const [x, y] = v.axes[p[3]];
    tip.replaceChildren(name, line(y, p[5]), line(x, p[4]));
    tip.hidden = false;
    const box = svg.getBoundingClientRect(), scale = box.width / svg.viewBox.baseVal.width;
    const left = box.left + p[0] * scale, top = box.top + p[1] * scale;
    const room = root.clientWidth - tip.offsetWidth - 8;
    tip.style.left = scrollX + Math.max(8, Math.min(left + 14, room)) + "px";
    tip.style.top = scrollY + (top - tip.offsetHeight - 12 > 0 ? top - tip.offsetHeight - 12 : top + 16) + "px";
  };
  const nearest = (svg, v, e) => {
    const box = svg.getBoundingClientRect(), scale = box.width / svg.viewBox.baseVal.width;
    const x = (e.clientX - box.left) / scale, y = (e.clientY - box.top) / scale;
    let best = -1, distance = 22 / scale;
    v.at.forEach((p, i) => {
      const d = Math.hypot(p[0] - x, p[1] - y);
      if (d < distance) [best, distance] = [i, d];
    });
    return best;
  };
  const open = (id) => {
    const run = id && document.getElementById(id);
    if (!run) return;
    run.open = true;
    run.scrollIntoView();
    history.replaceState(null, "", "#" + id);
  };
  document.addEventListener("pointermove", (e) => {
    const svg = e.target.closest?.(".plot");
    if (!svg) {
      if (!e.target.closest?.("tr[data-run]")) clear();
      return;
    }
    const v = valuesOf(svg.closest("figure")), i = nearest(svg, v, e);
    if (i < 0) clear();
    else show(svg, v, i);
  });
  document.addEventListener("click", (e) => {
    const svg = e.target.closest(".plot");
    if (!svg) return;
    const v = valuesOf(svg.closest("figure")), i = nearest(svg, v, e);
    if (i >= 0) open(v.runs[v.at[i][2]]);
  });
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape") return clear();
    const svg = e.target.closest?.(".plot");
    if (!svg) return;
    const v = valuesOf(svg.closest("figure"));
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
    if (step && v.order.length) {
      e.preventDefault();
      const at = svg.dataset.at === undefined ? -1 : v.order.indexOf(Number(svg.dataset.at));
      const next = at < 0 ? (step > 0 ? 0 : v.order.length - 1) : (at + step + v.order.length) % v.order.length;
      show(svg, v, v.order[next]);
    } else if (e.key === "Enter" && svg.dataset.at !== undefined) {
      open(v.runs[v.at[svg.dataset.at][2]]);
    }
  });
  document.addEventListener("focusout", clear);

  // A row of the table shows where its run stands in the figures that give each
  // run one point.
  document.addEventListener("pointerover", (e) => {
    const row = e.target.closest?.("tr[data-run]");
    if (!row) return;
    clear();
    $$(".figures figure").forEach((figure) => {
      const v = valuesOf(figure), svg = $(".plot", figure);
      v.names.forEach((_, name) => {
        const at = v.at.filter((p) => p[2] === name);
        if (at.length === 1 && v.runs[name] === row.dataset.run) ring(svg, at[0]);
      });
    });
  });

  // Runs: links open them, and so does printing.
  const runs = () => $$("details");
  const unfold = () => {
    const button = $("#unfold");
    if (!button) return;
    button.hidden = false;
    button.onclick = () => {
      const all = $$("details.run"), opening = all.some((d) => !d.open);
      all.forEach((d) => { d.open = opening; });
      button.textContent = opening ? "Close all" : "Open all";
    };
  };
  unfold();
  const follow = () => open(decodeURIComponent(location.hash.slice(1)));
  addEventListener("hashchange", follow);
  follow();
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = runs().filter((d) => !d.open);
    closed.forEach((d) => { d.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((d) => { d.open = false; }));

  // A live page is told what is under way, and when it is no longer current.
  const live = $("#live");
  if (!live) return;
  const sheets = { page: new CSSStyleSheet(), live: new CSSStyleSheet() };
  document.adoptedStyleSheets = Object.values(sheets);
  const events = new EventSource("/events");
  events.addEventListener("running", (e) => {
    const { html, css } = JSON.parse(e.data);
    sheets.live.replaceSync(css);
    live.innerHTML = html;
  });
  const refresh = async () => {
    const response = await fetch("/", { cache: "no-store" });
    if (!response.ok) return;
    // This page's policy holds for what it parses, and knows no other styles.
    let css = "";
    const text = (await response.text()).replace(/<style[^>]*>([^]*?)<\/style>/g, (_, style) => { css = style; return ""; });
    const page = new DOMParser().parseFromString(text, "text/html");
    sheets.page.replaceSync(css); // the last are those of figures
    const opened = new Set($$("details[open]").map((d) => d.id || d.textContent.slice(0, 60)));
    $$("[data-part]").forEach((part) => {
      const now = $(`[data-part="${part.dataset.part}"]`, page);
      if (now && now.innerHTML !== part.innerHTML) part.replaceChildren(...now.childNodes);
    });
    document.title = page.title;
    root.dataset.version = page.documentElement.dataset.version;
    runs().forEach((d) => { if (opened.has(d.id || d.textContent.slice(0, 60))) d.open = true; });
    const table = $(".sortable");
    if (sorting && table) sort(table, ...sorting);
    unfold();
    clear();
  };
  events.addEventListener("page", (e) => {
    if (e.data !== root.dataset.version) refresh().catch(() => {}); // the next event finds it still old
  });
  events.onerror = () => {
    const p = document.createElement("p");
    p.className = "quiet";
    p.textContent = "Not connected: hgbench serve has ended, or the network is away. Trying again…";
    live.replaceChildren(p);
  };
})();
