"use strict";
// The filters of the index: they choose runs, and draw the sparklines of those.
(() => {
  const form = document.getElementById("filters"), count = document.getElementById("count");
  const list = document.getElementById("list");
  const rows = list ? [...list.rows] : [];
  const keys = ["host", "stores", "revision", "verdict"];
  const verdicts = [, "verified", "untestable", "inconclusive", "invalid", "refuted"];
  const width = 240, height = 40, margin = 5;

  const chosen = (row) => keys.every((k) => !form[k].value || row.dataset[k].split("\n").includes(form[k].value));

  // draw draws a sparkline as the page came with it, of fewer runs.
  function draw(svg, on) {
    const points = svg.dataset.points.split(",").filter(Boolean).map((p) => p.split(" ").map(Number))
      .filter((p) => on.has(p[0]));
    svg.replaceChildren();
    if (!points.length) return;
    const values = points.flatMap((p) => [p[1], p[2]]);
    let low = values.reduce((a, b) => Math.min(a, b)), high = values.reduce((a, b) => Math.max(a, b));
    if (low === high) { low--; high++; }
    const last = points.length - 1;
    const x = (i) => (last ? margin + (i / last) * (width - 2 * margin) : width / 2).toFixed(1);
    const y = (v) => (margin + ((high - v) / (high - low)) * (height - 2 * margin)).toFixed(1);
    const line = (k) => last ? points.map((p, i) => (i ? "L" : "M") + x(i) + " " + y(p[k])).join("")
      : "M5.0 " + y(points[0][k]) + "L235.0 " + y(points[0][k]);
    const add = (name, d) => {
      if (!d) return;
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("class", name);
      path.setAttribute("d", d);
      svg.append(path);
    };
    add("bound", line(2));
    add("median", line(1));
    verdicts.forEach((name, v) => add("dots " + name,
      points.map((p, i) => (p[3] === v ? "M" + x(i) + " " + y(p[1]) + "h0" : "")).join("")));
  }

  // renew makes a claim's row tell of its newest run that is shown; its table has the newest first.
  function renew(row) {
    const newest = [...row.querySelectorAll("tr[data-run]")].find((r) => !r.hidden);
    [[2, 2], [3, 1], [4, 3]].forEach(([to, from]) => {
      const cell = newest ? [...newest.cells[from].cloneNode(true).childNodes] : ["–"];
      row.cells[to].replaceChildren(...cell);
    });
  }

  // apply shows what the filters choose, and keeps them in the address.
  function apply(keep) {
    const on = new Set();
    rows.forEach((row, i) => { row.hidden = !chosen(row); if (!row.hidden) on.add(i); });
    document.querySelectorAll("svg.spark").forEach((svg) => draw(svg, on));
    document.querySelectorAll("tr[data-run]").forEach((row) => { row.hidden = !on.has(Number(row.dataset.run)); });
    document.querySelectorAll("svg.spark").forEach((svg) => renew(svg.closest("tr")));
    count.textContent = on.size + " of " + rows.length + " runs";
    if (!keep) return;
    const state = new URLSearchParams(keys.filter((k) => form[k].value).map((k) => [k, form[k].value])).toString();
    try { history.replaceState(null, "", "#" + state); } catch { location.hash = state; }
  }

  // restore takes the filters from the address.
  function restore() {
    const state = new URLSearchParams(location.hash.slice(1));
    keys.forEach((k) => {
      const value = state.get(k) || "";
      form[k].value = [...form[k].options].some((o) => o.value === value) ? value : "";
    });
    apply(false);
  }

  form.hidden = false;
  form.addEventListener("change", () => apply(true));
  form.addEventListener("submit", (e) => e.preventDefault());
  addEventListener("hashchange", restore);
  restore();
})();
