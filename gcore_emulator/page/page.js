"use strict";

// Requests the view, draws it, and repeats. All data from the API is set as text, never as markup.

const REFRESH_MILLISECONDS = 1000;
const NARROW = window.matchMedia("(max-width: 60rem)");
const SVG = "http://www.w3.org/2000/svg";
// A CRL is issued again every few days or weeks.
const WARN_DAYS = { CRL: 7 };
const DEFAULT_WARN_DAYS = 30;
// Number of tasks and requests that are shown without a click.
const FIRST = 12;

const LEVELS = {
  ONLINE: "good", ACTIVE: "good", FINISHED: "good", NO_MONITOR: "off", OFFLINE: "off",
  DEGRADED: "warn", DRAINING: "warn", ERROR: "bad", NEW: "busy", RUNNING: "busy",
};

let shown = "";

function level(status) {
  return LEVELS[status] || (status.startsWith("PENDING") ? "busy" : "off");
}

function el(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null));
  return element;
}

function status(text) {
  return el("span", `status ${level(text)}`, text.replace("_", " ").toLowerCase());
}

// Operating status, and the provisioning status while it is not ACTIVE.
function statuses(one) {
  const line = el("div", "", status(one.status));
  if (one.provisioning_status !== "ACTIVE" && one.provisioning_status !== one.status) {
    line.append(" ", status(one.provisioning_status));
  }
  return line;
}

function days(certificate) {
  const left = certificate.days_left;
  if (left === null) return el("span", "days bad", "unreadable");
  const kind = left < 0 ? "bad" : left < (WARN_DAYS[certificate.role] || DEFAULT_WARN_DAYS) ? "warn" : "";
  const text = left < 0 ? `ended ${counted(-left, "day")} ago` : left > 99999 ? "no end" : counted(left, "day");
  const element = el("span", `days ${kind}`, text);
  element.title = new Date(certificate.ends_at).toLocaleString();
  return element;
}

function certificates(list) {
  if (!list.length) return null;
  return el("div", "certificates", ...list.map((one) =>
    el("div", "", el("span", "subject", el("span", "role", one.role), " ", one.subject), days(one))));
}

function node(kind, title, one, facts, ...more) {
  const element = el("div", `node ${level(one.status)}`,
    el("div", "kind", kind), el("h3", "", title), one.provisioning_status ? statuses(one) : el("div", "", status(one.status)));
  if (facts) element.append(el("div", "facts", facts));
  element.append(...more.filter((part) => part !== null));
  return element;
}

function branch(own, children) {
  const item = el("li", "", own);
  if (children.length) item.append(el("ul", "", ...children));
  return item;
}

function member(one) {
  const facts = [one.backup ? "backup" : "", one.weight !== 1 ? `weight ${one.weight}` : ""].filter(Boolean).join(", ");
  return branch(node("member", one.endpoint, one, facts), []);
}

function pool(one) {
  const facts = [one.protocol, one.algorithm.replace("_", " ").toLowerCase(),
    one.monitor ? `probed by ${one.monitor}` : "not probed"].join(", ");
  return branch(node("pool", one.name, one, facts, certificates(one.certificates)), one.members.map(member));
}

function listener(one) {
  const facts = [`${one.protocol}, port ${one.port}`, one.networks ? `from ${counted(one.networks, "network")} only` : "",
    one.users ? counted(one.users, "user") : ""].filter(Boolean).join(", ");
  const here = one.endpoint ? el("div", "facts", "here at ", el("span", "code", one.endpoint)) : null;
  return branch(node("listener", one.name, one, facts, here, certificates(one.certificates)), one.pools.map(pool));
}

// A line of HAProxy's log. Failed requests and members that went down are highlighted.
function traffic(line) {
  const failed = / is DOWN[ ,]/.test(line) || /^\S+ (-1|[45]\d\d) /.test(line);
  return el("div", failed ? "bad" : "", line);
}

