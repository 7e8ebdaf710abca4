// The browser side of the chat. It reconnects when the connection ends, and sends messages again
// that the server has not echoed.

const $ = (id) => document.getElementById(id);
const [FIRST_PAUSE, LONGEST_PAUSE] = [200, 5000];

let room = "";
let name = "";
let socket;
let pause = FIRST_PAUSE;
let timer;
/** Messages that the server has not echoed yet, in order. */
const unsent = new Map();
/** The list items of messages, by id. */
const shown = new Map();

function showStatus(state, words) {
  $("status").dataset.state = state;
  $("status").textContent = words;
}

function connect() {
  showStatus("waiting", "connecting");
  const url = new URL("chat", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const opening = socket = new WebSocket(url);
  opening.onopen = () => send({ type: "enter", room, name });
  opening.onmessage = ({ data }) => opening === socket && receive(JSON.parse(data));
  opening.onclose = () => opening === socket && reconnect();
}

/** Reconnects after a growing, random pause, so that not all pages return at once. */
function reconnect() {
  showStatus("waiting", "reconnecting");
  clearTimeout(timer);
  timer = setTimeout(connect, pause * (0.5 + Math.random()));
  pause = Math.min(pause * 2, LONGEST_PAUSE);
}

function send(request) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(request));
}

function receive(event) {
  if (event.type === "entered") {
    pause = FIRST_PAUSE;
    showStatus("online", "online");
    for (const saying of event.sayings) receive({ type: "said", saying });
    for (const [id, text] of unsent) send({ type: "say", id, text });
  } else if (event.type === "said") {
    unsent.delete(event.saying.id);
    show(event.saying, true);
  } else if (event.type === "members") {
    const names = event.names.map((other) => other === name ? `${other} (you)` : other);
    $("members").textContent = names.join(", ");
  }
}

/** Shows a message, or updates it if it is already shown. */
function show(saying, sent) {
  const list = $("sayings");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const item = shown.get(saying.id) ?? document.createElement("li");
  shown.set(saying.id, item);
  item.className = saying.name === name ? "saying mine" : "saying";
  item.classList.toggle("unsent", !sent);
  const time = new Date(saying.time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const head = document.createElement("small");
  const who = document.createElement("b");
  who.textContent = saying.name;
  head.append(who, sent ? time : "sending …");
  const text = document.createElement("p");
  text.textContent = saying.text;
  item.replaceChildren(head, text);
  place(item, sent ? saying.time : Infinity);
  if (atEnd || saying.name === name) list.scrollTop = list.scrollHeight;
}

/** Inserts by time: a server that has just started may learn earlier messages later. */
function place(item, time) {
  item.dataset.time = time;
  const list = $("sayings");
  const others = [...list.children].filter((other) => other !== item);
  const next = others.find((other) => Number(other.dataset.time) > time) ?? null;
  if (item.parentNode !== list || item.nextElementSibling !== next) list.insertBefore(item, next);
}

function enter(form) {
  [name, room] = [form.get("name").trim(), form.get("room").trim()];
  sessionStorage.setItem("chat", JSON.stringify({ name, room }));
  $("room").textContent = `# ${room}`;
  $("members").textContent = "…";
  document.title = `${room} · Goer chat`;
  for (const id of ["door", "inside", "leave"]) $(id).hidden = id === "door";
  $("say").elements.text.focus();
  connect();
}

$("enter").onsubmit = (event) => {
  event.preventDefault();
  enter(new FormData(event.target));
};

$("say").onsubmit = (event) => {
  event.preventDefault();
  const { text } = event.target.elements;
  if (text.value.trim() === "") return;
  const saying = { id: crypto.randomUUID?.() ?? `${Math.random()}`, text: text.value };
  text.value = "";
  unsent.set(saying.id, saying.text);
  show({ ...saying, name, time: Date.now() }, false);
  send({ type: "say", ...saying });
};

$("leave").onclick = () => {
  sessionStorage.removeItem("chat");
  location.reload();
};

addEventListener("online", () => room !== "" && socket.readyState > 1 && connect());

const form = $("enter").elements;
const known = JSON.parse(sessionStorage.getItem("chat") ?? "null");
form.room.value = known?.room ?? "lobby";
form.name.value = known?.name ?? "";
if (known) enter(new FormData($("enter")));
else form.name.focus();
