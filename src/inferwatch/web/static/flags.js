// Deployments on a chart: a thin line and a flag where another one became current. Flags that would overlap are one.

import { cursor } from "./cursor.js";
import { fill, h, s } from "./dom.js";
import { now } from "./range.js";
import { Signal } from "./signal.js";
import { moment } from "./time.js";

// The changes of the model's environment, as /api/changes gives them.
export const releases = new Signal([]);
// {first, second}: versions that somebody wants to see side by side.
export const compared = new Signal(null);

const WIDTH = 46;
const MOST_TOLD = 6;

// `Version 4, deployment 7, deployed at 14:02:10 by ana`
function sentence({ at, model_version: version, deployment_id: deployment, why, by }) {
  return `Version ${version}, deployment ${deployment}, ${why} at ${moment(at, now.value)} by ${by}`;
}

export class Flags {
  #made = new Map();

  // reached: whether Tab comes to the flags; all charts have the same ones.
  constructor(reached) {
    this.tabindex = reached ? 0 : -1;
    this.note = h("div", { class: "flag-note", role: "tooltip", hidden: true });
    this.element = h("div", { class: "flags" });
  }

  // Places the flags of the range, and gives the lines to be drawn below the curves.
  draw(place) {
    const shown = releases.value.filter(({ at }) => at >= place.start && at <= place.end).sort((one, other) => one.at - other.at);
    const groups = [];
    for (const change of shown) {
      const x = place.x(change.at);
      const last = groups.at(-1);
      if (last && x - last.x < WIDTH) last.changes.push(change);
      else groups.push({ x, changes: [change] });
    }
    const keys = new Set(groups.map((group) => this.#flag(group, place)));
    for (const [key, flag] of this.#made) {
      if (keys.has(key)) continue;
      flag.remove();
      this.#made.delete(key);
    }
    return shown.map(({ at }) => {
      const x = Math.round(place.x(at)) + 0.5;
      return s("line", { class: "release", x1: x, x2: x, y1: 0, y2: place.bottom });
    });
  }

  // The flag of a group stands at its first line; near the right edge it hangs to the left.
  #flag({ x, changes: group }, place) {
    const key = group.map(({ at, deployment_id: deployment }) => `${at} ${deployment}`).join();
    if (!this.#made.has(key)) this.#make(key, group);
    const flag = this.#made.get(key);
    const left = x + WIDTH > place.right;
    flag.classList.toggle("left", left);
    flag.style.transform = `translateX(${Math.round(x)}px)${left ? " translateX(-100%)" : ""}`;
    return key;
  }

  #make(key, group) {
    const newest = group.at(-1);
    const words = [`v${newest.model_version}`, group.length > 1 ? h("small", {}, `+${group.length - 1}`) : null];
    const flag = h(
      "button",
      {
        ...{ type: "button", class: "flag", tabindex: this.tabindex, "aria-label": group.map(sentence).join(". ") },
        ...{ onpointerenter: () => this.#tell(flag, group), onfocus: () => this.#tell(flag, group) },
        ...{ onpointerleave: () => (this.note.hidden = true), onblur: () => (this.note.hidden = true) },
        ...{ onpointermove: stop, onpointerdown: stop, onkeydown: (event) => event.key !== "Escape" && stop(event) },
        onclick: () => compare(group),
      },
      words.filter(Boolean),
    );
    this.#made.set(key, flag);
    this.element.append(flag);
  }

  #tell(flag, group) {
    cursor.set(null);
    const told = group.slice(-MOST_TOLD).reverse();
    const rest = group.length - told.length;
    const row = ({ at, model_version: version, deployment_id: deployment, why, by }) => [
      h("p", {}, h("b", {}, `Version ${version}`), `deployment ${deployment}`),
      h("p", { class: "by" }, `${why} ${moment(at, now.value)} by ${by}`),
    ];
    fill(this.note, told.flatMap(row), rest ? h("p", { class: "by" }, `and ${rest} before`) : null);
    this.note.hidden = false;
    const bounds = this.element.parentElement.clientWidth - this.note.offsetWidth;
    const at = flag.getBoundingClientRect().left - this.element.getBoundingClientRect().left;
    this.note.style.transform = `translate(${Math.max(0, Math.min(bounds, at))}px, 22px)`;
  }
}

function compare(group) {
  const [first, last] = [group[0].before?.model_version, group.at(-1).model_version];
  if (first !== null && first !== undefined && first !== last) compared.set({ first: String(first), second: String(last) });
}

function stop(event) {
  event.stopPropagation();
}
