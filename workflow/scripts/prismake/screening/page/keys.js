// The keys: which one does what, kept in this browser.

const PLACE = "prismake.keys";
const FIRST = {
  include: "i", exclude: "e", unsure: "u", not_retrieved: "r", ongoing: "o", awaiting: "a",
  undo: "z", note: "n", search: "/", mine: "m", keys: "?",
};
export const WORDS = {
  include: "Include", exclude: "Exclude", unsure: "Unsure", not_retrieved: "Not retrieved", ongoing: "Ongoing study",
  awaiting: "Awaiting", undo: "Undo", note: "Note", search: "Search", mine: "Your decisions", keys: "Keys",
};

function load() {
  try {
    return JSON.parse(localStorage.getItem(PLACE)) || {};
  } catch {
    return {};
  }
}

const held = load();
export const state = { on: held.on !== false, map: { ...FIRST, ...held.map } };

function save() {
  try {
    localStorage.setItem(PLACE, JSON.stringify(state));
  } catch {
    // a browser that keeps nothing: the keys hold until the page is closed
  }
}

export function setOn(on) {
  state.on = on;
  save();
}

export function reset() {
  state.map = { ...FIRST };
  save();
}

// Give an action a key; the words that say why not, or nothing.
export function assign(action, pressed, actions) {
  if (pressed.length !== 1 || /[\s1-9]/.test(pressed)) return "That key cannot be used here.";
  const other = actions.find((one) => one !== action && state.map[one] === pressed);
  if (other) return `${pressed} is the key of ${WORDS[other]}.`;
  state.map[action] = pressed;
  save();
  return "";
}

// Call `act(action)` or `act("reason", n)` for a key pressed while no text is written and no dialog is open.
export function listen(actions, act) {
  document.addEventListener("keydown", (event) => {
    const writing = event.target.closest("input, textarea, select");
    if (writing && event.key === "Escape") writing.blur();
    if (!state.on || writing || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (document.querySelector("dialog[open]")) return;
    const action = actions().find((one) => state.map[one] === event.key);
    if (action) act(action);
    else if (/^[1-9]$/.test(event.key)) act("reason", Number(event.key));
    else return;
    event.preventDefault();
  });
}
