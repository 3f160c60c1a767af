// One transaction in full. It is opened by the page's own address, #transaction=ID, so that it can be linked.

import { read } from "./api.js";
import { badge } from "./badge.js";
import { fill, h } from "./dom.js";
import { NONE, format } from "./number.js";
import { full, zone } from "./time.js";

const FRAGMENT = /^#transaction=([0-9a-fA-F-]+)$/;
const LARGE = 1500;
const PAYLOADS = ["request", "response", "features"];
const TOLD = [
  ...["transaction_id", "status", "error", "start_at", "end_at", "elapse", "prediction", "confidence"],
  ...["type", "v", ...PAYLOADS],
];

export class Detail {
  #dialog = document.getElementById("detail");
  #record = null;
  #units;

  // units: CloudWatch's unit of each metric, by the metric's name.
  constructor(units) {
    this.#units = units;
    this.#dialog.addEventListener("close", () => this.#closed());
    this.#dialog.addEventListener("click", (event) => event.target === this.#dialog && this.#dialog.close());
    addEventListener("hashchange", () => this.#follow());
    zone.watch(() => this.#record && this.#draw());
    this.#follow();
  }

  async #follow() {
    const id = FRAGMENT.exec(location.hash)?.[1];
    if (!id) return this.#dialog.close();
    this.#record = null;
    fill(this.#dialog, this.#top("Transaction"), h("div", { class: "body" }, "Reading"));
    if (!this.#dialog.open) this.#dialog.showModal();
    try {
      this.#record = await read(`transactions/${id}`);
      this.#draw();
    } catch (error) {
      fill(this.#dialog, this.#top("Transaction"), h("div", { class: "body" }, error.message));
    }
  }

  #closed() {
    this.#record = null;
    if (FRAGMENT.test(location.hash)) history.replaceState(null, "", location.pathname + location.search);
  }

  #top(title, ...actions) {
    const close = h("button", { type: "button", class: "plain", onclick: () => this.#dialog.close() }, "Close");
    return h("div", { class: "top" }, h("h2", { id: "detail-title" }, title), actions, close);
  }

  #draw() {
    const record = this.#record;
    const copy = h("button", { type: "button", class: "plain", onclick: () => copied(copy, record.transaction_id) }, "Copy id");
    const error = record.error ? h("p", { class: "error" }, `${record.error.type}: ${record.error.message}`) : null;
    const payloads = PAYLOADS.filter((name) => record[name] !== undefined && record[name] !== null);
    fill(
      this.#dialog,
      this.#top("Transaction", copy),
      h("div", { class: "body" }, [
        error,
        facts(this.#outcome(record)),
        section("Metrics", facts(this.#metrics(record))),
        ...payloads.map((name) => json(name[0].toUpperCase() + name.slice(1), record[name])),
        section("Where and by whom", facts(this.#others(record))),
        json("Whole record", record, true),
      ]),
    );
  }

  #outcome(record) {
    return [
      ["Status", badge(record.status)],
      ["Id", h("span", { class: "mono" }, record.transaction_id)],
      ["Started", full(Date.parse(record.start_at))],
      ["Ended", full(Date.parse(record.end_at))],
      ["Latency", format(record.elapse, "Milliseconds")],
      ["Prediction", brief(record.prediction)],
      ["Confidence", record.confidence],
    ];
  }

  #metrics(record) {
    return Object.entries(this.#units)
      .filter(([name]) => typeof record[name] === "number")
      .map(([name, unit]) => [name, format(record[name], unit)]);
  }

  // Every other field of the record, those of the model's own included.
  #others(record) {
    return Object.entries(record)
      .filter(([name]) => !TOLD.includes(name) && !(name in this.#units))
      .map(([name, value]) => [name, brief(value)]);
  }
}

async function copied(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed";
  }
  setTimeout(() => (button.textContent = "Copy id"), 1500);
}

function facts(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  if (!known.length) return null;
  const row = ([name, value]) => [h("dt", {}, name), h("dd", {}, value.nodeType ? value : String(value))];
  return h("dl", { class: "facts" }, known.flatMap(row));
}

function section(title, content) {
  return content ? h("section", {}, h("h3", {}, title), content) : null;
}

// Indented JSON, folded away where it is large.
function json(title, value, folded = false) {
  const text = JSON.stringify(value, null, 2).replace(/\[\s+([^[\]{}]*?)\s+\]/g, (_, inner) => `[${inner.replace(/\s*\n\s*/g, " ")}]`);
  const size = h("small", {}, ` ${text.length.toLocaleString("en")} characters`);
  return h("details", { open: !folded && text.length <= LARGE }, h("summary", {}, title, size), h("pre", { tabindex: 0 }, text));
}

function brief(value) {
  if (value === null || value === undefined) return null;
  return typeof value === "object" ? JSON.stringify(value) : String(value) || NONE;
}
