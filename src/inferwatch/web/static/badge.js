// A state, told by an icon's shape, a word, and only then a colour.

import { h, s } from "./dom.js";

const SHAPES = {
  check: "M2.5 6.4 5 8.9l4.6-5.3",
  triangle: "M6 1.6 11 10.4H1z",
  ring: "M6 2.2a3.8 3.8 0 1 1 0 7.6 3.8 3.8 0 0 1 0-7.6z",
  cross: "M3 3l6 6M9 3l-6 6",
  clock: "M6 1.8a4.2 4.2 0 1 1 0 8.4 4.2 4.2 0 0 1 0-8.4zM6 3.6V6l1.7 1.2",
  bar: "M2.5 6h7",
  pause: "M4.2 2.8v6.4M7.8 2.8v6.4",
  equal: "M2.5 4.4h7M2.5 7.8h7",
  disc: "M6 3.4a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2z",
};
const SOLID = ["triangle", "disc"];

const KINDS = {
  OK: ["check", "ok", "OK"],
  ALARM: ["triangle", "alarm", "ALARM"],
  INSUFFICIENT_DATA: ["ring", "none", "No data"],
  succeeded: ["check", "ok", "Succeeded"],
  failed: ["cross", "alarm", "Failed"],
  timeout: ["clock", "alarm", "Timeout"],
  rejected: ["bar", "warn", "Rejected"],
  delivered: ["check", "ok", "Delivered"],
  undelivered: ["bar", "warn", "Undelivered"],
  pending: ["clock", "warn", "Pending"],
  retrying: ["clock", "warn", "Retrying"],
  dead: ["cross", "alarm", "Given up"],
  silent: ["ring", "warn", "No data"],
  quiet: ["bar", "none", "No alarms"],
  better: ["check", "ok", "Better"],
  worse: ["triangle", "warn", "Worse"],
  same: ["equal", "none", "No difference"],
  unknown: ["ring", "none", "Too little data"],
  connecting: ["ring", "none", "Connecting"],
  live: ["disc", "ok", "Live"],
  paused: ["pause", "none", "Paused"],
  disconnected: ["cross", "warn", "Disconnected"],
};

function icon(shape) {
  const solid = SOLID.includes(shape);
  return s(
    "svg",
    { viewBox: "0 0 12 12", "aria-hidden": "true" },
    s("path", {
      d: SHAPES[shape],
      fill: solid ? "currentColor" : "none",
      stroke: "currentColor",
      "stroke-width": solid ? 1 : 1.7,
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
    }),
  );
}

// The badge of a state; `words` in place of the state's usual name.
export function badge(state, words) {
  const [shape, tone, name] = KINDS[state] ?? ["ring", "none", state];
  return h("span", { class: `badge tone-${tone}` }, icon(shape), words ?? name);
}

// Turns `element` itself into the badge.
export function wear(element, state, words) {
  const [shape, tone, name] = KINDS[state];
  element.className = `${element.className.replace(/ ?tone-\w+/, "")} tone-${tone}`;
  element.replaceChildren(icon(shape), words ?? name);
}
