// One conversation. It asks often while an answer is expected, seldom otherwise, and not at all while nobody looks.
"use strict";
const SOON = 1500, LATER = 6000, EXPECTED = 90000;
const $ = (id) => document.getElementById(id);
const here = location.pathname.replace(/\/$/, "");
const shown = new Map();
let asked = 0, timer = 0;

function row(line) {
  const element = document.createElement("div");
  element.className = line.ours ? "line ours" : "line";
  const who = document.createElement("span");
  who.className = "by";
  who.textContent = line.ours ? (line.by_hand ? $("whose").textContent + ", in person" : "Automated answer") : "You";
  const text = document.createElement("p");
  text.textContent = line.text;
  element.append(who, text);
  return element;
}

function problem(text) {
  $("problem").textContent = text;
  $("problem").hidden = !text;
}

function show(found) {
  document.title = found.about.name;
  document.documentElement.lang = found.about.language;
  $("name").textContent = $("whose").textContent = found.about.name;
  $("bio").textContent = found.about.bio;
  $("bio").hidden = !found.about.bio;
  $("text").disabled = !found.about.open;
  if (!found.about.open) problem("This page is closed for a while. Come back later.");
  const there = new Set(found.lines.map((line) => line.id));
  for (const [id, element] of shown) if (!there.has(id) && !id.startsWith("pending")) { element.remove(); shown.delete(id); }
  for (const line of found.lines) {
    const pending = shown.get("pending " + line.id);
    if (pending) { pending.remove(); shown.delete("pending " + line.id); }
    if (shown.has(line.id)) continue;
    const element = row(line);
    shown.set(line.id, element);
    $("lines").append(element);
    element.scrollIntoView({ block: "end" });
    if (line.ours) asked = 0;
  }
  $("forget").hidden = found.lines.length === 0;
}

async function look() {
  clearTimeout(timer);
  try {
    const answer = await fetch(here + "/lines");
    if (answer.ok) { show(await answer.json()); } else { problem("This page is not here any more."); return; }
  } catch { problem("The connection is lost. Trying again."); }
  if (!document.hidden) timer = setTimeout(look, Date.now() - asked < EXPECTED ? SOON : LATER);
}

async function send(text) {
  const id = crypto.getRandomValues(new Uint32Array(3)).join("");
  const answer = await fetch(here + "/lines", {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ id, text }),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  const element = row({ text, ours: false });
  shown.set("pending " + said.id, element);
  $("lines").append(element);
  element.scrollIntoView({ block: "end" });
  asked = Date.now();
}

$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text) return;
  problem("");
  try { await send(text); $("text").value = ""; } catch (error) { problem(error.message || "It was not sent. Try again."); }
  look();
});
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); $("form").requestSubmit(); }
});
$("forget").addEventListener("click", async () => {
  if (!confirm("Everything you wrote here, and the answers, will be erased.")) return;
  await fetch(here + "/lines", { method: "DELETE" });
  for (const element of shown.values()) element.remove();
  shown.clear();
  look();
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
look();
