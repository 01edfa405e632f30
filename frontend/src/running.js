/* The form of the query page → its answer in the same page, with an address to share and a button to stop.

   The answer is the page that the server makes of the query, from which its parts are taken over. */

const PARTS = ".problem, #answer-section";

export class Runner {
  constructor(form) {
    this.form = form;
    this.before = this.after = () => {};
    this.button = form.querySelector("button[type=submit]");
    this.status = document.createElement("span");
    this.status.setAttribute("role", "status");
    this.status.className = "hint";
    this.button.after(this.status);
    form.addEventListener("submit", (event) => this.submitted(event));
    addEventListener("popstate", () => location.reload());
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
      this.run();
    } // any other format is a file: the browser's own affair
  }

  async run() {
    const address = `${this.form.action}?${new URLSearchParams(new FormData(this.form))}`;
    this.running = new AbortController();
    this.button.textContent = "Stop";
    this.status.textContent = "Running…";
    this.before();
    try {
      const response = await fetch(address, { headers: { Accept: "text/html" }, signal: this.running.signal });
      this.show(new DOMParser().parseFromString(await response.text(), "text/html"));
      history.pushState(null, "", address);
    } catch (error) {
      this.status.textContent = error.name === "AbortError" ? "Stopped." : "The service does not answer.";
    } finally {
      this.running = undefined;
      this.button.textContent = "Run";
    }
  }

  show(page) {
    for (const old of document.querySelectorAll(PARTS)) old.remove();
    const parts = [...page.querySelectorAll(PARTS)].map((part) => document.adoptNode(part));
    this.form.after(...parts);
    this.status.textContent = parts[0]?.querySelector("h2, .hint, .boolean")?.textContent ?? "";
    const hint = parts[0]?.querySelector(".hint, .boolean, .detail");
    if (hint) this.status.textContent = hint.textContent;
    this.after();
  }
}
