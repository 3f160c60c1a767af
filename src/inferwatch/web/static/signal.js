// A value that tells when it changes.

export class Signal {
  #listeners = [];

  constructor(value) {
    this.value = value;
  }

  set(value) {
    if (value === this.value) return;
    this.value = value;
    for (const listener of this.#listeners) listener(value);
  }

  // Calls `listener` at each change from now on.
  watch(listener) {
    this.#listeners.push(listener);
  }
}

// A Signal of a word that the browser remembers.
export function remembered(name, fallback, allowed) {
  const key = `inferwatch.${name}`;
  const signal = new Signal(fallback);
  try {
    const kept = localStorage.getItem(key);
    if (allowed.includes(kept)) signal.value = kept;
    signal.watch((value) => localStorage.setItem(key, value));
  } catch {
    // Storage is switched off: the choice lasts as long as the page.
  }
  return signal;
}
