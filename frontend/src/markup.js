/* Names, attributes and children → elements. Attributes alone, never a style: the policy of the page allows none. */

const SVG = "http://www.w3.org/2000/svg";

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

export const element = (name, attributes = {}, ...children) => filled(document.createElement(name), attributes, children);

export const drawn = (name, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, name), attributes, children);

export const number = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 3 });

/* A labelled choice among [value, text] pairs. */
export function choice(label, options, chosen, changed) {
  const select = element(
    "select",
    { "aria-label": label, onchange: () => changed(select.value) },
    options.map(([value, text]) => element("option", { value, selected: value === chosen }, text)),
  );
  return element("label", { class: "choice" }, `${label} `, select);
}

/* The numbers of a picture, folded, for whoever cannot see it or wants them exactly. */
export function numbers(summary, columns, rows) {
  return element(
    "details",
    { class: "numbers-of" },
    element("summary", {}, summary),
    element(
      "div",
      { class: "scroll", role: "region", "aria-label": summary, tabindex: "0" },
      element(
        "table",
        {},
        element("thead", {}, element("tr", {}, columns.map((name) => element("th", { scope: "col" }, name)))),
        element("tbody", {}, rows.map((row) => element("tr", {}, row.map(cell)))),
      ),
    ),
  );
}

function cell(value, place) {
  if (typeof value === "number") return element("td", { class: "number" }, number.format(value));
  return element(place ? "td" : "th", place ? {} : { scope: "row" }, value);
}

export const shortened = (text, most) => (text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text);

// The same characters that the server's pages name instead of obeying them.
const CONTROL = /([\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff])/;

/* The text with invisible control characters named, as nodes. */
export function visible(text) {
  return text.split(CONTROL).map((part, place) => {
    if (place % 2 === 0) return part;
    const code = part.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    return element("span", { class: "control" }, `U+${code}`);
  });
}
