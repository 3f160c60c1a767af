// The models of an organisation as the rows of a tree: each node before what lies below it. It keeps nothing.

// models: as /api/overview gives them, in the order of their nodes. Gives {node, name, depth, count, loud} for a node,
// {model, depth} for a model. A node with nothing but one node in it is one row with that: `/abc_corp/claim`.
export function rows(models) {
  const root = { path: "", below: new Map(), models: [] };
  for (const model of models) {
    let at = root;
    for (const name of model.node.split("/").filter(Boolean)) {
      if (!at.below.has(name)) at.below.set(name, { path: `${at.path}/${name}`, below: new Map(), models: [] });
      at = at.below.get(name);
    }
    at.models.push(model);
  }
  return inside(root, 0, "");
}

function inside(node, depth, above) {
  const own = node.models.map((model) => ({ model, depth }));
  return [...own, ...[...node.below.values()].flatMap((child) => branch(child, depth, above))];
}

function branch(child, depth, above) {
  let node = child;
  while (!node.models.length && node.below.size === 1) [node] = node.below.values();
  const all = every(node);
  const loud = all.filter((model) => model.in_alarm.length).length;
  const row = { node: node.path, name: node.path.slice(above.length).replace(/^\//, depth ? "" : "/"), depth, count: all.length, loud };
  return [row, ...inside(node, depth + 1, node.path)];
}

function every(node) {
  return [...node.models, ...[...node.below.values()].flatMap(every)];
}
