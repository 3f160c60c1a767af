// The drawing of one chart: from values and a size to SVG. It keeps nothing.

import { timeTicks, valueLabels, valueTicks } from "./axis.js";
import { s } from "./dom.js";

const TOP = 10;
const BOTTOM = 20;
const RIGHT = 10;
const CHARACTER = 6.1;

// Where things lie: `x(time)`, `y(value)`, and `time(x)` back again.
export function layout({ width, height, start, end, low, high, unit }) {
  const ticks = valueTicks(low, high, Math.max(2, Math.round((height - TOP - BOTTOM) / 38)), unit);
  const labels = valueLabels(ticks, unit);
  const left = Math.max(34, Math.max(...labels.map((label) => label.length)) * CHARACTER + 10);
  const right = Math.max(left + 1, width - RIGHT);
  const bottom = Math.max(TOP + 1, height - BOTTOM);
  const [floor, ceiling] = [Math.min(low, ticks[0]), Math.max(high, ticks.at(-1))];
  return {
    ...{ left, right, top: TOP, bottom, width, height, start, end, ticks, labels, floor, ceiling },
    x: (time) => left + ((time - start) / (end - start)) * (right - left),
    y: (value) => bottom - ((value - floor) / (ceiling - floor)) * (bottom - TOP),
    time: (x) => start + ((Math.min(right, Math.max(left, x)) - left) / (right - left)) * (end - start),
  };
}

// Grid lines with their labels.
export function valueAxis(place) {
  return place.ticks.flatMap((tick, index) => {
    const y = Math.round(place.y(tick)) + 0.5;
    return [
      s("line", { class: "grid-line", x1: place.left, x2: place.right, y1: y, y2: y }),
      s("text", { class: "axis-text", x: place.left - 7, y: y + 3.5, "text-anchor": "end" }, place.labels[index]),
    ];
  });
}

export function timeAxis(place) {
  const most = Math.max(2, Math.floor((place.right - place.left) / 76));
  const drawn = timeTicks(place.start, place.end, most).flatMap(({ time, label }) => {
    const x = place.x(time);
    if (x < place.left + 12 || x > place.right - 12) return [];
    return [
      s("line", { class: "base-line", x1: x, x2: x, y1: place.bottom, y2: place.bottom + 3 }),
      s("text", { class: "axis-text", x, y: place.bottom + 15, "text-anchor": "middle" }, label),
    ];
  });
  const y = Math.round(place.bottom) + 0.5;
  return [s("line", { class: "base-line", x1: place.left, x2: place.right, y1: y, y2: y }), ...drawn];
}

// `drawn`, cut off where the axes end: the first period may begin before the range does.
export function clipped(name, drawn, { left, right, bottom }) {
  const id = `inside-${name}`;
  const area = s("rect", { x: left, y: 0, width: right - left + 4, height: bottom + 2 });
  return [s("clipPath", { id }, area), s("g", { "clip-path": `url(#${id})` }, drawn)];
}

// One series: a line that breaks where a value is missing, with a dot for a value between two gaps.
export function curve({ values, first, step, color, filled }, place) {
  const group = s("g", { class: `series-${color}` });
  const line = [];
  const area = [];
  for (const run of runs(values)) {
    const points = run.map(([index, value]) => `${round(place.x(first + index * step))} ${round(place.y(value))}`);
    if (points.length === 1) {
      const [x, y] = points[0].split(" ");
      group.append(s("circle", { class: "dot", cx: x, cy: y, r: 2.4 }));
      continue;
    }
    line.push(`M${points.join("L")}`);
    const [from, to] = [run[0][0], run.at(-1)[0]].map((index) => round(place.x(first + index * step)));
    area.push(`M${from} ${round(place.y(0))}L${points.join("L")}L${to} ${round(place.y(0))}Z`);
  }
  if (filled && area.length) group.prepend(s("path", { class: "area", d: area.join("") }));
  if (line.length) group.append(s("path", { class: "curve", d: line.join("") }));
  return group;
}

// Stretches of [index, value] without a gap.
export function runs(values) {
  const found = [];
  let open = null;
  values.forEach((value, index) => {
    if (value === null || value === undefined) {
      open = null;
      return;
    }
    if (!open) found.push((open = []));
    open.push([index, value]);
  });
  return found;
}

const round = (pixels) => Math.round(pixels * 10) / 10;
