// Where an axis has its ticks.

import { GAP, MILLISECONDS, parts } from "./number.js";
import { clock, day, minute, offset } from "./time.js";

// Ticks at 1, 2, 2.5 or 5 times a power of ten, or at round times where a minute is passed, from at or below `low` to at
// or above `high`; about `wanted` of them.
export function valueTicks(low, high, wanted, unit) {
  const raw = (high - low || 1) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const round = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= raw * 0.999) * power;
  const step = high * MILLISECONDS[unit] > MINUTE ? roundTime(raw * MILLISECONDS[unit]) / MILLISECONDS[unit] : round;
  const ticks = [];
  for (let i = Math.floor(low / step + 1e-9); ; i += 1) {
    ticks.push(Number((i * step).toPrecision(12)));
    if (i * step >= high - step * 1e-9) return ticks;
  }
}

// What a value axis writes at its ticks; all in the unit that its highest tick has.
export function valueLabels(ticks, unit) {
  if (unit === "Fraction") return ticks.map(String);
  const top = ticks.at(-1);
  const [, name] = parts(top, unit);
  return ticks.map((tick) => {
    const [figure, own] = parts(tick, unit);
    if (tick === 0) return "0";
    if (own !== name && top) return Number(((tick / top) * Number(parts(top, unit)[0])).toPrecision(3)) + GAP + name;
    return name ? figure + GAP + name : figure;
  });
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 30, 90, 365].map((n) => n * DAY),
];

function roundTime(least) {
  return STEPS.find((step) => step >= least * 0.999) ?? STEPS.at(-1);
}

// [{time, label}] on round times of the shown zone, at most `most` of them.
export function timeTicks(start, end, most) {
  const step = STEPS.find((one) => (end - start) / one <= most) ?? STEPS.at(-1);
  const write = step >= DAY ? day : step >= MINUTE ? minute : clock;
  const shift = offset(start);
  const ticks = [];
  for (let at = Math.ceil((start + shift) / step) * step - shift; at <= end; at += step) {
    const midnight = step >= HOUR && step < DAY && (at + shift) % DAY === 0;
    ticks.push({ time: at, label: midnight ? day(at) : write(at) });
  }
  return ticks;
}
