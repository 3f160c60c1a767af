// The page's own address: which model it shows, and what is kept in it so that it can be passed on.

const MODEL = ["model", "environment"];

// What the address says of `name`, "" where nothing.
export function told(name) {
  return new URLSearchParams(location.search).get(name) ?? "";
}

// Keeps `value` in the address; "" takes it out.
export function keep(name, value) {
  const url = new URL(location.href);
  if (value) url.searchParams.set(name, value);
  else url.searchParams.delete(name);
  history.replaceState(null, "", url);
}

// Where a view of the model that the page shows is.
export function view(path, parameters = {}) {
  const shown = MODEL.map((name) => [name, told(name)]);
  const given = [...shown, ...Object.entries(parameters)].filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const query = new URLSearchParams(given).toString();
  return `/api/${path}${query ? `?${query}` : ""}`;
}

// The page of a model, or of the models at or below a node.
export const modelPage = (model, environment) => `/?${new URLSearchParams({ model, environment })}`;
export const nodePage = (node) => (node === "/" ? "/overview" : `/overview?${new URLSearchParams({ node })}`);
