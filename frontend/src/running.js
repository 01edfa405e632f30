/* The form of the query page → its answer in the same page: asked with fetch, counted as it comes, stopped by a button. */

import { ACCEPT, read } from "./answer.js";
import { element, number } from "./markup.js";

export class Runner {
  /* `shown` gets an answer, `refused` a problem as RFC 9457 has it; both replace what was shown before. */
  constructor(form, shown, refused) {
    Object.assign(this, { form, shown, refused });
    this.button = form.querySelector("button[type=submit]");
    this.status = element("span", { role: "status", class: "hint" });
    // What changes all the time is not for a screen reader, which would read every second of it.
    this.progress = element("span", { class: "hint", "aria-hidden": "true" });
    this.button.after(this.status, this.progress);
    form.addEventListener("submit", (event) => this.submitted(event));
  }

  start() {
    this.form.requestSubmit(this.button);
  }

  submitted(event) {
    if (this.running) {
      event.preventDefault();
      this.running.abort(); // the server ends a query whose client has left
    } else if (this.form.elements.format.value === "html") {
      event.preventDefault();
      this.run(this.form.elements.query.value, { changesAddress: true });
    } // any other format is a file: the browser's own affair
  }

  async run(query, { changesAddress }) {
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    let rows = 0;
    const tick = () => {
      this.progress.textContent = `${seconds().toFixed(1)} s${rows ? `, ${number.format(rows)} rows so far` : ""}`;
    };
    this.running = new AbortController();
    const timer = setInterval(tick, 100);
    this.button.textContent = "Stop";
    this.status.textContent = "Running…";
    try {
      const address = `${this.form.action}?${new URLSearchParams({ query })}`;
      const response = await fetch(address, { headers: { Accept: ACCEPT }, signal: this.running.signal });
      // Who looks at a chart and changes the query wants to see the chart of the new answer.
      const next = address + (/\bview=(chart|map|graph)\b/.test(location.hash) ? location.hash : "");
      if (changesAddress && location.href !== next) history.pushState(null, "", next);
      if (response.ok) {
        const answer = await read(response, (count) => (rows = count));
        this.shown(Object.assign(answer, { query, seconds: seconds() }));
      } else {
        this.refused(await problem(response));
      }
    } catch (error) {
      this.status.textContent = error.name === "AbortError" ? `Stopped after ${seconds().toFixed(1)} s.` : failed(rows);
    } finally {
      clearInterval(timer);
      this.progress.textContent = "";
      this.running = undefined;
      this.button.textContent = "Run";
    }
  }
}

/* The service closes the connection where a limit ends an answer that it has begun. */
function failed(rows) {
  if (!rows) return "The service does not answer.";
  return `The answer broke off after ${number.format(rows)} rows, probably at a limit of the service; none are shown.`;
}

async function problem(response) {
  try {
    return await response.json();
  } catch {
    return { title: `The service answered ${response.status}`, detail: response.statusText };
  }
}
