// The tiles: one figure each, with the shape of the range behind it.

import { fill, h, s } from "./dom.js";
import { parts } from "./number.js";
import { runs } from "./plot.js";
import { now } from "./range.js";
import { minute } from "./time.js";

const COLORS = { errors: "orange", dead: "orange" };
const [WIDTH, HEIGHT] = [100, 30];
const RECENT = 150_000;

export class Tiles {
  #tiles = new Map();

  // tiles: [{id, label}], as the model view names them.
  constructor(tiles) {
    this.element = h("section", { class: "widget tiles", "aria-label": "Key figures" });
    for (const tile of tiles) this.#add(tile);
  }

  // tiles: as /api/tiles and the events give them.
  show(tiles) {
    for (const tile of tiles) {
      const { figure, note, spark } = this.#tiles.get(tile.id);
      const [number, unit] = parts(tile.value, tile.unit);
      fill(figure, number, unit && h("small", {}, unit));
      note.textContent = tile.note || moment(tile.at);
      fill(spark, sparkline(tile.spark));
    }
  }

  #add(tile) {
    const made = {
      figure: h("p", { class: "figure" }),
      note: h("p", { class: "note" }),
      spark: s("svg", {
        class: `series-${COLORS[tile.id] ?? "blue"}`,
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        preserveAspectRatio: "none",
        "aria-hidden": "true",
      }),
    };
    this.#tiles.set(tile.id, made);
    this.element.append(h("div", { class: "tile" }, h("p", { class: "label" }, tile.label), made.figure, made.note, made.spark));
  }
}

function moment(at) {
  if (at === null) return "";
  return now.value - at < RECENT ? "last minute" : `at ${minute(at)}`;
}

function sparkline(values) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return [];
  const high = Math.max(...known) || 1;
  const x = (index) => ((index / (values.length - 1)) * WIDTH).toFixed(2);
  const y = (value) => (HEIGHT - 2 - (value / high) * (HEIGHT - 5)).toFixed(2);
  const lines = runs(values).filter((run) => run.length > 1);
  const path = (run) => run.map(([index, value]) => `${x(index)} ${y(value)}`).join("L");
  const under = (run) => `M${x(run[0][0])} ${HEIGHT}L${path(run)}L${x(run.at(-1)[0])} ${HEIGHT}Z`;
  return [
    s("path", { class: "spark-area", d: lines.map(under).join("") }),
    s("path", { class: "spark-line", d: lines.map((run) => `M${path(run)}`).join("") }),
  ];
}
