// Times are epoch milliseconds. A zone exists only here, where they are written.

import { remembered } from "./signal.js";

export const zone = remembered("zone", "UTC", ["UTC", "local"]);

const formatters = new Map();

function written(options, ms) {
  const key = `${zone.value} ${JSON.stringify(options)}`;
  if (!formatters.has(key)) {
    const timeZone = zone.value === "UTC" ? "UTC" : undefined;
    formatters.set(key, new Intl.DateTimeFormat("en-GB", { ...options, timeZone, hourCycle: "h23" }));
  }
  return formatters.get(key).format(ms);
}

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
const DAY = { day: "numeric", month: "short" };

export const clock = (ms) => written(CLOCK, ms);
export const minute = (ms) => written({ hour: "2-digit", minute: "2-digit" }, ms);
export const day = (ms) => written(DAY, ms);
export const full = (ms) => `${written({ ...DAY, year: "numeric" }, ms)}, ${clock(ms)}.${String(ms % 1000).padStart(3, "0")}`;

// `14:02:10` on the day of `now`, `3 Nov 14:02:10` on any other.
export function moment(ms, now) {
  return day(ms) === day(now) ? clock(ms) : `${day(ms)} ${clock(ms)}`;
}

// How long, in its two largest parts: `45 s`, `3 min 5 s`, `2 h 10 min`, `4 d 3 h`.
export function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [
    [Math.floor(seconds / 86400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

// The zone's name as the page shows it.
export function zoneName() {
  return zone.value === "UTC" ? "UTC" : Intl.DateTimeFormat().resolvedOptions().timeZone;
}

// How far the shown zone is ahead of UTC at `ms`.
export function offset(ms) {
  return zone.value === "UTC" ? 0 : -new Date(ms).getTimezoneOffset() * 60_000;
}
