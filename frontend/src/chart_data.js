/* An answer and which columns were chosen → categories, series and their sums, which a chart draws. */

import { labelOf, named } from "./columns.js";
import { isNumber } from "./terms.js";

export const ROWS = "#"; // the number of rows, in place of a column; no variable is called that
const MOST_BARS = 30;
const MOST_SERIES = 6;
const MOST_TIMES = 40;
export const OTHERS = "others";

/* What a chart of these columns shows first: a line over time, else bars for names. */
export function proposed(columns, state) {
  const x = named(columns, state.x) ?? firstX(columns);
  const y = state.y === ROWS ? undefined : (named(columns, state.y) ?? columns.filter((c) => c.kind === "number" && c !== x).at(0));
  const by = state.by === "" ? undefined : (named(columns, state.by) ?? firstSeries(columns, x, y));
  const type = ["bar", "line"].includes(state.type) ? state.type : x.kind === "time" ? "line" : "bar";
  return { x, y, by: by === x ? undefined : by, type };
}

function firstX(columns) {
  const iri = columns.find((each) => each.kind === "iri");
  return (
    columns.find((each) => each.kind === "time") ??
    columns.find((each) => each.kind === "text" && each.isName) ??
    columns.find((each) => each.kind === "text") ??
    iri ?? columns[0]
  );
}

/* Of names, only few make series at a glance; over time the greatest are taken out of many. */
function firstSeries(columns, x, y) {
  if (!y) return undefined; // rows that are counted have columns for other things than to be told apart
  const most = x.kind === "time" ? Infinity : MOST_SERIES + 1;
  const other = columns.find(
    (each) => each !== x && each !== y && each.kind === "text" && each.distinct > 1 && each.distinct <= most,
  );
  return other && !isNameOf(other, x, columns) ? other : undefined;
}

const isNameOf = (column, x, columns) => labelOf(x, columns) === column || labelOf(column, columns) === x;

export function chartData(answer, columns, site, { x, y, by }) {
  const byYear = x.kind === "time" && x.distinct > MOST_TIMES;
  // Things of the same name stay apart, and the name leads to its thing.
  const thing = columns.find((each) => each.kind === "iri" && labelOf(each, columns) === x);
  const categories = new Map();
  const totals = new Map();
  let added = false;
  let unread = 0;
  for (const row of answer.rows) {
    const category = row[x.index];
    const value = y ? (isNumber(row[y.index]) ? Number(row[y.index].value) : undefined) : 1;
    if (!category || value === undefined) {
      unread += 1;
      continue;
    }
    const label = byYear ? category.value.slice(0, 4) : site.text(category);
    const term = (thing && row[thing.index]) ?? category;
    const key = byYear ? label : term.value;
    const each = categories.get(key) ?? { label, term, values: new Map(), total: 0 };
    const series = by ? (row[by.index] ? site.text(row[by.index]) : "–") : "";
    added ||= y !== undefined && each.values.has(series);
    each.values.set(series, (each.values.get(series) ?? 0) + value);
    each.total += value;
    categories.set(key, each);
    totals.set(series, (totals.get(series) ?? 0) + Math.abs(value));
  }
  const series = leading(totals);
  const all = [...categories.values()].map((each) => ({ ...each, values: valuesOf(each.values, series) }));
  // Rows that came together have no order of the answer any more.
  if (by && x.kind !== "time") all.sort((a, b) => b.total - a.total);
  const drawn = x.kind === "time" ? inTime(all, series.length) : largest(all);
  return { series, all, drawn, added, unread, byYear };
}

/* The greatest series, and one for all others where they are many. */
function leading(totals) {
  const ordered = [...totals.keys()].sort((a, b) => totals.get(b) - totals.get(a));
  return ordered.length <= MOST_SERIES + 1 ? ordered : [...ordered.slice(0, MOST_SERIES), OTHERS];
}

function valuesOf(values, series) {
  const result = series.map(() => 0);
  for (const [name, value] of values) {
    const place = series.indexOf(name);
    result[place < 0 ? series.length - 1 : place] += value;
  }
  return result;
}

/* The largest in the order of the answer, which its author has chosen. */
function largest(all) {
  const least = all.map((each) => Math.abs(each.total)).sort((a, b) => b - a)[MOST_BARS - 1] ?? -Infinity;
  return all.filter((each) => Math.abs(each.total) >= least).slice(0, MOST_BARS);
}

/* In the order of time, with the years between that the answer leaves out: no row is none. */
function inTime(all, width) {
  const ordered = all.toSorted((a, b) => (a.label < b.label ? -1 : 1));
  const years = ordered.map((each) => Number(each.label));
  if (!years.every((year) => Number.isInteger(year)) || years.at(-1) - years[0] > 400) return ordered;
  const found = new Map(ordered.map((each) => [Number(each.label), each]));
  return Array.from({ length: years.at(-1) - years[0] + 1 }, (_, n) =>
    found.get(years[0] + n) ?? { label: String(years[0] + n), values: Array(width).fill(0), total: 0 });
}
