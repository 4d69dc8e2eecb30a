// One conversation. It asks often while an answer is expected, seldom otherwise, and not at all while nobody looks.
"use strict";
const SOON = 1500, LATER = 6000, EXPECTED = 90000, PATIENCE = 10000, NEAR = 160;
const LOST = "The connection is lost. Trying again.", NOT_SENT = "It was not sent. Try again.";
const NOT_ERASED = "It was not erased. Try again.", ERASED = "Everything you wrote here, and the answers, is erased.";
const CLOSED = "This page is closed for a while. Come back later.", GONE = "This page is not here any more.";
const WAITS = "Waiting for an answer.", SILENT = "No answer so far. If one comes later, it is kept here for you.";
const $ = (id) => document.getElementById(id);
const here = location.pathname.replace(/\/$/, "");
const shown = new Map(); // id of a line → its element; what nobody has confirmed yet is "pending " and its id
const wrong = { page: "", line: "" };
let asked = 0, timer = 0, turn = 0, draft = null, sending = false, language = "";

// A phone that changes its network leaves a call without an answer for minutes: we ask anew before that.
function call(options = {}) {
  return fetch(here + "/lines", { signal: AbortSignal.timeout(PATIENCE), ...options });
}

function row(line) {
  const element = document.createElement("div");
  element.className = line.ours ? "line ours" : "line";
  const who = document.createElement("span");
  who.className = "by";
  who.textContent = line.ours ? (line.by_hand ? $("whose").textContent + ", in person" : "Automated answer") : "You";
  const text = document.createElement("p");
  text.dir = "auto";
  if (line.ours) text.lang = language;
  text.textContent = line.text;
  element.append(who, text);
  return element;
}

function add(id, line, follow) {
  const element = row(line);
  shown.set(id, element);
  $("lines").append(element);
  if (follow) element.scrollIntoView({ block: "end" });
}

function problem(place, text) {
  wrong[place] = text;
  const told = wrong.page || wrong.line;
  if ($("problem").textContent !== told) $("problem").textContent = told;
  $("problem").hidden = !told;
}

function status(text) {
  if ($("waiting").textContent !== text) $("waiting").textContent = text;
}

function about(found) {
  document.title = found.name + ": automated answers";
  $("name").textContent = $("whose").textContent = found.name;
  $("bio").textContent = found.bio;
  $("bio").hidden = !found.bio;
  $("bio").lang = language = found.language;
  $("text").disabled = $("send").disabled = !found.open;
  problem("page", found.open ? "" : CLOSED);
}

function show(lines) {
  const there = new Set(lines.map((line) => line.id));
  for (const [id, element] of shown) if (!there.has(id) && !id.startsWith("pending")) { element.remove(); shown.delete(id); }
  const first = $("lines").getAttribute("aria-busy") === "true";
  const reads = innerHeight + scrollY > document.documentElement.scrollHeight - NEAR; // else they read further up
  for (const line of lines) {
    const pending = shown.get("pending " + line.id);
    if (pending) { shown.delete("pending " + line.id); shown.set(line.id, pending); }
    if (!shown.has(line.id)) add(line.id, line, reads || first);
  }
  if (lines.length && lines.at(-1).ours) asked = 0;
  else if (lines.length && !asked) asked = Date.now();
  if (asked) status(Date.now() - asked < EXPECTED ? WAITS : SILENT);
  else if (lines.length) status("");
  $("lines").setAttribute("aria-busy", "false");
}

async function look() {
  const mine = ++turn;
  clearTimeout(timer);
  let answer = null, found = null;
  try {
    answer = await call();
    if (answer.ok) found = await answer.json();
  } catch { answer = null; }
  if (mine !== turn) return; // a later look sees more, and goes on
  if (found) { about(found.about); show(found.lines); } else problem("page", answer?.status === 404 ? GONE : LOST);
  const gone = answer?.status === 404;
  if (!gone && !document.hidden) timer = setTimeout(look, asked && Date.now() - asked < EXPECTED ? SOON : LATER);
}

async function send() {
  const text = $("text").value.trim();
  if (!text || sending) return;
  if (draft?.text !== text) draft = { text, id: crypto.getRandomValues(new Uint32Array(3)).join("") };
  sending = true;
  problem("line", "");
  try {
    const answer = await call({
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(draft),
    });
    const said = await answer.json().catch(() => ({}));
    if (answer.ok && said.id) sent(said.id, text); else problem("line", answer.status < 500 && said.error || NOT_SENT);
  } catch { problem("line", NOT_SENT); } // what was taken all the same has the same id the next time
  sending = false;
  look();
}

function sent(id, text) {
  draft = null;
  if ($("text").value.trim() === text) $("text").value = "";
  asked = Date.now();
  status(WAITS);
  if (!shown.has(id) && !shown.has("pending " + id)) add("pending " + id, { text, ours: false }, true);
}

async function forget() {
  if (!confirm("Everything you wrote here, and the answers, will be erased.")) return;
  const answer = await call({ method: "DELETE" }).catch(() => null);
  problem("line", answer?.ok ? "" : NOT_ERASED);
  if (!answer?.ok) return;
  for (const element of shown.values()) element.remove();
  shown.clear();
  asked = 0;
  status(ERASED);
  look();
}

$("form").addEventListener("submit", (event) => { event.preventDefault(); send(); });
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); $("form").requestSubmit(); }
});
$("forget").addEventListener("click", forget);
$("scriptless").remove();
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
look();
