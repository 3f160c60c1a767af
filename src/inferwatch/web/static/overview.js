// All models at or below a node of the organisation: how each stands, and the way to its page.

import { modelPage, nodePage, told } from "./address.js";
import { Refused, read } from "./api.js";
import { badge } from "./badge.js";
import { fill, h, s, say } from "./dom.js";
import { startTheme, startZone, warn } from "./header.js";
import { NONE, format } from "./number.js";
import { now } from "./range.js";
import { sparkline } from "./sparkline.js";
import { full, span, zone } from "./time.js";
import { rows } from "./tree.js";

const PAUSE = 5000;
const LONG_PAUSE = 60_000;
const NODE = told("node") || "/";
const STATES = { ALARM: "in ALARM", silent: "without data", OK: "OK", quiet: "without alarms" };

const byId = (id) => document.getElementById(id);

let shown = null;
let timer = 0;

function show(view) {
  shown = view;
  now.set(view.now);
  const focused = document.activeElement?.dataset?.key;
  const hours = `last ${view.hours} h`;
  fill(byId("hours"), `Invocations, ${hours}`);
  const lines = rows(view.models).map((row) => (row.model ? modelRow(row) : nodeRow(row)));
  fill(byId("tree"), lines.length ? lines : h("tr", {}, h("td", { colspan: 8, class: "empty" }, "No model has left anything here yet.")));
  if (focused) byId("tree").querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  const count = (state) => view.models.filter((model) => worst(model) === state).length;
  const counted = Object.entries(STATES).filter(([state]) => count(state));
  fill(byId("counts"), counted.map(([state, words]) => badge(state, `${count(state)} ${words}`)));
  const loud = count("ALARM");
  document.title = `${loud ? `(${loud}) ` : ""}All models · InferWatch`;
}

function nodeRow({ node, name, depth, count, loud }) {
  const words = `${count} ${count === 1 ? "model" : "models"}${loud ? `, ${loud} in ALARM` : ""}`;
  const link = h("a", { href: nodePage(node), "data-key": `node ${node}` }, name);
  return deep(h("tr", { class: "node" }, h("th", { scope: "rowgroup", colspan: 8 }, link, h("small", {}, words))), depth);
}

function modelRow({ model, depth }) {
  const { log_group: path, environment, model_name: name } = model;
  const link = h("a", { href: modelPage(path, environment), "data-key": `${path} ${environment}` }, name);
  const loud = model.in_alarm.length > 0;
  const state = badge(worst(model), loud ? `${model.in_alarm.length} in ALARM` : undefined);
  const rate = model.error_rate === null ? NONE : format(Number((100 * model.error_rate).toPrecision(3)), "Percent");
  const cell = (title, kind, ...content) => h("td", { class: kind, "data-name": title }, content.flat());
  const open = (event) => event.target.closest("a") || getSelection().toString() || link.click();
  const row = h(
    "tr",
    { class: loud ? "model loud" : "model", onclick: open },
    h("th", { scope: "row" }, link, h("span", { class: "environment" }, environment)),
    h("td", { class: "state" }, state, loud ? h("small", {}, model.in_alarm.join(", ")) : null),
    cell("Version", "release-cell", release(model)),
    cell("Invocations", "number", format(model.invocations, "Count")),
    h("td", { class: "shape" }, shape(model)),
    cell("Error rate", "number", rate),
    cell("p90 latency", "number", format(model.p90, "Milliseconds")),
    h("td", { class: "last quiet", "data-name": "Last record", title: model.last === null ? null : full(model.last) }, age(model.last)),
  );
  return deep(row, depth);
}

// Red, amber, green, or none: in words, and by the shape of an icon.
function worst({ state }) {
  return state === "INSUFFICIENT_DATA" ? "silent" : state ?? "quiet";
}

function deep(row, depth) {
  row.style.setProperty("--depth", depth);
  return row;
}

function release({ model_version: version, deployment_id: deployment }) {
  if (version === null) return [NONE];
  return [`v${version} `, deployment === null ? null : h("small", {}, `deployment ${deployment}`)].filter(Boolean);
}

function shape({ spark, in_alarm: loud }) {
  const color = loud.length ? "orange" : "blue";
  return s("svg", { class: `series-${color}`, viewBox: "0 0 100 30", preserveAspectRatio: "none", "aria-hidden": "true" }, sparkline(spark));
}

function age(last) {
  return last === null ? "nothing yet" : `${span(now.value - last).split(" ").slice(0, 2).join(" ")} ago`;
}

async function load() {
  clearTimeout(timer);
  try {
    show(await read("overview", { node: NODE }));
    warn([]);
  } catch (error) {
    warn([error.message]);
    if (error instanceof Refused) return;
  }
  if (document.visibilityState === "visible") timer = setTimeout(load, shown?.billed ? LONG_PAUSE : PAUSE);
}

const crumbs = NODE.split("/").filter(Boolean);
say(byId("title"), "All models");
fill(
  byId("crumbs"),
  crumbs.flatMap((name, index) => ["/", h("a", { href: nodePage(`/${crumbs.slice(0, index + 1).join("/")}`) }, name)]),
);
startZone();
startTheme();
zone.watch(() => shown && show(shown));
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && load());
load();
