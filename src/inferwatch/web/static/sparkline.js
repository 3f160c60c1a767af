// The shape of a few values, oldest first, without axes: in a box of 100 by 30. It keeps nothing.

import { s } from "./dom.js";
import { runs } from "./plot.js";

export const WIDTH = 100;
export const HEIGHT = 30;

export function sparkline(values) {
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
