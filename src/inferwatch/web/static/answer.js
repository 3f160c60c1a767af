// The answer to a question for aggregates: a table of its columns.

import { fill, h } from "./dom.js";
import { NONE } from "./number.js";
import { words } from "./query.js";
import { now } from "./range.js";
import { moment, span } from "./time.js";

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

export class AnswerTable {
  // closed(): the answer was put away.
  constructor(closed) {
    this.closed = closed;
    this.element = h("section", { class: "answer", hidden: true, tabindex: -1, onkeydown: (event) => this.#key(event) });
  }

  get shown() {
    return !this.element.hidden;
  }

  // question: a saved one; answer: as /api/query gives it, or null while it is asked for.
  show(question, answer) {
    const close = h("button", { type: "button", class: "plain", onclick: () => this.closed() }, "Back to the transactions");
    const about = h("div", { class: "about" }, h("h3", {}, question.name), h("p", {}, `${words(question)}, the last ${span(question.since)}`), close);
    const notes = (answer?.notes ?? []).map((note) => h("p", { class: "note" }, note));
    this.element.setAttribute("aria-label", question.name);
    fill(this.element, about, h("div", { class: "scroll" }, answer ? table(question, answer) : h("p", { class: "empty" }, "Asking"), notes));
    if (this.element.hidden) {
      this.element.hidden = false;
      this.element.focus({ preventScroll: true });
    }
  }

  refuse(question, words) {
    this.show(question, { columns: [], rows: [], notes: [words] });
  }

  hide() {
    this.element.hidden = true;
  }

  #key(event) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    this.closed();
  }
}

function table({ name }, { columns, rows }) {
  if (!rows.length) return columns.length ? h("p", { class: "empty" }, "Nothing matches.") : null;
  const numeric = columns.map((column) => rows.every((row) => row[column] === null || typeof row[column] === "number"));
  const kind = (index) => (numeric[index] ? "number" : null);
  const heads = columns.map((column, index) => h("th", { scope: "col", class: kind(index) }, column));
  const cells = (row) => columns.map((column, index) => h("td", { class: kind(index) }, written(row[column])));
  return h(
    "table",
    { class: "records", "aria-label": name },
    h("thead", {}, h("tr", {}, heads)),
    h("tbody", {}, rows.map((row) => h("tr", {}, cells(row)))),
  );
}

function written(value) {
  if (value === null || value === undefined) return NONE;
  if (typeof value === "number") return Number.isInteger(value) ? value.toLocaleString("en") : String(Number(value.toPrecision(5)));
  if (typeof value === "object") return JSON.stringify(value);
  return INSTANT.test(value) ? moment(Date.parse(value), now.value) : String(value);
}
