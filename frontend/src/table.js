/* An answer → a table of pages, which can be sorted by a column and narrowed to the rows that hold a word. */

import { choice, element, number, visible } from "./markup.js";
import { isNumber } from "./terms.js";

const SIZES = [50, 200, 1000];

const order = new Intl.Collator("en-GB", { numeric: true, sensitivity: "base" });

/* Numbers by value, anything else by its letters; what is unbound stands last, in either direction. */
function sorted(rows, index, isDown) {
  const sign = isDown ? -1 : 1;
  return rows.toSorted(({ [index]: a }, { [index]: b }) => {
    if (!a || !b) return (a ? 0 : 1) - (b ? 0 : 1);
    if (isNumber(a) && isNumber(b)) return sign * (Number(a.value) - Number(b.value));
    return sign * order.compare(a.value, b.value);
  });
}

export function cell(each, site) {
  if (!each) return element("td");
  if (each.type === "iri") {
    const href = site.href(each.value);
    const outside = !site.isOwn(each.value);
    const link = href && { href, title: each.value, rel: outside && "external noreferrer", class: outside && "external" };
    return element("td", {}, link ? element("a", link, visible(site.text(each))) : visible(each.value));
  }
  if (isNumber(each)) return element("td", { class: "number" }, each.value);
  return element("td", {}, element("bdi", { lang: each.lang }, visible(each.value)));
}

export class Table {
  constructor(answer, site, state, changed) {
    Object.assign(this, { answer, site, state, changed });
    this.size = SIZES.includes(Number(state.size)) ? Number(state.size) : SIZES[0];
    this.page = 0;
  }

  /* The panel; its controls change it in place, so that what has the focus keeps it. */
  element() {
    const { answer, state } = this;
    const filter = element("input", {
      type: "search", value: state.filter ?? "", autocomplete: "off",
      oninput: () => this.set({ filter: filter.value || undefined }),
    });
    const sizes = SIZES.map((size) => [String(size), `${size} rows`]);
    this.count = element("span", { class: "hint", "aria-live": "polite" });
    this.body = element("tbody");
    this.headers = answer.columns.map((name) => this.header(name));
    this.pager = element("div", { class: "pager" });
    const table = element("table", {}, element("thead", {}, element("tr", {}, this.headers)), this.body);
    const panel = element(
      "div", {},
      element("div", { class: "controls" },
        element("label", { class: "choice" }, "Filter ", filter),
        choice("Page of", sizes, String(this.size), (size) => this.resized(Number(size))),
        this.count),
      element("div", { class: "scroll", role: "region", "aria-label": "Rows", tabindex: "0" }, table),
      this.pager,
    );
    this.fill();
    return panel;
  }

  header(name) {
    const press = () => {
      const isDown = this.state.sort === name && !this.state.down;
      // A third press goes back to the order of the answer.
      const next = this.state.sort !== name || isDown ? { sort: name, down: isDown ? "1" : undefined } : {};
      this.set({ sort: undefined, down: undefined, ...next });
    };
    return element("th", { scope: "col" }, element("button", { type: "button", class: "sort", onclick: press }, visible(name)));
  }

  resized(size) {
    this.size = size;
    this.set({ size: size === SIZES[0] ? undefined : String(size) });
  }

  set(state) {
    Object.assign(this.state, state);
    this.page = 0;
    this.changed();
    this.fill();
  }

  chosen() {
    const { answer, state, site } = this;
    const word = state.filter?.toLowerCase();
    const holds = (each) => each && (site.text(each).toLowerCase().includes(word) || each.value.toLowerCase().includes(word));
    const rows = word ? answer.rows.filter((row) => row.some(holds)) : answer.rows;
    const index = answer.columns.indexOf(state.sort);
    return index < 0 ? rows : sorted(rows, index, Boolean(state.down));
  }

  fill() {
    const rows = this.chosen();
    const first = this.page * this.size;
    this.body.replaceChildren(
      ...rows.slice(first, first + this.size).map((row) => element("tr", {}, row.map((each) => cell(each, this.site)))),
    );
    for (const [place, header] of this.headers.entries()) {
      const isSorted = this.answer.columns[place] === this.state.sort;
      if (isSorted) header.setAttribute("aria-sort", this.state.down ? "descending" : "ascending");
      else header.removeAttribute("aria-sort");
    }
    const all = this.answer.rows.length;
    this.count.textContent = rows.length < all ? `${number.format(rows.length)} of ${number.format(all)} rows` : "";
    this.turn(rows.length);
  }

  turn(count) {
    const pages = Math.ceil(count / this.size);
    const go = (page) => () => {
      this.page = page;
      this.fill();
      this.body.closest(".scroll").focus({ preventScroll: false });
    };
    const button = (text, page) =>
      element("button", { type: "button", class: "quiet", disabled: page < 0 || page >= pages, onclick: go(page) }, text);
    const place = `Page ${number.format(this.page + 1)} of ${number.format(pages)}`;
    const parts = pages > 1 ? [button("Previous", this.page - 1), element("span", {}, place), button("Next", this.page + 1)] : [];
    this.pager.replaceChildren(...parts);
  }
}
