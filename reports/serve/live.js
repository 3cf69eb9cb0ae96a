"use strict";
// The live view: takes in server-sent events, and draws what they bring in place.
(() => {
  const at = (id) => document.getElementById(id);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const points = [];
  const panels = [
    ["rates", [["offered", "Offered", "soft"], ["answered", "Answered", "verified"], ["errors", "Errors", "refuted"]]],
    ["times", [["p50", "p50", "mark"], ["p99", "p99", "inconclusive"]]],
    ["lags", [["lag", "p99", "invalid"]]],
  ];
  let plots = [];

  // text changes an element only if it says something else: nothing flickers, and readers hear no more than news.
  const text = (element, value) => { if (element.textContent !== value) element.textContent = value; };
  const data = (lines) => [points.map((p) => p.t), ...lines.map((l) => points.map((p) => p[l[0]]))];
  const write = (v) => v == null ? "unknown" : v >= 100 ? v.toFixed(0) : v.toPrecision(3);

  function plot([id, lines]) {
    const axis = { stroke: color("soft"), grid: { stroke: color("line"), width: 1 }, ticks: { stroke: color("line") } };
    return new uPlot({
      width: at(id).clientWidth || 600, height: 180, cursor: { sync: { key: "live" } },
      scales: { x: { time: false }, y: { range: (u, low, high) => [0, high > 0 ? high * 1.1 : 1] } },
      axes: [{ ...axis, values: (u, all) => all.map((v) => v + " s") }, { ...axis, size: 64 }],
      series: [{ label: "Time", value: (u, v) => v == null ? "–" : v.toFixed(1) + " s" }, ...lines.map((l) => ({
        label: l[1], stroke: color(l[2]), width: 2, value: (u, v, s, i) => i == null ? "–" : write(v), points: { show: points.length < 3 },
      }))],
    }, data(lines), at(id));
  }

  function draw(fresh) {
    at("charts").hidden = !points.length;
    if (!points.length) return;
    if (fresh || !plots.length) {
      plots.forEach((p) => p.destroy());
      plots = panels.map(plot);
    } else {
      plots.forEach((p, i) => p.setData(data(panels[i][1])));
    }
  }

  function show(view) {
    text(at("title"), view.title || "Live view");
    text(at("run"), view.run ? "Run " + view.run : "");
    text(at("head"), view.head);
    text(at("series"), view.series);
    const tiles = at("tiles"), list = view.tiles || [];
    if (tiles.children.length !== list.length) {
      tiles.replaceChildren(...list.map(() => {
        const box = document.createElement("div");
        box.append(document.createElement("dt"), document.createElement("dd"));
        return box;
      }));
    }
    list.forEach((t, i) => { text(tiles.children[i].children[0], t.name); text(tiles.children[i].children[1], t.value); });
    if (view.fresh) points.length = 0;
    points.push(...(view.points || []));
    if (points.length > 3600) points.splice(0, points.length - 3600);
    if (view.fresh || (view.points || []).length) draw(view.fresh || points.length < 5);
    document.documentElement.dataset.state = view.state;
  }

  addEventListener("resize", () => plots.forEach((p, i) =>
    p.setSize({ width: at(panels[i][0]).clientWidth, height: 180 })));
  dark.addEventListener("change", () => draw(true));
  const source = new EventSource("/live/events");
  source.onopen = () => { at("link").hidden = true; };
  source.onerror = () => { at("link").hidden = false; };
  source.onmessage = (e) => show(JSON.parse(e.data));
})();
