// The page of the sandbox network. State is what the server says; every update draws one note, so focus is never lost.
const $ = (id) => document.getElementById(id);
const ROOM_LENGTH = 200;
const state = { creators: [], creator: null, tab: "comment", notes: new Map(), posts: new Map(), target: null, stream: null };

const followerId = () => $("name").value.trim().toLowerCase().replace(/\s+/g, "-");
const inPerson = () => $("in-person").checked;

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function face(name) {
  let hue = 7;
  for (const letter of name) hue = (hue * 31 + letter.codePointAt(0)) % 360;
  const initials = name.split(/[\s_.-]+/).filter(Boolean).slice(0, 2).map((word) => [...word][0]).join("").toUpperCase();
  return element("span", { class: "face", style: `--hue:${hue}`, "aria-hidden": "true" }, initials || "?");
}

function clock(iso) {
  const at = new Date(iso);
  const sameDay = at.toDateString() === new Date().toDateString();
  const shown = sameDay ? at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : at.toLocaleDateString();
  return element("time", { datetime: iso, title: at.toLocaleString() }, shown);
}

async function call(method, path, body) {
  const response = await fetch(path, { method, headers: { "content-type": "application/json" }, body: body && JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error?.message ?? `The server answered ${response.status}.`);
  return answer;
}

// --- creators ---------------------------------------------------------------------------------------------------------
async function loadCreators() {
  const { creators } = await call("GET", "/api/creators");
  if (JSON.stringify(creators) === JSON.stringify(state.creators)) return;
  state.creators = creators;
  if (!creators.some((creator) => creator.user_id === state.creator?.user_id)) {
    await choose(creators.find((creator) => creator.handle === location.hash.slice(1)) ?? creators[0] ?? null);
  }
  drawCreators();
}

function drawCreators() {
  const rows = state.creators.map((creator) =>
    element("li", {}, element("button", {
      type: "button", "aria-current": String(creator === state.creator || creator.user_id === state.creator?.user_id),
      onclick: () => choose(creator).then(drawCreators),
    }, face(creator.name), element("span", { class: "who" }, creator.name))));
  $("creators").replaceChildren(...(rows.length ? rows : [element("li", {}, element("span", {}, "Nobody has joined yet."))]));
}

async function choose(creator) {
  state.creator = creator;
  $("profile").replaceChildren();
  $("composer").hidden = !creator;
  if (creator) {
    history.replaceState(null, "", `#${creator.handle}`);
    $("profile").append(face(creator.name), element("div", {}, element("h2", {}, creator.name), element("p", {}, `@${creator.handle}`)));
  }
  aim(null);
  await load();
}

// --- what is written --------------------------------------------------------------------------------------------------
async function load() {
  state.stream?.close();
  state.notes.clear();
  state.posts.clear();
  for (const id of ["posts", "dm", "live"]) $(id).replaceChildren();
  if (!state.creator) return;
  const query = new URLSearchParams({ creator: state.creator.user_id, follower: followerId() });
  listen(query); // before the view is asked for, so that nothing falls between the two
  const view = await call("GET", `/api/view?${query}`);
  for (const post of view.posts.reverse()) showPost(post);
  for (const note of view.notes) if (!state.notes.has(note.id)) show(note);
  for (const tab of document.querySelectorAll("[role=tab] b")) tab.textContent = "";
  toEnd("dm", true);
  toEnd("live", true);
  describe();
}

function listen(query) {
  state.stream = new EventSource(`/api/stream?${query}`);
  let broken = false;
  state.stream.onerror = () => { broken = true; };
  state.stream.onopen = () => { if (broken) load(); };
  state.stream.onmessage = ({ data }) => {
    const update = JSON.parse(data);
    if (update.resync) load();
    if (update.post) { showPost(update.post); describe(); }
    if (update.note) news(update.note);
  };
}

function news(note) {
  const fresh = !state.notes.has(note.id);
  const following = isAtEnd(note.surface);
  show(note);
  if (following) toEnd(note.surface);
  if (fresh && note.surface !== state.tab) {
    const count = $(`tab-${note.surface}`).querySelector("b");
    count.textContent = String(Number(count.textContent) + 1);
  }
}

function showPost(post) {
  if (state.posts.has(post.id)) return;
  const threads = element("ul", { class: "threads" });
  state.posts.set(post.id, { ...post, threads });
  $("posts").prepend(element("article", { class: "post" },
    element("p", { class: "body" }, post.text),
    element("footer", {}, clock(post.created_at), element("button", { type: "button", onclick: () => aim({ post }) }, "Comment")),
    threads));
}

function show(note) {
  const known = state.notes.get(note.id);
  const row = draw(note, known?.row.querySelector(":scope > .replies"));
  state.notes.set(note.id, { note, row });
  if (known) known.row.replaceWith(row);
  else placeOf(note)?.append(row);
  const room = $("live");
  while (room.children.length > ROOM_LENGTH) {
    state.notes.delete(room.firstElementChild.dataset.id);
    room.firstElementChild.remove();
  }
}

function placeOf(note) {
  if (note.surface !== "comment") return $(note.surface);
  const rootId = note.conversation_id.split(":").pop();
  const root = rootId === note.id ? null : state.notes.get(rootId);
  return root ? root.row.querySelector(":scope > .replies") : state.posts.get(note.post_id)?.threads;
}

function draw(note, replies) {
  const classes = `note${note.by_creator ? " creator" : ""}${note.deleted ? " deleted" : ""}`;
  const head = element("div", { class: "head" }, element("strong", {}, note.name));
  if (note.automated) head.append(element("span", { class: "badge automated" }, "automated"));
  else if (note.by_creator) head.append(element("span", { class: "badge person" }, "creator"));
  head.append(clock(note.sent_at));
  if (note.edited) head.append(element("span", { class: "edited" }, "edited"));
  const text = element("p", { class: "body", dir: "auto" }, note.deleted ? "This message was deleted." : note.text);
  const to = note.surface === "live" && note.reply_to && state.notes.get(note.reply_to)?.note.name;
  if (to) text.prepend(element("span", { class: "to" }, `@${to} `));
  const row = element("li", { class: classes, "data-id": note.id }, face(note.name), head, text, tools(note));
  if (note.surface === "comment") row.append(replies ?? element("ul", { class: "replies" }));
  return row;
}

function tools(note) {
  const row = element("div", { class: "tools" });
  const button = (label, act) => row.append(element("button", { type: "button", onclick: act }, label));
  if (note.deleted) return row;
  if (note.surface === "comment" || (note.surface === "live" && inPerson() && !note.by_creator)) button("Reply", () => aim({ note }));
  if (note.author !== followerId() || note.by_creator) return row;
  if (note.surface !== "live") button("Edit", () => aim({ edit: note }));
  button("Delete", () => attempt(() => call("DELETE", `/api/follow/${note.id}`)));
  return row;
}

// --- writing ----------------------------------------------------------------------------------------------------------
function aim(target) {
  state.target = target;
  $("text").value = target?.edit?.text ?? "";
  $("error").textContent = "";
  describe();
  if (target) $("text").focus();
}

function describe() {
  const { target, tab, creator } = state;
  const name = creator?.name ?? "";
  const newest = [...state.posts.values()].at(-1);
  const post = target?.post ?? newest;
  let words = { dm: inPerson() ? `To ${$("name").value}, as ${name}` : `To ${name}`, live: inPerson() ? `In the live room, as ${name}` : "In the live room" }[tab];
  if (tab === "comment") words = inPerson() ? `A new post by ${name}` : post ? `Comment on “${post.text}”` : "There is nothing to comment on yet";
  if (target?.note) words = `Reply to ${target.note.name}${inPerson() ? `, as ${name}` : ""}`;
  if (target?.edit) words = "Change your message";
  $("context").firstElementChild.textContent = words;
  $("cancel").hidden = !target;
}

function send(text) {
  const { target, tab, creator } = state;
  const note = target?.note;
  if (target?.edit) return call("PATCH", `/api/follow/${target.edit.id}`, { text });
  if (inPerson() && tab === "comment" && !note) return call("POST", "/api/creator/post", { creator: creator.user_id, text });
  if (inPerson()) {
    const place = note?.conversation_id ?? { dm: `dm:${creator.user_id}:${followerId()}`, live: `live:${creator.user_id}` }[tab];
    return call("POST", "/api/creator/write", { creator: creator.user_id, conversation_id: place, text, reply_to: note?.id });
  }
  const post = target?.post ?? [...state.posts.values()].at(-1);
  return call("POST", "/api/follow/write", {
    creator: creator.user_id, surface: tab, follower: followerId(), follower_name: $("name").value.trim(), text,
    reply_to: note?.id, post_id: tab === "comment" && !note ? post?.id : undefined,
  });
}

async function attempt(act) {
  try {
    await act();
    $("error").textContent = "";
    return true;
  } catch (error) {
    $("error").textContent = error.message;
    return false;
  }
}

$("composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  if (!text || !$("who").reportValidity()) return;
  if (await attempt(() => send(text))) {
    aim(null);
    toEnd(state.tab, true);
  }
});
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("composer").requestSubmit();
  }
});
$("cancel").addEventListener("click", () => aim(null));