function balancer(one, open) {
  const children = [...one.listeners.map(listener), ...one.detached.map(pool)];
  const tree = el("ul", "", branch(node("load balancer", one.name, one, `${one.vip}, ${one.flavor}`), children));
  const edges = document.createElementNS(SVG, "svg");
  edges.setAttribute("class", "edges");
  edges.setAttribute("aria-hidden", "true");
  const element = el("article", children.length ? "balancer" : "balancer alone", el("div", "graph", edges, tree));
  if (one.traffic.length) {
    element.append(folded(one.id, open, "Traffic, newest first", el("div", "traffic code", ...one.traffic.map(traffic))));
  }
  return element;
}

// Content that a click shows. When the page is drawn again, it stays open and keeps its scroll position.
function folded(id, open, title, ...content) {
  const element = el("details", "", el("summary", "", title), ...content);
  element.open = open;
  element.dataset.id = id;
  return element;
}

// The first rows of a list; a click shows the others.
function shortened(id, opened, rows, wrapped) {
  const older = rows.slice(FIRST);
  if (!older.length) return [wrapped(rows)];
  return [wrapped(rows.slice(0, FIRST)), folded(id, opened.has(id), `${older.length} older`, wrapped(older))];
}

// Draws lines between nodes, after the browser has placed the nodes.
function drawEdges() {
  for (const graph of document.querySelectorAll(".graph")) {
    const svg = graph.querySelector(".edges");
    const origin = graph.getBoundingClientRect();
    svg.replaceChildren();
    for (const item of graph.querySelectorAll("li li")) {
      const child = item.querySelector(".node");
      const from = item.parentElement.parentElement.querySelector(".node").getBoundingClientRect();
      const to = child.getBoundingClientRect();
      const path = document.createElementNS(SVG, "path");
      const y = to.top + to.height / 2 - origin.top;
      if (NARROW.matches) {
        const x = from.left - origin.left + 12;
        path.setAttribute("d", `M${x} ${from.bottom - origin.top}V${y}H${to.left - origin.left}`);
      } else {
        const x = from.right - origin.left, end = to.left - origin.left, half = (x + end) / 2;
        const start = from.top + from.height / 2 - origin.top;
        path.setAttribute("d", `M${x} ${start}C${half} ${start} ${half} ${y} ${end} ${y}`);
      }
      path.setAttribute("class", ["good", "warn", "bad"].find((name) => child.classList.contains(name)) || "off");
      svg.append(path);
    }
  }
}

function bar(className, from, to) {
  const element = document.createElementNS(SVG, "rect");
  element.setAttribute("class", className);
  element.setAttribute("x", `${from * 100}%`);
  element.setAttribute("width", `${Math.max(to - from, 0.004) * 100}%`);
  element.setAttribute("height", "100%");
  element.setAttribute("rx", "3");
  return element;
}

function clock(time) {
  return new Date(time).toLocaleTimeString([], { hourCycle: "h23" });
}

function tasks(view, opened) {
  if (!view.tasks.length) return [empty("No task yet.", "Each write starts one, and changes something when it finishes.")];
  const now = Date.parse(view.now);
  const begin = Math.min(...view.tasks.map((one) => Date.parse(one.created_at)));
  const end = Math.max(...view.tasks.map((one) => Date.parse(one.finished_at || view.now)), begin + 1);
  const place = (time) => Math.min((time - begin) / (end - begin), 0.996);
  const axis = el("div", "task axis", el("span", "", "newest first"),
    el("div", "", el("span", "", clock(begin)), el("span", "", `${((end - begin) / 1000).toFixed(1)} s`), el("span", "", clock(end))));
  const rows = view.tasks.map((one) => {
    const running = Math.min(Date.parse(one.running_at || view.now), now);
    const until = Date.parse(one.finished_at || view.now);
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", `${((until - Date.parse(one.created_at)) / 1000).toFixed(1)} seconds`);
    svg.append(bar("track", 0, 1), bar("waits", place(Date.parse(one.created_at)), place(running)),
      bar(`runs ${level(one.state)}`, place(Math.min(running, until)), place(until)));
    const element = el("div", "task", el("div", "what", one.type, " ", el("span", "", one.subject)), svg, status(one.state));
    element.firstChild.title = `${one.type} ${one.subject}`;
    if (one.error) element.append(el("div", "error", one.error));
    return element;
  });
  return [axis, ...shortened("older-tasks", opened, rows, (some) => el("div", "tasks", ...some))];
}

