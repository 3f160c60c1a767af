// The range of time that charts, tiles and table show: the last so many seconds, or one chosen by hand.

import { Signal } from "./signal.js";

export const PRESETS = [
  { seconds: 900, label: "15m", words: "15 minutes" },
  { seconds: 3600, label: "1h", words: "hour" },
  { seconds: 10800, label: "3h", words: "3 hours" },
  { seconds: 86400, label: "1d", words: "day" },
];
const SHORTEST = 10_000;

// {seconds} while the range follows the time, {start, end} when it stands.
export const range = new Signal({ seconds: PRESETS[0].seconds });
// The server's time, as far as it has told.
export const now = new Signal(Date.now());

let before = range.value;

export function follow(seconds) {
  before = { seconds };
  range.set(before);
}

// Show the last `ms`, and follow the time where a preset is of that length.
export function last(ms) {
  const preset = PRESETS.find(({ seconds }) => 1000 * seconds === ms);
  if (preset) follow(preset.seconds);
  else zoom(now.value - ms, now.value);
}

// Show [start, end) until reset.
export function zoom(start, end) {
  const middle = (start + end) / 2;
  const half = Math.max(SHORTEST, end - start) / 2;
  range.set({ start: Math.round(middle - half), end: Math.round(middle + half) });
}

// Show what happened around a moment, unless the range shows it already.
export function around(moment) {
  if (moment > 0 && moment < bounds()[0]) zoom(moment - 600_000, moment + 300_000);
}

// Back to the range before the first zoom.
export function reset() {
  range.set(before);
}

// [start, end] as they are now.
export function bounds() {
  const { seconds, start, end } = range.value;
  return seconds ? [now.value - 1000 * seconds, now.value] : [start, end];
}
