// The table of inference transactions: asked for, filtered, sorted, paged, and growing at the top.

import { keep, told } from "./address.js";
import { AnswerTable } from "./answer.js";
import { BadQuestion, read } from "./api.js";
import { fill, h, say } from "./dom.js";
import { QueryBox } from "./query.js";
import { bounds, last, now, range } from "./range.js";
import { heads, recordRow } from "./record.js";
import { zone } from "./time.js";

const PAGE = 50;
const MOST_LIVE = 200;
const MOST_RANKED = 500;
const TYPING_PAUSE = 250;
const CATCH_UP_PAUSE = 2000;
// A record may come in after one that began later.
const OVERLAP = 60_000;
const BY_NAME = { "-start_at": "newest", start_at: "oldest", "-elapse": "slowest", confidence: "least-confident" };
const ORDERS = { newest: "Newest first", slowest: "Slowest first", "least-confident": "Least confident first", oldest: "Oldest first" };

export class Transactions {
  #model;
  #rows = [];
  #next = null;
  #limit = PAGE;
  #asked = 0;
  #held = [];
  #where = told("where").trim();
  #summed = 0;
  #ranging = false;
  #catching = false;
  #behind = false;

  constructor(title, model) {
    this.#model = model;
    this.box = new QueryBox({ ask: (text) => this.#ask(text), choose: (saved) => this.#choose(saved) });
    this.answer = new AnswerTable(() => this.#back());
    this.box.show(this.#where);
    this.#build(title);
    this.#offer();
    range.watch(() => this.#ranging || this.load());
    zone.watch(() => this.#draw());
  }

  #build(title) {
    let typing = 0;
    const changed = () => this.load();
    const typed = () => {
      clearTimeout(typing);
      typing = setTimeout(changed, TYPING_PAUSE);
    };
    const option = ([value, label]) => h("option", { value }, label);
    const orders = Object.entries(ORDERS).filter(([order]) => order !== "least-confident" || this.#model.confidence_scale);
    this.fields = {
      status: h("select", { onchange: changed }, [["", "Any"], ...this.#model.statuses.map((word) => [word, word])].map(option)),
      version: h("input", { class: "short", oninput: typed, placeholder: "any" }),
      min_elapse: h("input", { class: "short", type: "number", min: 0, oninput: typed, placeholder: "0" }),
      order: h("select", { onchange: changed }, orders.map(option)),
      text: h("input", { type: "search", oninput: typed, placeholder: "Text in the record", "aria-label": "Text in the record" }),
    };
    const { status, version, min_elapse: slowest, order, text } = this.fields;
    const labelled = (words, field, after) => h("label", {}, words, field, after);
    this.filters = h(
      "form",
      { class: "filters", onsubmit: (event) => event.preventDefault() },
      [labelled("Status", status), labelled("Version", version), labelled("At least", slowest, "ms"), labelled("Sort", order), text],
    );
    this.body = h("tbody", { onclick: (event) => this.#clicked(event), onkeydown: (event) => this.#key(event) });
    this.more = h("button", { type: "button", class: "plain more-rows", hidden: true, onclick: () => this.#loadMore() }, "Show more");
    this.empty = h("div", { class: "empty", hidden: true });
    const table = h("table", { class: "records", "aria-label": title }, h("thead", {}, h("tr", {}, heads(this.#model))), this.body);
    this.waiting = h("span", { class: "sub" });
    this.scroll = h("div", { class: "scroll", onpointerleave: () => this.#release() }, table, this.empty, this.more);
    this.elements = [
      h("div", { class: "head" }, h("h2", {}, title), this.waiting),
      this.box.element,
      this.filters,
      this.scroll,
      this.answer.element,
    ];
  }

  async #offer() {
    try {
      const { queries } = await read("queries");
      this.box.offer(queries);
    } catch {
      // The table says what is wrong with reading.
    }
  }

  // A saved question for records fills the box; any other has a table of its own.
  #choose(saved) {
    const [order = "-start_at", ...more] = saved.order_by;
    if (saved.aggregates || more.length || !(order in BY_NAME)) return this.#summarise(saved);
    this.fields.order.value = BY_NAME[order];
    this.box.show(saved.where);
    this.#ranging = true;
    last(saved.since);
    this.#ranging = false;
    return this.#ask(saved.where);
  }

  async #summarise(saved) {
    const [by, stat, order] = [saved.by, saved.stat, saved.order_by].map((words) => words.join(","));
    this.#put(true);
    const asked = this.#summed;
    this.answer.show(saved, null);
    try {
      const start = now.value - saved.since;
      const answer = await read("query", { where: saved.where, by, stat, order_by: order, start, limit: saved.limit });
      if (asked === this.#summed) this.answer.show(saved, answer);
    } catch (error) {
      if (asked === this.#summed) this.answer.refuse(saved, error.message);
    }
  }

  #back() {
    this.#put(false);
    this.box.input.focus({ preventScroll: true });
  }

  // The answer of aggregates in the place of the records, or back.
  #put(away) {
    this.#summed += 1;
    this.filters.hidden = away;
    this.scroll.hidden = away;
    if (!away) this.answer.hide();
  }

  #ask(where) {
    if (this.answer.shown) this.#put(false);
    this.#limit = PAGE;
    return this.#read(null, where);
  }

  #filter() {
    const chosen = Object.entries(this.fields).map(([name, field]) => [name, field.value.trim()]);
    return Object.fromEntries([["where", this.#where], ...chosen]);
  }

  // Whether new transactions belong at the top: newest first, and the range follows the time.
  #live() {
    return this.fields.order.value === "newest" && range.value.seconds;
  }

  #filtered() {
    const { order, ...filters } = this.#filter();
    return Object.values(filters).some((value) => value !== "");
  }

  async load() {
    this.#limit = PAGE;
    await this.#read(null);
  }

  async #loadMore() {
    if (this.#next) return this.#read(this.#next);
    this.#limit += PAGE;
    return this.#read(null);
  }

  // An answer that a later question has overtaken is dropped. Where a predicate cannot be read, the question before
  // stays, with its rows.
  async #read(before, where = this.#where) {
    const asked = (this.#asked += 1);
    const [start, end] = bounds();
    const upTo = range.value.seconds ? null : end;
    try {
      const page = await read("transactions", { ...this.#filter(), where, start, end: upTo, limit: this.#limit, before });
      if (asked !== this.#asked) return;
      this.#held = [];
      this.#where = where;
      this.box.settle(where);
      keep("where", where);
      this.#note("");
      this.#rows = before ? [...this.#rows, ...page.transactions] : page.transactions;
      this.#next = page.next;
      this.#draw();
    } catch (error) {
      if (asked !== this.#asked) return;
      if (error instanceof BadQuestion && error.details.parameter === "where") await this.#mark(error.details, where);
      else this.#refuse(error.message);
    }
  }

  // A link may hold a predicate that cannot be read: then all transactions stand under it.
  async #mark(details, where) {
    if (where === this.#where) {
      this.#where = "";
      await this.#read(null);
    }
    this.box.refuse(details);
  }

  #note(words) {
    const still = this.#model.billed && this.#live() && this.#filtered();
    say(this.waiting, words || (still ? "Stands still while filtered, since each question is billed. Enter asks anew." : ""));
  }

  // The newest transactions of an event. What is filtered is asked for anew, unless that costs money.
  add(newest) {
    if (!this.#live()) return;
    if (!this.#filtered()) this.#hold(newest);
    else if (!this.#model.billed) this.#catchUp();
  }

  async #catchUp() {
    this.#behind = this.#catching;
    if (this.#catching) return;
    this.#catching = true;
    const asked = this.#asked;
    const start = Math.max(bounds()[0], (this.#rows[0]?.start ?? 0) - OVERLAP);
    try {
      const { transactions, next } = await read("transactions", { ...this.#filter(), start, limit: PAGE });
      if (asked === this.#asked) await (next ? this.load() : this.#hold(transactions));
    } catch {
      // The next event tries again; what is wrong with reading is told elsewhere.
    }
    setTimeout(() => {
      this.#catching = false;
      if (this.#behind && this.#live()) this.#catchUp();
    }, CATCH_UP_PAUSE);
  }

  // Rows do not move under the pointer, nor while one reads further down.
  #hold(newest) {
    const known = new Set([...this.#rows, ...this.#held].map((row) => row.transaction_id));
    this.#held.push(...newest.filter((row) => !known.has(row.transaction_id)));
    if (this.scroll.matches(":hover") || this.body.contains(document.activeElement) || this.scroll.scrollTop > 0) {
      this.#note(this.#held.length ? `${this.#held.length} new, held while you read` : "");
    } else this.#release();
  }

  // Puts what was held in its place, by its time.
  #release() {
    const fresh = this.#held;
    this.#held = [];
    this.#note("");
    if (!fresh.length || !this.#live()) return;
    const oldest = this.#next ? this.#rows.at(-1)?.start ?? 0 : 0;
    const all = [...fresh.filter((row) => row.start >= oldest), ...this.#rows].sort((one, other) => other.start - one.start);
    if (all.length > MOST_LIVE) {
      all.length = MOST_LIVE;
      this.#next = `${all.at(-1).start},${all.at(-1).transaction_id}`;
    }
    this.#rows = all;
    this.#draw();
  }

  #draw() {
    const focused = this.body.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    const made = new Map([...this.body.children].map((row) => [row.dataset.key, row]));
    const rows = this.#rows.map((row) => {
      const key = `${zone.value} ${row.transaction_id}`;
      return made.get(key) ?? recordRow(row, key, this.#model);
    });
    fill(this.body, rows);
    if (focused) this.body.querySelector(`a[data-id="${focused}"]`)?.focus({ preventScroll: true });
    const ranked = ["slowest", "least-confident"].includes(this.fields.order.value);
    const rankedMore = ranked && this.#rows.length === this.#limit && this.#limit < MOST_RANKED;
    this.more.hidden = !this.#next && !rankedMore;
    this.empty.hidden = this.#rows.length > 0;
    fill(this.empty, this.#live() && !this.#filtered() ? "No inference in this range yet." : "Nothing matches in this range.");
  }

  #refuse(words) {
    this.#rows = [];
    this.#next = null;
    fill(this.body);
    this.more.hidden = true;
    this.empty.hidden = false;
    fill(this.empty, words);
  }

  #clicked(event) {
    const row = event.target.closest("tr");
    if (row && !event.target.closest("a") && !getSelection().toString()) row.querySelector("a").click();
  }

  #key(event) {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    const row = step && event.target.closest("tr")?.[step];
    if (!row) return;
    event.preventDefault();
    row.querySelector("a").focus();
  }
}
