// A chart's legend: a swatch, a name and a figure for each series, and a switch to hide it.

import { h, s, say } from "./dom.js";
import { NONE } from "./number.js";

// Series that most models never have: no word of them until there is a value.
const OPTIONAL = ["throttled", "retried", "endpoint_errors"];

export class Legend {
  #entries = new Map();

  // series: [{id, label, color}]; changed(): a series was hidden or shown.
  constructor(series, changed) {
    this.element = h("div", { class: "legend" });
    for (const one of series) {
      const entry = { figure: h("b", {}, NONE), hidden: false, known: !OPTIONAL.includes(one.id) };
      const toggle = () => {
        entry.hidden = !entry.hidden;
        entry.button.setAttribute("aria-pressed", String(!entry.hidden));
        changed();
      };
      entry.button = h(
        "button",
        { type: "button", "aria-pressed": "true", class: `series-${one.color}`, onclick: toggle, hidden: !entry.known },
        [swatch(), one.label, entry.figure],
      );
      this.#entries.set(one.id, entry);
      this.element.append(entry.button);
    }
  }

  // Whether the series is drawn: it has had a value, and nobody has hidden it.
  shows(id) {
    const { hidden, known } = this.#entries.get(id);
    return known && !hidden;
  }

  // The series has had a value.
  reveal(id) {
    const entry = this.#entries.get(id);
    entry.known = true;
    entry.button.hidden = false;
  }

  write(id, figure) {
    say(this.#entries.get(id).figure, figure);
  }
}

// color: of the series, where no element around it has one.
export function swatch(color) {
  return s("svg", { class: `swatch${color ? ` series-${color}` : ""}`, viewBox: "0 0 12 8", "aria-hidden": "true" }, s("line", { x1: 0, x2: 12, y1: 4, y2: 4 }));
}
