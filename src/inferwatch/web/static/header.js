// The status header: which model, how it stands, and the switches for range, zone and theme.

import { nodePage } from "./address.js";
import { wear } from "./badge.js";
import { fill, h, say } from "./dom.js";
import { status } from "./live.js";
import { PRESETS, bounds, follow, now, range, reset } from "./range.js";
import { remembered } from "./signal.js";
import { day, moment, zone, zoneName } from "./time.js";

const THEMES = { system: "Auto", light: "Light", dark: "Dark" };
const theme = remembered("theme", "system", Object.keys(THEMES));

const byId = (id) => document.getElementById(id);

export function showModel(model) {
  document.title = `${model.title} · InferWatch`;
  say(byId("title"), model.title);
  const chips = ["Model version", "Deployment"].map((title) => h("span", { title }));
  const path = h("span", { class: "path", title: "Log group" }, model.overview ? nodes(model.log_group) : model.log_group);
  fill(byId("identity"), chips, h("span", { title: "Environment" }, model.environment), path);
  if (model.overview) byId("home").href = nodePage("/");
  showCurrent(model);
}

// The version and the deployment that are current.
export function showCurrent({ model_version: version, deployment_id: deployment }) {
  const [first, second] = byId("identity").children;
  say(first, `v${version}`);
  say(second, `deployment ${deployment}`);
}

// Each node of `/abc_corp/claim/doc` leads to the models below it.
function nodes(path) {
  const names = path.split("/").slice(1);
  const links = names.slice(0, -1).map((name, index) => ["/", h("a", { href: nodePage(`/${names.slice(0, index + 1).join("/")}`) }, name)]);
  return [...links.flat(), `/${names.at(-1)}`];
}

// `2 in ALARM`, or `3 alarms OK`, or how many have no data.
export function showAlarms(alarms) {
  const pill = byId("alarm-summary");
  const loud = alarms.filter((alarm) => alarm.state === "ALARM").length;
  const silent = alarms.filter((alarm) => alarm.state === "INSUFFICIENT_DATA").length;
  if (loud) wear(pill, "ALARM", `${loud} in ALARM`);
  else if (silent) wear(pill, "INSUFFICIENT_DATA", `${silent} without data`);
  else wear(pill, "OK", alarms.length === 1 ? "1 alarm OK" : `${alarms.length} alarms OK`);
  pill.hidden = alarms.length === 0;
  document.title = document.title.replace(/^(\(\d+\) )?/, loud ? `(${loud}) ` : "");
}

// Says what is wrong with the page's own data, or nothing. words: a list.
export function warn(words) {
  const banner = byId("banner");
  say(banner, words.join(" "));
  banner.hidden = words.length === 0;
}

export function startHeader(toggleLive) {
  const live = byId("live");
  live.addEventListener("click", toggleLive);
  const showStatus = (value) => {
    wear(live, value);
    live.setAttribute("aria-pressed", String(value !== "paused"));
    live.title = value === "paused" ? "Resume live updates" : "Pause live updates";
  };
  status.watch(showStatus);
  showStatus(status.value);
  startRanges();
  startZone();
  startTheme();
}

function startRanges() {
  const buttons = PRESETS.map(({ seconds, label, words }) =>
    h("button", { type: "button", title: `The last ${words}`, onclick: () => follow(seconds) }, label),
  );
  const custom = h("button", { type: "button", hidden: true, title: "Back to the range before (Escape)", onclick: reset });
  fill(byId("ranges"), buttons, custom);
  const show = () => {
    const { seconds } = range.value;
    PRESETS.forEach((preset, index) => buttons[index].setAttribute("aria-pressed", String(preset.seconds === seconds)));
    custom.hidden = Boolean(seconds);
    custom.setAttribute("aria-pressed", String(!seconds));
    custom.textContent = seconds ? "" : `${written(...bounds())} ×`;
  };
  range.watch(show);
  zone.watch(show);
  show();
}

function written(start, end) {
  const last = day(start) === day(end) ? moment(end, end) : moment(end, start);
  return `${moment(start, now.value)} – ${last}`;
}

export function startZone() {
  const button = byId("zone");
  const show = () => {
    button.textContent = zone.value === "UTC" ? "UTC" : "Local";
    button.title = `Times are in ${zoneName()}. Switch between UTC and local time.`;
    button.setAttribute("aria-label", `Time zone: ${zoneName()}`);
  };
  button.addEventListener("click", () => zone.set(zone.value === "UTC" ? "local" : "UTC"));
  zone.watch(show);
  show();
}

export function startTheme() {
  const button = byId("theme");
  const names = Object.keys(THEMES);
  const show = () => {
    if (theme.value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.value;
    button.textContent = THEMES[theme.value];
    button.title = "Colours: as the system, light, or dark";
    button.setAttribute("aria-label", `Colours: ${THEMES[theme.value]}`);
  };
  button.addEventListener("click", () => theme.set(names[(names.indexOf(theme.value) + 1) % names.length]));
  theme.watch(show);
  show();
}
