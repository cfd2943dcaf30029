// Keeps a page as it is on the service: on each event the page is fetched again, and the parts
// marked data-live take the place of the old ones. Without this script the pages work too.
"use strict";

const LEAST = 700; // milliseconds between two looks
const AFTERWARDS = 20000; // for how long a job that has ended may still send its last output

const url = document.body.dataset.events;
let source = null;
let looking = false;
let again = false;
let closing = null;

function localise(root) {
  for (const time of root.querySelectorAll("time")) {
    const date = new Date(time.dateTime);
    time.title = time.dateTime;
    time.textContent = date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
  }
}

function atEnd(box) {
  return box.scrollHeight - box.scrollTop - box.clientHeight < 30;
}

function follow(root) {
  for (const box of root.querySelectorAll("pre.console")) box.scrollTop = box.scrollHeight;
}

// What the reader has opened and scrolled to.
function keep(from, to) {
  for (const old of from.querySelectorAll("details[open][id]")) {
    const now = to.querySelector("#" + CSS.escape(old.id));
    if (now) now.open = true;
  }
  return () => {
    for (const old of from.querySelectorAll("pre[id]")) {
      const now = document.getElementById(old.id);
      if (now) now.scrollTop = old.wasAtEnd ? now.scrollHeight : old.wasAt;
    }
  };
}

function renew(page) {
  for (const old of document.querySelectorAll("[data-live]")) {
    const found = page.getElementById(old.id);
    if (!found || found.outerHTML === old.asSent) continue;
    const now = document.importNode(found, true);
    now.asSent = found.outerHTML;
    localise(now);
    for (const box of old.querySelectorAll("pre[id]")) {
      box.wasAt = box.scrollTop;
      box.wasAtEnd = box.classList.contains("console") && atEnd(box);
    }
    const placed = keep(old, now);
    old.replaceWith(now);
    placed();
    if (!old.querySelector("pre.console")) follow(now);
  }
  document.title = page.title;
}

async function look() {
  if (looking) {
    again = true;
    return;
  }
  looking = true;
  again = false;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.ok) renew(new DOMParser().parseFromString(await answer.text(), "text/html"));
    else if (answer.status === 404) location.reload();
  } catch {
    // The service is away; the next event comes when it is back.
  }
  setTimeout(() => {
    looking = false;
    if (again) look();
  }, LEAST);
  if (document.querySelector("[data-ended]") && !closing) closing = setTimeout(close, AFTERWARDS);
}

function open() {
  if (source || !url || closing) return;
  source = new EventSource(url);
  for (const kind of ["job", "console", "deleted"]) source.addEventListener(kind, look);
}

function close() {
  source?.close();
  source = null;
}

function tick() {
  const now = Date.now() / 1000;
  for (const span of document.querySelectorAll("[data-since]")) {
    const seconds = Math.max(0, Math.floor(now - Number(span.dataset.since)));
    const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
    const large = units.findIndex(([, long]) => seconds >= long);
    span.textContent = large < 0 ? "0 s" : units.slice(large, large + 2)
      .map(([unit, long], at) => [unit, Math.floor((at ? seconds % units[large][1] : seconds) / long)])
      .filter(([, number], at) => number || !at)
      .map(([unit, number]) => `${number} ${unit}`)
      .join(" ");
  }
}

for (const part of document.querySelectorAll("[data-live]")) part.asSent = part.outerHTML;
localise(document);
follow(document);
setInterval(tick, 1000);
// A page that nobody looks at takes none of the few connections that a browser has.
document.addEventListener("visibilitychange", () => (document.hidden ? close() : (open(), look())));
if (!document.hidden) open();
