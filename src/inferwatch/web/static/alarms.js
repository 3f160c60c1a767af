// The alarms: how each stands, why, since when, and what it did before.

import { read } from "./api.js";
import { badge } from "./badge.js";
import { fill, h, say } from "./dom.js";
import { condition } from "./marks.js";
import { link } from "./markdown.js";
import { format } from "./number.js";
import { now } from "./range.js";
import { moment, span, zone } from "./time.js";

export class Alarms {
  #rows = new Map();
  #alarms = [];
  #empty;

  // declared: whether the spec is the model's own, and not made up of what it left.
  constructor(title, declared) {
    this.#empty = declared ? "This model's spec has no alarms." : "No alarm of this model has been evaluated here.";
    this.list = h("ul", { class: "rows" });
    this.elements = [h("div", { class: "head" }, h("h2", { id: "alarms" }, title)), h("div", { class: "scroll" }, this.list)];
    zone.watch(() => this.#readHistories());
    now.watch(() => this.#age());
  }

  show(alarms) {
    const changed = alarms.filter((alarm) => alarm.since !== this.#alarms.find((old) => old.name === alarm.name)?.since);
    this.#alarms = alarms;
    if (!alarms.length) fill(this.list, h("li", { class: "empty" }, this.#empty));
    for (const alarm of alarms) {
      if (!this.#rows.has(alarm.name)) this.#add(alarm);
      this.#update(this.#rows.get(alarm.name), alarm);
    }
    this.#age();
    for (const alarm of changed) this.#readHistory(alarm.name);
  }

  // Opens, scrolls to and marks one alarm, for a link from a notification.
  point(name) {
    const row = this.#rows.get(name);
    if (!row) return;
    row.details.open = true;
    row.item.classList.add("told");
    row.item.scrollIntoView({ block: "center" });
    row.summary.focus({ preventScroll: true });
  }

  #add(alarm) {
    const row = {
      state: h("span"),
      since: h("span", { class: "since" }),
      reason: h("p", { class: "reason" }),
      history: h("ol", { class: "history" }),
    };
    row.summary = h(
      "summary",
      {},
      [row.state, h("span", { class: "name" }, alarm.name), row.since, h("span", { class: "condition" }, condition(alarm))],
    );
    const about = alarm.description ? h("p", {}, alarm.description) : null;
    const runbook = alarm.runbook ? h("p", {}, link("Runbook", alarm.runbook, alarm.runbook)) : null;
    const opened = () => row.details.open && this.#readHistory(alarm.name);
    row.details = h("details", { ontoggle: opened }, row.summary, h("div", { class: "more" }, about, row.reason, runbook, row.history));
    row.item = h("li", { class: "alarm" }, row.details);
    this.#rows.set(alarm.name, row);
    this.list.append(row.item);
  }

  #update(row, alarm) {
    if (row.shown !== alarm.state) fill(row.state, badge(alarm.state));
    row.shown = alarm.state;
    row.item.classList.toggle("in-alarm", alarm.state === "ALARM");
    say(row.reason, alarm.reason);
  }

  #age() {
    for (const { name, since } of this.#alarms) {
      say(this.#rows.get(name).since, since === null ? "" : `for ${span(now.value - since)}`);
    }
  }

  #readHistories() {
    for (const name of this.#rows.keys()) this.#readHistory(name);
  }

  async #readHistory(name) {
    const row = this.#rows.get(name);
    if (!row.details.open) return;
    const alarm = this.#alarms.find((one) => one.name === name);
    try {
      const { history } = await read(`alarms/${encodeURIComponent(name)}/history`, { limit: 20 });
      const entries = history.map((change) => entry(change, alarm));
      fill(row.history, entries.length ? entries : h("li", {}, "No transition yet."));
    } catch (error) {
      fill(row.history, h("li", {}, error.message));
    }
  }
}

function entry(change, alarm) {
  const value = change.value === null ? null : h("span", { class: "value" }, format(change.value, alarm.unit));
  return h("li", { title: change.reason }, h("time", {}, moment(change.at, now.value)), badge(change.state), value);
}
