// The newest answers, each for as long as one needs to read it.
"use strict";
const EVERY = 1000, SHORTEST = 8000, LETTER = 60, MOST = 3;
const seen = new Set();
const place = document.getElementById("answers");

function part(name, text) {
  const element = document.createElement("p");
  element.className = name;
  element.textContent = text;
  return element;
}

function show(answer) {
  seen.add(answer.id);
  const card = document.createElement("section");
  card.append(part("asked", (answer.to ? answer.to + ": " : "") + answer.question), part("answer", answer.text), part("mark", "Automated answer"));
  place.append(card);
  while (place.children.length > MOST) place.firstChild.remove();
  setTimeout(() => card.remove(), Math.max(SHORTEST, answer.text.length * LETTER));
}

async function look() {
  try {
    const answer = await fetch(location.pathname.replace(/\/$/, "") + "/answers");
    if (answer.ok) for (const one of (await answer.json()).answers) if (!seen.has(one.id)) show(one);
  } catch { /* the next look comes soon */ }
  setTimeout(look, EVERY);
}
look();