// --- places and names -------------------------------------------------------------------------------------------------
const isAtEnd = (tab) => {
  const panel = $(`panel-${tab}`);
  return panel.scrollHeight - panel.scrollTop - panel.clientHeight < 60;
};

function toEnd(tab, always = false) {
  const panel = $(`panel-${tab}`);
  if (tab !== "comment" && (always || isAtEnd(tab) || tab === state.tab)) panel.scrollTop = panel.scrollHeight;
}

function open(tab) {
  state.tab = tab;
  for (const button of document.querySelectorAll("[role=tab]")) {
    const chosen = button.dataset.tab === tab;
    button.setAttribute("aria-selected", String(chosen));
    button.tabIndex = chosen ? 0 : -1;
    $(`panel-${button.dataset.tab}`).hidden = !chosen;
    if (chosen) button.querySelector("b").textContent = "";
  }
  aim(null);
  toEnd(tab, true);
}

const tabs = [...document.querySelectorAll("[role=tab]")];
for (const [index, button] of tabs.entries()) {
  button.addEventListener("click", () => open(button.dataset.tab));
  button.addEventListener("keydown", ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (!step) return;
    const next = tabs[(index + step + tabs.length) % tabs.length];
    open(next.dataset.tab);
    next.focus();
  });
}
$("who").addEventListener("submit", (event) => event.preventDefault());
$("name").addEventListener("change", () => {
  if (!$("name").value.trim()) $("name").value = "Guest";
  sessionStorage.setItem("name", $("name").value);
  load();
});
$("in-person").addEventListener("change", () => { aim(null); load(); });

$("name").value = sessionStorage.getItem("name") ?? `Guest ${Math.floor(Math.random() * 900 + 100)}`;
open("comment");
drawCreators();
await attempt(loadCreators);
setInterval(() => loadCreators().catch(() => {}), 4000);
