// One inference transaction as a row of the table.

import { badge } from "./badge.js";
import { h } from "./dom.js";
import { NONE, format } from "./number.js";
import { now } from "./range.js";
import { moment } from "./time.js";

const COLUMNS = [
  ["Time", ""],
  ["Status", ""],
  ["Latency", "number"],
  ["Confidence", "number"],
  ["Prediction or error", "said"],
  ["Version", "version number"],
  ["Transaction", "id"],
];

// The heads of the columns. A model without a confidence has no column for it.
export function heads({ confidence_scale: scale }) {
  return COLUMNS.filter(([name]) => scale || name !== "Confidence").map(([name, kind]) => h("th", { scope: "col", class: kind }, name));
}

// key: by which the row is known again.
export function recordRow(row, key, { confidence_scale: scale }) {
  const said = row.error ? `${row.error.type}: ${row.error.message}` : row.prediction ?? NONE;
  const confidence = row.confidence === null ? NONE : format(row.confidence / scale, "Fraction");
  const link = h("a", { href: `#transaction=${row.transaction_id}`, "data-id": row.transaction_id }, moment(row.start, now.value));
  return h(
    "tr",
    { "data-key": key },
    h("td", {}, link),
    h("td", {}, badge(row.status)),
    h("td", { class: "number" }, format(row.elapse, "Milliseconds")),
    scale ? h("td", { class: "number" }, confidence) : null,
    h("td", { class: row.error ? "said error" : "said", title: row.error ? said : null }, String(said), tags(row)),
    h("td", { class: "version number" }, String(row.model_version ?? NONE)),
    h("td", { class: "id" }, row.transaction_id.slice(-12)),
  );
}

function tags({ cold_start: cold, seeded }) {
  return [cold && "cold start", seeded && "seeded"].filter(Boolean).map((words) => h("span", { class: "tag" }, words));
}
