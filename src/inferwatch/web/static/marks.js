// What alarms add to a chart: a line at the threshold, a band while in ALARM.

import { s } from "./dom.js";
import { format } from "./number.js";

const SIGNS = {
  GreaterThanThreshold: ">",
  GreaterThanOrEqualToThreshold: "≥",
  LessThanThreshold: "<",
  LessThanOrEqualToThreshold: "≤",
};
export const ADDITIVE = ["Sum", "SampleCount"];
// A threshold further than this above the data is told at the edge, and does not squeeze the data flat.
const REACH = 2.5;

// `> 400 ms`
function limit(alarm) {
  return `${SIGNS[alarm.comparison]} ${format(alarm.threshold, alarm.unit)}`;
}

// `p90 of LatencyMs > 400 ms, 2 of 2 periods of 10 s`; of a composite alarm its rule; "" where only its spec knows.
export function condition(alarm) {
  if (alarm.rule === null && alarm.metric === null) return "";
  if (alarm.rule !== null) return alarm.rule;
  const { datapoints_to_alarm: m, evaluation_periods: n, period } = alarm;
  const periods = n === 1 ? `over ${period} s` : `${m} of ${n} periods of ${period} s`;
  return `${alarm.statistic} of ${alarm.metric} ${limit(alarm)}, ${periods}`;
}

// Whether a line at the threshold says something true on a chart of `period`: a sum over 60 s is no sum over 10 s.
export function comparable(alarm, period) {
  return !ADDITIVE.includes(alarm.statistic) || alarm.period === period;
}

// The thresholds that belong in the range of the value axis.
export function within(alarms, highest) {
  return alarms.map((alarm) => alarm.threshold).filter((threshold) => threshold <= highest * REACH);
}

// A threshold on the axis' own base line is not drawn over it: the bands tell when it was crossed.
export function thresholds(alarms, place) {
  return alarms.filter((alarm) => alarm.threshold !== place.floor).flatMap((alarm) => {
    const outside = alarm.threshold > place.ceiling;
    const y = outside ? place.top : Math.round(place.y(alarm.threshold)) + 0.5;
    const words = outside ? `alarm ${limit(alarm)} ↑` : `alarm ${limit(alarm)}`;
    const below = y < place.top + 12;
    const text = s("text", { class: "threshold-text", x: place.right - 2, y: below ? y + 12 : y - 4, "text-anchor": "end" }, words);
    if (outside) return [text];
    return [s("line", { class: "threshold", x1: place.left, x2: place.right, y1: y, y2: y }), text];
  });
}

export function bands(alarms, place) {
  return alarms.flatMap((alarm) =>
    overlapping(alarm, place.start, place.end).flatMap(([from, to]) => {
      const x = place.x(from);
      const width = Math.max(1.5, place.x(to) - x);
      return [
        s("rect", { class: "band", x, y: place.top, width, height: place.bottom - place.top }),
        s("rect", { class: "band-cap", x, y: place.top - 3, width, height: 3 }),
      ];
    }),
  );
}

// The alarms that were in ALARM at any time of [start, end].
export function breaching(alarms, start, end) {
  return alarms.filter((alarm) => overlapping(alarm, start, end).length > 0);
}

function overlapping(alarm, start, end) {
  return alarm.bands
    .map(([from, to]) => [Math.max(from, start), Math.min(to ?? Infinity, end)])
    .filter(([from, to]) => from <= to);
}
