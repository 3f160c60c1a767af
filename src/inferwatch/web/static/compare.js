// Two versions side by side: each figure with its confidence interval, and in words whether they differ.

import { keep, told } from "./address.js";
import { BadQuestion, read } from "./api.js";
import { badge } from "./badge.js";
import { fill, h, s, say } from "./dom.js";
import { compared } from "./flags.js";
import { swatch } from "./legend.js";
import { NONE, format } from "./number.js";
import { bounds, now, range } from "./range.js";
import { moment } from "./time.js";

const MEASURES = [
  ["traffic", "Traffic"],
  ["p50", "Latency p50"],
  ["p90", "Latency p90"],
  ["p99", "Latency p99"],
  ["error_rate", "Error rate"],
  ["confidence", "Confidence"],
];
const UNITS = { ms: "Milliseconds", "%": "Percent" };
const COLORS = ["blue", "orange"];
const [WIDTH, HEIGHT, EDGE] = [200, 30, 8];

export class Compare {
  #model;
  #rows = new Map();
  #versions = [];
  #asked = 0;

  constructor(model) {
    this.#model = model;
    this.selects = ["First version", "Second version"].map((name) => h("select", { "aria-label": name, onchange: () => this.#chosen() }));
    this.button = h("button", { type: "button", class: "plain", onclick: () => this.#chosen() }, "Compare");
    this.sub = h("span", { class: "sub", "aria-live": "polite" });
    this.heads = [0, 1].map(() => h("th", { scope: "col", class: "number" }));
    const [first, second] = this.selects;
    const choice = h("div", { class: "choice" }, swatch(COLORS[0]), first, h("span", {}, "and"), swatch(COLORS[1]), second, this.button);
    const names = [h("th", { scope: "col" }, "Measure"), ...this.heads, h("th", { scope: "col", class: "interval" }, "Intervals")];
    const body = MEASURES.filter(([name]) => name !== "confidence" || model.confidence_scale).map((measure) => this.#row(measure));
    const head = h("thead", {}, h("tr", {}, names, h("th", { scope: "col" }, "Verdict")));
    this.table = h("table", { class: "compared", "aria-label": "Two versions side by side" }, head, h("tbody", {}, body));
    this.notes = h("p", { class: "notes" });
    this.element = h(
      "section",
      { class: "widget compare", id: "compare", "aria-label": "Versions side by side", hidden: true, tabindex: -1 },
      [h("div", { class: "head" }, h("h2", {}, "Versions side by side"), this.sub), choice, this.table, this.notes],
    );
    this.element.style.setProperty("--span", 24);
    compared.watch((pair) => this.#want(pair));
    range.watch(() => this.load());
  }

  // Reads which versions there are, and compares two of them, unless that costs money.
  async load() {
    const [start, end] = bounds();
    try {
      const { versions } = await read("versions", { start, end });
      this.#versions = versions;
    } catch (error) {
      return say(this.sub, error.message);
    }
    const [first, second] = this.#choice();
    this.selects.forEach((select, index) => fill(select, this.#versions.map((one) => option(one, [first, second][index]))));
    this.element.hidden = this.#versions.length < 2;
    if (this.element.hidden) return;
    const linked = told("compare") && this.#asked === 0;
    if (!this.#model.billed || linked) await this.#ask();
    else say(this.sub, "each comparison is billed, so it waits for you");
  }

  // Both versions as they are chosen, else those of the address, else the newest and the one before it.
  #choice() {
    const names = this.#versions.map((one) => one.model_version);
    const linked = told("compare").split(",");
    const chosen = this.selects.map((select) => select.value);
    const known = [chosen, linked].find(([first, second]) => names.includes(first) && names.includes(second) && first !== second);
    return known ?? [names[1], names[0]];
  }

  #want({ first, second }) {
    for (const name of [first, second]) {
      if (!this.#versions.some((one) => one.model_version === name)) this.#versions.push({ model_version: name, records: null });
    }
    this.selects.forEach((select, index) => fill(select, this.#versions.map((one) => option(one, [first, second][index]))));
    this.element.hidden = false;
    this.element.scrollIntoView({ block: "center" });
    this.element.focus({ preventScroll: true });
    this.#chosen();
  }

  #chosen() {
    keep("compare", this.selects.map((select) => select.value).join());
    return this.#ask();
  }

  // An answer that a later question has overtaken is dropped.
  async #ask() {
    const asked = (this.#asked += 1);
    const [a, b] = this.selects.map((select) => select.value);
    const [start, end] = bounds().map(Math.round);
    say(this.sub, "comparing");
    try {
      const found = await read("compare", { a, b, start, end });
      if (asked !== this.#asked) return;
      this.#show(found);
    } catch (error) {
      if (asked === this.#asked) say(this.sub, error instanceof BadQuestion ? error.message.replace(/^\w+: /, "") : error.message);
    }
  }

  #show({ first, second, start_ms: start, end_ms: end, level, measures, notes }) {
    say(this.sub, `${moment(start, now.value)} to ${moment(end, now.value)}, ${Math.round(100 * level)} % confidence intervals`);
    const records = ({ version, records: count }) => [`Version ${version}`, h("small", {}, `${count.toLocaleString("en")} records`)];
    [first, second].forEach((side, index) => fill(this.heads[index], swatch(COLORS[index]), records(side)));
    for (const measure of measures) this.#fill(measure);
    say(this.notes, notes.join(" "));
  }

  #row([name, label]) {
    const cells = { sides: [0, 1].map(() => h("td", { class: "number" }, NONE)), interval: h("td", { class: "interval" }), verdict: h("td", { class: "verdict" }) };
    this.#rows.set(name, cells);
    return h("tr", {}, h("th", { scope: "row" }, label), cells.sides, cells.interval, cells.verdict);
  }

  #fill(measure) {
    const { sides, interval, verdict } = this.#rows.get(measure.name);
    const both = [measure.first, measure.second];
    both.forEach((estimate, index) => fill(sides[index], figures(estimate, measure.unit)));
    fill(interval, whiskers(both));
    const says = measure.says[0].toUpperCase() + measure.says.slice(1);
    fill(verdict, measure.verdict ? badge(tone(measure), says) : h("span", { class: "badge tone-none" }, says));
  }
}

function option({ model_version: version, records }, chosen) {
  const words = records === 0 ? `${version} (no traffic)` : version;
  return h("option", { value: version, selected: version === chosen }, words);
}

// `124 ms`, and below it `118 to 131 ms`.
function figures(estimate, unit) {
  if (!estimate) return [NONE];
  const [value, low, high] = [estimate.value, estimate.low, estimate.high].map((figure) => written(figure, unit));
  const name = /\D*$/.exec(high)[0];
  return [value, h("small", {}, `${low.endsWith(name) ? low.slice(0, low.length - name.length) : low} to ${high}`)];
}

function written(value, unit) {
  if (unit in UNITS) return format(Number(value.toPrecision(3)), UNITS[unit]);
  return `${Number(value.toPrecision(3))}${unit === "/min" ? "/min" : ""}`;
}

function tone({ name, verdict }) {
  if (verdict === "too little data") return "unknown";
  if (verdict === "no difference") return "same";
  return (verdict === "higher") === (name === "confidence") ? "better" : "worse";
}

// A dot on a line from end to end of the interval, for each version, on one scale.
function whiskers(estimates) {
  const known = estimates.filter(Boolean);
  if (!known.length) return [];
  const low = Math.min(...known.map((one) => one.low));
  const high = Math.max(...known.map((one) => one.high));
  const x = (value) => (high > low ? EDGE + ((value - low) / (high - low)) * (WIDTH - 2 * EDGE) : WIDTH / 2);
  const line = (x1, x2, y1, y2) => s("line", { x1, x2, y1, y2 });
  const drawn = estimates.map((one, index) => {
    if (!one) return null;
    const y = (HEIGHT * (index + 0.65)) / 2.3 + 2;
    const ends = [one.low, one.high].map(x);
    const parts = [line(...ends, y, y), ...ends.map((end) => line(end, end, y - 3, y + 3)), s("circle", { cx: x(one.value), cy: y, r: 3.2 })];
    return s("g", { class: `whisker series-${COLORS[index]}` }, parts);
  });
  return s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, "aria-hidden": "true" }, drawn);
}
