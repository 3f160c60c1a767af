// The description's Markdown: paragraphs, headings, lists, **bold**, *em*, `code`, [links](https://...).
// It makes elements, never markup; whatever is not of this subset stays text.

import { h } from "./dom.js";

const INLINE = /`([^`]+)`|\*\*(.+?)\*\*|\*([^*\s](?:[^*]*[^*\s])?)\*|\[([^\]]+)\]\(([^()\s]+)\)/g;
const HEADING = /^(#{1,6})\s+(.*)$/;
const BULLET = /^\s*[-*+]\s+(.*)$/;
const NUMBERED = /^\s*\d+[.)]\s+(.*)$/;

// The elements for a whole text.
export function markdown(text) {
  return text.trim().split(/\n\s*\n/).flatMap(blocks);
}

function blocks(paragraph) {
  const made = [];
  let run = null;
  for (const line of paragraph.split("\n")) {
    const kind = kindOf(line);
    if (run?.kind !== kind.name || kind.name === "heading") {
      run = { kind: kind.name, level: kind.level, lines: [] };
      made.push(run);
    }
    run.lines.push(kind.text);
  }
  return made.filter((one) => one.lines.some((line) => line.trim())).map(element);
}

function kindOf(line) {
  const heading = HEADING.exec(line);
  if (heading) return { name: "heading", level: heading[1].length, text: heading[2] };
  const bullet = BULLET.exec(line);
  if (bullet) return { name: "ul", text: bullet[1] };
  const numbered = NUMBERED.exec(line);
  if (numbered) return { name: "ol", text: numbered[1] };
  return { name: "p", text: line };
}

// The page's own title is its only h1, so that headings begin at h2.
function element({ kind, level, lines }) {
  if (kind === "heading") return h(level === 1 ? "h2" : "h3", {}, inline(lines[0]));
  if (kind === "p") return h("p", {}, inline(lines.join(" ")));
  return h(kind, {}, lines.map((line) => h("li", {}, inline(line))));
}

function inline(text) {
  const nodes = [];
  let past = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, bold, em, label, target] = match;
    nodes.push(text.slice(past, match.index));
    past = match.index + whole.length;
    if (code) nodes.push(h("code", {}, code));
    else if (bold) nodes.push(h("strong", {}, inline(bold)));
    else if (em) nodes.push(h("em", {}, inline(em)));
    else nodes.push(link(label, target, whole));
  }
  nodes.push(text.slice(past));
  return nodes.filter((node) => node !== "");
}

// A link to http or https; any other scheme stays the text that it was.
export function link(label, target, otherwise = label) {
  const url = URL.canParse(target) ? new URL(target) : null;
  if (!url || !["http:", "https:"].includes(url.protocol)) return otherwise;
  return h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, label);
}
