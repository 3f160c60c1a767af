// The box in which the transactions are asked for by a predicate, and the menu of saved questions beside it.

import { announce, fill, h, say } from "./dom.js";

const EXAMPLE = "elapse >= 3000 AND status IN ('failed', 'timeout')";

export class QueryBox {
  #asked = "";

  // ask(text): asks for the transactions that meet the predicate; choose(saved): one of the saved questions.
  constructor({ ask, choose }) {
    Object.assign(this, { ask, choose });
    this.input = h("input", {
      ...{ id: "where", type: "text", placeholder: EXAMPLE, spellcheck: "false", autocomplete: "off", autocapitalize: "off" },
      ...{ "aria-describedby": "where-problem", oninput: () => this.#edited(), onkeydown: (event) => this.#key(event) },
      ...{ enterkeyhint: "search", onpaste: (event) => this.#paste(event), onscroll: () => this.#align() },
    });
    this.button = h("button", { type: "submit", class: "plain" }, "Ask");
    this.saved = h("ul", { class: "saved" });
    this.menu = h(
      "details",
      { class: "menu", hidden: true, onkeydown: (event) => event.key === "Escape" && this.#close(event), onfocusout: (event) => this.#left(event) },
      [h("summary", { class: "plain" }, "Saved questions"), this.saved],
    );
    this.echo = h("div", { class: "echo", "aria-hidden": "true" });
    this.words = h("p", { id: "where-problem" });
    this.problem = h("div", { class: "problem", hidden: true }, this.echo, this.words);
    const label = h("label", { for: "where" }, "Where");
    this.element = h(
      "form",
      { class: "query", role: "search", "aria-label": "Ask for transactions", onsubmit: (event) => this.#submit(event) },
      [label, h("div", { class: "asked" }, this.input, this.problem), this.button, this.menu],
    );
  }

  show(text) {
    this.input.value = text;
    this.#edited();
  }

  // `text` was asked, and answered.
  settle(text) {
    this.#asked = text;
    if (this.input.value.trim() === text) this.#edited();
  }

  // Marks the characters that are wrong, and says why. start, end: as Unicode counts characters.
  refuse({ start, end, problem }) {
    const signs = [...this.input.value];
    const [before, wrong, after] = [signs.slice(0, start), signs.slice(start, end), signs.slice(end)].map((part) => part.join(""));
    fill(this.echo, before, h("mark", {}, wrong || " "), after);
    say(this.words, problem);
    this.problem.hidden = false;
    this.input.setAttribute("aria-invalid", "true");
    if (document.activeElement === this.input) this.input.setSelectionRange(before.length, before.length + wrong.length);
    this.#align();
    announce(problem);
  }

  offer(questions) {
    this.menu.hidden = questions.length === 0;
    const row = (one) => [one.name, h("small", {}, one.description || words(one))];
    fill(this.saved, questions.map((one) => h("li", {}, h("button", { type: "button", onclick: () => this.#chosen(one) }, row(one)))));
  }

  #chosen(question) {
    this.menu.open = false;
    this.choose(question);
  }

  #submit(event) {
    event.preventDefault();
    this.input.value = this.input.value.trim();
    this.ask(this.input.value);
  }

  #edited() {
    this.#clear();
    this.button.classList.toggle("wanted", this.input.value.trim() !== this.#asked);
  }

  #clear() {
    this.problem.hidden = true;
    say(this.words, "");
    this.input.removeAttribute("aria-invalid");
  }

  // Escape goes back to what was asked last, and from there to no question; then it is the page's.
  #key(event) {
    if (event.key !== "Escape") return;
    if (this.input.value.trim() !== this.#asked) this.show(this.#asked);
    else if (this.#asked) {
      this.show("");
      this.ask("");
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Lines become one: a field of one line would drop what parts the words.
  #paste(event) {
    const text = event.clipboardData?.getData("text") ?? "";
    if (!/[\r\n]/.test(text)) return;
    event.preventDefault();
    this.input.setRangeText(text.trim().replace(/\s*[\r\n]+\s*/g, " "), this.input.selectionStart, this.input.selectionEnd, "end");
    this.#edited();
  }

  // The marks stand under the characters, however far the box is scrolled.
  #align() {
    this.echo.scrollLeft = this.input.scrollLeft;
  }

  #close(event) {
    if (!this.menu.open) return;
    event.stopPropagation();
    this.menu.open = false;
    this.menu.firstChild.focus();
  }

  #left(event) {
    if (!this.menu.contains(event.relatedTarget)) this.menu.open = false;
  }
}

// What a saved question asks, in its own words.
export function words({ where, by, stat }) {
  return [stat.join(", ") || (by.length ? "count" : ""), by.length ? `by ${by.join(", ")}` : "", where].filter(Boolean).join(" · ");
}
