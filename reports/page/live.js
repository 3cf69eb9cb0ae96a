// Draws the charts of the page anew with uPlot, so that one can look closer. Without this script the page is complete.
// The data stands in the element "data"; data.go and coding.go say what it holds.
(() => {
"use strict";
const source = document.getElementById("data");
if (!source || typeof uPlot !== "function") return;
const all = JSON.parse(source.textContent);

// Numbers.

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const digit = new Map([...digits].map((c, i) => [c, i]));

// numbers are the whole numbers that a text holds.
function numbers(text) {
  const found = [];
  let v = 0, factor = 1;
  for (const c of text) {
    const d = digit.get(c);
    v += (d & 31) * factor;
    factor *= 32;
    if (d < 32) { found.push(v); v = 0; factor = 1; }
  }
  return found;
}

// values are those of a series, null where unknown.
function values(text, scale = 1) {
  let last = 0;
  return numbers(text).map(z => {
    last += z % 2 ? -(z + 1) / 2 : z / 2;
    return last ? (last - 1) / scale : null;
  });
}

// summed adds to buckets in rising order how many values there are up to each.
function summed(values, counts) {
  let n = 0;
  return {values, counts, sums: counts.map(c => n += c), n};
}

// histogram reads buckets: values in µs, and how many are in each.
function histogram(text) {
  const coded = numbers(text), values = [], counts = [];
  for (let i = 0, last = 0; i < coded.length; i += 2) {
    values.push(last += coded[i]);
    counts.push(coded[i + 1]);
  }
  return summed(values, counts);
}

// merged is several histograms in one.
function merged(list) {
  const at = new Map();
  for (const h of list) h.values.forEach((v, i) => at.set(v, (at.get(v) || 0) + h.counts[i]));
  const sorted = [...at.keys()].sort((a, b) => a - b);
  return summed(sorted, sorted.map(v => at.get(v)));
}

// quantile is the value in ms that the share q of all requests do not exceed; null without one. Requests that were
// never sent count as slower than all others. It is what measure.Histogram.Quantile is.
function quantile(h, q, unsent = 0) {
  const among = unsent ? q * (h.n + unsent) / h.n : q;
  if (!h.n || !(among >= 0 && among <= 1)) return null;
  const exact = among * h.n;
  let rank = Math.round(exact);
  if (Math.abs(exact - rank) > 1e-9 * Math.max(1, exact)) rank = Math.ceil(exact);
  rank = Math.min(Math.max(rank, 1), h.n);
  let low = 0, high = h.sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (h.sums[middle] >= rank) high = middle; else low = middle + 1;
  }
  return h.values[low] / 1000;
}

const number = (v, most) => v == null ? "–" : v.toLocaleString("en", {maximumFractionDigits: most});
const sum = list => list.reduce((a, b) => a + (b || 0), 0);
const nines = q => -Math.log10(1 - q);
const percent = q => `p${+(100 * q).toPrecision(12)}`;
const overTime = [0.5, 0.9, 0.99, 0.999]; // as data.go has them

// together joins what several lines have at each moment; null where none has anything.
const together = (lines, join) => (lines[0] || []).map((_, i) => {
  const known = lines.map(l => l[i]).filter(v => v != null);
  return known.length ? join(known) : null;
});
const mean = list => sum(list) / list.length;

// Elements.

// el makes an element. Foreign text comes in as text alone.
function el(name, attributes = {}, ...children) {
  const e = document.createElement(name);
  for (const [key, v] of Object.entries(attributes)) {
    if (key.startsWith("on")) e.addEventListener(key.slice(2), v);
    else if (v !== false && v != null) e.setAttribute(key, v === true ? "" : v);
  }
  e.append(...children);
  return e;
}
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const option = (value, text, chosen) => el("option", {value, selected: value === chosen}, text);
const colours = 8;
const colourOf = i => `--c${i % colours}`;

// The view's state stands in the fragment, after the name of a place: #phase-3~3:z=1,4;p=99.95
const state = new Map();
let anchor = "";

function readFragment() {
  const [place, ...parts] = location.hash.slice(1).split("~");
  anchor = place;
  if (!parts.length) return false;
  state.clear();
  for (const part of parts) {
    const [n, list = ""] = part.split(":");
    const items = list.split(";").map(i => i.split("=")).filter(i => i.length === 2);
    try {
      state.set(n, Object.fromEntries(items.map(([k, v]) => [k, decodeURIComponent(v)])));
    } catch { /* a fragment that was cut is none */ }
  }
  return true;
}

function writeFragment() {
  let text = anchor;
  for (const [n, items] of state) {
    const list = Object.entries(items).filter(([, v]) => v !== "").map(([k, v]) => `${k}=${encodeURIComponent(v)}`);
    if (list.length) text += `~${n}:${list.join(";").replaceAll("%2C", ",")}`;
  }
  history.replaceState(null, "", `#${text}`);
}

// Charts.

const font = "12px system-ui, 'Liberation Sans', Arial, sans-serif";
const axis = more => ({
  stroke: () => css("--soft"), font, labelFont: font, labelSize: 16, labelGap: 0, gap: 3, size: 22,
  grid: {stroke: () => css("--line"), width: 1}, ticks: {stroke: () => css("--line"), width: 1, size: 4}, ...more,
});

// written are the values of an axis; a logarithmic one has no text at some of them.
const written = (u, list) => list.map(v => v == null ? ""
  : v >= 1e6 ? v.toLocaleString("en", {notation: "compact"}) : number(v, v < 1 ? 3 : 1));

// tens are the values of a logarithmic axis: 1, 2 and 5 of each decade, where it has one of these.
function tens(u, list) {
  const round = v => v > 0 && [1, 2, 5].some(m => Math.abs(v / 10 ** Math.floor(Math.log10(v) + 1e-9) - m) < 1e-6);
  return written(u, list.some(round) ? list.map(v => round(v) ? v : null) : list);
}

// fromZero is a linear axis from 0, with room above.
const fromZero = bound => (u, low, high) => [0, 1.12 * Math.max(high || 0, bound || 0) || 1];

// decades is a logarithmic axis around what is there.
const decades = bound => (u, low, high) => {
  const ends = [low, high, bound].filter(v => v > 0);
  return ends.length ? [Math.min(...ends) / 1.3, Math.max(...ends) * 1.4] : [0.1, 10];
};

// peak is the largest value of lines.
const peak = lines => lines.reduce((most, l) => l.values.reduce((a, v) => v > a ? v : a, most), 0);

// near is the largest bound that would not press the lines flat.
const near = (bounds, lines, log) => Math.max(0, ...bounds.map(b => b.v).filter(v => v <= (log ? 100 : 4) * peak(lines)));

// label writes a text above a place on the canvas, or below where there is no room, legible on whatever lies below.
function label(u, text, x, y, colour, align) {
  const c = u.ctx, high = 15 * uPlot.pxRatio;
  y = y - u.bbox.top < high + 2 ? Math.max(y, u.bbox.top) + high + 2 : y - 2;
  c.font = font.replace("12px", `${12 * uPlot.pxRatio}px`);
  c.textAlign = align;
  c.textBaseline = "bottom";
  c.lineWidth = 4 * uPlot.pxRatio;
  c.strokeStyle = css("--card");
  c.fillStyle = css(colour);
  c.strokeText(text, x, y);
  c.fillText(text, x, y);
}

// stroke draws a straight line across the plot.
function stroke(u, colour, dash, x1, y1, x2, y2) {
  const c = u.ctx;
  c.strokeStyle = css(colour);
  c.lineWidth = 1.5 * uPlot.pxRatio;
  c.setLineDash(dash.map(d => d * uPlot.pxRatio));
  c.beginPath();
  c.moveTo(x1, y1);
  c.lineTo(x2, y2);
  c.stroke();
  c.setLineDash([]);
}

// onCanvas keeps what is drawn within the plot, and leaves the canvas as it was.
const onCanvas = draw => u => {
  const {left, top, width, height} = u.bbox;
  u.ctx.save();
  u.ctx.beginPath();
  u.ctx.rect(left, top, width, height);
  u.ctx.clip();
  draw(u, left, top, width, height);
  u.ctx.restore();
};

const drawBounds = bounds => onCanvas((u, left, top, width) => {
  const place = b => u.valToPos(b.v, "y", true);
  for (const b of bounds.filter(b => place(b) >= top)) {
    stroke(u, "--bound", [3, 3], left, place(b), left + width, place(b));
    label(u, b.text, left + width - 4, place(b), "--bound", "right");
  }
  const above = bounds.find(b => place(b) < top);
  if (above) label(u, `↑ ${above.text}`, left + width - 4, top, "--bound", "right");
});

const drawWarmup = onCanvas((u, left, top, width, height) => {
  const x = u.valToPos(0, "x", true);
  if (x <= left) return;
  u.ctx.fillStyle = css("--shade");
  u.ctx.fillRect(left, top, Math.min(x, left + width) - left, height);
});

// A Plot is one chart: a heading, a canvas, and what it says in words under the cursor.
class Plot {
  constructor(host, title, height) {
    this.height = height;
    this.title = el("h4", {}, title);
    this.canvas = el("div", {class: "live-plot", role: "img"});
    this.words = el("p", {class: "live-read"});
    this.box = el("div", {class: "live-chart", "data-name": title}, this.title, this.canvas, this.words);
    host.append(this.box);
  }

  // draw makes the chart. lines: {name, values, colour, width, dash, most}; most is how many digits its words have.
  draw(x, lines, unit, options) {
    this.lines = lines;
    this.unit = unit;
    if (this.u) this.u.destroy();
    this.title.textContent = options.title;
    this.canvas.setAttribute("aria-label", `${options.title}. ${options.about || ""}`);
    const self = this, read = options.read;
    this.u = new uPlot({
      width: this.width(), height: this.height, legend: {show: false}, padding: [8, 8, 0, 0],
      scales: {x: {time: false, range: options.xRange}, y: {distr: options.log ? 3 : 1, range: options.range}},
      series: [{}, ...lines.map(l => ({
        stroke: () => css(l.colour), width: l.width || 1, dash: l.dash, points: {show: !!l.dots, size: 7},
        paths: l.paths, spanGaps: false, fill: l.fill && (() => css(l.fill)),
      }))],
      bands: options.bands,
      axes: [axis({label: options.xLabel, values: options.xValues || written, splits: options.xSplits}),
        axis({label: unit, values: options.log ? tens : written, size: 58})],
      cursor: {
        y: !!options.crossY, points: {show: !options.heat},
        drag: {x: !!options.zoom, y: false, setScale: false},
        sync: options.sync && {key: options.sync, scales: ["x", null],
          filters: {pub: type => type === "mousemove" || type === "mouseleave", sub: () => true}},
        bind: {dblclick: () => () => { if (options.zoom) options.zoom(null); return null; }},
      },
      hooks: {
        drawClear: options.behind || [], draw: options.front || [],
        setCursor: [u => { self.say(u.cursor.idx, read, u); if (options.moved) options.moved(u.cursor.idx); }],
        setSelect: [u => {
          if (!options.zoom || u.select.width < 3) return;
          const ends = [u.select.left, u.select.left + u.select.width].map(p => u.posToVal(p, "x"));
          u.setSelect({left: 0, width: 0, top: 0, height: 0}, false);
          options.zoom(ends);
        }],
        setScale: [(u, key) => {
          if (key === "x") self.box.dataset.x = `${+u.scales.x.min.toFixed(6)},${+u.scales.x.max.toFixed(6)}`;
        }],
      },
    }, [x, ...lines.map(l => l.values)], this.canvas);
    this.say(null, read, this.u);
  }

  // say writes the values at a moment.
  say(i, read, u) {
    const told = read ? read(i, u) : {};
    this.words.replaceChildren(el("span", {class: "live-at"}, told.at || "under the cursor:"));
    for (const l of told.lines || this.lines) {
      if (l.silent) continue;
      const key = el("i");
      key.style.background = `var(${l.colour})`;
      const text = told.lines ? l.text : i == null ? "" : `${number(l.values[i], l.most)} ${this.unit}`;
      this.words.append(el("span", {}, key, `${l.name} `, el("b", {}, text)));
    }
  }

  width() { return Math.max(240, this.canvas.clientWidth || this.box.clientWidth || 600); }
  fit() { if (this.u && Math.abs(this.u.width - this.width()) > 1) this.u.setSize({width: this.width(), height: this.height}); }
}

// Panels.

// A Panel is the charts of one phase, with what they are looked at by.
class Panel {
  constructor(phase, images) {
    this.phase = phase;
    this.key = String(phase.n);
    this.images = images;
    const {step, first, bins} = phase;
    this.x = Array.from({length: bins}, (_, i) => (first + i + 0.5) * step);
    this.whole = [first * step, (first + bins) * step];
    this.runs = phase.runs.map((r, i) => ({...r, colour: colourOf(i), name: `run ${r.n}${r.out ? " (excluded)" : ""}`}));
    const some = phase.runs.some(r => !r.out);
    this.usual = phase.runs.filter(r => !r.out || !some).map(r => r.n).join(",");
    this.pool = phase.pool.map(text => values(text, 1000));
    this.plots = {};
    this.box = el("section", {class: "live", "aria-label": `Live charts of phase ${phase.n}`});
    images.before(this.box);
    this.controls();
    this.grid = el("div", {class: "live-grid"});
    this.box.append(this.grid, this.marks = el("ol", {class: "live-marks"}));
    this.restore();
  }

  // decoded is a run's series, decoded when it is first asked for.
  decoded(run) {
    return run.decoded ||= {
      length: values(run.len, 1000), offered: values(run.offered), completed: values(run.completed),
      failed: values(run.failed), q: run.q.map(text => values(text, 1000)),
      lag: run.lags ? values(run.lags, 1000) : this.x.map(() => null), response: histogram(run.response), service: histogram(run.service),
    };
  }

  // rate is counts per second; that of less than half a bin says nothing.
  rate(d, name) {
    return d[name].map((v, i) => v == null || !(d.length[i] >= this.phase.step / 2) ? null : v / d.length[i]);
  }

  // pooled is the rate of all runs that are on, taken together.
  pooled(name) {
    const on = this.on.map(r => this.decoded(r));
    return this.x.map((_, i) => {
      const there = on.filter(d => d[name][i] != null && d.length[i] >= this.phase.step / 2);
      return there.length ? sum(there.map(d => d[name][i])) / sum(there.map(d => d.length[i])) : null;
    });
  }

  controls() {
    const changed = (...which) => () => { this.save(); this.draw(which.length ? which : charts); };
    this.log = el("select", {onchange: changed(latency, spectrum)}, option("log", "logarithmic"), option("lin", "linear, from 0"));
    this.over = el("select", {onchange: changed(latency)}, ...overTime.map((q, i) => option(i, percent(q), 2)));
    this.percent = el("input", {type: "number", min: 0, max: 100, step: "any", value: 99, required: true,
      oninput: changed(spectrum)});
    this.result = el("output", {class: "live-result"});
    const names = [...new Set(this.runs.flatMap(r => (r.stores || []).map(s => s.name)))];
    this.store = names.length ? el("select", {onchange: changed(stores)}, ...names.map(n => option(n, n))) : null;
    this.moment = el("input", {type: "range", min: 0, max: Math.max(0, this.x.length - 1), step: 1, value: 0,
      oninput: () => this.point(+this.moment.value)});
    this.boxes = this.runs.map(r => el("input", {type: "checkbox", onchange: changed()}));
    const button = (text, act) => el("button", {type: "button", onclick: act}, text);
    const labelled = (text, control) => el("label", {}, `${text} `, control);
    this.printed = el("button", {type: "button", "aria-expanded": "false",
      onclick: () => this.fold(this.printed.getAttribute("aria-expanded") === "true")}, "Charts as images");
    this.box.append(el("div", {class: "live-controls"},
      labelled("Response times", this.log), labelled("over time", this.over), labelled("percentile, %", this.percent),
      ...this.store ? [labelled("stores", this.store)] : [], labelled("moment", this.moment), button("Zoom in", () => this.scale(0.5)), button("Zoom out", () => this.scale(2)),
      button("Reset zoom", () => this.zoom(null)), this.printed, this.result),
    el("fieldset", {class: "live-runs"}, el("legend", {}, "Runs"), ...this.runs.map((r, i) => {
      const key = el("i");
      key.style.background = `var(${r.colour})`;
      return el("label", {title: r.out || null}, this.boxes[i], key, ` ${r.name}${r.out ? `: ${r.out}` : ""}`);
    })));
    this.fold(true);
  }

  // fold hides the images, or shows them; they are always printed.
  fold(away) {
    this.printed.setAttribute("aria-expanded", String(!away));
    this.images.classList.toggle("live-folded", away);
  }

  // restore takes the view from the fragment, as far as it makes sense.
  restore() {
    const s = state.get(this.key) || {};
    this.log.value = s.s === "lin" ? "lin" : "log";
    this.over.value = overTime[+s.t] ? +s.t : 2;
    const p = parseFloat(s.p);
    this.percent.value = p >= 0 && p <= 100 ? p : 99;
    const on = (s.r ?? this.usual).split(",");
    this.runs.forEach((r, i) => { this.boxes[i].checked = on.includes(String(r.n)); });
    if (this.store && [...this.store.options].some(o => o.value === s.m)) this.store.value = s.m;
    const [from, to] = (s.z || "").split(",").map(parseFloat);
    this.range = this.within(from, to);
    this.draw(charts);
  }

  save() {
    const on = this.runs.filter((_, i) => this.boxes[i].checked).map(r => r.n).join(",");
    state.set(this.key, {
      z: this.range ? this.range.map(v => +v.toFixed(3)).join(",") : "", s: this.log.value === "lin" ? "lin" : "",
      t: this.over.value === "2" ? "" : this.over.value, p: this.percent.value === "99" ? "" : this.percent.value,
      r: on === this.usual ? "" : on || "none", m: this.store && this.store.selectedIndex ? this.store.value : "",
    });
    writeFragment();
  }

  // within is a part of the time axis; null for the whole.
  within(from, to) {
    const low = Math.max(this.whole[0], from), high = Math.min(this.whole[1], to);
    return high - low >= 1e-3 && (low > this.whole[0] || high < this.whole[1]) ? [low, high] : null;
  }

  // zoom shows a part of the time axis in all charts; null: the whole.
  zoom(ends) {
    this.range = ends && this.within(...ends);
    const [min, max] = this.range || this.whole;
    for (const p of this.timed()) p.u.setScale("x", {min, max});
    this.save();
  }

  scale(factor) {
    const [low, high] = this.range || this.whole, half = factor * (high - low) / 2;
    const middle = Math.min(Math.max(this.x[+this.moment.value] ?? 0, low), high);
    this.zoom([middle - half, middle + half]);
  }

  timed() { return Object.values(this.plots).filter(p => p.timed && p.u); }

  // point puts the cursor of all charts at a moment.
  point(i) {
    for (const p of this.timed()) p.u.setCursor({left: p.u.valToPos(this.x[i], "x"), top: p.height / 3}, true, false);
  }

  // plot is the chart of that name, made where it is new.
  plot(name, height = 170) { return this.plots[name] ||= new Plot(this.grid, name, height); }

  // time draws a chart on the time axis that all charts of the phase share.
  time(name, lines, unit, options) {
    const p = this.plot(name, options.height);
    p.timed = true;
    const bounds = options.bounds || [];
    p.draw(this.x, lines, unit, {
      sync: `phase ${this.key}`, zoom: ends => this.zoom(ends), moved: i => { if (i != null) this.moment.value = i; },
      xRange: () => this.range || this.whole,
      xLabel: "seconds of the measurement window" + (this.phase.step > 1 ? `; points of ${this.phase.step} s` : ""),
      behind: [drawWarmup], front: [drawBounds(bounds), onCanvas((...a) => this.drawMarks(...a))],
      ...options,
      read: (i, u) => ({at: i == null ? "" : this.when(i), ...options.read && options.read(i, u)}),
    });
  }

  when(i) {
    const from = (this.phase.first + i) * this.phase.step;
    return `${from} to ${from + this.phase.step} s${from < 0 ? ", warm-up" : ""}:`;
  }

  drawMarks(u, left, top, width, height) {
    this.told.forEach((m, i) => {
      const x = u.valToPos(m.at, "x", true);
      stroke(u, "--mark", [5, 3], x, top, x, top + height);
      if (this.told.length <= 20) label(u, String(i + 1), x + 3, top, "--mark", "left");
    });
  }

  // each is a line of every run that is on.
  each(read, most, more) {
    return this.on.map(r => ({name: r.name, values: read(this.decoded(r), r), colour: r.colour, most,
      dash: r.out ? [2, 3] : undefined, ...more}));
  }

  draw(which) {
    this.on = this.runs.filter((_, i) => this.boxes[i].checked);
    this.told = this.on.flatMap(r => (r.marks || []).map(m => ({...m, run: r}))).slice(0, 60);
    this.marks.replaceChildren(...this.told.map(m => el("li", {}, `${m.run.name}, ${number(m.at, 3)} s: ${m.text}`)));
    for (const chart of which) chart(this);
  }
}

// The charts of a phase.

const bold = (name, list, most, colour = "--bold") => ({name, values: list, colour, width: 2.5, most});

function throughput(p) {
  const bounds = p.phase.bounds.filter(b => b.kind === "goodput");
  const lines = [
    ...p.each(d => p.rate(d, "completed"), 1), bold("answered, runs together", p.pooled("completed"), 1),
    {name: "offered", values: p.pooled("offered"), colour: "--offered", dash: [6, 3], width: 1.5, most: 1},
  ];
  p.time("throughput", lines, "req/s", {
    title: "Good answers, by the second of their arrival", bounds,
    range: fromZero(near(bounds, lines)),
  });
}

function failures(p) {
  p.time("failures", [...p.each(d => p.rate(d, "failed"), 1), bold("runs together", p.pooled("failed"), 1, "--failed")],
    "req/s", {title: "Requests that failed or were not sent", range: fromZero(0), height: 120});
}

function latency(p) {
  const i = +p.over.value, q = overTime[i], log = p.log.value === "log";
  const bounds = p.phase.bounds.filter(b => b.kind === "response" && b.q === q);
  const lines = [...p.each(d => d.q[i], 3), bold("all runs that count, merged", p.pool[i], 3)];
  const bound = near(bounds, lines, log);
  p.time("latency", lines, "ms", {
    title: `Response time, ${percent(q)} of each ${p.phase.step > 1 ? "point" : "second"}, ` +
      (log ? "logarithmic (0 is not on the axis)" : "linear from 0"),
    bounds, log, range: log ? decades(bound) : fromZero(bound),
  });
}

function lag(p) {
  const lines = p.each(d => d.lag, 3);
  if (p.runs.some(r => r.lags)) p.time("lag", lines, "ms", {
    title: "Schedule lag of the generator, the longest of each second", range: fromZero(0), height: 120,
  });
}

const bandsADecade = 12, edge = band => 10 ** (band / bandsADecade) / 1000; // in ms

// bandsOf are the counts of the runs that are on, by bin and band.
function bandsOf(p) {
  const bins = p.x.map(() => new Map());
  for (const r of p.on) {
    const coded = r.heated ||= numbers(r.heat);
    for (let i = 0, at = 0; i < bins.length && at < coded.length; i++) {
      let held = coded[at++], band = -1;
      for (; held > 0; held--, at += 2) {
        band += coded[at] + 1;
        bins[i].set(band, (bins[i].get(band) || 0) + coded[at + 1]);
      }
    }
  }
  return bins;
}

function heatmap(p) {
  const bins = bandsOf(p), {step, first} = p.phase;
  let low = Infinity, high = -Infinity, most = 0;
  for (const b of bins) for (const [band, count] of b) {
    low = Math.min(low, band); high = Math.max(high, band); most = Math.max(most, count);
  }
  if (!most) low = high = 36;
  const paint = onCanvas(u => {
    const at = i => Math.round(u.valToPos((first + i) * step, "x", true)), y = b => Math.round(u.valToPos(edge(b), "y", true));
    u.ctx.fillStyle = css("--heat");
    bins.forEach((b, i) => {
      for (const [band, count] of b) {
        u.ctx.globalAlpha = 0.1 + 0.9 * Math.log1p(count) / Math.log1p(most);
        u.ctx.fillRect(at(i), y(band + 1), at(i + 1) - at(i), y(band) - y(band + 1));
      }
    });
    u.ctx.globalAlpha = 1;
  });
  const within = (b, band) => `${number(b.get(band) || 0)} within ${number(edge(band), 3)} to ${number(edge(band + 1), 3)} ms`;
  p.time("heat", [{name: "", values: p.x.map(() => null), colour: "--heat"}], "ms", {
    title: "How many requests took how long, logarithmic", log: true, heat: true, crossY: true, height: 190,
    about: `Stronger colour: more requests, at most ${number(most)} in a band of a ${step > 1 ? "point" : "second"}.`,
    range: () => [edge(low), edge(high + 1)], behind: [drawWarmup, paint],
    read: (i, u) => {
      const told = text => ({lines: [{name: "", colour: "--heat", text}]});
      if (i == null) return told(`stronger colour: more requests, at most ${number(most)} in a band`);
      const b = bins[i], of = `of ${number(sum([...b.values()]))} requests`;
      const e = u.cursor.event, own = e && e.target === u.over;
      const band = own ? Math.floor(bandsADecade * Math.log10(u.posToVal(u.cursor.top, "y") * 1000) + 1e-9)
        : [...b].reduce((a, c) => c[1] > a[1] ? c : a, [0, 0])[0];
      return told(b.size ? `${own ? "" : "most: "}${within(b, band)}, ${of}` : "no request");
    },
  });
}

// used are the lines of a kind of usage, a line each name, over the runs that are on.
function used(p, kind, join, most) {
  const names = new Map();
  for (const r of p.on) for (const s of r.usage || []) {
    if (s.kind !== kind) continue;
    if (!names.has(s.name)) names.set(s.name, []);
    names.get(s.name).push(s.decoded ||= values(s.v, s.scale));
  }
  return [...names].map(([name, lines], i) => ({name, values: together(lines, join), colour: colourOf(i), width: 1.5, most}));
}

const usage = (name, kind, join, most, unit, title, bounds = () => []) => p => {
  if (!p.runs.some(r => (r.usage || []).some(s => s.kind === kind))) return;
  const lines = used(p, kind, join, most);
  const all = bounds(p);
  p.time(name, lines, unit, {title, bounds: all, range: fromZero(near(all, lines))});
};
const largest = list => Math.max(...list);

function stores(p) {
  if (!p.store) return;
  const name = p.store.value;
  const lines = p.on.flatMap(r => (r.stores || []).filter(s => s.name === name)
    .map(s => ({name: r.name, values: s.decoded ||= values(s.v, s.scale), colour: r.colour, most: 2,
      dash: r.out ? [2, 3] : undefined})));
  p.time("stores", lines, name.includes("byte") ? "bytes" : "", {title: `Stores: ${name}`, range: fromZero(0)});
}

// spectrum is the response time by percentile, so that every nine has the same width.
function spectrum(p) {
  const log = p.log.value === "log", chosen = p.percent.valueAsNumber / 100;
  const on = p.on.map(r => [r, p.decoded(r)]);
  const pool = merged(on.map(([, d]) => d.response)), service = merged(on.map(([, d]) => d.service));
  const unsent = sum(p.on.map(r => r.unsent));
  const last = Math.max(1, nines(1 - 1 / Math.max(2, pool.n))), marked = [0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999];
  const qs = new Set(marked.filter(q => nines(q) <= last + 1e-9));
  for (let x = nines(0.5); x <= last; x += 1 / 40) qs.add(1 - 10 ** -x);
  if (chosen >= 0.5 && nines(chosen) <= last) qs.add(chosen);
  const list = [...qs].sort((a, b) => a - b);
  const curve = (h, unsent) => list.map(q => q > 1 - 1 / h.n ? null : quantile(h, q, unsent));
  const lines = [
    ...on.map(([r, d]) => ({name: r.name, values: curve(d.response, r.unsent), colour: r.colour, most: 3,
      dash: r.out ? [2, 3] : undefined})),
    bold("response, runs merged", curve(pool, unsent), 3),
    {name: "service, runs merged", values: curve(service, 0), colour: "--offered", dash: [6, 3], width: 1.5, most: 3},
  ];
  const bounds = p.phase.bounds.filter(b => b.kind === "response" && b.q > 0);
  const shown = bounds.filter(b => nines(b.q) <= last), bound = near(shown, lines, log);
  const front = onCanvas((u, left, top, width, height) => {
    for (const b of shown) {
      const x = u.valToPos(nines(b.q), "x", true), y = u.valToPos(b.v, "y", true), half = 30 * uPlot.pxRatio;
      stroke(u, "--bound", [], x - half, y, x + half, y);
      label(u, b.text, Math.min(Math.max(x, left + 2 * half), left + width - 2 * half), y, "--bound", "center");
    }
    const x = u.valToPos(nines(chosen), "x", true);
    if (chosen >= 0.5) stroke(u, "--mark", [4, 3], x, top, x, top + height);
  });
  p.plot("spectrum", 230).draw(list.map(nines), lines, "ms", {
    title: `Response time by percentile, ${log ? "logarithmic (0 is not on the axis)" : "linear from 0"}`,
    log, range: log ? decades(bound) : fromZero(bound), front: [front], xRange: () => [nines(0.5), last],
    xLabel: "share of requests answered by then",
    xSplits: () => marked.map(nines).filter(x => x <= last + 1e-9),
    xValues: (u, at) => at.map(x => `${+(100 * (1 - 10 ** -x)).toPrecision(8)} %`),
    read: i => ({at: i == null ? "" : `${percent(list[i])}:`}),
  });
  const each = on.map(([r, d]) => quantile(d.response, chosen, r.unsent)).filter(v => v != null);
  const ms = v => v == null ? "longer than any answer" : `${number(v, 3)} ms`;
  p.result.textContent = !(chosen >= 0 && chosen <= 1) ? "a percentile is from 0 to 100" : !on.length ? "no run is on"
    : `${percent(chosen)}: response ${ms(quantile(pool, chosen, unsent))}` +
      (each.length > 1 ? ` (runs ${number(Math.min(...each), 3)} to ${number(Math.max(...each), 3)})` : "") +
      `, service ${ms(quantile(service, chosen))}, of ${number(pool.n)} requests of ${on.length} runs, merged`;
}

// distribution is how the requests were spread over the workers.
function distribution(p) {
  const names = [...new Set(p.runs.flatMap(r => (r.workers || []).map(w => w.name)))];
  if (!names.length) return;
  const of = (r, name) => sum((r.workers || []).filter(w => w.name === name).map(w => w.requests));
  const totals = names.map(name => sum(p.on.map(r => of(r, name)))), whole = sum(totals);
  const every = Math.ceil(names.length / 16);
  p.plot("distribution", 170).draw(names.map((_, i) => i), [
    {name: "requests", values: totals, colour: "--c0", fill: "--band", paths: uPlot.paths.bars({size: [0.7, 80]}), most: 0},
  ], "requests", {
    title: "Requests by worker", range: fromZero(0), xRange: () => [-0.5, names.length - 0.5], xLabel: "worker; dashed: an even share",
    xSplits: () => names.map((_, i) => i).filter(i => i % every === 0), xValues: (u, at) => at.map(i => names[i] ?? ""),
    front: [onCanvas((u, left, top, width) => {
      const y = u.valToPos(whole / names.length, "y", true);
      stroke(u, "--offered", [6, 3], left, y, left + width, y);
    })],
    read: i => {
      if (i == null || !whole) return {at: ""};
      const shares = p.on.map(r => 100 * of(r, names[i]) / sum((r.workers || []).map(w => w.requests))).filter(v => v >= 0);
      const text = `${number(totals[i])} requests, ${number(100 * totals[i] / whole, 2)} %`;
      const runs = `runs ${number(Math.min(...shares), 2)} to ${number(Math.max(...shares), 2)} %`;
      return {at: `worker ${names[i]}:`, lines: [{name: "", colour: "--c0", text: shares.length > 1 ? `${text} (${runs})` : text}]};
    },
  });
}

const memoryLimit = p => [...p.phase.bounds.filter(b => b.kind === "memory"),
  ...p.phase.limit ? [{v: p.phase.limit, text: `limit ${number(p.phase.limit, 1)} MiB`}] : []];

const charts = [throughput, latency, heatmap, failures, lag,
  usage("roles", "role", mean, 3, "cores", "Cores used, by role, the mean of the runs"),
  usage("cpu", "cpu", mean, 1, "% of a core", "Processor time of each worker, the mean of the runs"),
  usage("memory", "memory", largest, 1, "MiB", "Resident memory of each worker, the largest of the runs", memoryLimit),
  stores, spectrum, distribution];

// scaling draws the fit of the Universal Scalability Law, and what it projects.
function scaling(s, host) {
  const grid = el("div", {class: "live-grid"}), box = el("section", {class: "live", "aria-label": "Live chart of scaling"}, grid);
  host.before(box);
  const {curve, points, measured} = s, plot = new Plot(grid, "Capacity by number of workers", 280);
  const when = (read, is = () => true) => curve.map(c => is(c) ? read(c) : null);
  const level = s.level ? ` (${number(100 * s.level)} % interval)` : "";
  const known = () => s.level > 0, low = when(c => c.low, known), high = when(c => c.high ?? c.low, known);
  plot.draw(curve.map(c => c.n), [
    {name: "interval, high", values: high, colour: "--band", most: 0, silent: !known()},
    {name: "interval, low", values: low, colour: "--band", most: 0, silent: !known()},
    bold("fit", when(c => c.x, c => c.n <= measured), 0),
    {name: "projected", values: when(c => c.x, c => c.n >= measured), colour: "--mark", dash: [6, 4], width: 2, most: 0},
    {name: "measured", values: when(c => points.filter(p => p.n === c.n).map(p => p.x)[0] ?? null), colour: "--failed",
      dots: true, paths: () => null, most: 0},
  ], "req/s", {
    title: `Capacity by number of workers: the law's fit${level}, beyond ${number(measured)} workers projected`,
    range: fromZero(0), xLabel: "workers", bands: [{series: [1, 2], fill: () => css("--band")}],
    xRange: () => [curve[0].n, curve.at(-1).n],
    front: [onCanvas((u, left, top, width, height) => {
      const x = u.valToPos(measured, "x", true);
      stroke(u, "--mark", [2, 4], x, top, x, top + height);
      label(u, "projected", x + 6, top, "--mark", "left");
    })],
    read: i => ({at: i == null ? "" : `${number(curve[i].n, 2)} workers:`}),
  });
  return plot;
}

// All together.

const panels = [], others = [];

// open makes the panel of a phase. Where that fails, the phase has its images.
function open(phase, images) {
  try {
    panels.push(new Panel(phase, images));
  } catch (error) {
    images.classList.remove("live-folded");
    images.previousElementSibling.remove();
    console.error(error);
  }
}

function begin() {
  readFragment();
  const phases = (all.phases || []).map(phase => [phase, document.querySelector(`[data-phase="${Number(phase.n)}"]`)])
    .filter(([, images]) => images);
  // Of many phases, the charts are drawn when they come into sight.
  const seen = new IntersectionObserver(entries => entries.filter(e => e.isIntersecting).forEach(e => {
    seen.unobserve(e.target);
    for (const [phase, images] of phases) if (images === e.target) open(phase, images);
  }), {rootMargin: "600px"});
  for (const [phase, images] of phases) {
    if (phases.length > 8) seen.observe(images);
    else open(phase, images);
  }
  const host = document.querySelector("[data-scaling]");
  if (all.scaling && host && all.scaling.curve.length > 1) others.push(scaling(all.scaling, host));
  const go = place => {
    let target = null;
    try { target = document.getElementById(decodeURIComponent(place)); } catch { /* no name */ }
    const panel = target && panels.find(p => p.images.contains(target));
    if (panel) panel.fold(false);
    if (target) target.scrollIntoView();
  };
  if (anchor) go(anchor);
  addEventListener("hashchange", () => {
    if (readFragment()) for (const p of panels) p.restore();
    else writeFragment();
    go(anchor);
  });
  const each = act => [...others, ...panels.flatMap(p => Object.values(p.plots))].filter(p => p.u).forEach(act);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => each(p => p.u.redraw()));
  new ResizeObserver(() => each(p => p.fit())).observe(document.body);
}
begin();
})();
