// The page's JSON views.

import { view } from "./address.js";

export class Refused extends Error {}

// A question that cannot be answered as it was asked. details: `parameter` that is wrong; of a predicate also `start`
// and `end` of the characters that are, and the `problem`.
export class BadQuestion extends Error {
  constructor(details) {
    super(details.error);
    this.details = details;
  }
}

// Reads one view. Throws Refused where the session has ended, BadQuestion where the server does not take the question,
// Error with the server's words for anything else.
export async function read(path, parameters = {}) {
  const response = await fetch(view(path, parameters), { headers: { accept: "application/json" } });
  if (response.status === 401) throw new Refused("The session has ended. Open the link that the terminal shows.");
  if (!response.ok) throw await problem(response);
  return response.json();
}

async function problem(response) {
  try {
    const details = await response.json();
    return response.status === 400 ? new BadQuestion(details) : new Error(details.error);
  } catch {
    return new Error(`The server answered ${response.status}.`);
  }
}
