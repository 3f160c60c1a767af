// The notifications: who was told what, and whether it arrived.

import { badge } from "./badge.js";
import { fill, h } from "./dom.js";
import { format } from "./number.js";
import { now } from "./range.js";
import { clock, moment, zone } from "./time.js";

export class Notifications {
  #entries = [];

  constructor(title) {
    this.list = h("ul", { class: "rows" });
    this.elements = [h("div", { class: "head" }, h("h2", {}, title)), h("div", { class: "scroll" }, this.list)];
    zone.watch(() => this.show(this.#entries));
  }

  show(entries) {
    this.#entries = entries;
    const none = h("li", { class: "empty" }, "None yet. When an alarm changes its state, the message and its delivery stand here.");
    fill(this.list, entries.length ? entries.map(row) : none);
  }
}

function row({ transition, target, state, attempts, due, last_error: error, duplicate, unit }) {
  const shown = state === "pending" && attempts > 0 ? "retrying" : state;
  const value = transition.value === null ? "" : `, ${format(transition.value, unit)}`;
  const what = [`to ${target}${value}`];
  if (attempts > 1) what.push(`${attempts} attempts`);
  if (error) what.push(error);
  if (shown === "retrying" && due) what.push(`next attempt at ${clock(due)}`);
  if (duplicate) what.push("may have been delivered twice");
  return h(
    "li",
    { class: "note-row" },
    h("span", {}, badge(shown)),
    h("span", { class: "name" }, `${transition.alarm} `, badge(transition.state)),
    h("time", {}, moment(transition.at, now.value)),
    h("span", { class: "what" }, what.join(" · ")),
  );
}
