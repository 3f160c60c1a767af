// The tiles: one figure each, with the shape of the range behind it.

import { fill, h, s } from "./dom.js";
import { parts } from "./number.js";
import { now } from "./range.js";
import { HEIGHT, WIDTH, sparkline } from "./sparkline.js";
import { minute } from "./time.js";

const COLORS = { errors: "orange", dead: "orange" };
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
