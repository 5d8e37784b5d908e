// Screening: one report at a time, and the next is shown when the decision is on disk.

import { Refused, freshId, get, pause, send, session as newSession } from "./api.js";
import * as keys from "./keys.js";
import * as view from "./view.js";

const { at } = view;
const AHEAD = 4;
const LOOK_AGAIN = 10000; // ms, while nothing waits: others' decisions may bring conflicts, or texts to read in full
let session = null;
let queue = []; // the next reports, fetched before they are needed
let current = null;
let working = false;
let fetching = null;

const actions = () => [...session.decisions, "undo", "note", "search", "mine", "keys"];

async function fill() {
  fetching ||= load().finally(() => (fetching = null));
  return fetching;
}

// Ask until there is an answer: a server that is started anew, or a table that is mended, goes on by itself.
async function load() {
  for (let again = false; ; again = true) {
    try {
      await ask();
      if (again) view.warn("");
      return;
    } catch (fault) {
      trouble(fault);
      await pause(1000);
    }
  }
}

async function ask() {
  const values = new URLSearchParams({ count: AHEAD + 1 });
  const here = [...(current ? [current] : []), ...queue];
  for (const report of here) values.append("have", report.report);
  const found = await get("api/next", values);
  queue.push(...found.reports.filter((one) => !here.some((known) => known.report === one.report)));
  view.showProgress(found.progress, session.decisions);
}

function show(report, how) {
  current = report;
  view.showReport(report, session, (name) => open(name, "search"));
  scrollTo({ top: 0 });
  at("title").focus({ preventScroll: true });
  send("api/shown", { report: report.report, how }, () => current === report).catch((fault) => view.warn(fault.message));
}

async function next() {
  current = null;
  if (!queue.length) await fill();
  const report = queue.shift();
  if (report) show(report, "next");
  else {
    view.showNothing("Nothing waits for you now.");
    setTimeout(lookAgain, LOOK_AGAIN);
    return;
  }
  if (queue.length < AHEAD) fill();
}

async function lookAgain() {
  if (current) return;
  await fill();
  if (current) return;
  if (queue.length && !working && !document.querySelector("dialog[open]")) await next();
  else setTimeout(lookAgain, LOOK_AGAIN);
}

async function open(report, how = "back") {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  try {
    const found = await get("api/report", { id: report });
    if (current && !current.own.length && current.report !== report) queue.unshift(current);
    queue = queue.filter((one) => one.report !== report);
    show(found.report, how);
  } catch (fault) {
    trouble(fault);
  }
}

const trouble = (fault) =>
  view.warn(fault instanceof Refused ? fault.message : "prismake does not answer. Is it still running in the terminal?");

const unsent = () =>
  view.warn("Not saved yet: prismake does not answer. Start it again; the decision is kept here and sent as soon as it answers.");

// Do one thing at a time, and wait until it is on disk.
async function once(work) {
  if (working) return;
  working = true;
  view.busy(true);
  try {
    await work();
  } catch (fault) {
    trouble(fault);
    if (fault instanceof Refused && fault.status === 409 && current) {
      const found = await get("api/report", { id: current.report });
      current = found.report;
      view.showReport(current, session, (name) => open(name, "search"));
    }
  } finally {
    working = false;
    view.busy(false);
  }
}

const expected = (own) => own.map((decision) => decision.id);

function decide(decision, reason = "") {
  if (!current || !current.asked) return;
  if (decision === "exclude" && !reason) {
    at("reasons").showModal();
    at("reason-list").querySelector("button").focus();
    return;
  }
  once(async () => {
    const note = at("note").value;
    const act = { report: current.report, decision, reason, note, id: freshId(), expected: expected(current.own) };
    const answer = await send("api/decide", act, unsent);
    view.warn("");
    view.showProgress(answer.progress, session.decisions);
    view.tell(`Saved: ${view.said(act, session.reasons)}`);
    queue = queue.filter((one) => one.report !== act.report);
    await next();
  });
}

