/* An answer → its section of the page: how many rows, downloads, a link to share, and the views of it.

   Charts, maps and graphs are files of their own, fetched when somebody looks at one. What is chosen in a view stands
   behind the # of the address, so a link shows what its sender saw; the server, which runs the query, does not see it. */

import { columnsOf } from "./columns.js";
import { element, number, visible } from "./markup.js";
import { Table } from "./table.js";

const NAMES = { table: "Table", chart: "Chart", map: "Map", graph: "Graph" };
const LAZY = {
  chart: () => import("./chart.js"),
  map: () => import("./map.js"),
  graph: () => import("./graph.js"),
};

const parsed = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

export class Views {
  /* `formats`: the downloads there are, as [name, label] by kind of answer. */
  constructor(form, site, formats) {
    Object.assign(this, { form, site, formats });
  }

  clear() {
    for (const old of document.querySelectorAll(".problem, #answer-section")) old.remove();
  }

  refused({ title, detail, remedy }) {
    this.clear();
    const parts = [
      element("h2", {}, title),
      element("p", { class: "detail" }, element("bdi", {}, visible(detail ?? ""))),
      remedy && element("p", {}, remedy),
    ];
    this.form.after(element("div", { class: "problem", role: "alert" }, parts.filter(Boolean)));
  }

  /* Shows the answer and gives the sentence that says how much it is. */
  async shown(answer) {
    this.clear();
    this.answer = answer;
    this.state = parsed();
    const section = element("section", { id: "answer-section", "aria-labelledby": "answer" });
    section.append(element("h2", { id: "answer" }, "Answer"));
    this.form.after(section);
    if (answer.kind === "boolean") {
      const said = answer.truth ? "Yes" : "No";
      section.append(element("p", { class: "boolean" }, said));
      return `${said}. Answered in ${answer.seconds.toFixed(2)} s.`;
    }
    const summary = said(answer);
    if (!answer.rows.length) {
      section.append(element("p", {}, "No rows."), this.downloads());
      return summary;
    }
    this.columns = columnsOf(answer);
    section.append(...warned(answer), this.downloads(), await this.bar());
    this.panel = element("div", { class: "panel" });
    section.append(this.panel);
    await this.show(this.available.includes(this.state.view) ? this.state.view : "table", { isFirst: true });
    return summary;
  }

  /* The address has changed: shows the view that it names now. */
  async again() {
    this.state = parsed();
    if (this.available?.includes(this.state.view)) await this.show(this.state.view, { isFirst: true });
  }

  downloads() {
    const { answer, form } = this;
    const formats = this.formats[answer.kind];
    const links = formats.map(([format, label]) =>
      element("a", { href: `${form.action}?${new URLSearchParams({ query: answer.query, format })}` }, label));
    return element("p", { class: "downloads" }, "Download: ", ...links.flatMap((link, n) => (n ? [" · ", link] : [link])));
  }

  /* The views that this answer can be shown in, and the button that copies a link to what is shown. */
  async bar() {
    this.available = ["table", ...(await this.pictures())];
    this.buttons = this.available.map((view) =>
      element("button", { type: "button", "data-view": view, onclick: () => this.show(view) }, NAMES[view]));
    const copy = element("button", { type: "button", class: "quiet", "aria-live": "polite", onclick: () => this.copy(copy) }, "Copy link");
    return element("div", { class: "views" },
      element("div", { role: "group", "aria-label": "Show as", class: "switch" }, this.buttons), copy);
  }

  async pictures() {
    if (this.answer.kind === "graph") return ["graph"];
    const { placeColumns } = await import("./places.js");
    const views = ["chart"];
    if (placeColumns(this.answer, this.columns, this.site).length) views.push("map");
    if (this.columns.filter((column) => column.kind === "iri").length > 1) views.push("graph");
    return views;
  }

  async show(view, { isFirst = false } = {}) {
    if (!isFirst && view !== this.view) this.state = {}; // choices of one view mean nothing to another
    this.view = view;
    if (!isFirst) this.changed();
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.view === view));
    this.picture?.leave?.();
    if (view === "table") this.picture = new Table(this.answer, this.site, this.state, () => this.changed());
    else {
      const { default: Picture } = await LAZY[view]();
      if (this.view !== view) return; // another one was chosen meanwhile
      this.picture = new Picture(this.answer, this.columns, this.site, this.state, () => this.changed());
    }
    this.panel.replaceChildren(await this.picture.element());
    this.picture.placed?.();
  }

  address() {
    const chosen = Object.entries({ ...this.state, view: this.view }).filter(([, value]) => value !== undefined);
    const isPlain = this.view === "table" && chosen.length === 1;
    const query = new URLSearchParams({ query: this.answer.query });
    return `${this.form.action}?${query}${isPlain ? "" : `#${new URLSearchParams(chosen)}`}`;
  }

  changed() {
    history.replaceState(null, "", this.address());
  }

  async copy(button) {
    try {
      await navigator.clipboard.writeText(this.address());
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy link"), 2000);
    } catch {
      // No clipboard without https or the user's leave: the address itself, ready to be copied.
      const field = element("input", { class: "link", readonly: true, value: this.address(), "aria-label": "Link to this view" });
      button.replaceWith(field);
      field.select();
    }
  }
}

function said(answer) {
  const count = answer.rows.length;
  const what = answer.kind === "graph" ? ["triple", "triples"] : ["row", "rows"];
  const rows = count ? `${number.format(count)} ${what[count === 1 ? 0 : 1]}.` : "No rows.";
  return `${rows} Answered in ${answer.seconds.toFixed(2)} s.`;
}

function warned(answer) {
  if (!answer.more) return [];
  const first = number.format(answer.rows.length);
  const said = element("strong", {}, `Only the first ${first} are here; there are more.`);
  return [element("p", { class: "hint" }, said, " The downloads have all of them.")];
}
