// The event stream. A hidden page closes it, since a browser allows six connections a host, and catches up when seen.

import { view } from "./address.js";
import { Refused, read } from "./api.js";
import { range } from "./range.js";
import { Signal } from "./signal.js";

const SILENCE = 10_000;

export const status = new Signal("connecting");

export class Live {
  #source = null;
  #paused = false;
  #silence = 0;
  #behind = false;

  // tell(change): each event; catchUp(): read everything anew; refused(): the session has ended.
  constructor({ tell, catchUp, refused }) {
    Object.assign(this, { tell, catchUp, refused });
    document.addEventListener("visibilitychange", () => this.#settle());
    range.watch(() => this.#reopen());
    this.#settle();
  }

  toggle() {
    this.#paused = !this.#paused;
    this.#settle();
  }

  #settle() {
    const wanted = !this.#paused && document.visibilityState === "visible";
    if (wanted && !this.#source) this.#open();
    if (!wanted) this.#close();
    if (this.#paused) status.set("paused");
  }

  #reopen() {
    if (!this.#source) return;
    this.#source.close();
    this.#open();
  }

  #open() {
    this.#source = new EventSource(view("events", { range: range.value.seconds ?? 0 }));
    this.#source.addEventListener("open", () => this.#opened());
    this.#source.addEventListener("change", (event) => this.#heard(JSON.parse(event.data)));
    this.#source.addEventListener("error", () => this.#lost());
    this.#listenForSilence();
  }

  #close() {
    if (!this.#source) return;
    clearTimeout(this.#silence);
    this.#source.close();
    this.#source = null;
    this.#behind = true;
  }

  #opened() {
    status.set("live");
    if (this.#behind) this.catchUp();
    this.#behind = false;
  }

  #heard(change) {
    status.set("live");
    this.#listenForSilence();
    this.tell(change);
  }

  #listenForSilence() {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(), SILENCE);
  }

  // An EventSource does not say why it failed, so that an ended session is asked for. It gives up for good after an
  // answer that is no stream; then it is opened anew.
  async #lost() {
    this.#behind = true;
    status.set("disconnected");
    try {
      await read("model");
      if (this.#source && this.#source.readyState !== EventSource.CONNECTING) this.#reopen();
    } catch (error) {
      if (error instanceof Refused) {
        this.#close();
        this.refused(error.message);
      } else {
        clearTimeout(this.#silence);
        this.#silence = setTimeout(() => this.#source && this.#lost(), 2000);
      }
    }
  }
}
