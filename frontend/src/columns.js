/* The columns of an answer → what kind of values each has, from which views choose what they show. */

import { isNumber, typeOf } from "./terms.js";

const TIMES = /^(date|dateTime|gYear|gYearMonth)$/;
const TIME_NAME = /year|date|month|from|until|since/i;
const NAME = /label|name|title/i;

/* number, time, iri or text; of the values that are there, all are of the kind. */
function kindOf(name, values) {
  if (!values.length) return "text";
  if (values.every(isNumber)) {
    const year = ({ value }) => /^[12]\d{3}$/.test(value);
    return TIME_NAME.test(name) && values.every(year) ? "time" : "number";
  }
  if (values.every((each) => each.type === "literal" && TIMES.test(typeOf(each) ?? ""))) return "time";
  return values.every((each) => each.type === "iri") ? "iri" : "text";
}

export function columnsOf(answer) {
  return answer.columns.map((name, index) => {
    const values = answer.rows.map((row) => row[index]).filter((each) => each !== null && each !== undefined);
    const distinct = new Set(values.map((each) => each.value)).size;
    return { name, index, kind: kindOf(name, values), distinct, isName: NAME.test(name) };
  });
}

/* The column that names what another one identifies (`country` and `countryLabel`, `organisation` and `label`). */
export function labelOf(column, columns) {
  const sought = [`${column.name}label`, `${column.name}name`];
  const exact = columns.find((each) => each.kind === "text" && sought.includes(each.name.toLowerCase()));
  if (exact) return exact;
  const next = columns[column.index + 1];
  return next?.kind === "text" && /^(label|name|title)$/i.test(next.name) ? next : undefined;
}

/* Columns by name, `undefined` for a name that a link has and the answer has not. */
export const named = (columns, name) => columns.find((each) => each.name === name);
