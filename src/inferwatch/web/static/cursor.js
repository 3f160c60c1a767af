// The crosshair that all charts share, and the selection that zooms them together.

import { reset, zoom } from "./range.js";
import { Signal } from "./signal.js";

// {time, owner} or null: where the crosshair stands, and which chart it was put on.
export const cursor = new Signal(null);
// {start, end} or null: what is being selected.
export const selection = new Signal(null);

const LEAST_DRAG = 5;

// {x, time} where the pointer went down, while it is down.
let origin = null;

// Lets the pointer move the crosshair and select over `plot`; timeAt(x) turns its pixels into a time.
export function listen(plot, owner, timeAt) {
  const at = (event) => timeAt(event.clientX - plot.getBoundingClientRect().left);

  plot.addEventListener("pointermove", (event) => {
    cursor.set({ time: at(event), owner });
    if (origin && Math.abs(event.clientX - origin.x) > LEAST_DRAG) selection.set(ordered(origin.time, at(event)));
  });
  plot.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    origin = { x: event.clientX, time: at(event) };
    plot.setPointerCapture(event.pointerId);
  });
  plot.addEventListener("pointerup", () => {
    const chosen = selection.value;
    origin = null;
    selection.set(null);
    if (chosen) zoom(chosen.start, chosen.end);
  });
  plot.addEventListener("pointercancel", () => {
    origin = null;
    selection.set(null);
  });
  plot.addEventListener("pointerleave", () => {
    if (!origin) cursor.set(null);
  });
  plot.addEventListener("dblclick", reset);
}

// Escape ends a selection; without one, the zoom.
export function escape() {
  origin = null;
  if (selection.value) selection.set(null);
  else reset();
  cursor.set(null);
}

function ordered(one, other) {
  return one < other ? { start: one, end: other } : { start: other, end: one };
}
