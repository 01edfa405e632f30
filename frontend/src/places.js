/* What a term says of a place → a country's number in ISO 3166-1, by which the map knows it, or a point.

   Countries are recognised by their IRI, by both codes of ISO 3166-1 and by their English names. */

import codes from "country-codes";

const BY_THREE = new Map();
const BY_TWO = new Map();
const BY_NAME = new Map();
const plain = (name) => name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

for (const [three, two, number, ...names] of codes) {
  const country = { three, number, name: names[0] ?? three };
  BY_THREE.set(three, country);
  BY_TWO.set(two, country);
  for (const name of names) BY_NAME.set(plain(name), country);
}

const POINT = /^\s*(?:<([^>]+)>\s*)?POINT\s*\(\s*(-?[\d.]+)\s+(-?[\d.]+)\s*\)\s*$/i;
const CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

/* Longitude and latitude of a point in well-known text; of coordinate systems, GeoSPARQL's own is known. */
export function pointOf(each) {
  const found = each?.type === "literal" && POINT.exec(each.value);
  if (!found || (found[1] && found[1] !== CRS84)) return undefined;
  const [longitude, latitude] = [Number(found[2]), Number(found[3])];
  return Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90 ? [longitude, latitude] : undefined;
}

export function countryOf(each, site) {
  if (!each) return undefined;
  if (each.type === "iri") {
    const start = site.prefixes.country;
    return each.value.startsWith(start) ? BY_THREE.get(each.value.slice(start.length)) : undefined;
  }
  return BY_THREE.get(each.value) ?? BY_TWO.get(each.value) ?? BY_NAME.get(plain(each.value));
}

/* The columns that are of places for the most part, those that say so with IRIs or points first. */
export function placeColumns(answer, columns, site) {
  const isPlace = (each) => pointOf(each) || countryOf(each, site);
  const found = columns.filter((column) => {
    if (column.kind === "number" || column.kind === "time") return false;
    const values = answer.rows.map((row) => row[column.index]).filter(Boolean);
    return values.length > 0 && values.filter(isPlace).length * 2 > values.length;
  });
  return found.sort((a, b) => (a.kind === "iri" ? 0 : 1) - (b.kind === "iri" ? 0 : 1));
}
