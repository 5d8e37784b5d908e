// Asking the server, and sending decisions until it is known that they are on disk.

let key = "";

export class Refused extends Error {
  constructor(status, words) {
    super(words);
    this.status = status;
  }
}

async function ask(path, options = {}) {
  const answer = await fetch(path, { ...options, signal: AbortSignal.timeout(20000) });
  const body = await answer.json();
  if (!answer.ok) throw new Refused(answer.status, body.error);
  return body;
}

export const get = (path, values = {}) => ask(`${path}?${new URLSearchParams(values)}`);

export async function session() {
  const found = await get("api/session");
  key = found.key;
  return found;
}

function post(path, body) {
  const headers = { "Content-Type": "application/json", "X-Prismake-Key": key };
  return ask(path, { method: "POST", headers, body: JSON.stringify(body) });
}

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// Send until the server has answered, or `onTrouble` says with false that it need not be. A decision carries an id, so that
// sending it again writes nothing twice.
export async function send(path, body, onTrouble) {
  for (let again = 0; ; again += 1) {
    try {
      if (again) await session(); // a server that was started anew has a new key
      return await post(path, body);
    } catch (fault) {
      const stale = fault instanceof Refused && fault.status === 403 && again === 0;
      if (fault instanceof Refused && !stale) throw fault;
      if (!stale && onTrouble() === false) return null;
      await pause(stale ? 0 : 1000);
    }
  }
}

export const freshId = () =>
  "S-" + [...crypto.getRandomValues(new Uint8Array(8))].map((n) => n.toString(16).padStart(2, "0")).join("");
