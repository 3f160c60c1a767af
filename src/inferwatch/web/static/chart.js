// One chart: its plot, the crosshair with its tooltip, and what a screen reader is told.

import { badge } from "./badge.js";
import { cursor, listen, selection } from "./cursor.js";
import { announce, fill, h, s, say } from "./dom.js";
import { Flags, releases } from "./flags.js";
import { Legend, swatch } from "./legend.js";
import { ADDITIVE, bands, breaching, comparable, thresholds, within } from "./marks.js";
import { NONE, format } from "./number.js";
import { clipped, curve, layout, timeAxis, valueAxis } from "./plot.js";
import { bounds, now, range, zoom } from "./range.js";
import { clock, moment, span, zone } from "./time.js";

const COLORS = {
  invocations: ["blue", "orange", "purple", "grey", "sky", "navy"],
  latency: ["sky", "navy", "orange"],
  queue: ["blue", "orange"],
  endpoint: ["sky", "navy", "orange", "grey"],
};
const PLAIN_COLORS = ["blue", "grey"];
const WORDS = { 60: "minute", 3600: "hour", 86400: "day" };
const HINT = "Arrow keys move along the chart, plus and minus zoom, Escape resets.";

export class Chart {
  #definition;
  #data = null;
  #alarms = [];
  #place = null;
  #frame = 0;
  #sample;
  #rows = new Map();

