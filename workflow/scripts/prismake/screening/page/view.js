// What stands on the page. Texts are put in as text, never as markup.

import { WORDS, state } from "./keys.js";

export const at = (id) => document.getElementById(id);

export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children.filter((child) => child !== "" && child != null));
  return element;
}

const marked = (pieces) =>
  pieces.map(([text, kind]) => (kind ? make("mark", { className: kind, title: TITLES[kind] }, text) : text));

const TITLES = {
  wanted: "a term of the protocol",
  unwanted: "a term that speaks against it",
  model: "a term that counts in the ranking",
};

const outside = (href, words) => make("a", { href, rel: "noreferrer noopener", target: "_blank" }, words);

function sourceLine(report) {
  const parts = [report.journal, report.year].filter(Boolean).map(String);
  const line = [parts.join(", ")];
  if (/^10\.\d+\/\S+$/.test(report.doi)) line.push(" · ", outside(`https://doi.org/${encodeURI(report.doi)}`, "DOI"));
  if (/^\d+$/.test(report.pmid)) line.push(" · ", outside(`https://pubmed.ncbi.nlm.nih.gov/${report.pmid}/`, "PubMed"));
  return line;
}

export const said = (decision, reasons) =>
  (WORDS[decision.decision] || decision.decision) + (decision.reason ? `: ${reasons[decision.reason] || decision.reason}` : "");

function standing(report, session) {
  const lines = report.own.map((one) =>
    make("p", {}, `You decided: ${said(one, session.reasons)}`, one.note ? ` (${one.note})` : "", ". A new decision replaces it."),
  );
  for (const one of report.others) {
    lines.push(make("p", {}, `${one.reviewer}: ${said(one, session.reasons)}`, one.note ? ` (${one.note})` : ""));
  }
  if (!report.asked) lines.push(make("p", {}, "This report is not screened at this stage."));
  return lines.length ? [make("div", { className: "box" }, ...lines)] : [];
}

function doubles(report, open) {
  return report.doubles.map((one) =>
    make("div", { className: "box" },
      make("p", {}, make("strong", {}, "Perhaps a duplicate of: "), one.title || one.report_id),
      make("p", {}, `${one.why} (score ${one.score}). To be settled in review/decisions/duplicates.csv. `,
        make("button", { type: "button", onclick: () => open(one.report_id) }, "Show it")),
    ),
  );
}

export function showReport(report, session, open) {
  at("title").replaceChildren(...(report.title.length ? marked(report.title) : ["[no title]"]));
  at("authors").textContent = report.authors.slice(0, 12).join("; ") + (report.authors.length > 12 ? " and others" : "");
  at("source").replaceChildren(...sourceLine(report));
  at("standing").replaceChildren(...standing(report, session));
  at("doubles").replaceChildren(...doubles(report, open));
  const more = report.registration ? [make("p", {}, report.registration)] : [];
  const abstract = report.abstract.length
    ? make("p", {}, ...marked(report.abstract))
    : make("p", { className: "empty" }, "No abstract.");
  const other = report.other ? [make("p", {}, report.other)] : [];
  at("abstract").replaceChildren(...other, abstract, ...more);
  at("keywords").textContent = report.keywords.length ? `Keywords: ${report.keywords.join("; ")}` : "";
  at("terms").textContent = report.terms.length ? `Ranked by: ${report.terms.join(", ")}` : "";
  at("records").textContent = `Records: ${report.records.join(", ")}`;
  at("note").value = report.own.length ? report.own[0].note : "";
  at("deciding").hidden = !report.asked;
}

export function showNothing(words) {
  for (const id of ["authors", "source", "standing", "doubles", "abstract", "keywords", "terms", "records"]) at(id).replaceChildren();
  at("title").textContent = words;
  at("deciding").hidden = true;
}

export function showProgress(figures, decisions) {
  const counted = decisions
    .filter((name) => figures.counts[name])
    .map((name) => `${figures.counts[name]} ${WORDS[name].toLowerCase()}`);
  const done = figures.decided + figures.waiting;
  at("progress").replaceChildren(
    make("p", { className: "figure" }, `${figures.decided.toLocaleString("en")} decided`),
    make("p", {}, `${figures.waiting.toLocaleString("en")} wait for you, of ${figures.total.toLocaleString("en")} reports`),
    Object.assign(make("progress", { max: Math.max(1, done), value: figures.decided }), { ariaLabel: "Share decided" }),
    make("p", {}, counted.join(" · ")),
    ...figures.lines.map((line) => make("p", { className: "line" }, line)),
  );
}

export function showCriteria(session) {
  const entries = session.criteria.flatMap((one) => [
    make("dt", {}, one.name),
    make("dd", { className: "include" }, one.include),
    ...(one.exclude ? [make("dd", { className: "exclude" }, one.exclude)] : []),
  ]);
  const question = Object.entries(session.question).flatMap(([name, text]) => [make("dt", {}, name), make("dd", {}, text)]);
  const list = entries.length ? entries : question;
  at("criteria").replaceChildren(list.length ? make("dl", {}, ...list) : make("p", {}, "config.yaml names no criteria."));
}

export function showButtons(decisions, act) {
  const buttons = decisions.map((name, place) =>
    make("button", { type: "button", id: `do-${name}`, className: place ? "" : "first", onclick: () => act(name) },
      WORDS[name], make("kbd", {})),
  );
  const undo = make("button", { type: "button", id: "do-undo", className: "undo", onclick: () => act("undo") }, "Undo", make("kbd", {}));
  at("buttons").replaceChildren(...buttons, undo);
  showKeys();
}

export function showKeys() {
  for (const mark of document.querySelectorAll("kbd[data-key]")) mark.textContent = state.on ? state.map[mark.dataset.key] : "";
  for (const button of document.querySelectorAll("#buttons button")) {
    const name = button.id.slice(3);
    button.querySelector("kbd").textContent = state.on ? state.map[name] : "";
    if (state.on) button.setAttribute("aria-keyshortcuts", state.map[name]);
    else button.removeAttribute("aria-keyshortcuts");
  }
}

export function lines(found, reasons, open) {
  return found.map((one) =>
    make("li", {},
      make("button", { type: "button", onclick: () => open(one.report) },
        one.title || "[no title]",
        make("small", {}, [one.authors, one.year].filter(Boolean).join(", ")),
        make("small", {}, one.own.map((decision) => said(decision, reasons)).join("; ")),
      ),
    ),
  );
}

export function tell(words) {
  const status = at("status");
  status.textContent = words;
  status.classList.remove("old");
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => status.classList.add("old"), 2500);
}

export function warn(words) {
  at("alert").replaceChildren(...(words ? [make("p", {}, words)] : []));
}

export function busy(on) {
  for (const button of document.querySelectorAll("#buttons button, #reason-list button")) button.disabled = on;
}
