// Search that answers while one types, and facets that change in place. Without this script the page is a form and links.
//
// The server's own page is asked for under the address that the form or the link has; its parts take the place of those
// that are shown. A request that is no longer wanted is cancelled, and what is found is said to screen readers.
const PARTS = ["chosen", "things", "found"];
const PAUSE = 250; // milliseconds without a key after which is looked

const form = document.querySelector("form.search");
const words = form.querySelector("input[type=search]");
const said = document.querySelector("#said");
let running = null;
let timer = 0;

/** The address that the form would lead to. */
function written() {
  const query = new URLSearchParams(new FormData(form));
  for (const [name, value] of [...query]) if (!value.trim()) query.delete(name, value);
  return query.size ? `${form.action}?${query}` : form.action;
}

/** Show what is found under an address; `remember` keeps it for the way back. */
async function show(address, remember = () => {}) {
  clearTimeout(timer);
  running?.abort();
  const mine = (running = new AbortController());
  const found = document.querySelector("#found");
  found.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(address, { signal: mine.signal, headers: { Accept: "text/html" } });
    if (!response.ok && response.status !== 400) throw new Error(response.statusText);
    const other = new DOMParser().parseFromString(await response.text(), "text/html");
    if (mine.signal.aborted) return;
    if (!other.querySelector("#found")) throw new Error("this is no page of what is found");
    remember();
    replace(other);
  } catch (error) {
    if (error.name === "AbortError") return;
    found.removeAttribute("aria-busy");
    said.textContent = "That could not be looked for just now.";
  }
}

/** Take over the parts of another page; what was open or had the focus still does. */
function replace(other) {
  const open = [...document.querySelectorAll("#found details[open]")].map((each) => each.dataset.facet);
  const focused = document.activeElement?.dataset?.value;
  for (const part of PARTS) document.getElementById(part).replaceWith(other.getElementById(part));
  document.title = other.title;
  for (const details of document.querySelectorAll("#found details")) details.open = open.includes(details.dataset.facet);
  if (focused) {
    const same = [...document.querySelectorAll("#found [data-value]")].find((each) => each.dataset.value === focused);
    (same ?? document.querySelector("#results")).focus();
  }
  said.textContent = document.querySelector("#results").textContent;
}

/** Keep an address: what is typed in one go is one step on the way back. */
function keep(address, typed) {
  if (typed && history.state?.typed) history.replaceState({ typed }, "", address);
  else history.pushState({ typed }, "", address);
}

words.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(() => show(written(), () => keep(written(), true)), PAUSE);
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  show(written(), () => keep(written(), false));
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("#found a");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.origin !== location.origin || `${link.origin}${link.pathname}` !== form.action || link.hash) return;
  event.preventDefault();
  link.focus();
  show(link.href, () => {
    keep(link.href, false);
    words.value = new URL(link.href).searchParams.get("q") ?? "";
  });
});

addEventListener("popstate", () => {
  words.value = new URLSearchParams(location.search).get("q") ?? "";
  show(location.href);
});
