// Fetches parts of a page again: `data-refresh="url"` every `data-every` seconds, until
// the part that comes back does not ask for it; `data-load` once, when a menu is opened.
const LONGEST_PAUSE = 30000;
const PART = { headers: { "X-Console-Part": "1" }, credentials: "same-origin" };
const SIGN_IN = "/console/sign-in";

export function signInAgain() {
  const here = location.pathname + location.search;
  location.assign(`${SIGN_IN}?${new URLSearchParams({ reason: "refused", next: here })}`);
}

export function say(text) {
  const banner = document.getElementById("connection");
  if (banner.textContent !== text) banner.textContent = text;
  banner.hidden = text === "";
}

async function fetchPart(url) {
  const response = await fetch(url, { ...PART, signal: AbortSignal.timeout(20000) });
  if (response.status === 401) {
    signInAgain();
    return null;
  }
  if (response.status === 429 || response.status >= 500) throw new Error(`${response.status}`);
  return response;
}

function parsed(text) {
  return new DOMParser().parseFromString(text, "text/html");
}

// Replaces a part; the element that had the focus gets it again, if it has an id.
function replace(part, text, afterwards) {
  const fresh = parsed(text).getElementById(part.id);
  if (!fresh) return null;
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  const open = [...part.querySelectorAll("details[open][id]")].map((each) => each.id);
  part.replaceWith(fresh);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus();
  afterwards(fresh);
  return fresh;
}

function follow(part, afterwards) {
  const every = 1000 * Number(part.dataset.every || 2);
  let pause = every;
  const next = () => setTimeout(refresh, pause);
  async function refresh() {
    if (!part.isConnected) return;
    if (document.hidden || part.querySelector("dialog[open]")) return next();
    try {
      const response = await fetchPart(part.dataset.refresh);
      if (!response) return;
      if (response.status >= 400) return say("This part cannot be refreshed. Reload the page.");
      const fresh = replace(part, await response.text(), afterwards);
      say("");
      if (!fresh?.dataset.refresh) return arrived(fresh);
      part = fresh;
      pause = every;
    } catch {
      pause = Math.min(pause * 2, LONGEST_PAUSE);
      say("The connection is lost. The work goes on; this page tries to reconnect.");
    }
    next();
  }
  addEventListener("online", () => { pause = every; });
  next();
}

// The work is done: a page that depends on its result is loaded again.
function arrived(part) {
  const url = part?.dataset.then;
  if (url) location.assign(url);
}

export function keepLive(afterwards) {
  for (const part of document.querySelectorAll("[data-refresh]")) follow(part, afterwards);
  for (const menu of document.querySelectorAll("details[data-load]")) {
    menu.addEventListener("toggle", async () => {
      if (!menu.open || menu.dataset.done) return;
      try {
        const response = await fetchPart(menu.dataset.load);
        if (!response?.ok) return;
        menu.querySelector("[data-loaded]").replaceChildren(...parsed(await response.text()).body.childNodes);
        menu.dataset.done = "yes";
      } catch {
        say("The connection is lost.");
      }
    });
  }
}
