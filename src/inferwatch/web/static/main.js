// The page: builds the widgets that the spec asks for, reads their data once, and passes on what the stream tells.

import { told } from "./address.js";
import { Alarms } from "./alarms.js";
import { Refused, read } from "./api.js";
import { Chart } from "./chart.js";
import { Compare } from "./compare.js";
import { escape } from "./cursor.js";
import { Detail } from "./detail.js";
import { h } from "./dom.js";
import { releases } from "./flags.js";
import { showAlarms, showCurrent, showModel, startHeader, warn } from "./header.js";
import { Live, status } from "./live.js";
import { markdown } from "./markdown.js";
import { Notifications } from "./notifications.js";
import { around, bounds, now, range } from "./range.js";
import { Tiles } from "./tiles.js";
import { clock, span } from "./time.js";
import { Transactions } from "./transactions.js";

const charts = [];
const views = { tiles: null, alarms: null, notifications: null, transactions: null, compare: null };
const trouble = { ended: null, server: null, late: [], reading: null };

function place(widget, elements) {
  const element = h("section", { class: `widget ${widget.type}`, "aria-label": widget.title || null }, elements);
  return sized(element, widget);
}

function sized(element, { width, height }) {
  element.style.setProperty("--span", width);
  element.style.setProperty("--rows", height);
  return element;
}

function build(widget, model) {
  const { type, title } = widget;
  if (type === "text") return model.description.trim() ? place(widget, markdown(model.description)) : null;
  if (type === "tiles") return sized((views.tiles = new Tiles(model.tiles)).element, widget);
  if (type === "alarms") views.alarms = new Alarms(title || "Alarms", model.declared);
  if (type === "notifications") views.notifications = new Notifications(title || "Notifications");
  if (type === "transactions") views.transactions = new Transactions(title || "Transactions", model);
  if (type in views) return place(widget, views[type].elements);
  const definition = model.charts.find((chart) => chart.id === widget.id);
  const chart = new Chart(definition, type === "invocations" ? model.sample_request : null, charts.length === 0);
  charts.push(chart);
  return place(widget, chart.elements);
}

function tell(change) {
  if (change.now) now.set(change.now);
  if (change.charts) for (const chart of charts) chart.add(change.charts);
  if (change.tiles) views.tiles?.show(change.tiles);
  if (change.alarms) tellAlarms(change.alarms);
  if (change.notifications) views.notifications?.show(change.notifications);
  if (change.transactions) views.transactions?.add(change.transactions);
  if (change.changes) tellChanges(change.changes);
  if (change.trouble !== undefined) trouble.server = change.trouble;
  if (change.late) trouble.late = change.late;
  showTrouble();
}

function tellAlarms(alarms) {
  showAlarms(alarms);
  views.alarms?.show(alarms);
  for (const chart of charts) chart.watchAlarms(alarms);
}

// A change of the deployment may have brought a version to compare with.
function tellChanges({ changes, current }) {
  const known = releases.value[0]?.at;
  releases.set(changes);
  showCurrent(current);
  if (views.compare && known !== changes[0]?.at) views.compare.load();
}

function showTrouble() {
  const words = [trouble.ended, trouble.server, trouble.reading];
  if (status.value === "disconnected" && !trouble.ended) {
    words.push(`Disconnected: the page shows what was known at ${clock(now.value)}. It reconnects by itself.`);
  }
  for (const { name, seen } of trouble.late) {
    words.push(`No sign of life from ${name} for ${span(now.value - seen)}: what is shown may be out of date.`);
  }
  warn(words.filter(Boolean));
}

// What depends on the range. An answer that a later range has overtaken is dropped.
async function readRange() {
  const asked = range.value;
  const [start, end] = bounds();
  const [series, { tiles }] = await Promise.all([read("series", { start, end }), read("tiles", { start, end })]);
  if (range.value !== asked) return;
  for (const chart of charts) chart.show(series);
  views.tiles?.show(tiles);
}

async function readAll() {
  const [{ alarms, late }, changes, { notifications }] = await Promise.all([
    read("alarms"),
    read("changes"),
    read("notifications", { limit: 50 }),
    readRange(),
    views.transactions?.load(),
  ]);
  trouble.late = late;
  tellAlarms(alarms);
  views.notifications?.show(notifications);
  tellChanges(changes);
}

// Runs `work`, and says in the banner what kept it from being done.
async function attempt(work) {
  try {
    await work();
    trouble.reading = null;
  } catch (error) {
    if (error instanceof Refused) trouble.ended = error.message;
    else trouble.reading = `The page could not read its data: ${error.message}`;
  }
  showTrouble();
}

async function start() {
  const model = await read("model");
  now.set(model.now);
  around(Number(told("at")));
  showModel(model);
  const widgets = model.widgets.map((widget) => build(widget, model)).filter(Boolean);
  views.compare = new Compare(model);
  document.getElementById("grid").append(...widgets, views.compare.element);
  const live = new Live({
    tell,
    catchUp: () => attempt(readAll),
    refused: (words) => {
      trouble.ended = words;
      showTrouble();
    },
  });
  startHeader(() => live.toggle());
  status.watch(showTrouble);
  range.watch(() => attempt(readRange));
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.getElementById("detail").open) escape();
  });
  await attempt(readAll);
  views.compare.load();
  views.alarms?.point(told("alarm"));
  new Detail(model.units);
}

attempt(start);
