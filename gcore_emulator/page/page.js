"use strict";

// Asks for what there is, draws it, and asks again. Everything that comes from outside is set as text, never as markup.

const EVERY = 1000;
const NARROW = window.matchMedia("(max-width: 60rem)");
const SVG = "http://www.w3.org/2000/svg";
// Revocation lists are made anew every few days or weeks.
const WARN_DAYS = { CRL: 7 };
const WARN_DAYS_ELSE = 30;
// Tasks and requests that are shown at once.
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
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null));
  return made;
}

function status(text) {
  return el("span", `status ${level(text)}`, text.replace("_", " ").toLowerCase());
}

// Operating status, and what is going on if anything is.
function statuses(one) {
  const line = el("div", "", status(one.status));
  if (one.provisioning_status !== "ACTIVE" && one.provisioning_status !== one.status) {
    line.append(" ", status(one.provisioning_status));
  }
  return line;
}

function days(material) {
  const left = material.days_left;
  if (left === null) return el("span", "days bad", "unreadable");
  const kind = left < 0 ? "bad" : left < (WARN_DAYS[material.role] || WARN_DAYS_ELSE) ? "warn" : "";
  const text = left < 0 ? `ended ${counted(-left, "day")} ago` : left > 99999 ? "no end" : counted(left, "day");
  const made = el("span", `days ${kind}`, text);
  made.title = new Date(material.ends_at).toLocaleString();
  return made;
}

function materials(list) {
  if (!list.length) return null;
  return el("div", "materials", ...list.map((one) =>
    el("div", "", el("span", "subject", el("span", "role", one.role), " ", one.subject), days(one))));
}

function node(kind, title, one, facts, ...more) {
  const made = el("div", `node ${level(one.status)}`,
    el("div", "kind", kind), el("h3", "", title), one.provisioning_status ? statuses(one) : el("div", "", status(one.status)));
  if (facts) made.append(el("div", "facts", facts));
  made.append(...more.filter((part) => part !== null));
  return made;
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
  return branch(node("pool", one.name, one, facts, materials(one.materials)), one.members.map(member));
}

function listener(one) {
  const facts = [`${one.protocol}, port ${one.port}`, one.networks ? `from ${counted(one.networks, "network")} only` : "",
    one.users ? counted(one.users, "user") : ""].filter(Boolean).join(", ");
  const here = one.endpoint ? el("div", "facts", "here at ", el("span", "code", one.endpoint)) : null;
  return branch(node("listener", one.name, one, facts, here, materials(one.materials)), one.pools.map(pool));
}

// A line of HAProxy's log: a request that failed, or a member that went down, stands out.
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
  const made = el("article", children.length ? "balancer" : "balancer alone", el("div", "graph", edges, tree));
  if (one.traffic.length) {
    made.append(folded(one.id, open, "Traffic, newest first", el("div", "traffic code", ...one.traffic.map(traffic))));
  }
  return made;
}

// What is shown on demand only. It stays open when the page is drawn anew, as far as it was scrolled.
function folded(id, open, title, ...content) {
  const made = el("details", "", el("summary", "", title), ...content);
  made.open = open;
  made.dataset.id = id;
  return made;
}

// The first ones of a list, and the others on demand.
function shortened(id, opened, rows, wrapped) {
  const older = rows.slice(FIRST);
  if (!older.length) return [wrapped(rows)];
  return [wrapped(rows.slice(0, FIRST)), folded(id, opened.has(id), `${older.length} older`, wrapped(older))];
}

// Lines between nodes, after the browser has found places for them.
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
  const made = document.createElementNS(SVG, "rect");
  made.setAttribute("class", className);
  made.setAttribute("x", `${from * 100}%`);
  made.setAttribute("width", `${Math.max(to - from, 0.004) * 100}%`);
  made.setAttribute("height", "100%");
  made.setAttribute("rx", "3");
  return made;
}

function clock(time) {
  return new Date(time).toLocaleTimeString([], { hourCycle: "h23" });
}

function tasks(view, opened) {
  if (!view.tasks.length) return [empty("No task yet.", "Each write is one: it runs for a while, and then something has changed.")];
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
    const made = el("div", "task", el("div", "what", one.type, " ", el("span", "", one.subject)), svg, status(one.state));
    made.firstChild.title = `${one.type} ${one.subject}`;
    if (one.error) made.append(el("div", "error", one.error));
    return made;
  });
  return [axis, ...shortened("older-tasks", opened, rows, (some) => el("div", "tasks", ...some))];
}

// The same call again and again, as when somebody waits for a task, is one row.
function repeated(calls) {
  const rows = [];
  for (const call of calls) {
    const last = rows.at(-1);
    const same = last && ["method", "path", "status"].every((field) => last[0][field] === call[field]);
    if (same) last[1] += 1;
    else rows.push([call, 1]);
  }
  return rows;
}

function requests(view, opened) {
  if (!view.requests.length) return [empty("No request yet.", "The API takes the key that the emulator was started with.")];
  const head = () => el("tr", "", ...["time", "method", "path", "status"].map((name) => el("th", "", name)));
  const rows = repeated(view.requests).map(([one, times]) => el("tr", "",
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
    ["Let a Pulumi stack make one: ", code(`pulumi config set gcore:baseUrl ${location.origin}`), ", then ", code("pulumi up"), "."],
    "It is drawn here with its listeners, certificates, pools and members, as they are at the moment.");
  document.getElementById("balancers").replaceChildren(...(balancers.length ? balancers : [none()]));
  document.getElementById("tasks").replaceChildren(...tasks(view, opened));
  document.getElementById("requests").replaceChildren(...requests(view, opened));
  for (const one of document.querySelectorAll(".traffic")) one.scrollTop = scrolled.get(one.parentElement.dataset.id) || 0;
  drawEdges();
}

async function refresh() {
  const connection = document.getElementById("connection");
  try {
    const answer = await fetch("/_emulator/view", { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    connection.textContent = "";
    const view = JSON.parse(text);
    // What stands still isn't drawn again, so that text can be selected. The time alone is no news.
    const news = JSON.stringify({ ...view, now: view.tasks.some((one) => !one.finished_at) ? view.now : "" });
    if (news !== shown) draw(view);
    shown = news;
  } catch {
    connection.textContent = "The emulator doesn't answer; what is shown is old.";
  }
  setTimeout(refresh, EVERY);
}

window.addEventListener("resize", drawEdges);
document.addEventListener("toggle", drawEdges, true);
refresh();
