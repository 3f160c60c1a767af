// The page's JSON views.

export class Refused extends Error {}

// Reads one view. Throws Refused where the session has ended, Error with the server's words for anything else.
export async function read(path, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const query = new URLSearchParams(given).toString();
  const response = await fetch(`/api/${path}${query ? `?${query}` : ""}`, { headers: { accept: "application/json" } });
  if (response.status === 401) throw new Refused("The session has ended. Open the link that the terminal shows.");
  if (!response.ok) throw new Error(await problem(response));
  return response.json();
}

async function problem(response) {
  try {
    return (await response.json()).error;
  } catch {
    return `The server answered ${response.status}.`;
  }
}