// Repeated requests, such as polls of a task, share one row.
function merged(requests) {
  const rows = [];
  for (const request of requests) {
    const last = rows.at(-1);
    const same = last && ["method", "path", "status"].every((field) => last[0][field] === request[field]);
    if (same) last[1] += 1;
    else rows.push([request, 1]);
  }
  return rows;
}

function requests(view, opened) {
  if (!view.requests.length) return [empty("No request yet.", "The API requires the key that the emulator was started with.")];
  const head = () => el("tr", "", ...["time", "method", "path", "status"].map((name) => el("th", "", name)));
  const rows = merged(view.requests).map(([one, times]) => el("tr", "",
    el("td", "time code", clock(one.at)), el("td", "code", one.method),
    el("td", "path code", one.path, times > 1 ? el("span", "times", ` × ${times}`) : null),
    el("td", one.status === null || one.status >= 400 ? "code bad" : "code", one.status === null ? "dropped" : String(one.status))));
  return shortened("older-requests", opened, rows, (some) => el("table", "", el("thead", "", head()), el("tbody", "", ...some)));
}

function empty(what, ...more) {
  return el("div", "empty", el("p", "", what), ...more.map((part) => el("p", "", ...[part].flat())));
}

function code(text) {
  return el("span", "code", text);
}

function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function draw(view) {
  const opened = new Set([...document.querySelectorAll("details[open]")].map((one) => one.dataset.id));
  const scrolled = new Map([...document.querySelectorAll(".traffic")].map((one) => [one.parentElement.dataset.id, one.scrollTop]));
  document.getElementById("summary").textContent = [
    counted(view.load_balancers.length, "load balancer"), counted(view.secrets, "secret"), counted(view.request_count, "request"),
  ].join(", ");
  const balancers = view.load_balancers.map((one) => balancer(one, opened.has(one.id)));
  const none = () => empty("No load balancer yet.",
    ["To create one with a Pulumi stack: ", code(`pulumi config set gcore:baseUrl ${location.origin}`), ", then ", code("pulumi up"), "."],
    "This page then shows it with its listeners, certificates, pools and members.");
  document.getElementById("balancers").replaceChildren(...(balancers.length ? balancers : [none()]));
  document.getElementById("tasks").replaceChildren(...tasks(view, opened));
  document.getElementById("requests").replaceChildren(...requests(view, opened));
  for (const one of document.querySelectorAll(".traffic")) one.scrollTop = scrolled.get(one.parentElement.dataset.id) || 0;
  drawEdges();
}

async function refresh() {
  const connection = document.getElementById("connection");
  try {
    const response = await fetch("/_emulator/view", { cache: "no-store" });
    if (!response.ok) throw new Error(String(response.status));
    const text = await response.text();
    connection.textContent = "";
    const view = JSON.parse(text);
    // Draw only if something changed, so that text can be selected. The time counts only while a task runs.
    const current = JSON.stringify({ ...view, now: view.tasks.some((one) => !one.finished_at) ? view.now : "" });
    if (current !== shown) draw(view);
    shown = current;
  } catch {
    connection.textContent = "The emulator does not respond. This page shows its last known state.";
  }
  setTimeout(refresh, REFRESH_MILLISECONDS);
}

window.addEventListener("resize", drawEdges);
document.addEventListener("toggle", drawEdges, true);
refresh();
