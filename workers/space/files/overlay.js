// The newest answers, each for as long as one needs to read it.
"use strict";
const EVERY = 1000, SHORTEST = 8000, LETTER = 60, MOST = 3;
const cards = new Map(); // of all answers that are told: one that was shown is not shown again
const place = document.getElementById("answers");

function part(name, text) {
  const element = document.createElement("p");
  element.className = name;
  element.textContent = text;
  return element;
}

function show(answer) {
  const card = document.createElement("section");
  cards.set(answer.id, card);
  card.append(part("asked", (answer.to ? answer.to + ": " : "") + answer.question), part("answer", answer.text), part("mark", answer.mark));
  place.append(card);
  while (place.children.length > MOST) place.firstChild.remove();
  setTimeout(() => card.remove(), Math.max(SHORTEST, answer.text.length * LETTER));
}

// What is not told any more was taken back, or is long past.
function tell(answers) {
  const told = new Set(answers.map((one) => one.id));
  for (const [id, card] of cards) if (!told.has(id)) { card.remove(); cards.delete(id); }
  for (const one of answers) if (!cards.has(one.id)) show(one);
}

async function look() {
  try {
    const answer = await fetch(location.pathname.replace(/\/$/, "") + "/answers");
    if (answer.ok) tell((await answer.json()).answers);
  } catch { /* the next look comes soon */ }
  setTimeout(look, EVERY);
}
look();