function undo() {
  once(async () => {
    const { found } = await get("api/mine");
    if (!found.length) {
      view.tell("There is no decision of yours to take back.");
      return;
    }
    const [last] = found;
    await send("api/undo", { report: last.report, id: freshId(), expected: expected(last.own) }, unsent);
    view.warn("");
    view.tell("Taken back.");
    await open(last.report);
    view.showProgress(await get("api/progress"), session.decisions);
  });
}

async function showMine() {
  at("mine").showModal();
  try {
    const { found, total } = await get("api/mine");
    at("mine-count").textContent = total > found.length ? `The latest ${found.length} of ${total}` : `${total} in all`;
    at("mine-list").replaceChildren(...view.lines(found, session.reasons, open));
  } catch (fault) {
    trouble(fault);
  }
}

function act(action, number) {
  const doing = { undo, mine: showMine, search: () => at("search").showModal(), keys: showKeys, note: () => at("note").focus() };
  if (action === "reason") {
    const reason = Object.keys(session.reasons)[number - 1];
    if (reason) decide("exclude", reason);
  } else (doing[action] || (() => decide(action)))();
}

let asked = 0;
async function search() {
  const mine = ++asked;
  await new Promise((done) => setTimeout(done, 200)); // until the typing rests
  if (mine !== asked) return;
  const words = at("words").value.trim();
  try {
    const { found, total } = words ? await get("api/search", { q: words }) : { found: [], total: 0 };
    if (mine !== asked) return;
    at("found-count").textContent = words ? `${total} found${total > found.length ? `, the first ${found.length} shown` : ""}` : "";
    at("found").replaceChildren(...view.lines(found, session.reasons, (report) => open(report, "search")));
  } catch (fault) {
    at("found-count").textContent = fault.message;
  }
}

function showReasons() {
  const rows = Object.entries(session.reasons).map(([reason, words], place) => {
    const pick = () => {
      at("reasons").close();
      decide("exclude", reason);
    };
    const digit = place < 9 ? [view.make("kbd", {}, String(place + 1))] : [];
    return view.make("li", {}, view.make("button", { type: "button", onclick: pick }, ...digit, words));
  });
  at("reason-list").replaceChildren(...rows);
  at("reasons").addEventListener("keydown", (event) => {
    const button = at("reason-list").querySelectorAll("button")[Number(event.key) - 1];
    if (button && /^[1-9]$/.test(event.key)) button.click();
  });
}

function showKeys() {
  const listed = actions().map((action) => {
    const button = view.make("button", { type: "button" }, keys.state.map[action]);
    button.setAttribute("aria-label", `${keys.WORDS[action]}: ${keys.state.map[action]}`);
    button.addEventListener("click", () => (at("keys-said").textContent = `Press the new key for ${keys.WORDS[action]}.`));
    button.addEventListener("keydown", (event) => {
      if (["Tab", "Enter", " ", "Escape", "Shift"].includes(event.key)) return;
      event.preventDefault();
      at("keys-said").textContent = keys.assign(action, event.key, actions()) || `${keys.WORDS[action]}: ${event.key}`;
      button.textContent = keys.state.map[action];
      button.setAttribute("aria-label", `${keys.WORDS[action]}: ${keys.state.map[action]}`);
      view.showKeys();
    });
    return view.make("tr", {}, view.make("td", {}, keys.WORDS[action]), view.make("td", {}, button));
  });
  at("key-rows").replaceChildren(...listed);
  at("keys-on").checked = keys.state.on;
  if (!at("keys").open) at("keys").showModal();
}

async function start() {
  session = await newSession();
  at("who").textContent = `${session.reviewer}, ${session.stage === "full_text" ? "full texts" : "titles and abstracts"}`;
  view.showCriteria(session);
  view.showButtons(session.decisions, act);
  showReasons();
  if (session.notices.length) view.warn(session.notices.join("\n"));
  at("open-search").onclick = () => act("search");
  at("open-mine").onclick = () => act("mine");
  at("open-keys").onclick = () => act("keys");
  at("words").addEventListener("input", search);
  at("keys-on").addEventListener("change", (event) => {
    keys.setOn(event.target.checked);
    view.showKeys();
  });
  at("keys-reset").addEventListener("click", () => {
    keys.reset();
    showKeys();
    view.showKeys();
  });
  keys.listen(actions, act);
  await next();
}

start().catch(trouble);
