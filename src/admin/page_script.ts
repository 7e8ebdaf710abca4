/**
 * The script of the live page: reads the events of `/live`, and shows them. Text is only ever set as
 * text, because it can come from peers.
 *
 * @module
 */

/** JavaScript for any browser of the last years. */
export const SCRIPT = `
"use strict";
const KEPT = 180;
const at = (id) => document.getElementById(id);
const charts = [
  { title: "Messages per second", unit: count, value: (now, rate) => rate("messages") },
  { title: "Open connections", unit: count, value: (now) => now.sum("open") },
  { title: "Received per second", unit: size, value: (now, rate) => rate("bytesRead") },
  { title: "Sent per second", unit: size, value: (now, rate) => rate("bytesWritten") },
  { title: "Event-loop delay", unit: (ms) => ms.toFixed(1) + " ms", value: (now) => now.delay },
  { title: "Memory of workers", unit: size, value: (now) => now.memory },
].map((chart) => ({ ...chart, points: [], ...drawChart(chart.title) }));
let last, paused = false, aborter, upgrades;
let token = sessionStorage.getItem("goer-token") ?? "";

function count(number) { return number < 10 ? number.toFixed(1).replace(".0", "") : Math.round(number).toLocaleString("en"); }
function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let index = 0;
  for (; bytes >= 1024 && index < 4; index++) bytes /= 1024;
  return (index === 0 || bytes >= 100 ? Math.round(bytes) : bytes.toFixed(1)) + " " + units[index];
}
function duration(ms) {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return seconds + " s";
  if (seconds < 3600) return Math.floor(seconds / 60) + " min";
  if (seconds < 172800) return Math.floor(seconds / 3600) + " h";
  return Math.floor(seconds / 86400) + " d";
}
function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}
function setText(id, text) { if (at(id).textContent !== text) at(id).textContent = text; }

function drawChart(title) {
  const figure = element("figure"), caption = element("figcaption"), value = element("b", "–");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  svg.setAttribute("viewBox", "0 0 " + (KEPT - 1) + " 100");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.append(line);
  caption.append(element("span", title), value);
  figure.append(caption, svg);
  at("charts").append(figure);
  return { svg, line, shown: value };
}
function updateChart(chart, value) {
  const { points, svg, line, shown, title, unit } = chart;
  points.push(value);
  if (points.length > KEPT) points.shift();
  const most = Math.max(...points, 1e-9), start = KEPT - points.length;
  line.setAttribute("points", points.map((one, index) => (start + index) + "," + (97 - one / most * 90).toFixed(1)).join(" "));
  shown.textContent = unit(value);
  svg.setAttribute("aria-label", title + ": now " + unit(value) + ", at most " + unit(most) + " in the last " + points.length + " seconds");
}
function fill(id, rows, numbers) {
  const body = at(id).tBodies[0];
  body.replaceChildren(...rows.map((cells) => {
    const row = element("tr");
    row.append(...cells.map((text, index) => element("td", text, numbers.includes(index) ? "number" : "")));
    return row;
  }));
}

function show({ status, services, unready, connections, log, controls }) {
  at("controls").hidden = !controls;
  at("abort").hidden = !status.rollout;
  if (upgrades < status.upgrades) setText("outcome", "Upgraded");
  upgrades = status.upgrades;
  const now = {
    time: performance.now(),
    services,
    sum: (name) => services.reduce((total, one) => total + one[name], 0),
    delay: Math.max(0, ...status.workers.map(({ statistics }) => statistics?.loopDelay ?? 0)),
    memory: status.workers.reduce((total, { statistics }) => total + (statistics?.memory ?? 0), 0),
  };
  const elapsed = last ? (now.time - last.time) / 1000 : 0;
  const rate = (name) => elapsed > 0 ? Math.max(0, now.sum(name) - last.sum(name)) / elapsed : 0;
  const rateOf = (key, name) => {
    const before = last?.services.find((one) => one.key === key), one = services.find((one) => one.key === key);
    return elapsed > 0 && before && one ? Math.max(0, one[name] - before[name]) / elapsed : 0;
  };
  document.title = status.app + " – Goer";
  setText("app", status.app);
  setText("facts", "Goer " + status.version + " on " + status.runtime + ", process " + status.pid + ", up " + duration(status.uptime));
  const { rollout, phase } = status;
  const progress = rollout ? ": " + rollout.stage + ", " + rollout.replaced + " of " + rollout.workers + " replaced" : "";
  setText("state", phase + progress + (unready ? " (not ready: " + unready + ")" : ", ready"));
  at("state").className = unready ? "bad" : "";
  for (const chart of charts) updateChart(chart, chart.value(now, rate));
  fill("services", services.map((one) => [
    one.name, one.address, one.protocol, count(one.open), count(rateOf(one.key, "messages")) + "/s", count(one.handlerErrors),
  ]), [3, 4, 5]);
  fill("workers", status.workers.map(({ slot, id, pid, state, generation, uptime, statistics }) => [
    String(slot), String(id), String(pid), state, String(generation), duration(uptime),
    statistics ? count(statistics.connections) : "–", statistics ? size(statistics.memory) : "–",
    statistics ? Math.round(statistics.processor) + " %" : "–",
  ]), [0, 1, 2, 4, 5, 6, 7, 8]);
  if (connections) {
    fill("connections", connections.map((one) => [
      one.remoteAddress, one.service, String(one.worker), duration(one.age), size(one.bytesRead), size(one.bytesWritten),
    ]), [2, 3, 4, 5]);
  }
  if (log !== undefined) {
    const pane = at("log"), follows = pane.scrollTop + pane.clientHeight >= pane.scrollHeight - 8;
    pane.textContent = log;
    if (follows) pane.scrollTop = pane.scrollHeight;
  }
  last = now;
}

async function follow() {
  aborter = new AbortController();
  const headers = token ? { authorization: "Bearer " + token } : {};
  const response = await fetch("live", { headers, signal: aborter.signal });
  at("login").hidden = response.status !== 401;
  at("content").hidden = response.status === 401;
  if (response.status === 401) {
    setText("state", token ? "The token is not right" : "This needs the token");
    at("state").className = "bad";
    return false;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += part.value;
    const events = text.split("\\n\\n");
    text = events.pop();
    for (const event of events) if (event.startsWith("data: ")) show(JSON.parse(event.slice(6)));
  }
  return true;
}
async function run() {
  while (!paused) {
    try {
      if (!await follow()) return;
    } catch {}
    if (paused) return;
    setText("state", "No answer: trying again");
    at("state").className = "bad";
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
at("pause").addEventListener("click", () => {
  paused = !paused;
  at("pause").textContent = paused ? "Resume" : "Pause";
  last = undefined;
  if (paused) aborter?.abort();
  else run();
});
async function command(id, doing, done) {
  const button = at(id);
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  at("outcome").className = "";
  setText("outcome", doing);
  try {
    const response = await fetch(id, { method: "POST", headers: { authorization: "Bearer " + token } });
    setText("outcome", response.ok ? done : (await response.text()).trim());
    at("outcome").className = response.ok ? "" : "bad";
  } catch {
    setText("outcome", id === "upgrade" ? "The next supervisor takes over" : "No answer");
    at("outcome").className = id === "upgrade" ? "" : "bad";
  }
  button.removeAttribute("aria-disabled");
}
at("reload").addEventListener("click", () => command("reload", "Reloading", "Reloaded"));
at("upgrade").addEventListener("click", () => command("upgrade", "Upgrading", "Upgraded"));
at("abort").addEventListener("click", () => {
  at("reload").focus();
  command("abort", "Calling off the reload", "Called off");
});
at("login").addEventListener("submit", (event) => {
  event.preventDefault();
  token = at("token").value;
  sessionStorage.setItem("goer-token", token);
  run();
});
run();
`;