  // definition: as the model view gives it; sample: a request to show while there is no data, or null; first: whether
  // it is the first chart of the page.
  constructor(definition, sample, first) {
    this.#definition = definition;
    this.#sample = sample;
    this.flags = new Flags(first);
    this.#build();
    listen(this.plot, this, (x) => this.#place?.time(x) ?? now.value);
    this.plot.addEventListener("keydown", (event) => this.#key(event));
    this.plot.addEventListener("blur", () => cursor.value?.owner === this && cursor.set(null));
    new ResizeObserver(() => this.#soon()).observe(this.plot);
    cursor.watch(() => this.#point());
    selection.watch(() => this.#select());
    for (const signal of [zone, range, releases]) signal.watch(() => this.#soon());
  }

  #build() {
    const colors = COLORS[this.#definition.type] ?? PLAIN_COLORS;
    const filled = this.#definition.unit === "Count";
    this.series = this.#definition.series.map((one, index) => ({ ...one, color: colors[index], filled: filled && index === 0 }));
    this.sub = h("span", { class: "sub" });
    this.legend = new Legend(this.series, () => this.#soon());
    this.svg = s("svg", { "aria-hidden": "true" });
    this.over = s("g");
    this.empty = h("div", { class: "empty", hidden: true });
    this.tooltip = h("div", { class: "tooltip", hidden: true });
    const table = h("table", { class: "unseen" }, h("caption", {}, this.#definition.title));
    table.append(h("tr", {}, ["Series", "Latest", "Lowest", "Highest"].map((name) => h("th", { scope: "col" }, name))));
    for (const one of this.series) {
      const cells = [0, 1, 2].map(() => h("td", {}, NONE));
      this.#rows.set(one.id, cells);
      table.append(h("tr", {}, h("th", { scope: "row" }, one.label), cells));
    }
    this.plot = h(
      "div",
      {
        ...{ class: "plot", tabindex: 0, role: "application" },
        ...{ "aria-roledescription": "chart", "aria-label": `${this.#definition.title}. ${HINT}` },
      },
      [this.svg, this.empty, this.flags.element, this.tooltip, this.flags.note],
    );
    this.head = h("div", { class: "head" }, h("h2", {}, this.#definition.title), this.sub);
    this.elements = [this.head, this.legend.element, this.plot, table];
  }

  // Puts `view`, an answer of /api/series, in place of what is shown.
  show(view) {
    this.#data = { first: view.first, step: view.period * 1000, values: view.charts[this.#definition.id] };
    this.#soon();
  }

  // Adds the newest datapoints of an event, and drops what has left the range.
  add({ period, charts }) {
    if (!this.#data || this.#data.step !== period * 1000) return;
    const { step, values } = this.#data;
    for (const [id, points] of Object.entries(charts[this.#definition.id])) {
      for (const [time, value] of points) {
        const index = (time - this.#data.first) / step;
        while (values[id].length < index) values[id].push(null);
        if (index >= 0) values[id][index] = value;
      }
    }
    const gone = Math.floor((bounds()[0] - this.#data.first) / step);
    if (gone > 0) {
      for (const list of Object.values(values)) list.splice(0, gone);
      this.#data.first += gone * step;
    }
    this.#soon();
  }

  // The alarms of the model; those on other metrics are passed over.
  watchAlarms(alarms) {
    const metrics = this.series.map((one) => one.metric);
    this.#alarms = alarms.filter((alarm) => metrics.includes(alarm.metric));
    this.#soon();
  }

  // Draws at the next frame, once for whatever changes before it.
  #soon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #shown() {
    return this.series.filter((one) => this.legend.shows(one.id));
  }

  #draw() {
    if (!this.#data) return;
    const { first, step, values } = this.#data;
    const period = step / 1000;
    say(this.sub, ADDITIVE.includes(this.series[0].statistic) ? `per ${WORDS[period] ?? span(step)}` : "");
    const known = this.#shown().flatMap((one) => values[one.id].filter((value) => value !== null));
    this.#summarise();
    this.#sayEmpty(known.length === 0);
    const lines = this.#alarms.filter((alarm) => comparable(alarm, period));
    const fixed = this.#definition.type === "probability" ? 1 : 0;
    const highest = Math.max(fixed, ...known);
    const [start, end] = bounds();
    this.#place = layout({
      ...{ width: this.plot.clientWidth, height: this.plot.clientHeight, start, end, unit: this.#definition.unit },
      low: Math.min(0, ...known),
      high: Math.max(highest, ...within(lines, highest)) || 1,
    });
    const place = this.#place;
    const back = [bands(this.#alarms, place), this.flags.draw(place)];
    if (known.length) {
      const curves = this.#shown().map((one) => curve({ ...one, first, step, values: values[one.id] }, place));
      const inside = clipped(this.#definition.id, curves.reverse(), place);
      fill(this.svg, ...back, valueAxis(place), timeAxis(place), inside, thresholds(lines, place), this.over);
    } else fill(this.svg, ...back, timeAxis(place), this.over);
    this.#point();
    this.#select();
  }

  #sayEmpty(empty) {
    const onboarding = this.#sample && range.value.seconds;
    if (empty && this.empty.hidden) {
      this.empty.classList.toggle("onboarding", Boolean(onboarding));
      const words = onboarding ? ["No data yet. Send a request:", h("code", { tabindex: 0 }, this.#sample)] : ["No data in this range"];
      fill(this.empty, h("div", {}, words));
    }
    this.empty.hidden = !empty;
  }

  #summarise() {
    for (const one of this.series) {
      const known = this.#data.values[one.id].filter((value) => value !== null);
      if (known.length) this.legend.reveal(one.id);
      const figures = known.length ? [known.at(-1), Math.min(...known), Math.max(...known)] : [null, null, null];
      this.#rows.get(one.id).forEach((cell, index) => say(cell, format(figures[index], this.#definition.unit)));
    }
  }

  // The crosshair, at the datapoint nearest to the cursor.
  #point() {
    if (!this.#place || !this.#data) return;
    const at = cursor.value;
    const index = at ? this.#indexAt(at.time) : null;
    for (const one of this.series) {
      const values = this.#data.values[one.id];
      this.legend.write(one.id, format(at ? values[index] : lastKnown(values), this.#definition.unit));
    }
    const marks = at ? this.#crosshair(this.#data.first + index * this.#data.step, index) : [];
    this.over.replaceChildren(...marks);
    this.tooltip.hidden = at?.owner !== this;
    if (!this.tooltip.hidden) this.#tell(this.#data.first + index * this.#data.step, index);
  }

  #indexAt(time) {
    const { first, step, values } = this.#data;
    const length = Math.max(...Object.values(values).map((list) => list.length));
    return Math.max(0, Math.min(length - 1, Math.round((time - first) / step)));
  }

  #crosshair(time, index) {
    const { x, y, left, right, top, bottom } = this.#place;
    const at = Math.min(right, Math.max(left, x(time)));
    const line = s("line", { class: "crosshair", x1: at, x2: at, y1: top, y2: bottom });
    const dots = this.#shown().flatMap((one) => {
      const value = this.#data.values[one.id][index];
      if (!Number.isFinite(value)) return [];
      return s("g", { class: `series-${one.color}` }, s("circle", { class: "cross-dot", cx: at, cy: y(value), r: 3.5 }));
    });
    return [line, ...dots];
  }

  #tell(time, index) {
    const lines = this.#shown().map((one) => h("p", { class: `series-${one.color}` }, swatch(), one.label, h("b", {}, this.#figure(one, index))));
    const loud = breaching(this.#alarms, time, time + this.#data.step - 1).map((alarm) => badge("ALARM", alarm.name));
    fill(this.tooltip, h("time", {}, moment(time, now.value)), lines, loud);
    const x = this.#place.x(time);
    const width = this.tooltip.offsetWidth;
    const left = x + 14 + width > this.#place.width ? Math.max(0, x - 14 - width) : x + 14;
    this.tooltip.style.transform = `translate(${left}px, 4px)`;
  }

  #figure(one, index) {
    return format(this.#data.values[one.id][index], this.#definition.unit);
  }

  #select() {
    this.band?.remove();
    if (!selection.value || !this.#place) return;
    const { x, left, right, top, bottom } = this.#place;
    const from = Math.max(left, x(selection.value.start));
    const width = Math.max(0, Math.min(right, x(selection.value.end)) - from);
    this.band = s("rect", { class: "selection", x: from, y: top, width, height: bottom - top });
    this.svg.append(this.band);
  }

  #key(event) {
    if (!this.#data || event.ctrlKey || event.metaKey || event.altKey) return;
    const { first, step } = this.#data;
    const [start, end] = bounds();
    const here = cursor.value ? this.#indexAt(cursor.value.time) : this.#indexAt(end);
    const stride = event.shiftKey ? 10 : 1;
    const moves = { ArrowLeft: here - stride, ArrowRight: here + stride, Home: 0, End: this.#indexAt(end) };
    if (event.key in moves) {
      const index = this.#indexAt(first + moves[event.key] * step);
      cursor.set({ time: first + index * step, owner: this });
      announce([clock(first + index * step), ...this.#shown().map((one) => `${one.label} ${this.#figure(one, index)}`)].join(", "));
    } else if (event.key === "+" || event.key === "=" || event.key === "-") {
      const middle = cursor.value?.time ?? (start + end) / 2;
      const half = (end - start) * (event.key === "-" ? 1 : 0.25);
      zoom(middle - half, Math.min(now.value, middle + half));
    } else return;
    event.preventDefault();
  }
}

function lastKnown(values) {
  return values.findLast((value) => value !== null && value !== undefined) ?? null;
}
